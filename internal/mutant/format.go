package mutant

import (
	"bytes"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"unicode"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/emulator"
	"github.com/eci-conform/conform/internal/wire"
)

// answerMutants leave out what an answer always has and give its members other
// types. What is in the items of a list is the listings' business: there may be
// none.
func answerMutants(g *generator) {
	for _, op := range g.c.Operations {
		for _, f := range everyField(op.Response.Members) {
			if f.Name != "RequestId" && always(f) && !inItem(op, f) {
				g.answer(op, f)
			}
		}
	}
}

// itemMutants do the same to what every item of a list has. Without its id or
// its state no item can be found again, and nothing that is prepared for a case
// can be waited for.
func itemMutants(g *generator) {
	for _, op := range listings(g.c) {
		r := g.c.Resource(op.Effect.Resource)
		for _, f := range everyField(op.Response.Members) {
			if r != nil && (f.Name == r.IDMember || f.Name == r.StateMember) {
				continue
			}
			if always(f) && inItem(op, f) {
				g.answer(op, f)
			}
		}
	}
}

func inItem(op *contract.Operation, f *contract.Field) bool {
	kind := op.Effect.Kind
	return (kind == contract.Reads || kind == contract.ListsTags) && strings.HasPrefix(f.Path, op.Effect.Items+".")
}

// always says whether every answer has the member, as far as the contract says.
func always(f *contract.Field) bool {
	for ; f != nil && f.Path != ""; f = f.Parent {
		isElement := f.Parent != nil && f.Parent.Type == contract.Array
		if !f.Required && !isElement {
			return false
		}
	}
	return true
}

func (g *generator) answer(op *contract.Operation, f *contract.Field) {
	path := strings.Split(f.Path, ".")
	if c := f.Clauses["required"]; c != nil && f.Required {
		g.add(Mutant{
			ID: op.Name + "/" + f.Path + "/missing", Clause: c.ID, Operation: op.Name, Summary: "The answer lacks " + f.Path + ".",
			hooks: succeeding(op.Name, func(body *wire.Map) { each(body, path, remove) }),
		})
	}
	// The elements of a list have no names to be set by; that the list is none
	// is a mutant by itself. The state is looked at by every wait.
	if c := f.Clauses["type"]; c != nil && path[len(path)-1] != "N" && len(f.Enum) == 0 {
		g.add(Mutant{
			ID: op.Name + "/" + f.Path + "/otherType", Clause: c.ID, Operation: op.Name, Summary: f.Path + " of the answer is of another type.",
			hooks: telling(func(a *emulator.Ask, status int, body *wire.Map) int {
				if a.Operation == op.Name && status < 300 && a.Format != "XML" {
					each(body, path, func(m *wire.Map, name string) { m.Set(name, otherType(f)) })
				}
				return status
			}),
		})
	}
}

// methodMutants refuse methods that an operation takes and take one that it does
// not.
func methodMutants(g *generator) {
	for _, op := range g.c.Operations {
		name := op.Name
		for _, method := range op.Methods {
			g.add(Mutant{
				ID: name + "/method/without-" + method, Clause: "common#protocol/method." + strings.ToLower(method), Operation: name, Summary: "Does not take " + method + ".",
				edit: func(c *contract.Contract) {
					op := c.Operation(name)
					op.Methods = slices.DeleteFunc(op.Methods, func(m string) bool { return m == method })
				},
			})
		}
		for _, method := range []string{http.MethodPut, http.MethodDelete, http.MethodPatch, http.MethodHead} {
			if name != g.c.Operations[0].Name && method != http.MethodPut {
				continue
			}
			g.add(Mutant{
				ID: name + "/method/with-" + method, Clause: "common#protocol/method.unknown", Operation: name, Summary: "Takes " + method + ".",
				edit: func(c *contract.Contract) { c.Operation(name).Methods = append(c.Operation(name).Methods, method) },
			})
		}
		g.alias(op, "anyCase", "Answers to its name in another case.", swapCase(name))
	}
	g.alias(g.c.Operations[0], "prolonged", "Answers to its name with a letter more.", g.c.Operations[0].Name+"s")
}

// alias makes the operation answer to another Action.
func (g *generator) alias(op *contract.Operation, what, summary, other string) {
	name := op.Name
	if g.c.Operation(other) != nil {
		return
	}
	g.add(Mutant{
		ID: name + "/Action/" + what, Clause: "common#protocol/action.unknown", Operation: name, Summary: summary,
		edit: func(c *contract.Contract) {
			twin := *c.Operation(name)
			twin.Name = other
			c.Operations = append(c.Operations, &twin)
		},
	})
}

func swapCase(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsUpper(r) {
			return unicode.ToLower(r)
		}
		return unicode.ToUpper(r)
	}, s)
}

// formatHand are the errors of what surrounds an answer.
func formatHand(g *generator) {
	g.envelopes()
	g.bodies()
	g.formats()
}

// hand is a mutant of the protocol written by hand.
type hand struct {
	id, clause, summary string
	hooks               func(*tools) *emulator.Hooks
	wrap                func(http.Handler) http.Handler
	edit                func(*contract.Contract)
}

func (g *generator) hands(all ...hand) {
	for _, h := range all {
		g.add(Mutant{ID: "common/" + h.id, Clause: "common#" + h.clause, Summary: h.summary, hooks: h.hooks, wrap: h.wrap, edit: h.edit})
	}
}

// envelopes err in what every answer has.
func (g *generator) envelopes() {
	const other = "0E234675-3465-4CC3-9D0F-9A864BC391DD"
	change := func(when func(status int) bool, do func(body *wire.Map)) func(*tools) *emulator.Hooks {
		return telling(func(_ *emulator.Ask, status int, body *wire.Map) int {
			if when(status) {
				do(body)
			}
			return status
		})
	}
	all := func(int) bool { return true }
	good := func(s int) bool { return s < 300 }
	bad := func(s int) bool { return s >= 300 }
	gone := func(name string) func(*wire.Map) { return func(b *wire.Map) { remove(b, name) } }
	put := func(name string, v any) func(*wire.Map) { return func(b *wire.Map) { b.Set(name, v) } }
	g.hands(
		hand{id: "RequestId/missing", clause: "envelope/requestId.present", summary: "A success has no RequestId.", hooks: change(good, gone("RequestId"))},
		hand{id: "RequestId/missingInFailures", clause: "envelope/RequestId/required", summary: "A failure has no RequestId.", hooks: change(bad, gone("RequestId"))},
		hand{id: "RequestId/lowerCase", clause: "envelope/requestId.format", summary: "RequestId is in lower case.", hooks: change(all, func(b *wire.Map) {
			b.Set("RequestId", strings.ToLower(text(b, "RequestId")))
		})},
		hand{id: "RequestId/constant", clause: "envelope/requestId.unique", summary: "All answers have one RequestId.", hooks: change(all, put("RequestId", other))},
		hand{id: "RequestId/everyThird", clause: "envelope/requestId.unique", summary: "Every third answer has the same RequestId.", hooks: everyThird(other)},
		hand{id: "RequestId/otherHeader", clause: "envelope/requestId.header", summary: "The header x-acs-request-id holds another id.", wrap: answering(func(_ *http.Request, a *answer) {
			a.header.Set("X-Acs-Request-Id", other)
		})},
		hand{id: "HostId/missing", clause: "envelope/HostId/required", summary: "A failure has no HostId.", hooks: change(bad, gone("HostId"))},
		hand{id: "HostId/other", clause: "envelope/error.hostId", summary: "HostId is another host.", hooks: change(bad, put("HostId", "elsewhere.example.com"))},
		hand{id: "Code/missing", clause: "envelope/Code/required", summary: "A failure has no Code.", hooks: change(bad, gone("Code"))},
		hand{id: "Message/missing", clause: "envelope/Message/required", summary: "A failure has no Message.", hooks: change(bad, gone("Message"))},
		hand{id: "Code/inSuccess", clause: "envelope/success.noError", summary: "A success has a Code.", hooks: change(good, put("Code", "OK"))},
		hand{id: "status/failuresAre200", clause: "envelope/error.status", summary: "A failure has the status 200.", hooks: telling(func(*emulator.Ask, int, *wire.Map) int { return http.StatusOK })},
		hand{id: "status/successesAre302", clause: "envelope/error.status", summary: "A success has the status 302.", hooks: telling(func(_ *emulator.Ask, status int, _ *wire.Map) int {
			if status < 300 {
				return http.StatusFound
			}
			return status
		})},
	)
}

func everyThird(id string) func(*tools) *emulator.Hooks {
	return func(*tools) *emulator.Hooks {
		var n atomic.Int64
		return &emulator.Hooks{Tell: func(_ *emulator.Ask, status int, body *wire.Map) int {
			if n.Add(1)%3 == 0 {
				body.Set("RequestId", id)
			}
			return status
		}}
	}
}

// bodies err in how an answer is written down.
func (g *generator) bodies() {
	body := func(do func(*http.Request, []byte) []byte) func(http.Handler) http.Handler {
		return answering(func(r *http.Request, a *answer) { a.body = do(r, a.body) })
	}
	media := func(json bool, to string) func(http.Handler) http.Handler {
		return answering(func(_ *http.Request, a *answer) {
			if strings.Contains(a.header.Get("Content-Type"), "json") == json {
				a.header.Set("Content-Type", to)
			}
		})
	}
	json := func(do func([]byte) []byte) func(http.Handler) http.Handler {
		return body(func(_ *http.Request, b []byte) []byte {
			if bytes.HasPrefix(b, []byte("{")) {
				return do(b)
			}
			return b
		})
	}
	root := regexp.MustCompile(`<(/?)[A-Za-z]+Response>`)
	g.hands(
		hand{id: "contentType/json", clause: "envelope/contentType.json", summary: "JSON comes as text.", wrap: media(true, "text/plain")},
		hand{id: "contentType/jsonAsXml", clause: "envelope/contentType.json", summary: "JSON comes as XML.", wrap: media(true, "text/xml;charset=utf-8")},
		hand{id: "contentType/xml", clause: "envelope/contentType.xml", summary: "XML comes as HTML.", wrap: media(false, "text/html;charset=utf-8")},
		hand{id: "json/trailing", clause: "protocol/format.json", summary: "There are bytes behind the JSON.", wrap: json(func(b []byte) []byte { return append(b, '}') })},
		hand{id: "json/twice", clause: "envelope/json.strict", summary: "A key stands in the JSON twice.", wrap: json(func(b []byte) []byte {
			return append([]byte(`{"RequestId":"",`), b[1:]...)
		})},
		hand{id: "json/byteOrderMark", clause: "envelope/json.strict", summary: "The JSON begins with a byte order mark.", wrap: json(func(b []byte) []byte {
			return append([]byte("\uFEFF"), b...)
		})},
		hand{id: "xml/root", clause: "envelope/xml.root", summary: "The root of XML is not named after the operation.", wrap: body(func(_ *http.Request, b []byte) []byte {
			return root.ReplaceAll(b, []byte("<${1}Response>"))
		})},
		hand{id: "xml/rootWithoutSuffix", clause: "envelope/xml.root", summary: "The root of XML lacks its suffix.", wrap: body(func(_ *http.Request, b []byte) []byte {
			return bytes.ReplaceAll(b, []byte("Response>"), []byte(">"))
		})},
		hand{id: "xml/errorRoot", clause: "envelope/xml.root", summary: "The root of a failure in XML is another.", wrap: body(func(_ *http.Request, b []byte) []byte {
			return bytes.ReplaceAll(b, []byte("Error>"), []byte("ErrorResponse>"))
		})},
		hand{id: "xml/otherTree", clause: "protocol/format.sameTree", summary: "XML lacks the last member that JSON has.", hooks: telling(func(a *emulator.Ask, status int, b *wire.Map) int {
			if keys := b.Keys(); a.Format == "XML" && status < 300 && len(keys) > 1 {
				remove(b, keys[len(keys)-1])
			}
			return status
		})},
		hand{id: "xml/otherValues", clause: "protocol/format.sameTree", summary: "XML shows other texts than JSON.", hooks: telling(func(a *emulator.Ask, status int, b *wire.Map) int {
			if message, ok := b.Get("Message"); ok && a.Format == "XML" {
				b.Set("Message", message.(string)+" ")
			}
			return status
		})},
	)
}

// formats err in which format and which method is answered.
func (g *generator) formats() {
	format := func(when func(a *emulator.Ask, asked string) bool, to string) func(*tools) *emulator.Hooks {
		return func(*tools) *emulator.Hooks {
			return &emulator.Hooks{Ask: func(a *emulator.Ask) {
				if asked, _ := a.In.Common("Format"); when(a, asked) {
					a.Format = to
				}
			}}
		}
	}
	g.hands(
		hand{id: "format/xmlIgnored", clause: "protocol/format.xml", summary: "Format=XML is answered in JSON.", hooks: format(func(_ *emulator.Ask, f string) bool { return f == "XML" }, "JSON")},
		hand{id: "format/jsonIgnored", clause: "protocol/format.json", summary: "Format=JSON is answered in XML.", hooks: format(func(_ *emulator.Ask, f string) bool { return f == "JSON" }, "XML")},
		hand{id: "format/upperCaseOnly", clause: "protocol/format.case", summary: "Format=json is not known.", hooks: format(func(_ *emulator.Ask, f string) bool { return f == "json" }, "XML")},
		hand{id: "format/xmlUpperCaseOnly", clause: "protocol/format.case", summary: "Format=xml is not known.", hooks: format(func(_ *emulator.Ask, f string) bool { return f == "xml" }, "JSON")},
		hand{id: "format/default", clause: "protocol/format.default", summary: "Without Format the answer is JSON.", edit: func(c *contract.Contract) { c.Protocol.DefaultFormat = "JSON" }},
		hand{id: "format/acs3", clause: "protocol/format.acs3", summary: "ACS3 is answered in XML.", hooks: format(func(a *emulator.Ask, _ string) bool { return a.Scheme == wire.ACS3 }, "XML")},
		hand{id: "format/failuresInJson", clause: "envelope/error.format", summary: "Failures are worded in JSON whatever the format.", wrap: answering(jsonFailures)},
		hand{id: "method/formIgnored", clause: "protocol/method.post", summary: "Parameters in the body of a POST are not read.", hooks: func(t *tools) *emulator.Hooks {
			return &emulator.Hooks{Ask: func(a *emulator.Ask) {
				if len(a.In.Form) > 0 {
					a.Params = slices.DeleteFunc(a.Params.Clone(), func(p wire.Param) bool { return a.In.Form.Count(p.Name) > 0 })
				}
			}}
		}},
		hand{id: "method/getWordsOtherwise", clause: "protocol/method.equivalence", summary: "GET words its failures otherwise.", hooks: telling(func(a *emulator.Ask, status int, b *wire.Map) int {
			if message, ok := b.Get("Message"); ok && a.Method == http.MethodGet {
				b.Set("Message", message.(string)+" ")
			}
			return status
		})},
	)
}

// jsonFailures rewrites a failure in XML as JSON.
func jsonFailures(_ *http.Request, a *answer) {
	if a.status < 300 || !bytes.Contains(a.body, []byte("<Error>")) {
		return
	}
	root, err := wire.DecodeXML(a.body)
	if err != nil {
		return
	}
	v, err := root.Value(&wire.BodyShape{Kind: wire.Struct})
	if err != nil {
		return
	}
	a.body = wire.EncodeJSON(v)
	a.header.Set("Content-Type", "application/json;charset=utf-8")
}
