package rerun

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/redact"
	"github.com/eci-conform/conform/internal/wire"
)

// life is one resource whose making was recorded, and where else the recording
// has something about it.
type life struct {
	kind   *contract.Resource
	id     string
	region string
	key    string // the access key that made it
	made   int    // the record of its creation, from 0
	at     []int  // the records that name or show it, in the order of the recording
	// twin was made before by the same request with the same token; nil as it
	// should be.
	twin *life
}

// lives finds the resources that a recording shows the making of.
func lives(a *answers) []*life {
	r := registry{answers: a, byID: map[string]*life{}, byToken: map[string]*life{}}
	for i := range a.c.Len() {
		r.enter(i)
	}
	return r.all
}

// registry collects lives, record by record.
type registry struct {
	*answers
	byID map[string]*life
	// byToken are the lives that began with a token, by all that was asked.
	byToken map[string]*life
	all     []*life
}

func (r *registry) enter(i int) {
	e := r.c.Entry(i)
	op := r.of.Operation(e.Operation)
	if op == nil {
		return
	}
	for _, p := range e.Params {
		r.note(i, p.Value)
	}
	switch op.Effect.Kind {
	case contract.Creates:
		r.birth(i, op)
	case contract.Reads:
		if a := r.read(i); a != nil && a.OK {
			r.noteShown(i, op, a)
		}
	}
}

// note says that a record is about the resource of this id, if it is one.
func (r *registry) note(i int, id string) {
	if l := r.byID[id]; l != nil && (len(l.at) == 0 || l.at[len(l.at)-1] != i) {
		l.at = append(l.at, i)
	}
}

func (r *registry) noteShown(i int, list *contract.Operation, a *check.Answer) {
	kind := r.of.Resource(list.Effect.Resource)
	for _, item := range list.ItemsIn(a.Body) {
		r.note(i, check.Text(item, kind.IDMember))
	}
}

// birth begins a life where a creation tells a new id.
func (r *registry) birth(i int, op *contract.Operation) {
	a := r.read(i)
	if a == nil || !a.OK {
		return
	}
	v, _ := check.Lookup(a.Body, "/"+strings.ReplaceAll(op.Effect.ID, ".", "/"))
	id, _ := v.(string)
	if id == "" || redact.IsPlaceholder(id) || r.byID[id] != nil {
		return
	}
	e := r.c.Entry(i)
	l := &life{kind: r.of.Resource(op.Effect.Resource), id: id, region: regionOf(op, e.Params), key: e.KeyID(), made: i}
	r.byID[id], r.all = l, append(r.all, l)
	if asked := r.asked(op, &e.Record); asked != "" {
		if l.twin = r.byToken[asked]; l.twin == nil {
			r.byToken[asked] = l
		}
	}
}

// asked is what a creation asks for and by which key, where it has a token;
// empty where it has none.
func (r *registry) asked(op *contract.Operation, rec *redact.Record) string {
	if op.Idempotency == nil {
		return ""
	}
	if token, _ := rec.Params.Get(op.Idempotency.Parameter); token == "" {
		return ""
	}
	return fmt.Sprintf("%s %q %q", op.Name, rec.KeyID(), rec.Params)
}

func regionOf(op *contract.Operation, params wire.Params) string {
	f := op.Region()
	if f == nil {
		return ""
	}
	region, _ := params.Get(f.Name)
	return region
}

// event is a record of a life: a call about the resource, or a look at it.
type event struct {
	n, at      int // of the record, from 1 and from 0
	op         *contract.Operation
	params     wire.Params
	begin, end time.Duration
	answer     *check.Answer // nil where there was no whole one
	// shown is the item of a look, nil where the page had none; whole, that the
	// resource would have been on the page if it was there.
	shown   *wire.Map
	whole   bool
	departs bool // there is a finding about it
}

func (e *event) look() bool { return e.op.Effect.Kind == contract.Reads }

// overlaps says whether the two were under way at the same time.
func (e *event) overlaps(o *event) bool { return e.begin < o.end && o.begin < e.end }

// events reads the records of a life, in the order in which they began. What
// another key asked, or what was asked in another region, is not about this
// resource.
func (l *life) events(a *answers) []*event {
	besides := plan.Placing(a.of.Operation(l.kind.List), a.of.Operation(l.kind.Create), a.c.Entry(l.made).Params)
	var out []*event
	for _, i := range slices.Concat([]int{l.made}, l.at) {
		rec := a.c.Entry(i).Record
		op := a.of.Operation(rec.Operation)
		if rec.KeyID() != l.key || cmp.Or(regionOf(op, rec.Params), l.region) != l.region {
			continue
		}
		tree, _ := wire.Decode(rec.Params, op.Shape())
		e := &event{n: rec.ID, at: i, op: op, params: tree.Leaves(), begin: rec.Start, end: rec.Start + rec.Duration, answer: a.read(i)}
		if e.look() {
			l.see(e, besides)
		}
		out = append(out, e)
	}
	birth := out[0]
	out = slices.DeleteFunc(out, func(e *event) bool { return e != birth && e.begin < birth.end })
	slices.SortStableFunc(out, func(a, b *event) int { return cmp.Compare(a.begin, b.begin) })
	return out
}

// see takes what a listing shows of the resource out of its answer.
func (l *life) see(e *event, besides wire.Params) {
	if e.answer == nil {
		return
	}
	for _, item := range e.op.ItemsIn(e.answer.Body) {
		if check.Text(item, l.kind.IDMember) == l.id {
			e.shown = item
		}
	}
	e.whole = l.asksForIt(e, besides)
}

// asksForIt says whether a listing selects by the id, and by nothing that may
// leave the resource out.
func (l *life) asksForIt(e *event, besides wire.Params) bool {
	asked := false
	for _, p := range e.params {
		switch generic := contract.Generic(p.Name); {
		case e.op.Region() != nil && p.Name == e.op.Region().Name, p.Name == e.op.Effect.Limit:
		case p.Value == l.id && l.selects(e.op, generic):
			asked = true
		case l.selects(e.op, generic):
		case slices.Contains(besides, p):
		default:
			return false
		}
	}
	return asked && !slices.ContainsFunc(besides, func(p wire.Param) bool { _, ok := e.params.Get(p.Name); return !ok })
}

// selects says whether the parameter selects by id.
func (l *life) selects(list *contract.Operation, parameter string) bool {
	return slices.ContainsFunc(list.Effect.Filters, func(f contract.Filter) bool {
		return f.Parameter == parameter && f.Member == l.kind.IDMember
	})
}

// caseOf is the case that judges a life.
func (l *life) caseOf(a *answers) *plan.Case {
	n := strconv.Itoa(a.c.Entry(l.made).ID)
	create := a.of.Operation(l.kind.Create)
	return &plan.Case{
		ID:        create.Name + "/" + FamilyRecorded + "/resource/" + n,
		Operation: create.Name, Family: FamilyRecorded, Subject: "resource", Variant: n, Clause: create.Effect.Clause,
		Promise: "What is answered about a resource, and what listings show of it, is one story by the contract's state machine.",
		Steps: []string{
			"read what exchange " + n + " of " + a.c.Name() + " made, and what was asked about it later",
			"hold each answer and each item against the model of the contract",
		},
		Run: l.judge(a),
	}
}
