package suites

import (
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/wire"
)

// rules sends, for each promise about several parameters, requests that keep
// it and the least change that breaks it.
func (b *builder) rules() {
	for _, r := range b.op.Rules {
		derive, ok := ruleKinds[r.Kind]
		if !ok {
			b.fault("plan %s: no cases for rule %s of kind %q", b.op.Name, r.ID, r.Kind)
			continue
		}
		derive(b, r)
	}
}

var ruleKinds = map[string]func(*builder, *contract.Rule){
	"atMostOne":   (*builder).atMostOne,
	"atLeastOne":  (*builder).atLeastOne,
	"requires":    (*builder).requires,
	"notValue":    (*builder).notValue,
	"ignoredWith": (*builder).ignoredWith,

	"ignoredWithout": (*builder).ignoredWithout,

	"notPrefix":   (*builder).notPrefix,
	"notContains": (*builder).notContains,
}

func (b *builder) broken(r *contract.Rule, variant, change string, params wire.Params) {
	b.violated(single{
		subject: ruleSubject(r), variant: variant, params: params, path: r.Parameters[0], change: change, promise: r.Promise,
	}, r.Clause, r.Violation, first(r.Parameters[0]))
}

// kept adds a request that keeps the rule; the caller gives path, variant,
// change and parameters.
func (b *builder) kept(r *contract.Rule, c single) {
	c.subject, c.promise = ruleSubject(r), r.Promise
	b.acceptedOnce(c, r.Clause)
}

func ruleSubject(r *contract.Rule) string { return "rule." + r.ID }

// groupOf returns the parameter's usual values, with all that stands below it.
func (b *builder) groupOf(path string) wire.Params { return below(b.around(path), first(path)) }

// bare returns the minimal request without the parameters that a rule is about.
func (b *builder) bare(r *contract.Rule) wire.Params {
	out := b.input().Minimal.Clone()
	for _, path := range r.Parameters {
		out = drop(out, first(path))
	}
	return out
}

// alone sends one of the rule's parameters without the others, where the inputs
// have a value for it.
func (b *builder) alone(r *contract.Rule, path string) {
	if group := b.groupOf(path); len(group) > 0 {
		b.kept(r, single{path: path, variant: "only-" + path, change: "with " + path + " alone", params: merge(b.bare(r), group)})
	}
}

func (b *builder) atMostOne(r *contract.Rule) {
	both := b.bare(r)
	for _, path := range r.Parameters {
		b.alone(r, path)
		both = merge(both, b.groupOf(path))
	}
	b.broken(r, "broken", "with all of them at once", both)
}

func (b *builder) atLeastOne(r *contract.Rule) {
	for _, path := range r.Parameters {
		b.alone(r, path)
	}
	b.broken(r, "broken", "with none of them", b.bare(r))
}

func (b *builder) requires(r *contract.Rule) {
	whole := b.around(r.Parameters[0])
	for _, path := range r.Parameters[1:] {
		whole = merge(whole, b.groupOf(path))
	}
	b.kept(r, single{path: r.Parameters[0], variant: "kept", change: "with all that " + r.Parameters[0] + " needs", params: whole})
	for _, path := range r.Parameters[1:] {
		without := drop(whole, first(path))
		if sameOnWire(without, whole) {
			continue
		}
		b.broken(r, "without-"+path, "without "+path, without)
	}
}

func (b *builder) notValue(r *contract.Rule) {
	name := first(r.Parameters[0])
	for _, text := range r.Values {
		b.broken(r, "broken-"+text, "with "+name+"="+text, set(b.around(name), name, text))
		b.kept(r, single{path: r.Parameters[0], variant: "kept-" + text, change: "with " + name + " of another value", params: set(b.around(name), name, text+"-conform")})
	}
}

func (b *builder) ignoredWith(r *contract.Rule) {
	both := merge(b.around(r.Parameters[0]), b.groupOf(r.Parameters[1]))
	b.kept(r, single{path: r.Parameters[0], variant: "kept", change: "with " + r.Parameters[0] + " beside " + r.Parameters[1], params: both})
}

// ignoredWithout sends the parameter without the one that it goes with, which
// all other requests hold beside it.
func (b *builder) ignoredWithout(r *contract.Rule) {
	path := r.Parameters[0]
	b.kept(r, single{path: path, variant: "kept", change: "with " + path + " alone", params: merge(b.bare(r), b.groupOf(path))})
}

func (b *builder) notPrefix(r *contract.Rule) {
	for _, path := range r.Parameters {
		for _, text := range r.Values {
			name := first(path)
			at := path + "-" + word(text)
			b.broken(r, "broken-"+at, "with "+name+" that starts with "+text, set(b.around(path), name, text+"conform"))
			if b.echoOf(b.op.Parameter(path)) == nil {
				continue // what else its text must be like is not known
			}
			b.kept(r, single{path: path, variant: "kept-" + at, change: "with " + name + " that holds " + text + " further on", params: set(b.around(path), name, "x"+text+"conform")})
		}
	}
}

func (b *builder) notContains(r *contract.Rule) {
	for _, path := range r.Parameters {
		for _, text := range r.Values {
			name := first(path)
			at := path + "-" + word(text)
			b.broken(r, "broken-"+at+"-first", "with "+name+" that starts with "+text, set(b.around(path), name, text+"conform"))
			b.broken(r, "broken-"+at, "with "+name+" that holds "+text, set(b.around(path), name, "x"+text+"conform"))
		}
	}
}

// word returns the text's letters and digits, for an id.
func word(s string) string {
	out := make([]rune, 0, len(s))
	for _, r := range s {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			out = append(out, r)
		}
	}
	return string(out)
}
