package contract

import "go.yaml.in/yaml/v3"

// basis is what a part inherits from what surrounds it: how sure it is and
// what says so.
type basis struct {
	level   Level
	known   bool
	sources []string
	note    string
}

// basis reads the object's own level, sources and note over those inherited.
// Whoever names other sources must say anew how sure they make it.
func (o object) basis(prefix string, b basis) basis {
	level, source := o.get(prefix+"level"), o.get(prefix+"source")
	if source != nil {
		b.sources, b.note = o.texts(prefix+"source"), ""
		if level == nil && !o.r.odd[o.node] {
			o.r.fail(source, "%s: names sources of its own but no %slevel", o.what, prefix)
		}
	}
	if level != nil {
		b.known = true
		word := o.word(prefix+"level", "level", levels)
		if l, err := ParseLevel(word); err == nil {
			b.level = l
		}
	}
	if note := o.text(prefix + "note"); note != "" {
		b.note = note
	}
	return b
}

// part is a parameter, a schema or a line of the protocol on its way to being
// a Field.
type part struct {
	// holders are where extensions and descriptions stand, nearest first: the
	// neighbours of a $ref, the parameter, its schema.
	holders []object
	prefix  string // of extension keys; none in the protocol's own lists
	schema  object
	name    string
	path    string
	parent  *Field
	basis   basis
	must    *yaml.Node // what makes it required, nil where nothing does
	bad     []string   // keywords whose values are refused already
	within  *part      // what it is a member or element of
}

// holder returns the nearest object that has the key.
func (p *part) holder(key string) (object, bool) {
	for _, h := range p.holders {
		if h.get(key) != nil {
			return h, true
		}
	}
	return object{}, false
}

// endless reports whether the part's schema holds itself.
func (p *part) endless() bool {
	for up := p.within; up != nil; up = up.within {
		if up.schema.node == p.schema.node {
			return true
		}
	}
	return false
}

func (p *part) text(key string) string {
	if h, ok := p.holder(key); ok {
		return h.text(key)
	}
	return ""
}

func (p *part) flag(key string) bool {
	h, ok := p.holder(key)
	return ok && h.flag(key)
}

func (p *part) word(key, kind string, known []string) string {
	if h, ok := p.holder(key); ok {
		return h.word(key, kind, known)
	}
	return ""
}

// inherit lays the levels and sources of all holders over each other, the
// nearest last.
func (p *part) inherit() {
	for i := len(p.holders) - 1; i >= 0; i-- {
		p.basis = p.holders[i].basis(p.prefix, p.basis)
	}
}

// override returns the nearest x-acs-clauses entry for a keyword.
func (p *part) override(keyword string) (object, bool) {
	for _, h := range p.holders {
		n := h.get(p.prefix + "clauses")
		if n == nil {
			continue
		}
		all := h.r.mapping(n, h.what+": "+p.prefix+"clauses")
		if entry := all.get(keyword); entry != nil {
			return h.r.mapping(entry, all.what+": "+keyword), true
		}
	}
	return object{}, false
}

// value returns the node of a keyword's value and the place to report: what
// the schema says, else what x-acs-clauses says.
func (p *part) value(keyword string) (at, v *yaml.Node) {
	at, v = p.schema.find(keyword)
	over, ok := p.override(keyword)
	if !ok || over.get("value") == nil {
		return at, v
	}
	if v != nil {
		over.r.fail(over.get("value"), "%s: has a value, but the schema has one too", over.what)
		return at, v
	}
	return over.find("value")
}
