// Package drift says which recorded exchanges no longer fit a contract, and why.
// What the contract of the time did not know either is no drift: its value was
// not recorded.
package drift

import (
	"fmt"
	"mime"
	"net/http"
	"strings"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/redact"
	"github.com/eci-conform/conform/internal/wire"
)

// Kind is in what an exchange does not fit.
type Kind string

// The kinds.
const (
	Operation Kind = "operation" // the contract has none of that name
	Version   Kind = "version"   // it is of another version of the API
	Parameter Kind = "parameter" // unknown, or its value is not allowed
	Body      Kind = "body"      // the answer cannot be read
	Member    Kind = "member"    // of an answer: unknown, or of another type
	State     Kind = "state"     // of a resource: unknown
	Error     Kind = "error"     // no row has its status and code
)

// Misfit is one thing in which an exchange does not fit.
type Misfit struct {
	Kind    Kind   `json:"kind"`
	Subject string `json:"subject"` // what does not fit: a path, a code, a name
	Why     string `json:"why"`
}

// Check holds an exchange against a contract. One without a whole answer, or
// with none to read, fits: nothing was promised about it. Parameters are checked of requests that were
// accepted: those that were not may be wrong on purpose.
func Check(c *contract.Contract, r *redact.Record) []Misfit {
	k := &checker{contract: c, record: r, op: c.Operation(r.Operation), seen: map[Misfit]bool{}}
	switch {
	case r.Failure != redact.NoFailure || r.Status == 0 || r.Via.Method == http.MethodHead || r.UnreadAnswer != redact.Read:
	case r.Status >= 400:
		k.refusal()
	case k.op == nil:
		k.add(Operation, r.Operation, "the contract has no such operation")
	case r.Version != c.Version:
		k.add(Version, r.Version, "the contract is of "+c.Version)
	default:
		k.parameters()
		k.answer()
	}
	return k.out
}

type checker struct {
	contract *contract.Contract
	record   *redact.Record
	op       *contract.Operation
	out      []Misfit
	seen     map[Misfit]bool
}

// add keeps a misfit once.
func (k *checker) add(kind Kind, subject, why string) {
	m := Misfit{kind, subject, why}
	if !k.seen[m] {
		k.seen[m] = true
		k.out = append(k.out, m)
	}
}

// hidden says whether a placeholder stands in a value.
func hidden(text string) bool { return strings.Contains(text, "REDACTED") }

func (k *checker) parameters() {
	_, faults := wire.Decode(k.record.Params, k.op.Shape())
	for _, f := range faults {
		switch {
		case hidden(f.Value):
		case f.Kind == wire.Unknown:
			k.add(Parameter, contract.Generic(f.Name), "the contract does not know it")
		case f.Kind == wire.NotScalar:
			k.add(Parameter, contract.Generic(f.Name), "it is of another type")
		}
	}
	for _, p := range k.record.Params {
		f := k.op.Parameter(contract.Generic(p.Name))
		if f == nil || hidden(p.Value) {
			continue
		}
		if keyword := f.Check(p.Value); keyword != "" {
			k.add(Parameter, f.Path, "its value is not allowed: "+keyword)
		}
	}
}

// body reads the answer.
func (k *checker) body(f *contract.Field) (any, error) {
	kind := ""
	for _, h := range k.record.Header {
		if strings.EqualFold(h.Name, "Content-Type") {
			kind, _, _ = mime.ParseMediaType(h.Value)
		}
	}
	if !strings.HasSuffix(kind, "xml") {
		return wire.DecodeJSON(k.record.Answer)
	}
	e, err := wire.DecodeXML(k.record.Answer)
	if err != nil {
		return nil, err
	}
	return e.Value(f.BodyShape())
}

func (k *checker) answer() {
	v, err := k.body(k.op.Response)
	if err != nil {
		k.add(Body, "", "the answer is neither JSON nor XML")
		return
	}
	k.members(k.op.Response, v, "")
	for _, broken := range k.op.ValidateBody(v) {
		if broken.Keyword == "type" {
			k.add(Member, generic(broken.Pointer), "it is of another type")
		}
	}
	k.states(v)
}

// generic is a pointer without indexes.
func generic(pointer string) string {
	parts := strings.Split(pointer, "/")
	for i, part := range parts {
		if strings.Trim(part, "0123456789") == "" && part != "" {
			parts[i] = "N"
		}
	}
	return strings.Join(parts, "/")
}

// members looks for what the contract does not know.
func (k *checker) members(f *contract.Field, v any, path string) {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			if f != nil && f.Items != nil {
				k.members(f.Items, item, path+"/N")
			}
		}
	case *wire.Map:
		if f == nil || f.Type != contract.Object {
			return
		}
		for _, name := range v.Keys() {
			member := f.Member(name)
			value, _ := v.Get(name)
			if member == nil {
				k.add(Member, path+"/"+name, "the contract does not know it")
				continue
			}
			k.members(member, value, path+"/"+name)
		}
	}
}

func (k *checker) states(v any) {
	kind := k.contract.Resource(k.op.Effect.Resource)
	m, _ := v.(*wire.Map)
	if kind == nil || k.op.Effect.Items == "" {
		return
	}
	list, _ := m.Get(k.op.Effect.Items)
	items, _ := list.([]any)
	for _, item := range items {
		m, _ := item.(*wire.Map)
		value, _ := m.Get(kind.StateMember)
		state, isText := value.(string)
		if isText && !hidden(state) && kind.State(state) == nil {
			k.add(State, state, contract.Articled(kind.Name)+" has no such state")
		}
	}
}

// refusal wants a row for the error.
func (k *checker) refusal() {
	v, err := k.body(k.contract.Envelope.Error)
	m, ok := v.(*wire.Map)
	if err != nil || !ok {
		k.add(Body, "", fmt.Sprintf("the answer of status %d is neither JSON nor XML", k.record.Status))
		return
	}
	value, _ := m.Get("Code")
	code, _ := value.(string)
	if len(k.contract.RowsLike(k.op, k.record.Status, code)) > 0 {
		return
	}
	k.add(Error, fmt.Sprintf("%d %s", k.record.Status, code), "no row of the contract has this status and code")
}
