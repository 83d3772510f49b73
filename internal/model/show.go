package model

import (
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/wire"
)

// Sent returns what the parameters will show in the list item, by the
// operation's echoes. Lists come in an order of their own, since the contract
// promises none.
func Sent(op *contract.Operation, params wire.Params) Values {
	out := map[string][]string{}
	elements := map[string]map[string][]string{} // group → index → member=value
	for i := range op.Effect.Echo {
		e := &op.Effect.Echo[i]
		root, member, inList := strings.Cut(e.Parameter, ".N.")
		for _, p := range params {
			switch {
			case inList && contract.Generic(p.Name) == e.Parameter:
				index := strings.TrimSuffix(strings.TrimPrefix(p.Name, root+"."), "."+member)
				add(elements, group(e), index, pair(lastOf(e.Member), p.Value))
			case contract.Generic(p.Name) == e.Parameter:
				out[group(e)] = append(out[group(e)], p.Value)
			case e.Form == "json" && strings.HasPrefix(p.Name, e.Parameter+"."):
				out[group(e)] = append(out[group(e)], pair(strings.TrimPrefix(p.Name, e.Parameter+"."), p.Value))
			}
		}
	}
	for name, byIndex := range elements {
		for _, members := range byIndex {
			sort.Strings(members)
			out[name] = append(out[name], strings.Join(members, ","))
		}
	}
	for _, texts := range out {
		sort.Strings(texts)
	}
	return Pack(out)
}

func add(to map[string]map[string][]string, group, index, text string) {
	if to[group] == nil {
		to[group] = map[string][]string{}
	}
	to[group][index] = append(to[group][index], text)
}

func pair(name, value string) string { return name + "=" + strconv.Quote(value) }

// Shown returns what a list item shows of what the operation writes.
func Shown(op *contract.Operation, item *wire.Map) Values {
	out := map[string][]string{}
	for _, e := range op.Effect.Echo {
		name := group(&e)
		if _, done := out[name]; done {
			continue
		}
		out[name] = []string{}
		v := at(item, strings.Split(name, "."))
		switch list, isList := v.([]any); {
		case isList:
			for _, element := range list {
				out[name] = append(out[name], element1(op, name, element))
			}
		case v == nil:
		case e.Form == "json":
			out[name] = packed(&e, text(v))
		default:
			out[name] = []string{text(v)}
		}
		sort.Strings(out[name])
	}
	return Pack(out)
}

// element1 is a list's element as one text: of an object those members that the
// operation writes, and no member that is empty.
func element1(op *contract.Operation, name string, v any) string {
	m, ok := v.(*wire.Map)
	if !ok {
		return text(v)
	}
	var members []string
	for _, e := range op.Effect.Echo {
		if group(&e) != name {
			continue
		}
		value, _ := m.Get(lastOf(e.Member))
		if t := text(value); value != nil && t != "" {
			members = append(members, pair(lastOf(e.Member), t))
		}
	}
	sort.Strings(members)
	return strings.Join(members, ",")
}

// packed takes a map that came as JSON text apart.
func packed(e *contract.Echo, s string) []string {
	m, ok := e.Unpack(s)
	if !ok {
		return []string{s}
	}
	var out []string
	for _, key := range m.Keys() {
		member, _ := m.Get(key)
		out = append(out, pair(key, text(member)))
	}
	return out
}

// group is the member of the list item that an echo is part of: the list, for
// what stands in its elements.
func group(e *contract.Echo) string {
	name, _, _ := strings.Cut(e.Member, ".N")
	return name
}

// Echo returns the echo of the operation that shows in the member, or nil.
func Echo(op *contract.Operation, member string) *contract.Echo {
	i := slices.IndexFunc(op.Effect.Echo, func(e contract.Echo) bool { return group(&e) == member })
	if i < 0 {
		return nil
	}
	return &op.Effect.Echo[i]
}

func lastOf(path string) string { return path[strings.LastIndexByte(path, '.')+1:] }

// at returns the value at a path of objects.
func at(v any, path []string) any {
	for _, name := range path {
		m, ok := v.(*wire.Map)
		if !ok || m == nil {
			return nil
		}
		v, _ = m.Get(name)
	}
	return v
}

func text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case json.Number:
		return wire.NumberText(v)
	case *wire.Map:
		return string(wire.EncodeJSON(v))
	}
	return fmt.Sprint(v)
}
