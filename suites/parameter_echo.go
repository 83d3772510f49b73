package suites

import (
	"cmp"
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/wire"
)

// oddTexts are texts that careless software executes, cuts, decodes twice or
// re-encodes. As a name they mean nothing and must come back as they went. The
// weak ones are sent to creating operations only, which come by the same code.
// The cleaned ones may come back in another form from a path or a reference.
var oddTexts = []value{
	{variant: "quotes", text: `x'"` + "`", say: "quotes"},
	{variant: "script", text: "<script>alert(1)</script>", say: "a script element", weak: true},
	{variant: "entity", text: "a&amp;b]]>", say: "an XML entity", weak: true},
	{variant: "traversal", text: "../../etc/passwd", say: "a path upwards", weak: true, cleaned: true},
	{variant: "escapedNul", text: "x%00y", say: "the text of an escaped NUL", weak: true},
	{variant: "escapes", text: "100%25+%E4%BD%A0", say: "percent signs"},
	{variant: "lookup", text: "x${jndi:ldap://127.0.0.1/a}", say: "a lookup", weak: true, cleaned: true},
	{variant: "sql", text: "x'; DROP TABLE t; --", say: "an SQL statement", weak: true},
	{variant: "chinese", text: "缓存", say: "Chinese characters"},
	{variant: "emoji", text: "x\U0001f469\u200d\U0001f4bb", say: "a joined emoji"},
	{variant: "combining", text: "e\u0301", say: "a combining accent", weak: true},
	{variant: "rightToLeft", text: "\u05e9\u05dc\u05d5\u05dd", say: "right-to-left letters", weak: true},
	{variant: "innerSpaces", text: "a  b", say: "spaces within", weak: true, cleaned: true},
	{variant: "outerSpaces", text: " a ", say: "spaces around", cleaned: true},
	{variant: "separators", text: "a+b&c=d~e*f", say: "characters with a meaning in a query"},
	{variant: "backslash", text: `a\u0041\n`, say: "backslashes", weak: true},
	{variant: "number", text: "007", say: "digits only", weak: true},
	{variant: "null", text: "null", say: "the word null", weak: true},
}

// echoes writes each value that the contract says can be read again, and odd
// texts where the caller is free to choose the text.
func (b *builder) echoes() {
	if !b.reads() {
		return
	}
	for i := range b.op.Effect.Echo {
		e := &b.op.Effect.Echo[i]
		f := b.op.Parameter(e.Parameter)
		params := b.marked(e.Parameter)
		if f == nil || len(below(params, first(e.Parameter))) == 0 {
			continue
		}
		b.echo(e, echoed{variant: "echo", params: params, change: "with " + e.Parameter + ", and read it again"})
		b.otherChoice(e, f)
		if b.free(f) {
			b.oddEchoes(e, f)
		}
	}
}

// otherChoice updates an enumeration to a value that the resource was not made
// with: that the one it has is forgotten cannot be seen.
func (b *builder) otherChoice(e *contract.Echo, f *contract.Field) {
	kind := b.c.Resource(b.op.Effect.Resource)
	if b.op.Effect.Kind != contract.Updates || kind == nil {
		return
	}
	name := first(e.Parameter)
	now, _ := b.in[kind.Create].Minimal.Get(name)
	for _, text := range f.Enum {
		v, ok := b.input().With[name+"="+text]
		if !ok || text == now {
			continue
		}
		b.echo(e, echoed{variant: "echo-" + text, params: varied(b.marked(e.Parameter), v, name), change: "with " + name + "=" + text + ", which it was not made with, and read it again"})
		return
	}
}

// reads reports whether what the operation writes can be read in the region it
// was written in.
func (b *builder) reads() bool {
	kind := b.op.Effect.Kind
	return kind == contract.Creates || kind == contract.Updates || kind == contract.Tags
}

// marked returns a valid request with the parameter's group in which a freely
// chosen text says what the request is for, so that no other case sends it.
func (b *builder) marked(path string) wire.Params {
	out := b.around(path)
	mark := "-" + strings.ToLower(word(path))
	if f := b.op.Parameter(path); f != nil && b.free(f) {
		if now, ok := out.Get(first(path)); ok && !isTemplate(now) {
			return set(out, first(path), now+mark)
		}
	}
	for i, p := range out {
		if p.Value == "$name" {
			out[i].Value = "${name}" + mark
			break
		}
	}
	return out
}

// free reports whether the caller chooses the text.
func (b *builder) free(f *contract.Field) bool {
	return f.Type == contract.String && len(f.Enum) == 0 && f.Binding == "" &&
		(f.Class == contract.ClassName || f.Class == contract.ClassText)
}

func (b *builder) oddEchoes(e *contract.Echo, f *contract.Field) {
	params, name := b.around(e.Parameter), first(e.Parameter)
	now, _ := params.Get(name)
	prefix := ""
	if strings.Contains(now, "name") && strings.Contains(now, "$") {
		prefix = strings.Replace(now, "$name", "${name}", 1)
	}
	for _, v := range oddTexts {
		if f.Check(v.text) != "" || v.weak && b.op.Effect.Kind != contract.Creates {
			continue
		}
		b.echo(e, echoed{
			variant: "text-" + v.variant, params: set(params, name, prefix+v.text), odd: true, cleaned: v.cleaned && e.Cleans,
			change: "with " + name + " holding " + v.say + ", and read it again",
		})
	}
	if b.op.Effect.Kind == contract.Creates && f.Class == contract.ClassName && f.Parent == nil && strings.Contains(now, "$name") {
		b.echo(e, echoed{
			variant: "text-plusForSpace", params: set(params, name, prefix+"a b+c"), escape: plusEscape,
			change: "with " + name + " holding a space, on the wire as +, and read it again",
		})
		b.echo(e, echoed{
			variant: "text-form", params: set(params, name, prefix+"缓存 é&=+\U0001f4bb"), form: true,
			change: "with " + name + " holding characters beyond ASCII, in the body of a POST, and read it again",
		})
	}
}

// echoed is a case that writes a value and reads it again.
type echoed struct {
	variant string
	params  wire.Params
	change  string
	// accepted promises that the request is accepted; nil where we merely
	// think so.
	accepted *contract.Clause
	// escape writes the request; nil for as usual. That all ways of writing
	// it mean the same only clients show.
	escape func(string) string
	// form sends the parameters in the body.
	form bool
	// odd says that no service can make use of the text: it may fail for it.
	odd bool
	// cleaned says that the text may come back in another form.
	cleaned bool
}

func (b *builder) echo(e *contract.Echo, c echoed) {
	p := b.probe(c.params, c.change)
	if c.form {
		asForm(&p)
	}
	if c.escape != nil {
		p.After = []plan.Edit{{Name: c.variant, Do: func(d *wire.Draft) { d.Escape = c.escape }}}
	}
	if c.escape != nil || c.cleaned {
		weaker := *e
		weaker.Clause = capped(e.Clause, contract.Should)
		e = &weaker
	}
	w := writer{op: b.op, probe: &p, clause: cmp.Or(c.accepted, capped(e.Clause, contract.Inferred)), odd: c.odd}
	if c.variant == "echo" {
		w.clause = e.Clause
	}
	if b.selects(e) {
		w.shows = e.Clause
	}
	b.add(&plan.Case{
		Subject: e.Parameter, Variant: c.variant, Clause: e.Clause, Also: slices.DeleteFunc([]*contract.Clause{c.accepted}, func(a *contract.Clause) bool { return a == e.Clause }),
		Steps: []string{"send a valid " + b.op.Name + ", but " + c.change, "expect " + e.Member + " of the listing to hold what was sent"},
		Needs: b.needs(c.params, e.Parameter), Probe: &p,
		Run: func(ctx context.Context, s *plan.Session) error {
			sent, item, err := w.write(ctx, s)
			if err != nil || item == nil {
				return err
			}
			return w.showing(ctx, s, item, func(item *wire.Map) []check.Finding {
				return compareEcho(e, sent, item, w.op.Effect.Kind == contract.Tags)
			})
		},
	})
}

// writer sends a request that writes a resource and reads the resource.
type writer struct {
	op     *contract.Operation
	probe  *plan.Probe
	clause *contract.Clause // that the request is accepted
	odd    bool             // what is sent may make the work fail
	// shows is what is broken where the listing never shows the resource by the
	// value that is written; nil where the listing does not select by it.
	shows *contract.Clause
}

// write returns what was sent and the item that shows it; no item where the
// request was refused, which is a finding then.
func (w writer) write(ctx context.Context, s *plan.Session) (wire.Params, *wire.Map, error) {
	bound, err := s.Bind(ctx, w.probe.Params)
	if err != nil {
		return nil, nil, err
	}
	p := *w.probe
	p.Params = bound
	a, err := letIn(ctx, s, func() (*check.Answer, error) { return s.Probe(ctx, &p, plan.Bound()) }, nil)
	if err != nil {
		return nil, nil, err
	}
	s.Find(s.Judge.Accepted(a, w.clause)...)
	if !a.OK {
		return nil, nil, nil
	}
	item, err := w.read(ctx, s, bound, a)
	if w.shows != nil && plan.IsTimeout(err) {
		return bound, nil, w.unseen(ctx, s, a, err)
	}
	if _, ok := plan.IsInconclusive(err); ok && w.odd {
		err = w.spoilt(ctx, s, bound, err)
	}
	return bound, item, err
}

// selects reports whether a listing shows a resource only to those who name the
// value, or left it out where it is the default.
func (b *builder) selects(e *contract.Echo) bool {
	kind := b.c.Resource(b.op.Effect.Resource)
	if kind == nil || b.op.Effect.Kind != contract.Creates {
		return false
	}
	list := b.c.Operation(kind.List)
	return slices.ContainsFunc(list.Effect.Filters, func(f contract.Filter) bool {
		p := list.Parameter(f.Parameter)
		return f.Member == e.Member && p != nil && p.HasDefault
	})
}

// unseen says that the listing does not show what was made. What it shows, but
// not yet as usable, is another matter.
func (w writer) unseen(ctx context.Context, s *plan.Session, a *check.Answer, cause error) error {
	resource := w.op.Effect.Resource
	id, _ := memberText(a.Body, w.op.Effect.ID)
	_, found, err := s.Read(ctx, resource, id)
	if err != nil || found {
		return cause
	}
	s.Find(check.Finding{
		Clause: w.shows.ID, Level: w.shows.Level, Pointer: "/" + id,
		Want: resource + " " + id + " in " + s.Contract.Resource(resource).List + " by what it was made with", Got: "absent",
	})
	return nil
}

// showing judges the item, and reads it again as long as it does not show what it
// should: nobody promises that what is written can be read at once.
func (w writer) showing(ctx context.Context, s *plan.Session, item *wire.Map, judge func(*wire.Map) []check.Finding) error {
	resource, _ := w.target(s.Contract, nil)
	kind := s.Contract.Resource(cmp.Or(resource, w.op.Effect.Resource))
	found := judge(item)
	ok, err := s.Shows(ctx, "what was written to show", func() (bool, error) {
		if len(found) == 0 {
			return true, nil
		}
		again, there, err := s.Read(ctx, kind.Name, check.Text(item, kind.IDMember))
		if err != nil || !there {
			return false, err
		}
		found = judge(again)
		return len(found) == 0, nil
	})
	if err == nil && !ok {
		s.Find(found...)
	}
	return err
}

// spoilt is why the resource cannot be read: for what was sent, where it has
// failed. No service has to make something of an odd text.
func (w writer) spoilt(ctx context.Context, s *plan.Session, sent wire.Params, cause error) error {
	resource, id := w.target(s.Contract, sent)
	kind := s.Contract.Resource(resource)
	if kind == nil {
		return cause
	}
	item, found, err := s.Read(ctx, resource, id)
	if err != nil || !found {
		return cause
	}
	if state := kind.State(check.Text(item, kind.StateMember)); state == nil || !state.Failed {
		return cause
	}
	return plan.Skip("what was sent is accepted and makes the work fail: " + resource + " " + id + " is " + check.Text(item, kind.StateMember))
}

func (w writer) read(ctx context.Context, s *plan.Session, sent wire.Params, a *check.Answer) (*wire.Map, error) {
	resource, id := w.target(s.Contract, sent)
	if resource != "" {
		return s.Usable(ctx, resource, id)
	}
	resource = w.op.Effect.Resource
	id, _ = memberText(a.Body, w.op.Effect.ID)
	var item *wire.Map
	err := s.Listed(ctx, resource+" "+id+" in its listing", func() (done bool, err error) {
		item, done, err = s.Read(ctx, resource, id)
		return done, err
	})
	return item, err
}

// target returns the resource that the request names, nothing for a creation.
func (w writer) target(c *contract.Contract, sent wire.Params) (resource, id string) {
	for _, p := range w.probe.Params {
		if name, ok := strings.CutPrefix(p.Value, "$id:"); ok && c.Resource(name) != nil {
			id, _ = sent.Get(p.Name)
			return name, id
		}
	}
	return "", ""
}

// compareEcho holds the item's member against the values that were sent. The
// order of a list is not promised, nor that what is empty is shown; where the
// operation adds, more may be there.
func compareEcho(e *contract.Echo, sent wire.Params, item *wire.Map, more bool) []check.Finding {
	isEmpty := func(text string) bool { return text == "" }
	want, got := slices.DeleteFunc(sentTexts(e, sent), isEmpty), slices.DeleteFunc(shownTexts(e, item), isEmpty)
	slices.Sort(want)
	slices.Sort(got)
	if slices.Equal(want, got) || more && holds(got, want) {
		return nil
	}
	return []check.Finding{{
		Clause: e.Clause.ID, Level: e.Clause.Level, Pointer: "/" + strings.ReplaceAll(e.Member, ".", "/"),
		Want: quoted(want), Got: quoted(got),
	}}
}

func holds(all, some []string) bool {
	return !slices.ContainsFunc(some, func(t string) bool { return !slices.Contains(all, t) })
}

// sentTexts returns the values sent for the echo's parameter: those of every
// element of a list, and key=value for a map.
func sentTexts(e *contract.Echo, sent wire.Params) []string {
	var out []string
	for _, p := range sent {
		switch key, isMember := strings.CutPrefix(p.Name, e.Parameter+"."); {
		case contract.Generic(p.Name) == e.Parameter:
			out = append(out, p.Value)
		case isMember && e.Form == "json":
			out = append(out, lengthPrefix.ReplaceAllString(key, "")+"="+p.Value)
		}
	}
	return out
}

// lengthPrefix is what may stand ahead of a map's key in a request.
var lengthPrefix = regexp.MustCompile(`^#[0-9]+#`)

// shownTexts returns the values at the echo's member.
func shownTexts(e *contract.Echo, item *wire.Map) []string {
	shown := texts(item, strings.Split(e.Member, "."))
	if e.Form != "json" {
		return shown
	}
	var out []string
	for _, text := range shown {
		out = append(out, decodedPairs(e, text)...)
	}
	return out
}

func decodedPairs(e *contract.Echo, text string) []string {
	m, ok := e.Unpack(text)
	if !ok {
		return []string{text}
	}
	var out []string
	for _, key := range m.Keys() {
		member, _ := m.Get(key)
		out = append(out, key+"="+text1(member))
	}
	return out
}

// texts returns the leaves at a path below v, through every element of a list.
func texts(v any, path []string) []string {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		if len(path) > 0 && path[0] == "N" {
			path = path[1:]
		}
		var out []string
		for _, element := range v {
			out = append(out, texts(element, path)...)
		}
		return out
	case *wire.Map:
		if v == nil || len(path) == 0 {
			return nil
		}
		member, _ := v.Get(path[0])
		return texts(member, path[1:])
	}
	if len(path) > 0 {
		return nil
	}
	return []string{text1(v)}
}

// memberText returns the first leaf at a dotted path.
func memberText(v any, path string) (string, bool) {
	found := texts(v, strings.Split(path, "."))
	if len(found) == 0 {
		return "", false
	}
	return found[0], true
}

// text1 returns one value as the wire would show it.
func text1(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case json.Number:
		return wire.NumberText(v)
	}
	return string(wire.EncodeJSON(v))
}

func quoted(texts []string) string {
	if len(texts) == 0 {
		return "nothing"
	}
	out := make([]string, len(texts))
	for i, t := range texts {
		out[i] = strconv.QuoteToASCII(t)
	}
	return strings.Join(out, ", ")
}
