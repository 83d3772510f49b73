package emulator

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/wire"
)

// show returns the record as lists show it. The caller holds the cell's lock;
// what is returned is never changed.
func (e *Emulator) show(r *record, item *contract.Field) *wire.Map {
	if r.view == nil {
		r.view = e.draw(r, item)
	}
	return r.view
}

func (e *Emulator) draw(r *record, item *contract.Field) *wire.Map {
	echoed := &wire.Map{}
	for _, echo := range e.echoes[r.kind.Name] {
		place(echoed, r.input, echo, item)
	}
	out := &wire.Map{}
	for _, m := range item.Members {
		value, ok := echoed.Get(m.Name)
		if means := r.means.Members[m.Name]; means != "" {
			value = r.member(means, m)
			ok = value != nil
		}
		if !ok && m.Type == contract.Array {
			value, ok = []any{}, true
		}
		if ok {
			out.Set(m.Name, value)
		}
	}
	return out
}

// place writes the values of one parameter to where lists show them.
func place(into *wire.Map, in input, echo contract.Echo, item *contract.Field) {
	if echo.Form == "json" {
		if options := in.below(echo.Parameter); len(options) > 0 {
			put(into, echo.Member, jsonText(options))
		}
		return
	}
	shape := find(item, echo.Member)
	for _, path := range in.concrete(echo.Parameter) {
		if value, ok := in.get(path); ok {
			put(into, alongside(path, echo.Member), typed(shape, value))
			continue
		}
		// A whole list or struct is echoed under its own name.
		for _, leaf := range in.below(path) {
			member := alongside(path, echo.Member) + "." + leaf.Name
			put(into, member, typed(find(item, contract.Generic(member)), leaf.Value))
		}
	}
}

// find returns the item's member at a path that starts below the item.
func find(item *contract.Field, path string) *contract.Field {
	if f := item.Find(item.Path + "." + path); f != nil {
		return f
	}
	return item.Find(path)
}

func jsonText(options wire.Params) string {
	m := &wire.Map{}
	for _, o := range options {
		m.Set(o.Name, o.Value)
	}
	return string(wire.EncodeJSON(m))
}

// typed is a value as the answer's type wants it.
func typed(f *contract.Field, value string) any {
	if f == nil {
		return value
	}
	switch f.Type {
	case contract.Integer, contract.Number:
		return json.Number(value)
	case contract.Boolean:
		return value == "true"
	}
	return value
}

// put sets the value at a concrete path such as Tags.1.Key, making the lists
// and objects on the way.
func put(into *wire.Map, path string, value any) {
	name, rest, nested := strings.Cut(path, ".")
	if !nested {
		into.Set(name, value)
		return
	}
	index, rest2, deeper := strings.Cut(rest, ".")
	n, err := strconv.Atoi(index)
	if err != nil {
		put(child(into, name), rest, value)
		return
	}
	had, _ := into.Get(name)
	list, _ := had.([]any)
	for len(list) < n {
		list = append(list, nil)
	}
	into.Set(name, list)
	if !deeper {
		list[n-1] = value
		return
	}
	if list[n-1] == nil {
		list[n-1] = &wire.Map{}
	}
	put(list[n-1].(*wire.Map), rest2, value)
}

func child(of *wire.Map, name string) *wire.Map {
	if had, ok := of.Get(name); ok {
		return had.(*wire.Map)
	}
	m := &wire.Map{}
	of.Set(name, m)
	return m
}

// member returns what a member of the answer shows; nil for no value.
func (r *record) member(means string, f *contract.Field) any {
	switch means {
	case "id":
		return r.id
	case "region":
		return r.where
	case "state":
		return r.state
	case "progress":
		return r.progress()
	case "created":
		return r.created.Format(r.means.TimeLayout)
	case "expires":
		return r.orNothing(!r.expires.IsZero(), r.expires.Format(r.means.TimeLayout))
	case "instance":
		return r.instance
	case "snapshot":
		return r.orNothing(r.ready, r.snapshot)
	case "flashSnapshot":
		return r.orNothing(r.ready && r.input.text(r.means.Parameters[meanFlash]) == "true", r.flash)
	case "events":
		return r.log(f)
	}
	return nil
}

func (r *record) orNothing(there bool, value string) any {
	if there {
		return value
	}
	return nil
}

// progress follows the snapshot: nothing, on the way, done.
func (r *record) progress() string {
	s := r.kind.State(r.state)
	switch {
	case r.ready:
		return "100%"
	case s != nil && (s.Initial || s.Failed):
		return "0%"
	default:
		return "50%"
	}
}

func (r *record) log(f *contract.Field) any {
	out := make([]any, 0, len(r.events))
	if f == nil || f.Items == nil {
		return out
	}
	for _, h := range r.events {
		m := &wire.Map{}
		for _, member := range f.Items.Members {
			if value := r.logged(h, r.means.EventMembers[member.Name]); value != nil {
				m.Set(member.Name, value)
			}
		}
		out = append(out, m)
	}
	return out
}

func (r *record) logged(h happening, means string) any {
	switch means {
	case "type":
		return h.Type
	case "reason":
		return h.Reason
	case "message":
		return h.Message
	case "at":
		return h.at.Format(time.RFC3339)
	case "count":
		return json.Number("1")
	case "name":
		return r.means.EventName
	}
	return nil
}
