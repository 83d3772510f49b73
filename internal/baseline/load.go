package baseline

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/eci-conform/conform/internal/contract"
)

// Load reads a baseline: a YAML list of entries, which may be empty. All errors
// come at once, each with file:line.
func Load(file string, text []byte) (*Baseline, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return nil, fmt.Errorf("%s: %s", file, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	r := &reader{file: file}
	b := &Baseline{}
	if len(doc.Content) == 0 || doc.Content[0].Tag == "!!null" {
		return b, nil
	}
	list := doc.Content[0]
	if list.Kind != yaml.SequenceNode {
		r.fail(list, "want a list of entries: - {case: GLOB, reason: WHY, issue: WHERE}")
		list = &yaml.Node{}
	}
	for _, n := range list.Content {
		b.Entries = append(b.Entries, r.entry(n))
	}
	if err := errors.Join(r.errs...); err != nil {
		return nil, err
	}
	return b, nil
}

// reader collects what is wrong with a baseline.
type reader struct {
	file string
	errs []error
}

func (r *reader) fail(n *yaml.Node, format string, args ...any) {
	r.errs = append(r.errs, fmt.Errorf("%s:%d: %s", r.file, n.Line, fmt.Sprintf(format, args...)))
}

func (r *reader) entry(n *yaml.Node) *Entry {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	e := &Entry{Place: contract.Place{File: r.file, Line: n.Line}}
	if n.Kind != yaml.MappingNode {
		r.fail(n, "want an entry: {case: GLOB, reason: WHY, issue: WHERE}")
		return e
	}
	known := map[string]*string{
		"case": &e.Case, "clause": &e.Clause, "pointer": &e.Pointer,
		"reason": &e.Reason, "until": &e.Until, "issue": &e.Issue,
	}
	before := len(r.errs)
	for i := 0; i+1 < len(n.Content); i += 2 {
		r.member(known, n.Content[i], n.Content[i+1])
	}
	if len(r.errs) == before {
		r.whole(n, e)
	}
	return e
}

// member reads one key, which must be known, given once, and hold a text.
func (r *reader) member(known map[string]*string, key, value *yaml.Node) {
	to, ok := known[key.Value]
	switch {
	case !ok:
		r.fail(key, "unknown key %q: want one of case, clause, pointer, reason, until, issue", key.Value)
	case *to != "":
		r.fail(key, "%s is given twice", key.Value)
	case value.Kind != yaml.ScalarNode || value.Tag == "!!null" || strings.TrimSpace(value.Value) == "":
		r.fail(value, "%s: want a text", key.Value)
	default:
		*to = value.Value
		r.form(key.Value, value)
	}
}

// form checks the keys whose text has a form.
func (r *reader) form(key string, n *yaml.Node) {
	switch key {
	case "until":
		if _, err := time.Parse(time.DateOnly, n.Value); err != nil {
			r.fail(n, "until %q: want a date such as 2026-12-31", n.Value)
		}
	case "pointer":
		if !strings.HasPrefix(n.Value, "/") {
			r.fail(n, "pointer %q: want a JSON pointer such as /status or /body/Code", n.Value)
		}
	}
}

// whole checks that nothing is missing.
func (r *reader) whole(n *yaml.Node, e *Entry) {
	switch {
	case e.Case == "":
		r.fail(n, "case is missing: want a glob over case ids")
	case e.Reason == "":
		r.fail(n, "reason is missing: want why %s is known to fail", e.Case)
	case e.Until == "" && e.Issue == "":
		r.fail(n, "until or issue is missing: want a date such as 2026-12-31, or where the departure is tracked")
	}
}
