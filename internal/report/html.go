package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strings"

	"github.com/eci-conform/conform/internal/run"
)

//go:embed report.html.tmpl
var page string

// htmlView is what the page shows.
type htmlView struct {
	Title   string
	Good    bool
	Head    [][2]string
	Totals  string
	Pace    string
	Verdict string
	Notes   []string
	Matrix  htmlMatrix
	Groups  []htmlGroup
	Seen    []htmlGroup
	Reasons []htmlReasons
}

type htmlMatrix struct {
	Head   []string
	Rows   []htmlRow
	Legend string
}

type htmlRow struct {
	Name  string
	Cells []htmlCell
}

type htmlCell struct {
	Text, Class string
}

type htmlGroup struct {
	Clause, Level, Promise, Place string
	Operations, Families          string // space-separated, for the filter
	Count                         int
	Cases                         []htmlCase
	More                          int
}

type htmlCase struct {
	ID, About, WantGot, Exchange, Rerun string
}

type htmlReasons struct {
	Title   string
	Reasons []Reason
}

// maxCases bounds how many cases of a promise the page tells in full.
const maxCases = 20

// HTML writes the report as one page that needs nothing else: no script, style,
// font or image from elsewhere.
func (r *Report) HTML(out io.Writer) error {
	t, err := template.New("report").Parse(page)
	if err != nil {
		return fmt.Errorf("parse report page: %w", err)
	}
	if err := t.Execute(out, r.htmlView()); err != nil {
		return fmt.Errorf("write report page: %w", err)
	}
	return nil
}

func (r *Report) htmlView() htmlView {
	v := htmlView{
		Title: r.conclusion(), Good: r.Count(run.Fail)+r.Count(run.Inconclusive) == 0 && r.Exit <= 0 && !r.cutShort(),
		Head: r.head(), Totals: r.totals(), Pace: r.pace(), Verdict: r.verdict(), Notes: r.Notes,
		Matrix: htmlTable(r.Matrix()),
		Groups: htmlGroups(r.Failures(), maxCases), Seen: htmlGroups(r.Observed(), 1),
	}
	for _, verdict := range []run.Verdict{run.Inconclusive, run.Fixed, run.Known, run.Skip} {
		if n := r.Count(verdict); n > 0 {
			v.Reasons = append(v.Reasons, htmlReasons{
				Title: fmt.Sprintf("%s: %s", titles[verdict], plural(n, "case")), Reasons: r.Reasons(verdict),
			})
		}
	}
	return v
}

func htmlTable(m Matrix) htmlMatrix {
	rows := m.rows()
	out := htmlMatrix{Head: rows[0][1:], Legend: m.legend()}
	for _, row := range rows[1:] {
		h := htmlRow{Name: row[0]}
		for _, c := range row[1:] {
			h.Cells = append(h.Cells, htmlCell{Text: c, Class: cellClass(c)})
		}
		out.Rows = append(out.Rows, h)
	}
	return out
}

// cellClass picks the colour of a cell by the worst that it counts.
func cellClass(text string) string {
	switch {
	case text == "-":
		return "none"
	case strings.ContainsAny(text, "FX"):
		return "bad"
	case strings.Contains(text, "?"):
		return "unsure"
	default:
		return "good"
	}
}

func htmlGroups(groups []Group, limit int) []htmlGroup {
	var out []htmlGroup
	for _, g := range groups {
		h := htmlGroup{
			Clause: g.clauses(), Level: g.Level.String(), Promise: g.Promise.Text, Place: g.Promise.Place,
			Count: len(g.Cases), More: max(0, len(g.Cases)-limit),
		}
		operations, families := map[string]bool{}, map[string]bool{}
		for i, d := range g.Cases {
			operations[d.Record.Operation], families[d.Record.Family] = true, true
			if i < limit {
				h.Cases = append(h.Cases, htmlDeparture(d))
			}
		}
		h.Operations, h.Families = words(operations), words(families)
		out = append(out, h)
	}
	return out
}

func htmlDeparture(d Departure) htmlCase {
	c := htmlCase{ID: d.Record.Case, About: d.Record.Promise, Rerun: d.Record.Rerun()}
	var lines []string
	for _, f := range d.Findings {
		lines = append(lines, wantGot(f)...)
	}
	c.WantGot = strings.Join(lines, "\n")
	last, _ := shown(d.Record.Exchanges)
	var parts []string
	for _, x := range last {
		parts = append(parts, strings.Join(exchangeText(x), "\n"))
	}
	parts = append(parts, attached(d.Record)...)
	c.Exchange = strings.Join(parts, "\n\n")
	return c
}
