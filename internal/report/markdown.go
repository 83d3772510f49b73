package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/eci-conform/conform/internal/run"
)

// maxGroups bounds how many promises the summary tells in full: a CI step
// summary has a limit of one mebibyte.
const maxGroups = 50

// Summary writes the report as Markdown, fit for a CI step summary.
func (r *Report) Summary(out io.Writer) error {
	p := &printer{out: out}
	p.line("## conform: %s", r.conclusion())
	p.line("")
	for _, l := range r.head() {
		p.line("- **%s** %s", l[0], cell(l[1]))
	}
	p.line("- **totals** %s; %s", r.totals(), r.pace())
	if r.Exit < 0 {
		p.line("- **verdict** %s", cell(r.verdict()))
	}
	for _, n := range r.Notes {
		p.line("- **note** %s", cell(n))
	}
	p.markdownMatrix(r.Matrix())
	p.markdownFailures(r)
	p.markdownObserved(r)
	for _, v := range []run.Verdict{run.Inconclusive, run.Fixed, run.Known, run.Skip} {
		p.markdownReasons(r, v)
	}
	return p.err
}

// conclusion is the verdict in words.
func (r *Report) conclusion() string {
	if r.Exit >= 0 {
		return Meaning(r.Exit)
	}
	return r.totals()
}

func (p *printer) markdownMatrix(m Matrix) {
	if m.Cell("", "").Total() == 0 {
		return
	}
	p.line("")
	for i, row := range m.rows() {
		p.line("| %s |", strings.Join(row, " | "))
		if i == 0 {
			p.line("|---|%s", strings.Repeat("--:|", len(row)-1))
		}
	}
	p.line("")
	p.line("%s", m.legend())
}

func (p *printer) markdownFailures(r *Report) {
	groups := r.Failures()
	if len(groups) == 0 {
		return
	}
	p.line("")
	p.line("### %s, %s broken", plural(r.Count(run.Fail), "failure"), plural(len(groups), "promise"))
	for i, g := range groups {
		if i == maxGroups {
			p.line("")
			p.line("… and %s more, in results.ndjson.", plural(len(groups)-maxGroups, "promise"))
			return
		}
		p.markdownGroup(g)
	}
}

func (p *printer) markdownGroup(g Group) {
	first := g.Cases[0]
	p.line("")
	p.line("**%s** (%s), %s  ", code(g.clauses()), g.Level, plural(len(g.Cases), "case"))
	p.line("%s  ", cell(g.Promise.Text))
	p.line("%s", code(g.Promise.Place))
	p.line("")
	p.line("<details><summary>%s</summary>", escape(first.Record.Case))
	p.line("")
	p.line("~~~~text")
	for _, f := range first.Findings {
		p.line("%s", strings.Join(wantGot(f), "\n"))
	}
	last, _ := shown(first.Record.Exchanges)
	for _, x := range last {
		p.line("%s", strings.ReplaceAll(strings.Join(exchangeText(x), "\n"), "~~~~", "~ ~ ~ ~"))
	}
	for _, l := range attached(first.Record) {
		p.line("%s", l)
	}
	p.line("~~~~")
	p.line("")
	p.line("</details>")
	p.line("")
	p.line("Rerun: %s", code(first.Record.Rerun()))
}

func (p *printer) markdownObserved(r *Report) {
	groups := r.Observed()
	if len(groups) == 0 {
		return
	}
	p.line("")
	p.line("### %s observed from clauses that do not decide", plural(len(groups), "departure"))
	p.line("")
	p.line("| clause | level | cases | want | got |")
	p.line("|---|---|--:|---|---|")
	for i, g := range groups {
		if i == maxGroups {
			p.line("| … and %d more | | | | |", len(groups)-maxGroups)
			return
		}
		f := g.Cases[0].Findings[0]
		p.line("| %s | %s | %d | %s | %s |", code(g.clauses()), g.Level, len(g.Cases),
			cell(oneLine(f.Want, 160)), cell(oneLine(f.Got, 160)))
	}
}

func (p *printer) markdownReasons(r *Report, v run.Verdict) {
	if r.Count(v) == 0 {
		return
	}
	p.line("")
	p.line("### %s: %s", titles[v], plural(r.Count(v), "case"))
	p.line("")
	p.line("| cases | reason |")
	p.line("|--:|---|")
	for _, g := range r.Reasons(v) {
		p.line("| %d | %s |", len(g.Cases), cell(oneLine(g.Text, 300)))
	}
}

// titles head the lists of cases by reason.
var titles = map[run.Verdict]string{
	run.Inconclusive: "Could not be judged", run.Fixed: "Known to fail, now passing",
	run.Known: "Failing as the baseline says", run.Skip: "Skipped",
}

// cell makes text safe inside Markdown, a table's cell included.
func cell(s string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ", "<", "&lt;", ">", "&gt;", "*", `\*`, "_", `\_`, "`", "\\`", "[", `\[`).Replace(s)
}

// code writes s as inline code, whatever backquotes it holds.
func code(s string) string {
	fence := "`"
	for strings.Contains(s, fence) {
		fence += "`"
	}
	if fence != "`" {
		return fmt.Sprintf("%s %s %s", fence, s, fence)
	}
	return strings.ReplaceAll("`"+s+"`", "|", `\|`)
}

// escape makes s safe where Markdown takes raw tags.
func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}
