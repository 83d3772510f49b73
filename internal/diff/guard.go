package diff

import (
	"slices"
	"strings"

	"github.com/eci-conform/conform/internal/contract"
)

// alien says whether a change is about something that was not made here: it may
// be somebody's. What was refused in the recording because there never was such
// a thing, and what cannot name anything, is harmless.
func (r *resender) alien(s *step) bool {
	if s.op == nil || !s.writes || s.op.Effect.Kind == contract.Creates {
		return false
	}
	keys, absent := r.keys(s.op), r.absent(s)
	for _, p := range s.Params {
		root, _, _ := strings.Cut(p.Name, ".")
		if !slices.Contains(keys, root) || p.Value == "" {
			continue
		}
		f := s.op.Parameter(contract.Generic(p.Name))
		_, ours := r.names.Forth(p.Value)
		if f == nil || fixed(s.op, p.Name) || ours || f.Default == p.Value || absent && !r.tape.accepted[p.Value] {
			continue
		}
		if f.Class != contract.ClassID || r.nameable(p.Value) {
			return true
		}
	}
	return false
}

// keys are the parameters by which an operation, or any on tags, says what it is
// about.
func (r *resender) keys(op *contract.Operation) []string {
	all := op.Effect.Key
	if op.Effect.Resource == "" {
		for _, other := range r.Contract.Operations {
			if other.Effect.Resource == "" {
				all = append(all[:len(all):len(all)], other.Effect.Key...)
			}
		}
	}
	return slices.Concat(all...)
}

// nameable says whether an id begins as those of some resource do.
func (r *resender) nameable(id string) bool {
	return slices.ContainsFunc(r.Contract.Resources, func(k *contract.Resource) bool { return strings.HasPrefix(id, k.IDPrefix) })
}

// absent says whether the recording answers that there is no such thing.
func (r *resender) absent(s *step) bool {
	if s.Status < 400 {
		return false
	}
	a, err := r.tape.full(s)
	if err != nil {
		return false
	}
	v := r.Contract.Violation("notFound")
	return v != nil && v.Error.Match(a.Status, errorCode(a), "").Formed()
}
