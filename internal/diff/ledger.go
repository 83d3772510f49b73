package diff

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/redact"
	"github.com/eci-conform/conform/internal/wire"
)

// made is a thing that was made on the target.
type made struct {
	kind   *contract.Resource
	id     string
	region string
	key    wire.Credentials
}

// keep accounts for what a request made, and binds its id.
func (r *resender) keep(ctx context.Context, q *question) {
	if q.op.Effect.ID == "" {
		return
	}
	m := &made{kind: r.Contract.Resource(q.op.Effect.Resource), region: region(q.op, q.params), key: q.key}
	if m.kind == nil || q.b.Status >= 400 && q.b.Status < 500 {
		return
	}
	m.id = top(q.op, q.b, q.op.Effect.ID)
	if m.id == "" {
		r.lost(ctx, q, m)
		return
	}
	if q.id != "" {
		r.names.Bind(q.id, m.id)
	}
	r.enter(m)
}

func (r *resender) enter(m *made) {
	if !slices.ContainsFunc(r.ledger, func(k *made) bool { return k.id == m.id }) {
		r.ledger = append(r.ledger, m)
		r.Made++
	}
}

// lost looks for what was made by a request whose answer does not tell.
func (r *resender) lost(ctx context.Context, q *question, m *made) {
	var names []string
	for _, f := range variables(q.op) {
		if v, _ := q.params.Get(f.Name); v != "" && (q.op.Idempotency == nil || q.op.Idempotency.Parameter != f.Name) {
			names = append(names, v)
		}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), maxCleanup)
	defer cancel()
	items, err := r.list(ctx, m)
	if err != nil || len(names) == 0 {
		r.leak(m, "the answer that names it was lost, and it cannot be looked for")
		return
	}
	for _, item := range items {
		id := member(item, m.kind.IDMember)
		mine := slices.ContainsFunc(item.Keys(), func(k string) bool { return slices.Contains(names, member(item, k)) })
		if _, other := r.names.Back(id); mine && !other && id != "" {
			found := *m
			found.id = id
			r.enter(&found)
		}
	}
}

func member(m *wire.Map, name string) string {
	v, _ := m.Get(name)
	text, _ := v.(string)
	return text
}

// region is the one in which an operation makes something: the one that it
// names, or the last where it copies from one to another.
func region(op *contract.Operation, params wire.Params) string {
	out := ""
	for _, f := range op.Parameters {
		if f.Binding != contract.RegionBinding {
			continue
		}
		if v, ok := params.Get(f.Name); ok {
			out = v
		}
		if op.Effect.Kind != contract.Copies {
			break
		}
	}
	return out
}

// maxCleanup bounds clearing away.
const maxCleanup = 2 * time.Minute

// clear removes what was made, last made first.
func (r *resender) clear(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), maxCleanup)
	defer cancel()
	for _, m := range slices.Backward(r.ledger) {
		r.remove(ctx, m)
	}
}

func (r *resender) leak(m *made, reason string) {
	r.Leaks = append(r.Leaks, Leak{Resource: m.kind.Name, ID: m.id, Region: m.region, Reason: reason})
}

// remove deletes a thing until it is seen no more.
func (r *resender) remove(ctx context.Context, m *made) {
	patience, reason := r.patience(), "it is still there"
	for {
		there, err := r.there(ctx, m)
		switch {
		case err != nil:
			reason = err.Error()
		case !there:
			return
		default:
			b := r.call(ctx, m, m.kind.Delete, wire.Params{{Name: m.kind.IDParameter, Value: m.id}})
			if b.Status >= 400 || b.Status == 0 {
				reason = strings.TrimSpace(m.kind.Delete + " was answered " + http.StatusText(b.Status) + " " + errorCode(b))
			} else if there, err := r.there(ctx, m); err == nil && !there {
				return
			}
		}
		if !patience.wait(ctx) {
			r.leak(m, reason)
			return
		}
	}
}

// call sends a request of our own about a thing.
func (r *resender) call(ctx context.Context, m *made, operation string, params wire.Params) *redact.Record {
	op := r.Contract.Operation(operation)
	for _, f := range op.Parameters {
		if f.Binding == contract.RegionBinding {
			params = append(params, wire.Param{Name: f.Name, Value: m.region})
			break
		}
	}
	return r.clean(r.do(ctx, wire.Call{
		Operation: operation, Version: r.Contract.Version, Params: params, Method: http.MethodPost, Form: true, Format: "JSON", Credentials: m.key,
	}))
}

// there reads whether a thing is listed.
func (r *resender) there(ctx context.Context, m *made) (bool, error) {
	items, err := r.list(ctx, m)
	return slices.ContainsFunc(items, func(item *wire.Map) bool { return member(item, m.kind.IDMember) == m.id }), err
}
