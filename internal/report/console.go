package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/eci-conform/conform/internal/run"
)

// Style says how the console report is written.
type Style struct {
	Color bool
	// Verbose prints every failing case in full, not the first of each
	// promise only.
	Verbose bool
}

// maxListed is how many further cases of a block are named.
const maxListed = 5

// maxKnown is how many reasons of known failures are told.
const maxKnown = 20

// Console writes the report for a person at a terminal.
func (r *Report) Console(out io.Writer, style Style) error {
	p := &printer{out: out, style: style}
	p.head(r)
	p.failures(r)
	p.harness(r)
	p.observed(r)
	p.skips(r)
	p.end(r)
	return p.err
}

// printer keeps the first error, so that writing needs no checks.
type printer struct {
	out   io.Writer
	style Style
	err   error
}

func (p *printer) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.out, format+"\n", args...)
	}
}

// paint colours s on a terminal.
func (p *printer) paint(code, s string) string {
	if !p.style.Color {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

func (p *printer) bold(s string) string  { return p.paint("1", s) }
func (p *printer) red(s string) string   { return p.paint("1;31", s) }
func (p *printer) green(s string) string { return p.paint("1;32", s) }

func (p *printer) head(r *Report) {
	for _, l := range r.head() {
		p.line("%-9s %s", l[0], l[1])
	}
	p.line("")
	m := r.Matrix()
	if m.Cell("", "").Total() == 0 {
		return
	}
	p.table(m.rows())
	p.line("%s", m.legend())
}

// table writes aligned columns, the first to the left.
func (p *printer) table(rows [][]string) {
	width := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			width[i] = max(width[i], len(cell))
		}
	}
	for _, row := range rows {
		var b strings.Builder
		fmt.Fprintf(&b, "%-*s", width[0], row[0])
		for i, cell := range row[1:] {
			fmt.Fprintf(&b, "  %*s", width[i+1], cell)
		}
		p.line("%s", strings.TrimRight(b.String(), " "))
	}
}

func (p *printer) failures(r *Report) {
	groups := r.Failures()
	if len(groups) == 0 {
		return
	}
	p.line("")
	p.line("%s, %s broken", p.red(plural(r.Count(run.Fail), "failure")), plural(len(groups), "promise"))
	for _, g := range groups {
		p.group(g)
	}
}

func (p *printer) group(g Group) {
	p.line("")
	p.line("%s  %s (%s), %s", p.red("FAIL"), p.bold(g.clauses()), g.Level, plural(len(g.Cases), "case"))
	p.line("  %s", g.Promise.Text)
	if g.Promise.Place != "" {
		p.line("  %s", g.Promise.Place)
	}
	full := 1
	if p.style.Verbose {
		full = len(g.Cases)
	}
	for _, d := range g.Cases[:full] {
		p.departure(d)
	}
	p.others(g.Cases[full:])
}

func (p *printer) departure(d Departure) {
	p.line("")
	p.line("  %s", p.bold(d.Record.Case))
	if d.Record.Clause != d.Findings[0].Clause && d.Record.Promise != "" {
		p.line("    about %s", d.Record.Promise)
	}
	for _, f := range d.Findings {
		for _, l := range wantGot(f) {
			p.line("    %s", l)
		}
	}
	last, before := shown(d.Record.Exchanges)
	if before > 0 {
		p.line("    (%s before)", plural(before, "request"))
	}
	for _, x := range last {
		for _, l := range exchangeText(x) {
			p.line("    %s", l)
		}
	}
	for _, l := range attached(d.Record) {
		p.line("    %s", l)
	}
	p.line("    rerun %s", d.Record.Rerun())
}

// others names the further cases of a block.
func (p *printer) others(rest []Departure) {
	if len(rest) == 0 {
		return
	}
	p.line("")
	p.line("  the same promise in %s more:", plural(len(rest), "case"))
	for i, d := range rest {
		if i == maxListed {
			p.line("    … and %d more, in results.ndjson", len(rest)-maxListed)
			return
		}
		p.line("    %s", d.Record.Case)
		p.line("      got %s", oneLine(d.Findings[0].Got, 160))
	}
}

// harness names what could not be judged, and what no longer fails.
func (p *printer) harness(r *Report) {
	p.reasons(r, run.Inconclusive, "could not be judged")
	p.reasons(r, run.Fixed, "known to fail, now passing")
	p.reasons(r, run.Known, "failing as the baseline says")
}

func (p *printer) reasons(r *Report, v run.Verdict, what string) {
	if r.Count(v) == 0 {
		return
	}
	p.line("")
	p.line("%s %s", p.bold(plural(r.Count(v), "case")), what)
	groups := r.Reasons(v)
	for i, g := range groups {
		if v == run.Known && i == maxKnown {
			p.line("        … and %s more, in results.ndjson", plural(len(groups)-i, "reason"))
			return
		}
		p.line("  %4d  %s", len(g.Cases), oneLine(g.Text, 300))
		switch v {
		case run.Inconclusive:
			p.line("        rerun %s", g.Cases[0].Rerun())
		case run.Fixed:
			p.names(g.Cases)
		}
	}
}

// names lists the cases, or the first of many.
func (p *printer) names(cases []Record) {
	for i, rec := range cases {
		if i == maxListed {
			p.line("        … and %d more, in results.ndjson", len(cases)-i)
			return
		}
		p.line("        %s", rec.Case)
	}
}

func (p *printer) observed(r *Report) {
	groups := r.Observed()
	if len(groups) == 0 {
		return
	}
	p.line("")
	p.line("%s observed from clauses that do not decide", p.bold(plural(len(groups), "departure")))
	for _, g := range groups {
		f := g.Cases[0].Findings[0]
		p.line("  %s (%s), %s, %s", g.clauses(), g.Level, plural(len(g.Cases), "case"), g.Promise.Place)
		p.line("    want %s", oneLine(f.Want, 160))
		p.line("    got  %s", oneLine(f.Got, 160))
	}
}

func (p *printer) skips(r *Report) { p.reasons(r, run.Skip, "skipped") }

func (p *printer) end(r *Report) {
	p.line("")
	for _, n := range r.Notes {
		p.line("%s", n)
	}
	if r.Planned > len(r.records) {
		p.line("%d of %s ran", len(r.records), plural(r.Planned, "planned case"))
	}
	p.line("%s", r.totals())
	p.line("%s", r.pace())
	verdict := r.verdict()
	if r.Exit == 0 {
		verdict = p.green(verdict)
	} else if r.Exit > 0 {
		verdict = p.red(verdict)
	}
	p.line("%s", verdict)
}
