package contract

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

var operationKeys = []string{
	"operationId", "summary", "description", "tags", "parameters", "responses", "externalDocs", "deprecated", "security",
	"x-acs-methods", "x-acs-level", "x-acs-source", "x-acs-note", "x-acs-effect", "x-acs-rules", "x-acs-idempotency",
	"x-acs-errors",
}

func (l *loader) paths(b basis) {
	for key, v := range l.mapping(l.doc.need("paths"), "paths").pairs() {
		item := l.object(v, "path "+key.Value, "get", "summary", "description")
		n := item.need("get")
		if n == nil {
			continue
		}
		l.operation(key, n, b)
	}
}

func (l *loader) operation(key, n *yaml.Node, b basis) {
	o := l.object(n, "path "+key.Value, operationKeys...)
	name := o.needText("operationId")
	if want := "/?Action=" + name; key.Value != want {
		l.fail(key, "path %q: want %q, after its operationId", key.Value, want)
	}
	o.what = name
	op := &Operation{Name: name, Summary: o.needText("summary"), Methods: l.words(o, "x-acs-methods", methods), Place: l.place(key)}
	if len(op.Methods) == 0 {
		o.missing("x-acs-methods")
	}
	b = o.basis("x-acs-", b)
	l.parameters(op, o, b)
	l.responses(op, o, b)
	op.Errors = l.rows(o.items("x-acs-errors"), table{operation: name, kind: "error", speaker: name, basis: b})
	at, _ := o.find("x-acs-errors")
	if at == nil {
		at = key
	}
	op.Unlisted = l.unlisted(at, b, Clause{
		ID: name + "#error/unlisted", Operation: name, Kind: "error",
		Promise: name + " fails with a row of its own table or of those that all operations share.",
	})
	for _, r := range o.items("x-acs-rules") {
		op.Rules = append(op.Rules, l.rule(op, r, b))
	}
	if e := o.need("x-acs-effect"); e != nil {
		l.effect(op, e, b)
	}
	if t := o.get("x-acs-idempotency"); t != nil {
		l.token(op, t, b)
	}
	l.c.Operations = append(l.c.Operations, op)
}

var parameterKeys = append([]string{
	"name", "in", "description", "required", "allowEmptyValue", "schema", "example", "style", "explode", "deprecated",
}, extensionKeys...)

func (l *loader) parameters(op *Operation, o object, b basis) {
	fs := &fields{l: l, operation: op.Name, kind: "parameter", keywords: ParameterKeywords}
	for _, n := range o.items("parameters") {
		p := l.parameter(n, op.Name+" parameter")
		if p == nil || l.twice(n, op.Name+" parameter", p.name, op.Parameters) {
			continue
		}
		p.basis = b
		op.Parameters = append(op.Parameters, fs.build(p))
	}
}

// parameter follows a parameter to where it is written down; nil after a fault.
func (l *loader) parameter(n *yaml.Node, what string) *part {
	p := &part{prefix: "x-acs-"}
	for range 8 {
		if !isRef(n) {
			return l.inlineParameter(p, n, what)
		}
		o := l.object(n, what, append([]string{"$ref", "description", "example"}, extensionKeys...)...)
		p.holders = append(p.holders, o)
		if n, what = l.follow(o, "parameters"); n == nil {
			return nil
		}
	}
	l.endless(n, what)
	return nil
}

func (l *loader) inlineParameter(p *part, n *yaml.Node, what string) *part {
	o := l.object(n, what, parameterKeys...)
	p.name = o.needText("name")
	p.path = p.name
	if !strings.HasSuffix(what, "/"+p.name) {
		what += " " + p.name
	}
	o.what = what
	if in := o.needText("in"); in != "query" && in != "" {
		l.fail(o.get("in"), "%s: in %s: want query", what, in)
	}
	schema := o.need("schema")
	if p.name == "" || schema == nil {
		return nil
	}
	if o.flag("required") {
		p.must, _ = o.find("required")
	}
	holders, at := l.schema(schema, what)
	p.holders, p.schema = append(append(p.holders, o), holders...), at
	return p
}

func (l *loader) responses(op *Operation, o object, b basis) {
	all := l.mapping(o.need("responses"), op.Name+" responses")
	for key, v := range all.pairs() {
		switch key.Value {
		case "200":
			l.response(op, v, b)
		case "4XX", "5XX", "default":
			l.reply(v, op.Name+" response "+key.Value)
		default:
			l.fail(key, "%s: response %s: want 200, 4XX, 5XX or default", op.Name, key.Value)
		}
	}
	all.need("200")
}

// reply follows a response to where it is written down.
func (l *loader) reply(n *yaml.Node, what string) object {
	for range 8 {
		if !isRef(n) {
			return l.object(n, what, "description", "content", "headers", "x-acs-level", "x-acs-source", "x-acs-note")
		}
		o := l.object(n, what, "$ref")
		if n, what = l.follow(o, "responses"); n == nil {
			break
		}
	}
	if n != nil {
		l.endless(n, what)
	}
	return l.mapping(nil, what)
}

func (l *loader) response(op *Operation, n *yaml.Node, b basis) {
	what := op.Name + " response"
	o := l.reply(n, what)
	if len(o.node.Content) == 0 {
		return
	}
	b = o.basis("x-acs-", b)
	media := l.mapping(o.need("content"), what+": content").need("application/json")
	if media == nil {
		return
	}
	body := l.object(media, what, "schema", "example", "examples")
	schema := body.need("schema")
	if schema == nil {
		return
	}
	fs := &fields{l: l, operation: op.Name, kind: "response", keywords: ResponseKeywords, response: true}
	p := &part{prefix: "x-acs-", basis: b}
	p.holders, p.schema = l.schema(schema, what)
	op.Response = fs.build(p)
	op.answer = &validator{root: op.Response, example: body.get("example")}
	if op.Response.Type != Object {
		l.fail(schema, "%s: want an object, have %s", what, op.Response.Type)
	}
}

func (l *loader) rule(op *Operation, n *yaml.Node, b basis) *Rule {
	o := l.object(n, op.Name+" rule", "id", "kind", "parameters", "values", "promise", "violation", "level", "source", "note")
	r := &Rule{
		ID: o.needText("id"), Kind: o.word("kind", "kind", RuleKinds), Parameters: o.texts("parameters"),
		Values: o.texts("values"), Promise: o.needText("promise"),
		Violation: o.word("violation", "violation", ViolationKinds), Place: l.place(n),
	}
	o.what += " " + r.ID
	o.need("kind")
	r.Clause = l.clause(o.basis("", b), n, Clause{
		ID: op.Name + "#rule/" + r.ID, Operation: op.Name, Kind: "rule", Subject: r.ID, Keyword: r.Kind, Promise: r.Promise,
	})
	l.ruleShape(o, r)
	return r
}

// ruleShape holds the rule's parts against what its kind needs.
func (l *loader) ruleShape(o object, r *Rule) {
	least, values := 1, false
	switch r.Kind {
	case "atMostOne", "atLeastOne", "requires", "ignoredWith", "ignoredWithout":
		least = 2
	case "notValue", "notPrefix", "notContains":
		values = true
	}
	if len(r.Parameters) < least {
		l.fail(o.node, "%s: kind %s needs at least %s", o.what, r.Kind, count(least, "parameter"))
	}
	if values != (len(r.Values) > 0) {
		l.fail(o.node, "%s: kind %s: values: want %s", o.what, r.Kind, map[bool]string{true: "some", false: "none"}[values])
	}
	if r.Violation == "" && !strings.HasPrefix(r.Kind, "ignored") {
		o.missing("violation")
	}
}

func (l *loader) effect(op *Operation, n *yaml.Node, b basis) {
	o := l.object(n, op.Name+" x-acs-effect", "kind", "resource", "key", "id", "from", "to", "wrong", "level", "source",
		"note", "promise", "echo", "filters", "items", "limit", "next", "total", "same", "force", "rest", "takes", "takes-all",
		"shows", "match")
	b = o.basis("", b)
	e := Effect{
		Kind: EffectKind(o.word("kind", "kind", words(EffectKinds))), Resource: o.text("resource"), Key: l.alternatives(o),
		ID: o.text("id"), From: o.texts("from"), To: o.text("to"), Wrong: o.text("wrong"), Items: o.text("items"),
		Limit: o.text("limit"), Next: o.text("next"), Total: o.text("total"), Same: o.text("same"), Force: o.texts("force"),
		Place: l.place(n),
	}
	o.need("kind")
	promise := o.text("promise")
	if promise == "" {
		promise = effectSentence(op.Name, &e)
	}
	at, _ := o.find("kind")
	e.Clause = l.clause(b, at, Clause{
		ID: op.Name + "#effect/" + string(e.Kind), Operation: op.Name, Kind: "effect", Subject: subjectOf(&e), Keyword: string(e.Kind),
		Promise: promise,
	})
	e.Rest, e.Shows, e.Match = l.rest(op, o, b), l.shows(op, o, b), l.match(op, o, b)
	e.Takes, e.TakesAll = l.takes(op, o, b)
	for _, v := range o.items("echo") {
		e.Echo = append(e.Echo, l.echo(op, v, b))
	}
	for _, v := range o.items("filters") {
		e.Filters = append(e.Filters, l.filter(op, v, b))
	}
	op.Effect = e
}

func subjectOf(e *Effect) string {
	if e.Resource == "" {
		return string(e.Kind)
	}
	return e.Resource
}

// alternatives reads key: [[DataCacheId], [Bucket, Path]].
func (l *loader) alternatives(o object) [][]string {
	var out [][]string
	for _, n := range o.items("key") {
		if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
			l.fail(n, "%s: key: want lists of parameters, have %s", o.what, kindName(n))
			continue
		}
		var one []string
		for _, v := range n.Content {
			one = append(one, l.text(v, o.what+": key"))
		}
		out = append(out, one)
	}
	return out
}

func (l *loader) echo(op *Operation, n *yaml.Node, b basis) Echo {
	o := l.object(n, op.Name+" echo", "parameter", "member", "form", "wraps", "cleans", "level", "source", "note", "promise")
	e := Echo{
		Parameter: o.needText("parameter"), Member: o.needText("member"), Form: o.word("form", "form", echoForms), Wraps: o.texts("wraps"), Cleans: o.flag("cleans"), Place: l.place(n),
	}
	if e.Form == "" {
		e.Form = "same"
	}
	promise := o.text("promise")
	if promise == "" {
		promise = fmt.Sprintf("What %s writes into %s is read again in %s.", op.Name, e.Parameter, e.Member)
	}
	e.Clause = l.clause(o.basis("", b), n, Clause{
		ID: op.Name + "#effect/echo/" + e.Parameter, Operation: op.Name, Kind: "effect", Subject: e.Parameter, Keyword: "echo",
		Promise: promise,
	})
	if f := op.Parameter(e.Parameter); f != nil {
		f.Clauses["echo"] = e.Clause
	}
	return e
}

func (l *loader) token(op *Operation, n *yaml.Node, b basis) {
	o := l.object(n, op.Name+" x-acs-idempotency", "parameter", "level", "source", "note", "promise")
	t := &Token{Parameter: o.needText("parameter"), Place: l.place(n)}
	promise := o.text("promise")
	if promise == "" {
		promise = fmt.Sprintf("%s repeated with the same %s and parameters takes effect once.", op.Name, t.Parameter)
	}
	at, _ := o.find("parameter")
	t.Clause = l.clause(o.basis("", b), at, Clause{
		ID: op.Name + "#idempotency/" + t.Parameter, Operation: op.Name, Kind: "idempotency", Subject: t.Parameter,
		Keyword: "token", Promise: promise,
	})
	op.Idempotency = t
}

var resourceKeys = []string{
	"id-prefix", "id-member", "id-parameter", "create", "list", "update", "delete", "tag-type", "state-member", "unique",
	"volatile", "retention", "eviction", "usage", "complete", "consistency", "states", "transitions", "level", "source", "note", "summary", "title",
}

func (l *loader) resources(b basis) {
	for key, v := range l.mapping(l.doc.need("x-acs-resources"), "x-acs-resources").pairs() {
		l.resource(key, v, b)
	}
}

func (l *loader) resource(key, n *yaml.Node, b basis) {
	o := l.object(n, "resource "+key.Value, resourceKeys...)
	b = o.basis("", b)
	r := &Resource{
		Name: key.Value, IDPrefix: o.text("id-prefix"), IDMember: o.needText("id-member"), IDParameter: o.text("id-parameter"),
		Create: o.text("create"), List: o.text("list"), Update: o.text("update"), Delete: o.text("delete"),
		TagType: o.text("tag-type"), StateMember: o.text("state-member"), Unique: o.texts("unique"), Place: l.place(key),
		Volatile: o.texts("volatile"),
	}
	r.Retention, r.Eviction, r.Consistency = l.retention(r, o, b), l.eviction(r, o), l.consistency(r, o, b)
	r.Usage, r.Complete = l.usage(r, o, b), l.complete(r, o, b)
	for name, v := range l.mapping(o.get("states"), o.what+": states").pairs() {
		r.States = append(r.States, l.state(r, name, v, b))
	}
	ends := map[string]int{}
	nodes := o.items("transitions")
	for _, v := range nodes {
		if v.Kind == yaml.MappingNode {
			t := object{r: l.reader, node: v}
			ends[edge(t.quiet("from"), t.quiet("to"))]++
		}
	}
	for _, v := range nodes {
		r.Transitions = append(r.Transitions, l.transition(r, v, b, ends))
	}
	l.c.Resources = append(l.c.Resources, r)
}

func (l *loader) state(r *Resource, key, n *yaml.Node, b basis) State {
	o := l.object(n, r.Name+" state "+key.Value, "summary", "initial", "stable", "usable", "failed", "level", "source", "note")
	s := State{
		Name: key.Value, Summary: o.text("summary"), Initial: o.flag("initial"), Stable: o.flag("stable"),
		Usable: o.flag("usable"), Failed: o.flag("failed"), Place: l.place(key),
	}
	promise := fmt.Sprintf("%s is a state of %s.", s.Name, r.Name)
	if s.Summary != "" {
		promise = fmt.Sprintf("%s is a state of %s: %s", s.Name, r.Name, strings.TrimSuffix(s.Summary, ".")+".")
	}
	s.Clause = l.clause(o.basis("", b), key, Clause{
		ID: r.Name + "#state/" + s.Name, Kind: "state", Subject: s.Name, Keyword: "state", Promise: promise,
	})
	return s
}

// edge names the ends of a transition.
func edge(from, to string) string {
	if from == "" {
		from = "new"
	}
	if to == "" {
		to = "gone"
	}
	return from + "→" + to
}

func (l *loader) transition(r *Resource, n *yaml.Node, b basis, ends map[string]int) Transition {
	o := l.object(n, r.Name+" transition", "from", "to", "on", "conditions", "level", "source", "note", "promise")
	t := Transition{
		From: o.text("from"), To: o.text("to"), On: o.needText("on"), Conditions: o.texts("conditions"), Place: l.place(n),
	}
	o.need("from")
	o.need("to")
	name := edge(t.From, t.To)
	id := r.Name + "#transition/" + name
	if ends[name] > 1 {
		id += ":" + t.On
	}
	promise := o.text("promise")
	if promise == "" {
		promise = transitionSentence(r.Name, &t)
	}
	t.Clause = l.clause(o.basis("", b), n, Clause{ID: id, Kind: "transition", Subject: name, Keyword: t.On, Promise: promise})
	return t
}
