package contract

import (
	"fmt"

	"go.yaml.in/yaml/v3"
)

func (l *loader) sources() {
	for key, v := range l.mapping(l.doc.need("x-acs-sources"), "x-acs-sources").pairs() {
		o := l.object(v, "source "+key.Value, "title", "kind", "date", "url", "note")
		l.c.Sources = append(l.c.Sources, &Source{
			Key: key.Value, Title: o.needText("title"), Kind: o.word("kind", "kind", sourceKinds), Date: o.text("date"),
			Place: l.place(key),
		})
		o.need("kind")
	}
}

func (l *loader) conditions() {
	for key, v := range l.mapping(l.doc.need("x-acs-conditions"), "x-acs-conditions").pairs() {
		o := l.object(v, "condition "+key.Value, "summary", "kind", "class")
		l.c.Conditions = append(l.c.Conditions, &Condition{
			Name: key.Value, Summary: o.needText("summary"), Kind: o.word("kind", "kind", conditionKinds),
			Class: o.word("class", "class", conditionClasses), Place: l.place(key),
		})
		o.need("kind")
	}
}

func (l *loader) protocol(b basis) {
	o := l.object(l.doc.need("x-acs-protocol"), "x-acs-protocol",
		"formats", "default-format", "skew", "retry-after", "clauses", "common", "headers", "level", "source", "note")
	b = o.basis("", b)
	p := &l.c.Protocol
	p.Formats = l.words(o, "formats", bodyFormats)
	p.DefaultFormat = o.word("default-format", "format", bodyFormats)
	p.Skew = o.whole("skew")
	p.RetryAfter = o.text("retry-after")
	p.Clauses = l.promises(o.get("clauses"), "protocol", ProtocolKeywords, b)
	p.Common = l.lines(o.items("common"), "parameter", b)
	p.Headers = l.lines(o.items("headers"), "header", b)
}

// words are texts out of a closed list.
func (l *loader) words(o object, key string, known []string) []string {
	var out []string
	for _, v := range o.items(key) {
		word := l.text(v, o.what+": "+key)
		if !contains(known, word) {
			l.fail(v, "%s: %s: %s", o.what, key, unknown("word", word, known))
		}
		out = append(out, word)
	}
	return out
}

func contains(words []string, word string) bool {
	for _, w := range words {
		if w == word {
			return true
		}
	}
	return false
}

// lineKeys stand in a line of x-acs-protocol's common and headers.
var lineKeys = []string{
	"name", "type", "format", "required", "enum", "minimum", "maximum", "minLength", "maxLength", "pattern", "default",
	"example", "description", "class", "binding", "level", "source", "note", "clauses", "allow-empty", "encoding",
}

func (l *loader) lines(nodes []*yaml.Node, kind string, b basis) []*Field {
	fs := &fields{l: l, kind: kind, keywords: ParameterKeywords}
	var out []*Field
	for _, n := range nodes {
		o := l.object(n, "x-acs-protocol: "+kind, lineKeys...)
		name := o.needText("name")
		if name == "" || l.twice(n, kind, name, out) {
			continue
		}
		o.what += " " + name
		p := &part{holders: []object{o}, schema: o, name: name, path: name, basis: b}
		if o.flag("required") {
			p.must, _ = o.find("required")
		}
		out = append(out, fs.build(p))
	}
	return out
}

// twice reports a parameter that stands in its list already.
func (l *loader) twice(n *yaml.Node, what, name string, list []*Field) bool {
	for _, f := range list {
		if f.Name == name {
			l.fail(n, "%s %s stands at %s already", what, name, f.Place)
			return true
		}
	}
	return false
}

func (l *loader) gateway(b basis) {
	o := l.object(l.doc.need("x-acs-gateway"), "x-acs-gateway", "order", "level", "source", "note", "promise", "errors")
	b = o.basis("", b)
	g := &l.c.Gateway
	g.Order = l.words(o, "order", GatewayStages)
	at, _ := o.find("order")
	if at == nil {
		o.missing("order")
		return
	}
	promise := o.text("promise")
	if promise == "" {
		promise = "The gateway checks in this order, and the first failure answers: " + join(g.Order) + "."
	}
	g.Clause = l.clause(b, at, Clause{
		ID: "common#gateway/order", Kind: "gateway", Subject: "order", Keyword: "order", Promise: promise,
	})
	g.Errors = l.rows(o.items("errors"), table{kind: "gateway", speaker: "The gateway", basis: b})
	if n, _ := o.find("errors"); n != nil {
		at = n
	}
	g.Unlisted = l.unlisted(at, b, Clause{
		ID: "common#gateway/unlisted", Kind: "gateway",
		Promise: "A request for no operation fails with a row of the gateway's table.",
	})
}

// unlisted is the promise that no other error occurs than those in a table. No
// page says that a table is complete, so it is an inferred one.
func (l *loader) unlisted(at *yaml.Node, b basis, c Clause) *Clause {
	c.Subject, c.Keyword = "unlisted", "unlisted"
	b.level, b.note = Inferred, "no page says that a table is complete"
	return l.clause(b, at, c)
}

func (l *loader) envelope(b basis) {
	o := l.object(l.doc.need("x-acs-envelope"), "x-acs-envelope", "error", "clauses", "level", "source", "note")
	b = o.basis("", b)
	e := &l.c.Envelope
	e.Clauses = l.promises(o.get("clauses"), "envelope", EnvelopeKeywords, b)
	if n := o.need("error"); n != nil {
		fs := &fields{l: l, kind: "envelope", keywords: ResponseKeywords, response: true}
		p := &part{prefix: "x-acs-", basis: b}
		p.holders, p.schema = l.schema(n, "x-acs-envelope: error")
		e.Error = fs.build(p)
		e.failure = &validator{root: e.Error}
	}
}

func (l *loader) violations(b basis) {
	o := l.object(l.doc.need("x-acs-violations"), "x-acs-violations", append([]string{"level", "source"}, ViolationKinds...)...)
	b = o.basis("", b)
	for key, v := range o.pairs() {
		if !contains(ViolationKinds, key.Value) {
			continue
		}
		t := table{kind: "violation", subject: key.Value, speaker: faulty[key.Value], basis: b}
		l.c.Violations = append(l.c.Violations, &Violation{Kind: key.Value, Error: l.row(v, t), Place: l.place(key)})
	}
}

func (l *loader) idempotency(b basis) {
	o := l.object(l.doc.need("x-acs-idempotency"), "x-acs-idempotency",
		"scope", "replay", "mismatch", "processing", "clauses", "level", "source", "note")
	b = o.basis("", b)
	i := &l.c.Idempotency
	i.Place = l.place(o.node)
	i.Scope = l.words(o, "scope", tokenScopes)
	if n := o.need("replay"); n != nil {
		r := l.object(n, "x-acs-idempotency: replay", "promise", "level", "source", "note")
		i.Replay = l.clause(r.basis("", b), n, Clause{
			ID: "common#idempotency/replay", Kind: "idempotency", Subject: "replay", Keyword: "replay", Promise: r.needText("promise"),
		})
	}
	if n := o.need("mismatch"); n != nil {
		t := table{kind: "idempotency", subject: "mismatch", speaker: "A used token with other parameters", basis: b}
		i.Mismatch = l.row(n, t)
	}
	if n := o.need("processing"); n != nil {
		t := table{kind: "idempotency", subject: "processing", speaker: "A token whose first request is still worked on", basis: b}
		i.Processing = l.row(n, t)
	}
	i.Clauses = l.promises(o.get("clauses"), "idempotency", IdempotencyKeywords, b)
}

func (l *loader) listing(b basis) {
	o := l.object(l.doc.need("x-acs-listing"), "x-acs-listing", "clauses", "level", "source", "note")
	l.c.Listing = Listing{
		Clauses: l.promises(o.get("clauses"), "listing", ListingKeywords, o.basis("", b)), Place: l.place(o.node),
	}
}

func (l *loader) client(b basis) {
	o := l.object(l.doc.need("x-acs-client"), "x-acs-client", "clauses", "level", "source", "note")
	l.c.Client = Client{
		Clauses: l.promises(o.get("clauses"), "client", ClientKeywords, o.basis("", b)), Place: l.place(o.node),
	}
}

func join(words []string) string {
	text := ""
	for i, w := range words {
		if i > 0 {
			text += ", "
		}
		text += w
	}
	return text
}

// table is what the rows of one error table have in common.
type table struct {
	operation string
	kind      string // error, gateway, violation, idempotency
	subject   string // of the one row's id; empty to name it by its code
	speaker   string // begins the promise
	basis     basis
	shared    map[string]int // how many rows of the gateway have the code
}

var rowKeys = []string{
	"code", "status", "message", "condition", "level", "message-level", "source", "note", "message-note",
	"message-source", "wordings",
}

func (l *loader) rows(nodes []*yaml.Node, t table) []*Error {
	t.shared = map[string]int{}
	for _, n := range nodes {
		if n.Kind == yaml.MappingNode {
			t.shared[(object{r: l.reader, node: n}).quiet("code")]++
		}
	}
	var out []*Error
	for _, n := range nodes {
		if e := l.row(n, t); e.Row != nil {
			out = append(out, e)
		}
	}
	return out
}

// quiet returns a scalar's text without a fault.
func (o object) quiet(key string) string {
	if v := o.get(key); v != nil {
		return v.Value
	}
	return ""
}

// row reads one line of an error table.
func (l *loader) row(n *yaml.Node, t table) *Error {
	o := l.object(n, t.what(n), rowKeys...)
	e := &Error{
		Code: o.needText("code"), Status: l.status(o), Message: o.text("message"), Condition: o.text("condition"),
		Place: l.place(n),
	}
	o.need("message")
	if e.Code == "" {
		return e
	}
	if first, ok := l.ids[t.id(e)]; ok {
		l.fail(n, "%s: %d %s stands at %s already", o.what, e.Status, e.Code, first)
		return e
	}
	b := o.basis("", t.basis)
	e.Level, e.Sources, e.Note = b.level, b.sources, b.note
	for _, w := range o.items("wordings") {
		e.Wordings = append(e.Wordings, l.wording(w, o.what, e))
	}
	c := Clause{ID: t.id(e), Operation: t.operation, Kind: t.kind, Subject: e.Code, Keyword: "code", Promise: t.promise(e)}
	if t.subject != "" {
		c.Subject = t.subject
	}
	e.Row = l.clause(b, n, c)
	c.ID, c.Keyword, c.Promise = c.ID+"/message", "message", messagePromise(e)
	e.Text = l.clause(l.messageBasis(o, b), n, c)
	return e
}

func (t table) what(n *yaml.Node) string {
	name := t.subject
	if name == "" && n.Kind == yaml.MappingNode {
		name = (object{r: newReader(""), node: n}).quiet("code")
	}
	if t.operation != "" {
		return t.operation + " error " + name
	}
	return t.kind + " " + name
}

// messageBasis is the row's, but for what the message- keys say.
func (l *loader) messageBasis(o object, b basis) basis {
	if o.get("message-level") == nil {
		if v := o.get("message-source"); v != nil {
			l.fail(v, "%s: message-source without message-level", o.what)
		}
		return b
	}
	if level, err := ParseLevel(o.word("message-level", "level", levels)); err == nil {
		b.level, b.known = level, true
	}
	if o.get("message-source") != nil {
		b.sources = o.texts("message-source")
	}
	if note := o.text("message-note"); note != "" {
		b.note = note
	}
	return b
}

func (l *loader) wording(n *yaml.Node, what string, e *Error) Wording {
	o := l.object(n, what+": wording", "code", "status", "message", "source", "note")
	w := Wording{Code: e.Code, Status: e.Status, Message: e.Message, Sources: o.texts("source")}
	if o.get("code") != nil {
		w.Code = o.needText("code")
	}
	if o.get("status") != nil {
		w.Status = l.status(o)
	}
	if o.get("message") != nil {
		w.Message = o.text("message")
	}
	if len(w.Sources) == 0 {
		o.missing("source")
	}
	return w
}

func (l *loader) status(o object) int {
	v := o.need("status")
	if v == nil {
		return 0
	}
	status, ok := l.whole(v, o.what+": status")
	if ok && (status < 400 || status > 599) {
		l.fail(v, "%s: status %d: want 400 to 599", o.what, status)
	}
	return int(status)
}

func (t table) id(e *Error) string {
	switch {
	case t.subject != "":
		return "common#" + t.kind + "/" + t.subject
	case t.operation != "":
		return fmt.Sprintf("%s#%s/%d/%s", t.operation, t.kind, e.Status, e.Code)
	case t.shared[e.Code] > 1:
		return fmt.Sprintf("common#%s/%s:%s", t.kind, e.Code, e.Condition)
	default:
		return "common#" + t.kind + "/" + e.Code
	}
}

func (t table) promise(e *Error) string {
	text := fmt.Sprintf("%s is answered by %d %s", t.speaker, e.Status, e.Code)
	if t.subject == "" {
		text = fmt.Sprintf("%s answers %d %s", t.speaker, e.Status, e.Code)
	}
	if e.Condition != "" {
		text += " under condition " + e.Condition
	}
	return text + "."
}

func messagePromise(e *Error) string {
	if e.Message == slot {
		return fmt.Sprintf("The message of %d %s is free.", e.Status, e.Code)
	}
	return fmt.Sprintf("The message of %d %s is: %s", e.Status, e.Code, e.Message)
}
