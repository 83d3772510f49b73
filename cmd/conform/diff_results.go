package main

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/eci-conform/conform/internal/report"
	"github.com/eci-conform/conform/internal/run"
)

// Changes of a case between two result files, gravest first.
const (
	changeBroke   = "fails now"
	changeGone    = "not run"
	changeVerdict = "verdict"
	changeFinding = "findings"
	changeFixed   = "fixed"
	changeNew     = "new"
)

// changeOrder is how changes are sorted.
var changeOrder = []string{changeBroke, changeGone, changeVerdict, changeFinding, changeFixed, changeNew}

// caseChange is a case that came out otherwise.
type caseChange struct {
	Change string `json:"change"`
	Case   string `json:"case"`
	A      string `json:"a,omitempty"` // verdict
	B      string `json:"b,omitempty"`
	Reason string `json:"reason,omitempty"` // of B's verdict
	// Gained and Lost are findings that only B or only A has.
	Gained []string `json:"gained,omitempty"`
	Lost   []string `json:"lost,omitempty"`
}

// resultsDiff is what changed between two result files.
type resultsDiff struct {
	A       int          `json:"a"` // cases
	B       int          `json:"b"`
	Common  int          `json:"common"`
	Same    int          `json:"same"`
	Changes []caseChange `json:"changes"`
}

// diffResults compares the verdicts of two runs, case by case.
func (a *app) diffResults(f *diffFlags, nameA, nameB string) error {
	was, err := readResults(nameA)
	if err != nil {
		return usage(err)
	}
	is, err := readResults(nameB)
	if err != nil {
		return usage(err)
	}
	d := compareResults(was, is)
	out := bufio.NewWriter(a.Out)
	if f.format == "json" {
		err = writeJSON(out, d)
	} else {
		d.tell(&diffText{out: out, verbose: f.verbose})
	}
	if err := cmp.Or(err, out.Flush()); err != nil {
		return exit(exitFault, err)
	}
	switch {
	case len(d.Changes) > 0 && d.Common > 0:
		return exit(exitDeparts, nil)
	case d.Common == 0:
		return exit(exitUnjudged, errors.New("the two have no case in common"))
	}
	return nil
}

func readResults(name string) ([]run.Result, error) {
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		name = filepath.Join(name, report.ResultsFile)
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("read results: %w", err)
	}
	defer file.Close()
	all, err := run.Decode(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return all, nil
}

func compareResults(was, is []run.Result) resultsDiff {
	before := map[string]*run.Result{}
	for i := range was {
		before[was[i].Case] = &was[i]
	}
	d := resultsDiff{A: len(was), B: len(is), Changes: []caseChange{}}
	for i := range is {
		r := &is[i]
		old := before[r.Case]
		delete(before, r.Case)
		if old == nil {
			d.Changes = append(d.Changes, caseChange{Change: changeNew, Case: r.Case, B: string(r.Verdict), Reason: r.Reason})
			continue
		}
		d.Common++
		if c, changed := changeOf(old, r); changed {
			d.Changes = append(d.Changes, c)
		} else {
			d.Same++
		}
	}
	for _, r := range before {
		d.Changes = append(d.Changes, caseChange{Change: changeGone, Case: r.Case, A: string(r.Verdict)})
	}
	slices.SortFunc(d.Changes, func(x, y caseChange) int {
		return cmp.Or(slices.Index(changeOrder, x.Change)-slices.Index(changeOrder, y.Change), cmp.Compare(x.Case, y.Case))
	})
	return d
}

// changeOf says in what a case came out otherwise.
func changeOf(was, is *run.Result) (caseChange, bool) {
	c := caseChange{Case: is.Case, A: string(was.Verdict), B: string(is.Verdict), Reason: is.Reason}
	c.Gained, c.Lost = without(findingsOf(is), findingsOf(was)), without(findingsOf(was), findingsOf(is))
	switch {
	case is.Verdict == run.Fail && was.Verdict != run.Fail:
		c.Change = changeBroke
	case is.Verdict == run.Pass && was.Verdict == run.Fail:
		c.Change = changeFixed
	case is.Verdict != was.Verdict:
		c.Change = changeVerdict
	case len(c.Gained)+len(c.Lost) > 0:
		c.Change = changeFinding
	default:
		return c, false
	}
	return c, true
}

// findingsOf are a case's findings by clause and place: what exactly was got may
// hold ids that differ each time.
func findingsOf(r *run.Result) []string {
	var out []string
	for _, f := range r.Findings {
		out = append(out, f.Clause+" at "+f.Pointer)
	}
	return out
}

// without are the elements of a that b has not.
func without(a, b []string) []string {
	var out []string
	for _, x := range a {
		if !slices.Contains(b, x) && !slices.Contains(out, x) {
			out = append(out, x)
		}
	}
	return out
}

func (d resultsDiff) tell(t *diffText) {
	for _, c := range d.Changes {
		switch c.Change {
		case changeGone:
			t.line("%-9s %s: was %s, B has it not", c.Change, c.Case, c.A)
		case changeNew:
			t.line("%-9s %s: %s, A has it not", c.Change, c.Case, c.B)
		case changeFinding:
			t.line("%-9s %s: still %s", c.Change, c.Case, c.B)
		default:
			t.line("%-9s %s: was %s, is %s", c.Change, c.Case, c.A, c.B)
		}
		if c.Reason != "" && c.Change != changeNew {
			t.line("            %s", c.Reason)
		}
		for _, f := range c.Gained {
			t.line("            now departs from %s", f)
		}
		for _, f := range c.Lost {
			t.line("            no longer departs from %s", f)
		}
	}
	t.line("%s in A, %d in B: %d in both, %d the same, %d changed", counted(d.A, "case"), d.B, d.Common, d.Same, d.Common-d.Same)
}
