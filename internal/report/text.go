package report

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/run"
	"github.com/eci-conform/conform/internal/wire"
)

// plural returns "1 case" or "2 cases".
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// seconds writes a duration as people say it.
func seconds(d time.Duration) string {
	switch {
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	case d < time.Minute:
		return fmt.Sprintf("%.1fs", d.Seconds())
	default:
		return d.Round(time.Second).String()
	}
}

// head is the lines that say what was judged and by what.
func (r *Report) head() [][2]string {
	endpoint := r.Run.Endpoint
	if endpoint == "" {
		endpoint = "unknown endpoint"
	}
	return [][2]string{
		{"target", fmt.Sprintf("%s (%s), region %s", r.Run.Target, endpoint, r.Run.Region)},
		{"contract", r.Run.Contract},
		{"suite", fmt.Sprintf("%s, conform %s", r.Run.Suite, r.Run.Tool)},
		{"seed", fmt.Sprintf("%d, %s clauses decide", r.Run.Seed, r.Run.Strict)},
	}
}

// totals is the counts in one line.
func (r *Report) totals() string {
	parts := []string{}
	for _, v := range slices.Backward(verdicts) {
		if n := r.Count(v); n > 0 || v == run.Pass || v == run.Fail {
			parts = append(parts, fmt.Sprintf("%d %s", n, v))
		}
	}
	return fmt.Sprintf("%s: %s", plural(len(r.records), "case"), strings.Join(parts, ", "))
}

// pace says how long it took and how fast that is.
func (r *Report) pace() string {
	d := r.elapsed()
	s := fmt.Sprintf("%s in %s", plural(r.requests(), "request"), seconds(d))
	if d > 0 && len(r.records) > 0 {
		s += fmt.Sprintf(", %.0f cases/s", float64(len(r.records))/d.Seconds())
	}
	return s
}

// verdict is the last word: the exit code, or why it is not known.
func (r *Report) verdict() string {
	if r.Exit < 0 {
		return "no verdict: " + cmp.Or(r.Unknown, "the results alone do not say how the run ended; "+RunFile+" of its report folder does")
	}
	return fmt.Sprintf("exit %d: %s", r.Exit, Meaning(r.Exit))
}

// marks are the letters that stand before a count in a cell of the matrix.
var marks = map[run.Verdict]string{
	run.Fail: "F", run.Inconclusive: "?", run.Fixed: "X", run.Known: "K",
	run.Observed: "o", run.Skip: "s",
}

// String writes the counts as a cell: what passed, then what did not, each
// behind its mark.
func (t Tally) String() string {
	if t.Total() == 0 {
		return "-"
	}
	parts := []string{fmt.Sprint(t[run.Pass])}
	for _, v := range verdicts {
		if m, ok := marks[v]; ok && t[v] > 0 {
			parts = append(parts, fmt.Sprintf("%s%d", m, t[v]))
		}
	}
	return strings.Join(parts, " ")
}

// legend explains the marks that the matrix uses.
func (m Matrix) legend() string {
	words := []string{}
	for _, v := range verdicts {
		if mark, ok := marks[v]; ok && m.Cell("", "")[v] > 0 {
			words = append(words, mark+" "+string(v))
		}
	}
	if len(words) == 0 {
		return "all passed"
	}
	return "passed, then " + strings.Join(words, ", ")
}

// rows returns the matrix as text cells, its head first and its totals last.
func (m Matrix) rows() [][]string {
	rows := [][]string{append(append([]string{""}, m.Families...), "all")}
	for _, o := range append(slices.Clone(m.Operations), "") {
		name := o
		if o == "" {
			name = "all"
		}
		row := []string{name}
		for _, f := range append(slices.Clone(m.Families), "") {
			row = append(row, m.Cell(o, f).String())
		}
		rows = append(rows, row)
	}
	return rows
}

// Rerun returns the one command that runs just this case again.
func (r Record) Rerun() string {
	line, behind, ok := strings.Cut(r.Run.Rerun, " -- ") // what stands there is another command's
	line += " --select " + quote(r.Case)
	if ok {
		line += " -- " + behind
	}
	return line
}

// quote makes s one word of a POSIX shell.
func quote(s string) string {
	if s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=+,@") == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// Quote makes s one word of a POSIX shell, for commands that people copy.
func Quote(s string) string { return quote(s) }

// attached says where a case's attachments stand, below the report folder.
func attached(r Record) []string {
	var out []string
	for _, a := range r.Attachments {
		out = append(out, "see "+a.Path)
	}
	return out
}

// maxGotLines is how many lines of a finding are shown; results.ndjson has all.
const maxGotLines = 16

// gotLines writes what was got, the lines behind the first one deep enough to
// be neither a heading nor the end of a fence.
func gotLines(got string) []string {
	lines := strings.Split(got, "\n")
	out := []string{"got   " + oneLine(lines[0], 600)}
	for i, l := range lines[1:] {
		if i == maxGotLines {
			return append(out, fmt.Sprintf("      … and %d more, in results.ndjson", len(lines)-1-i))
		}
		out = append(out, "      "+oneLine(l, 300))
	}
	return out
}

// wantGot writes a finding's two sides.
func wantGot(f check.Finding) []string {
	var out []string
	if f.Pointer != "" {
		out = append(out, "at    "+oneLine(f.Pointer, 300))
	}
	out = append(out, "want  "+oneLine(f.Want, 600))
	out = append(out, gotLines(f.Got)...)
	if note := cmp.Or(f.Lapsed, f.Known); note != "" {
		out = append(out, "known "+oneLine(note, 300))
	}
	return out
}

// oneLine makes s fit on a line: what controls a terminal or the direction of
// writing is escaped, cut at n bytes.
func oneLine(s string, n int) string {
	var b strings.Builder
	for _, c := range s {
		switch {
		case c < ' ' || c == 0x7f:
			fmt.Fprintf(&b, `\x%02x`, c)
		case wire.Steers(c):
			fmt.Fprintf(&b, `\u%04x`, c)
		default:
			b.WriteRune(c)
		}
	}
	s = b.String()
	if len(s) <= n {
		return s
	}
	return fmt.Sprintf("%s… (%d bytes)", truncate(s, n), len(s))
}

// truncate cuts s to at most n bytes, never inside a character.
func truncate(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}

// maxShown is how many exchanges of a case a report prints; the last ones are
// the judged ones.
const maxShown = 2

// shown returns the exchanges to print: the last of them, which a scenario
// ends with, and how many came before.
func shown(xs []run.Exchange) (last []run.Exchange, before int) {
	if len(xs) <= maxShown {
		return xs, 0
	}
	return xs[len(xs)-maxShown:], len(xs) - maxShown
}

// exchangeText writes an exchange as a person reads it: parameters decoded and
// one to a line.
func exchangeText(x run.Exchange) []string {
	address, _, _ := strings.Cut(x.URL, "?")
	out := []string{fmt.Sprintf("> %s %s", x.Method, address)}
	for _, p := range requestParams(x) {
		out = append(out, ">   "+oneLine(p, 300))
	}
	for _, h := range headerLines(x.Header) {
		out = append(out, "> "+oneLine(h, 300))
	}
	if x.Error != "" {
		out = append(out, "< no answer: "+oneLine(x.Error, 600))
	}
	if x.Status == 0 {
		return out
	}
	out = append(out, fmt.Sprintf("< %d %s", x.Status, http.StatusText(x.Status)))
	for _, h := range headerLines(x.RespHeader) {
		out = append(out, "< "+oneLine(h, 300))
	}
	if x.RespBody != "" {
		out = append(out, "< "+oneLine(x.RespBody, 2000))
	}
	return out
}

// quiet are headers that every message has and that say nothing here.
var quiet = map[string]bool{
	"Date": true, "Content-Length": true, "User-Agent": true, "Accept-Encoding": true,
	"Connection": true,
}

func headerLines(h http.Header) []string {
	var out []string
	for name, values := range h {
		if !quiet[http.CanonicalHeaderKey(name)] {
			out = append(out, name+": "+strings.Join(values, ", "))
		}
	}
	sort.Strings(out)
	return out
}

// requestParams returns the query's and the body's parameters, decoded, as
// they were sent.
func requestParams(x run.Exchange) []string {
	_, query, _ := strings.Cut(x.URL, "?")
	out := pairs(query)
	if strings.HasPrefix(x.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		return append(out, pairs(x.Body)...)
	}
	if x.Body != "" {
		out = append(out, "body "+x.Body)
	}
	return out
}

// pairs splits an encoded query into decoded NAME=VALUE.
func pairs(query string) []string {
	var out []string
	for pair := range strings.SplitSeq(query, "&") {
		if pair == "" {
			continue
		}
		if d, err := url.QueryUnescape(pair); err == nil {
			pair = d
		}
		out = append(out, pair)
	}
	return out
}

// words joins the names of a set, in order.
func words(set map[string]bool) string {
	return strings.Join(slices.Sorted(maps.Keys(set)), " ")
}
