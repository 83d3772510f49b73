package contract

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Load reads the contract from its text; name is the file that places name.
// It checks the OpenAPI document with kin-openapi, the extensions against
// their closed lists, and returns everything that is wrong at once, each as
// file:line and a message. What only shows between parts is for Lint.
func Load(name string, text []byte) (*Contract, error) {
	l := &loader{reader: newReader(name), ids: map[string]Place{}, blank: map[string]bool{}}
	l.parse(text)
	if len(l.faults) > 0 {
		return nil, fmt.Errorf("load contract %s: %w", name, l.err())
	}
	checked := make(chan []fault, 1)
	go func() { checked <- checkOpenAPI(name, text, l.root) }()
	l.contract(text)
	l.refuseUnread(l.root, len(l.faults) == 0)
	if openAPI := <-checked; len(l.faults) == 0 {
		l.faults = openAPI
	}
	if len(l.faults) > 0 {
		return nil, fmt.Errorf("load contract %s: %w", name, l.err())
	}
	return l.c, nil
}

// loader builds a Contract while it reads.
type loader struct {
	*reader
	doc object
	c   *Contract
	ids map[string]Place // of clauses
	// blank are the beginnings of the ids that lack a level or source.
	blank map[string]bool
}

var rootKeys = []string{
	"openapi", "info", "servers", "tags", "paths", "components", "externalDocs", "security",
	"x-acs-product", "x-acs-sources", "x-acs-conditions", "x-acs-protocol", "x-acs-gateway", "x-acs-envelope",
	"x-acs-violations", "x-acs-idempotency", "x-acs-listing", "x-acs-client", "x-acs-resources", "x-acs-level", "x-acs-source",
}

func (l *loader) contract(text []byte) {
	sum := sha256.Sum256(text)
	l.c = &Contract{File: l.file, Digest: hex.EncodeToString(sum[:]), text: text}
	l.doc = l.object(l.root, "document", rootKeys...)
	if v := l.doc.needText("openapi"); v != "" && !strings.HasPrefix(v, "3.0.") {
		l.fail(l.doc.get("openapi"), "openapi %s: want 3.0.x", v)
	}
	l.c.Version = l.mapping(l.doc.need("info"), "info").needText("version")
	l.c.Product = l.doc.needText("x-acs-product")
	b := l.doc.basis("x-acs-", basis{})
	l.sources()
	l.conditions()
	l.protocol(b)
	l.gateway(b)
	l.envelope(b)
	l.violations(b)
	l.idempotency(b)
	l.listing(b)
	l.client(b)
	l.resources(b)
	l.paths(b)
	l.c.index()
}

// index builds the maps behind the accessors.
func (c *Contract) index() {
	c.operations = byName(c.Operations, func(o *Operation) string { return o.Name })
	c.resources = byName(c.Resources, func(r *Resource) string { return r.Name })
	c.conditions = byName(c.Conditions, func(c *Condition) string { return c.Name })
	c.clauses = byName(c.Clauses, func(c *Clause) string { return c.ID })
}

func byName[T any](all []*T, name func(*T) string) map[string]*T {
	m := make(map[string]*T, len(all))
	for _, v := range all {
		m[name(v)] = v
	}
	return m
}

// clause files a promise. Its level, sources and place come from where it
// stands.
func (l *loader) clause(b basis, at *yaml.Node, c Clause) *Clause {
	c.Level, c.Sources, c.Place = b.level, b.sources, l.place(at)
	if c.Note == "" {
		c.Note = b.note
	}
	l.founded(b, at, &c)
	if first, ok := l.ids[c.ID]; ok {
		l.fail(at, "clause %s: stands at %s already", c.ID, first)
	}
	l.ids[c.ID] = c.Place
	l.c.Clauses = append(l.c.Clauses, &c)
	return &c
}

// founded wants a level and a source. What is missing around an operation is
// missing for all of its clauses and said of the first.
func (l *loader) founded(b basis, at *yaml.Node, c *Clause) {
	owner, _, _ := strings.Cut(c.ID, "#")
	missing := ""
	switch {
	case !b.known:
		missing = "level"
	case len(b.sources) == 0:
		missing = "source"
	}
	if missing != "" && !l.blank[owner] {
		l.blank[owner] = true
		l.fail(at, "clause %s: no %s, neither here nor around it", c.ID, missing)
	}
}

// promises makes the clauses of a closed list, such as x-acs-protocol.clauses.
func (l *loader) promises(n *yaml.Node, kind string, known []string, b basis) map[string]*Clause {
	what := "x-acs-" + kind + ": clauses"
	out := map[string]*Clause{}
	for key, v := range l.object(n, what, known...).pairs() {
		o := l.object(v, what+": "+key.Value, "promise", "level", "source", "note")
		if slices.Contains(known, key.Value) {
			out[key.Value] = l.clause(o.basis("", b), key, Clause{
				ID: "common#" + kind + "/" + key.Value, Kind: kind, Subject: key.Value, Keyword: key.Value,
				Promise: o.needText("promise"),
			})
		}
	}
	return out
}

// refuseUnread reports extensions that nobody asked for: they stand where they
// mean nothing. After a fault that may have kept others from being read, only
// those are reported that mean nothing anywhere.
func (l *loader) refuseUnread(n *yaml.Node, all bool) {
	if n.Kind == yaml.SequenceNode {
		for _, c := range n.Content {
			l.refuseUnread(c, all)
		}
	}
	if n.Kind != yaml.MappingNode {
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, v := n.Content[i], n.Content[i+1]
		switch {
		case strings.HasPrefix(key.Value, "x-"):
			if !l.read[key] && !l.blamed(key) && (all || !known(key.Value)) {
				l.fail(key, "extension %s: means nothing here", key.Value)
			}
		case slices.Contains([]string{"example", "examples", "default", "enum"}, key.Value):
		default:
			l.refuseUnread(v, all)
		}
	}
}

// known reports whether there is an extension of the name.
func known(name string) bool {
	return slices.Contains(rootKeys, name) || slices.Contains(operationKeys, name) || slices.Contains(extensionKeys, name)
}

// blamed reports whether a fault at the line speaks of the key already.
func (l *loader) blamed(key *yaml.Node) bool {
	return slices.ContainsFunc(l.faults, func(f fault) bool {
		return f.place.Line == key.Line && strings.Contains(f.message, key.Value)
	})
}
