package mutant

import (
	"slices"
	"strconv"
	"strings"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/emulator"
	"github.com/eci-conform/conform/internal/wire"
)

// echoMutants forget, one by one, the values that an operation is given and
// that a list shows afterwards. The region is where the work is done: it is not
// forgotten by itself.
func echoMutants(g *generator) {
	for _, op := range makesOf(g.c, contract.Creates, contract.Updates, contract.Tags) {
		for _, e := range op.Effect.Echo {
			g.forgets(op, e)
		}
	}
}

func (g *generator) forgets(op *contract.Operation, e contract.Echo) {
	f := op.Parameter(e.Parameter)
	if f == nil || f.Binding == contract.RegionBinding || e.Clause == nil {
		return
	}
	path := e.Parameter
	g.add(Mutant{
		ID: op.Name + "/" + path + "/forgotten", Clause: e.Clause.ID, Operation: op.Name, Summary: path + " is taken and forgotten.",
		hooks: asking(op.Name, func(p wire.Params) wire.Params { return withoutPath(p, path) }),
	})
	if f.Type == contract.String && len(f.Enum) == 0 && f.Binding == "" {
		g.add(Mutant{
			ID: op.Name + "/" + path + "/altered", Clause: e.Clause.ID, Operation: op.Name, Summary: path + " is kept in other letters than it came in.",
			hooks: asking(op.Name, func(p wire.Params) wire.Params { return altered(p, path, strings.ToUpper) }),
		})
	}
}

// altered changes the values at a generic path.
func altered(p wire.Params, path string, change func(string) string) wire.Params {
	out := p.Clone()
	for i := range out {
		if under(out[i].Name, path) {
			out[i].Value = change(out[i].Value)
		}
	}
	return out
}

// parameterHand are errors of reading requests.
func parameterHand(g *generator) {
	g.readers()
	g.spellings()
	for _, op := range makesOf(g.c, contract.Creates, contract.Updates) {
		g.leaks(op)
	}
	g.add(Mutant{
		ID: "common/unknown/refused", Clause: "common#protocol/unknown.ignored", Summary: "A parameter that no operation has is refused.",
		hooks: func(t *tools) *emulator.Hooks {
			return &emulator.Hooks{Tell: func(a *emulator.Ask, status int, body *wire.Map) int {
				op := t.contract.Operation(a.Operation)
				if status >= 300 || op == nil || !unknown(op, a.In.API(t.common)) {
					return status
				}
				return fail(body, t.contract.Gateway.Error("request.unsupportedParameter"), a.In.Host)
			}}
		},
	})
	g.add(Mutant{
		ID: "common/names/anyCase", Clause: "common#protocol/parameters.caseSensitive", Summary: "The names of parameters are read in any case.",
		hooks: func(t *tools) *emulator.Hooks { return &emulator.Hooks{Ask: t.anyCase} },
	})
}

func (t *tools) common(name string) bool {
	return slices.ContainsFunc(t.contract.Protocol.Common, func(f *contract.Field) bool { return f.Name == name })
}

func (t *tools) anyCase(a *emulator.Ask) {
	op := t.contract.Operation(a.Operation)
	if op == nil {
		return
	}
	a.Params = a.Params.Clone()
	for i, p := range a.Params {
		for _, f := range op.Parameters {
			if strings.EqualFold(f.Name, p.Name) {
				a.Params[i].Name = f.Name
			}
		}
	}
}

// unknown says whether there is a parameter that the operation does not have.
func unknown(op *contract.Operation, sent wire.Params) bool {
	return slices.ContainsFunc(sent, func(p wire.Param) bool {
		name, _, _ := strings.Cut(p.Name, ".")
		return op.Parameter(name) == nil
	})
}

// fail turns a success into a failure and returns its status.
func fail(body *wire.Map, row *contract.Error, host string) int {
	code, message := row.Fill()
	*body = *mapOf("RequestId", text(body, "RequestId"), "HostId", host, "Code", code, "Message", message)
	return row.Status
}

// readers read the values of all parameters wrongly.
func (g *generator) readers() {
	for _, r := range []struct {
		id, kind, summary string
		read              func(name, value string) string
	}{
		{"trimmed", "class", "Spaces around a value are dropped.", func(_, v string) string { return strings.TrimSpace(v) }},
		{"decodedTwice", "class", "A value is decoded twice.", func(_, v string) string {
			return strings.NewReplacer("%25", "%", "%E4%BD%A0", "\u4f60").Replace(v)
		}},
		{"basicPlane", "class", "Characters beyond the first 65536 become question marks.", func(_, v string) string {
			return strings.Map(func(r rune) rune {
				if r > 0xFFFF {
					return '?'
				}
				return r
			}, v)
		}},
		{"ascii", "class", "Characters beyond ASCII are dropped.", func(_, v string) string {
			return strings.Map(func(r rune) rune {
				if r > 127 {
					return -1
				}
				return r
			}, v)
		}},
		{"quotesDoubled", "class", "Quotes are doubled, as a database would want them.", func(_, v string) string { return strings.ReplaceAll(v, "'", "''") }},
		{"escapedMarkup", "class", "Markup in a value is escaped for a page.", func(_, v string) string {
			return strings.NewReplacer("<", "&lt;", ">", "&gt;").Replace(v)
		}},
	} {
		op := makesOf(g.c, contract.Creates)[0]
		echo := named(op)
		if echo == nil {
			continue
		}
		g.add(Mutant{
			ID: "common/values/" + r.id, Clause: echo.Clause.ID, Operation: op.Name, Summary: r.summary,
			hooks: func(t *tools) *emulator.Hooks {
				return &emulator.Hooks{Ask: func(a *emulator.Ask) {
					a.Params = a.Params.Clone()
					for i, p := range a.Params {
						a.Params[i].Value = r.read(p.Name, p.Value)
					}
				}}
			},
		})
	}
}

// named returns the echo of the first name that the caller chooses.
func named(op *contract.Operation) *contract.Echo {
	for i, e := range op.Effect.Echo {
		if f := op.Parameter(e.Parameter); f != nil && f.Class == contract.ClassName && e.Clause != nil {
			return &op.Effect.Echo[i]
		}
	}
	return nil
}

// spellings take numbers, booleans and indexes that are written in other ways
// than the wire's.
func (g *generator) spellings() {
	for _, op := range makesOf(g.c, contract.Creates) {
		for _, f := range op.Parameters {
			switch {
			case f.Type == contract.Integer && f.Clauses["type"] != nil:
				g.spelling(op, f, "hexadecimal", func(v string) string { return number(v, 0, 0) })
				g.spelling(op, f, "plusSign", func(v string) string { return strings.TrimPrefix(v, "+") })
				g.spelling(op, f, "fraction", func(v string) string { return strings.TrimSuffix(v, ".0") })
			case f.Type == contract.Boolean && f.Clauses["type"] != nil:
				g.spelling(op, f, "upperCase", strings.ToLower)
				g.spelling(op, f, "yes", func(v string) string { return strings.ReplaceAll(v, "yes", "true") })
			case f.Type == contract.Array && f.Encoding == "" && f.Items.Type == contract.String:
				g.indexes(op, f)
			}
		}
	}
}

// number reads a number in Go's own forms of the base and writes it, moved by
// some, in decimal digits; what is none stays.
func number(v string, base int, by int64) string {
	n, err := strconv.ParseInt(v, base, 64)
	if err != nil {
		return v
	}
	return strconv.FormatInt(n+by, 10)
}

func (g *generator) spelling(op *contract.Operation, f *contract.Field, what string, read func(string) string) {
	name, path := op.Name, f.Path
	g.add(Mutant{
		ID: name + "/" + path + "/" + what, Clause: f.Clauses["type"].ID, Operation: name, Summary: path + " is read in the form " + what + " too.",
		hooks: readingAsked(name, func(p wire.Params) wire.Params { return altered(p, path, read) }),
	})
}

// readingAsked makes hooks that change what one operation is asked before it is
// checked.
func readingAsked(operation string, change func(wire.Params) wire.Params) func(*tools) *emulator.Hooks {
	return func(*tools) *emulator.Hooks {
		return &emulator.Hooks{Ask: func(a *emulator.Ask) {
			if a.Operation == operation {
				a.Params = change(a.Params.Clone())
			}
		}}
	}
}

// indexes read the numbers of a list's elements generously.
func (g *generator) indexes(op *contract.Operation, f *contract.Field) {
	name, path := op.Name, f.Name
	for _, x := range []struct {
		id, clause, summary string
		change              func(wire.Params) wire.Params
	}{
		{"fromZero", "index", "ignores an element 0", func(p wire.Params) wire.Params { return p.Del(path + ".0") }},
		{"leadingZero", "index", "reads an index with a leading zero", func(p wire.Params) wire.Params {
			return renamed(p, func(n string) string { return strings.Replace(n, path+".0", path+".", 1) })
		}},
		{"gaps", "index", "closes gaps between its elements", func(p wire.Params) wire.Params {
			if p.Count(path+".2") > 0 {
				return p
			}
			return renamed(p, func(n string) string { return strings.Replace(n, path+".3", path+".2", 1) })
		}},
		{"lastOfEqual", "duplicate", "takes the last of two elements of one number", func(p wire.Params) wire.Params { return lastOf(p, path+".1") }},
	} {
		g.add(Mutant{
			ID: name + "/" + path + "/" + x.id, Clause: "common#violation/" + x.clause, Operation: name, Summary: path + " " + x.summary + ".",
			hooks: readingAsked(name, x.change),
		})
	}
}

func renamed(p wire.Params, rename func(string) string) wire.Params {
	for i := range p {
		p[i].Name = rename(p[i].Name)
	}
	return p
}

func lastOf(p wire.Params, name string) wire.Params {
	for _, q := range slices.Backward(p) {
		if q.Name == name {
			return append(p.Del(name), q)
		}
	}
	return p
}

// leaks shows the secrets that a resource was made with.
func (g *generator) leaks(op *contract.Operation) {
	kind := g.c.Resource(op.Effect.Resource)
	list := g.c.Operation(kind.List)
	clause := g.c.Protocol.Clauses["secrets.echo"]
	if clause == nil || !hasSecret(op) {
		return
	}
	g.add(Mutant{
		ID: op.Name + "/secrets/shown", Clause: clause.ID, Operation: op.Name, Summary: "The list shows the secrets that a resource was given.",
		hooks: func(t *tools) *emulator.Hooks {
			seen := &memory[string]{}
			return &emulator.Hooks{
				Ask: func(a *emulator.Ask) {
					if a.Operation == op.Name {
						seen.add(secretsOf(op, a.Params)...)
					}
				},
				Tell: func(a *emulator.Ask, status int, body *wire.Map) int {
					if a.Operation == list.Name && status < 300 {
						for _, item := range items(body, list.Effect.Items) {
							item.Set("Note", strings.Join(seen.all(), " "))
						}
					}
					return status
				},
			}
		},
	})
}

func hasSecret(op *contract.Operation) bool {
	return slices.ContainsFunc(op.Leaves(), func(f *contract.Field) bool { return f.Class == contract.ClassSecret })
}

// isSecret says whether a concrete path holds a secret.
func isSecret(op *contract.Operation, path string) bool {
	return slices.ContainsFunc(op.Leaves(), func(f *contract.Field) bool { return f.Class == contract.ClassSecret && under(path, f.Path) })
}

func secretsOf(op *contract.Operation, p wire.Params) []string {
	var out []string
	for _, q := range p {
		if isSecret(op, q.Name) && q.Value != "" {
			out = append(out, q.Value)
		}
	}
	return out
}
