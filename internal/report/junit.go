package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/eci-conform/conform/internal/run"
)

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Skipped  int          `xml:"skipped,attr"`
	Time     string       `xml:"time,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name       string          `xml:"name,attr"`
	Tests      int             `xml:"tests,attr"`
	Failures   int             `xml:"failures,attr"`
	Errors     int             `xml:"errors,attr"`
	Skipped    int             `xml:"skipped,attr"`
	Time       string          `xml:"time,attr"`
	Timestamp  string          `xml:"timestamp,attr"`
	Properties []junitProperty `xml:"properties>property"`
	Cases      []junitCase     `xml:"testcase"`
	spent      time.Duration
}

type junitProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type junitCase struct {
	Name      string       `xml:"name,attr"`
	ClassName string       `xml:"classname,attr"`
	Time      string       `xml:"time,attr"`
	Skipped   *junitDetail `xml:"skipped"`
	Error     *junitDetail `xml:"error"`
	Failure   *junitDetail `xml:"failure"`
	Out       *junitText   `xml:"system-out"`
}

type junitDetail struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",cdata"`
}

type junitText struct {
	Text string `xml:",cdata"`
}

// JUnit writes the report as JUnit XML: a suite for each operation, a case's
// id as its name. A skip and a known failure are skipped, what could not be
// judged is an error, an observed departure passes and is told in system-out.
func (r *Report) JUnit(out io.Writer) error {
	doc := r.junit()
	if _, err := io.WriteString(out, xml.Header); err != nil {
		return fmt.Errorf("write junit: %w", err)
	}
	enc := xml.NewEncoder(out)
	enc.Indent("", "  ")
	if err := enc.Encode(doc); err != nil {
		return fmt.Errorf("write junit: %w", err)
	}
	_, err := io.WriteString(out, "\n")
	return err
}

func (r *Report) junit() junitSuites {
	doc := junitSuites{Name: "conform", Time: secondsText(r.elapsed())}
	index := map[string]int{}
	for _, rec := range r.Records() {
		i, ok := index[rec.Operation]
		if !ok {
			i = len(doc.Suites)
			index[rec.Operation] = i
			doc.Suites = append(doc.Suites, r.junitSuite(rec))
		}
		doc.Suites[i].add(rec)
	}
	if s, ok := r.ending(); ok {
		doc.Suites = append(doc.Suites, s)
	}
	for i := range doc.Suites {
		doc.add(&doc.Suites[i])
	}
	return doc
}

// ending is a suite of one error where the run itself went wrong, so that its
// cases do not tell: it left resources behind, was interrupted, or is at fault.
func (r *Report) ending() (junitSuite, bool) {
	what := Meaning(r.Exit)
	switch {
	case r.cutShort():
		what = r.verdict()
	case !slices.Contains([]int{run.ExitFault, run.ExitLeaked, run.ExitInterrupted}, r.Exit):
		return junitSuite{}, false
	}
	c := junitCase{Name: "run", ClassName: "run", Time: secondsText(0)}
	c.Error = &junitDetail{Message: what, Type: "run", Text: strings.Join(r.Notes, "\n")}
	return junitSuite{Name: "run", Tests: 1, Errors: 1, Cases: []junitCase{c}}, true
}

func (r *Report) junitSuite(first Record) junitSuite {
	s := junitSuite{Name: first.Operation, Timestamp: first.Start.UTC().Format("2006-01-02T15:04:05")}
	for _, p := range [][2]string{
		{"conform.version", r.Run.Tool}, {"suite.version", r.Run.Suite},
		{"contract.version", r.Run.Contract}, {"target", r.Run.Target},
		{"endpoint", r.Run.Endpoint}, {"region", r.Run.Region},
		{"strict", r.Run.Strict}, {"seed", fmt.Sprint(r.Run.Seed)},
	} {
		s.Properties = append(s.Properties, junitProperty{p[0], p[1]})
	}
	return s
}

func (d *junitSuites) add(s *junitSuite) {
	s.Time = secondsText(s.spent)
	d.Tests += s.Tests
	d.Failures += s.Failures
	d.Errors += s.Errors
	d.Skipped += s.Skipped
}

func (s *junitSuite) add(rec Record) {
	c := junitCase{Name: rec.Case, ClassName: rec.Operation, Time: secondsText(rec.Duration)}
	s.Tests++
	s.spent += rec.Duration
	switch rec.Verdict {
	case run.Fail:
		s.Failures++
		c.Failure = &junitDetail{Message: rec.headline(), Type: rec.Clause, Text: rec.story()}
	case run.Fixed:
		s.Failures++
		c.Failure = &junitDetail{Message: "stale: known to fail but passes: " + rec.Reason, Type: "baseline"}
	case run.Inconclusive:
		s.Errors++
		c.Error = &junitDetail{Message: rec.Reason, Type: "inconclusive", Text: rec.story()}
	case run.Skip, run.Known:
		s.Skipped++
		c.Skipped = &junitDetail{Message: string(rec.Verdict) + ": " + rec.Reason}
	case run.Observed:
		c.Out = &junitText{Text: "observed\n" + rec.story()}
	}
	s.Cases = append(s.Cases, c)
}

// headline says in one line what is wrong.
func (r Record) headline() string {
	for _, f := range r.findings() {
		if f.Known == "" {
			return fmt.Sprintf("%s: want %s, got %s", f.Clause, oneLine(f.Want, 200), oneLine(f.Got, 200))
		}
	}
	return r.Reason
}

// story is everything about a case that did not simply pass, in plain text.
func (r Record) story() string {
	lines := []string{r.Promise, r.Clauses[r.Clause].Place}
	for _, f := range r.findings() {
		p := r.Clauses[f.Clause]
		lines = append(lines, "", fmt.Sprintf("%s (%s) %s", f.Clause, f.Level, p.Place))
		if f.Clause != r.Clause && p.Text != "" {
			lines = append(lines, p.Text)
		}
		lines = append(lines, wantGot(f)...)
	}
	last, _ := shown(r.Exchanges)
	for _, x := range last {
		lines = append(append(lines, ""), exchangeText(x)...)
	}
	lines = append(append(lines, ""), attached(r)...)
	return strings.Map(legal, strings.Join(append(lines, "rerun "+r.Rerun()), "\n"))
}

// legal replaces what XML cannot hold, in CDATA too.
func legal(c rune) rune {
	if c < ' ' && c != '\n' && c != '\t' || c == 0xFFFE || c == 0xFFFF {
		return '\uFFFD'
	}
	return c
}

func secondsText(d time.Duration) string { return fmt.Sprintf("%.6f", d.Seconds()) }
