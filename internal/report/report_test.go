package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/run"
	"github.com/eci-conform/conform/internal/wire"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var start = time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)

// sample is a report with one record of every verdict and awkward text.
func sample() *Report {
	r := &Report{Planned: 9, Elapsed: 2 * time.Second, Exit: 1, Notes: []string{"leaked: ImageCache imc-1 in cn-hangzhou, made by A: gone <away> | *now*"}}
	too := check.Finding{Clause: "UpdateImageCache#parameter/ClientToken/maxLength", Level: contract.Must, Pointer: "/status", Want: "a refusal, 4xx", Got: "200"}
	code := check.Finding{Clause: "common#violation/maxLength", Level: contract.Inferred, Pointer: "/body/Code", Want: "InvalidParameter", Got: "Invalid\x00Param|eter `x` ]]> <&>"}
	for i, rec := range []Record{
		result("UpdateImageCache/parameter/ClientToken/maxLength", run.Pass, ""),
		result("UpdateImageCache/parameter/ClientToken/maxLength+1", run.Fail, "1 clause broken", too, code),
		result("UpdateImageCache/parameter/ClientToken/non-ascii", run.Fail, "1 clause broken", too),
		result("UpdateImageCache/auth/AccessKeyId/it's unknown", run.Inconclusive, "no answer: timeout"),
		result("CreateDataCache/format/JSON/lower", run.Observed, "1 clause below must broken", code),
		result("CreateDataCache/parameter/EipInstanceId/type", run.Skip, "the profile binds no EipInstanceId"),
		result("CreateDataCache/parameter/SnapshotId/type", run.Skip, "the profile binds no <SnapshotId>"),
		result("CreateDataCache/parameter/Name/known", run.Known, "issue 7"),
		result("CreateDataCache/parameter/Name/fixed", run.Fixed, "issue 8"),
	} {
		rec.Order = i
		r.Add(rec)
	}
	return r
}

func result(id string, v run.Verdict, reason string, found ...check.Finding) Record {
	part := strings.Split(id, "/")
	rec := Record{Result: run.Result{
		Case: id, Operation: part[0], Family: part[1], Verdict: v, Reason: reason, Findings: found,
		Clause: "UpdateImageCache#parameter/ClientToken/maxLength", Level: contract.Must,
		Requests: 1, Start: start, Duration: 1500 * time.Microsecond, Seed: 7,
	}}
	rec.Promise = "ClientToken has at most 64 characters."
	rec.Clauses = map[string]Promise{
		"UpdateImageCache#parameter/ClientToken/maxLength": {Text: rec.Promise, Place: "spec/openapi.yaml:1520"},
		"common#violation/maxLength":                       {Text: "A value that is too long is answered InvalidParameter.", Place: "spec/openapi.yaml:310"},
	}
	rec.Run = Run{
		Tool: "0.1.0", Suite: "0.1.0", Contract: "2018-08-08 0123456789ab", Target: "emulator",
		Endpoint: "http://127.0.0.1:40000", Region: "cn-hangzhou", Strict: "must", Seed: 7,
		Rerun: "conform run --target emulator --seed 7",
	}
	if v == run.Fail {
		rec.Exchanges = []run.Exchange{{
			Operation: part[0], Method: "GET", URL: "http://127.0.0.1:40000/?Action=UpdateImageCache&ClientToken=a%20b&Signature=***",
			Header: http.Header{"Accept": {"*/*"}, "User-Agent": {"x"}}, Status: 200,
			RespHeader: http.Header{"Content-Type": {"application/json"}}, RespBody: `{"RequestId":"A"}`, Start: start,
		}}
	}
	return rec
}

func TestGolden(t *testing.T) {
	t.Parallel()
	rep := sample()
	for name, render := range map[string]func(io.Writer) error{
		"console.txt": func(w io.Writer) error { return rep.Console(w, Style{}) },
		"junit.xml":   rep.JUnit,
		"summary.md":  rep.Summary,
		"report.html": rep.HTML,
	} {
		var b bytes.Buffer
		if err := render(&b); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		golden := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(golden, b.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), b.String()); diff != "" {
			t.Errorf("%s mismatch (-want +got):\n%s", name, diff)
		}
	}
}

func TestJUnitIsValid(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := sample().JUnit(&b); err != nil {
		t.Fatal(err)
	}
	var doc junitSuites
	if err := xml.Unmarshal(b.Bytes(), &doc); err != nil {
		t.Fatalf("junit.xml is not well-formed: %v", err)
	}
	seen := map[string]bool{}
	tests, failures, errs, skipped := 0, 0, 0, 0
	for _, s := range doc.Suites {
		if len(s.Properties) == 0 {
			t.Errorf("suite %s has no properties", s.Name)
		}
		for _, c := range s.Cases {
			if c.Name == "" || seen[c.Name] {
				t.Errorf("name %q is empty or not unique", c.Name)
			}
			seen[c.Name] = true
			if c.ClassName != s.Name || c.Time != "0.001500" {
				t.Errorf("case %s: classname %q, time %q", c.Name, c.ClassName, c.Time)
			}
			tests++
			failures += count(c.Failure)
			errs += count(c.Error)
			skipped += count(c.Skipped)
		}
	}
	got := [4]int{tests, failures, errs, skipped}
	want := [4]int{doc.Tests, doc.Failures, doc.Errors, doc.Skipped}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("counts mismatch (-attributes +elements):\n%s", diff)
	}
	if diff := cmp.Diff([4]int{9, 3, 1, 3}, got); diff != "" {
		t.Errorf("counts mismatch (-want +got):\n%s", diff)
	}
}

func count(d *junitDetail) int {
	if d == nil {
		return 0
	}
	return 1
}

func TestFailuresLoseNone(t *testing.T) {
	t.Parallel()
	rep := &Report{Exit: 1}
	rep.Add(result("A/parameter/x/y", run.Fail, "no finding at all"))
	groups := rep.Failures()
	if len(groups) != 1 || groups[0].Cases[0].Findings[0].Got != "no finding at all" {
		t.Errorf("Failures() = %+v, want one group with the reason", groups)
	}
}

func TestOneRootCauseIsOneBlock(t *testing.T) {
	t.Parallel()
	rep := &Report{Exit: 1}
	f := check.Finding{Clause: "common#violation/maxLength", Level: contract.Must, Want: "a", Got: "b"}
	for i := range 300 {
		rep.Add(result(fmt.Sprintf("A/parameter/x/%d", i), run.Fail, "r", f))
	}
	var b bytes.Buffer
	if err := rep.Console(&b, Style{}); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(b.String(), "FAIL  "); n != 1 {
		t.Errorf("%d blocks for one clause, want 1", n)
	}
	if !strings.Contains(b.String(), "300 cases") || !strings.Contains(b.String(), "and 294 more") {
		t.Errorf("the block does not count its cases:\n%s", b.String())
	}
}

func TestHTMLNeedsNothingElse(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := sample().HTML(&b); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"<link", " src=", "@import", "url("} {
		if strings.Contains(b.String(), bad) {
			t.Errorf("the page has %q", bad)
		}
	}
}

func TestRerunQuotes(t *testing.T) {
	t.Parallel()
	rec := result("A/auth/x/it's $unknown", run.Fail, "")
	want := `conform run --target emulator --seed 7 --select 'A/auth/x/it'\''s $unknown'`
	if got := rec.Rerun(); got != want {
		t.Errorf("Rerun() = %s, want %s", got, want)
	}
}

func TestProbe(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	link, taken := filepath.Join(dir, "link"), filepath.Join(dir, "taken")
	if err := errors.Join(os.Symlink("nowhere", link), os.MkdirAll(filepath.Join(taken, JUnitFile), 0o755)); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		path string
		ok   bool
	}{
		"there":          {dir, true},
		"to be made":     {filepath.Join(dir, "a", "b"), true},
		"a file":         {file, false},
		"below a file":   {filepath.Join(file, "a"), false},
		"not for anyone": {"/proc/nowhere/a", false},
		"no name":        {"", false},
		"a dead link":    {link, false},
		"taken":          {taken, false},
	} {
		if err := Probe(c.path); (err == nil) != c.ok {
			t.Errorf("%s: Probe() = %v, want ok %v", name, err, c.ok)
		}
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 3 {
		t.Errorf("Probe() left %v behind (%v)", left, err)
	}
}

// full is a writer that has no room.
type full struct{}

var errFull = errors.New("no space left")

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestWriteErrorsAreReported(t *testing.T) {
	t.Parallel()
	rep := sample()
	for name, render := range map[string]func(io.Writer) error{
		"console": func(w io.Writer) error { return rep.Console(w, Style{}) },
		"junit":   rep.JUnit, "summary": rep.Summary, "html": rep.HTML, "ndjson": rep.NDJSON,
	} {
		if err := render(full{}); !errors.Is(err, errFull) {
			t.Errorf("%s: %v, want %v", name, err, errFull)
		}
	}
}

func TestStreamRoundTrip(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), ResultsFile)
	s, err := NewStream(path)
	if err != nil {
		t.Fatal(err)
	}
	want := sample()
	for _, rec := range want.Records() {
		if err := s.Write(rec); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Read(path, bytes.NewReader(append(text, `{"case":"cut of`...)))
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Notes) != 1 {
		t.Errorf("Notes = %q, want the incomplete last line", got.Notes)
	}
	got.Notes, got.Exit, got.Elapsed, got.Planned = want.Notes, want.Exit, want.Elapsed, want.Planned
	var a, b bytes.Buffer
	if err := errors.Join(want.Console(&a, Style{}), got.Console(&b, Style{})); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(a.String(), b.String()); diff != "" {
		t.Errorf("report rendered again mismatch (-first +again):\n%s", diff)
	}
}

func TestFindingsSteerNoTerminal(t *testing.T) {
	t.Parallel()
	const evil = "\x1b[2J\u009b31m\u202e\n"
	for _, line := range wantGot(check.Finding{Pointer: evil, Want: evil, Got: evil, Known: evil}) {
		if strings.ContainsFunc(line, wire.Steers) {
			t.Errorf("%q wire.Steers a terminal", line)
		}
	}
}

// TestReadWithoutTheLastBytes: wherever a kill cut the file, what was whole is
// read, and what was not is told.
func TestReadWithoutTheLastBytes(t *testing.T) {
	t.Parallel()
	const first, second = `{"case":"a","level":"must","verdict":"pass"}` + "\n", `{"case":"b","level":"must","verdict":"fail","reason":"ü"}`
	for n := range len(second) + 1 {
		rep, err := Read("r", strings.NewReader(first+second[:n]))
		if err != nil {
			t.Errorf("cut after %q: Read() = %v", second[:n], err)
			continue
		}
		want := map[bool]int{true: 2, false: 1}[n == len(second)]
		if told := len(rep.Notes) == 1; len(rep.Records()) != want || told != (n > 0 && n < len(second)) {
			t.Errorf("cut after %q: Read() has %d records, want %d, and notes %q", second[:n], len(rep.Records()), want, rep.Notes)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	const pass = `{"case":"a","level":"must","verdict":"pass"}` + "\n"
	for name, c := range map[string]struct{ text, want string }{
		"empty":             {"", "no results"},
		"too long":          {pass + strings.Repeat("a", maxLine+1), "r:2: not a result: the line is longer than 64 MiB"},
		"an escape":         {`{"case":"a\u001b[2J","verdict":"pass","level":"must"}`, "want ids without control characters"},
		"no result":         {"{}\n{}\n", "r:1: not a result"},
		"middle":            {pass + `{"case":"a",` + "\n" + pass, "r:2: not a result: unexpected end"},
		"the end, ended":    {pass + `{"case":"a",` + "\n", "r:2: not a result: unexpected end"},
		"the end, nonsense": {pass + "nonsense", "r:2: not a result"},
		"the end, no case":  {pass + "\n" + `{"level":"must","verdict":"pass"}`, `r:3: not a result: want an object with "case"`},
		"the end, unheard":  {pass + `{"case":"a","level":"must","verdict":"maybe"}`, `r:2: not a result: unknown verdict "maybe"`},
		"nothing whole":     {`{"case":"a`, "r: no results in it"},
	} {
		_, err := Read("r", strings.NewReader(c.text))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: Read() = %v, want %q", name, err, c.want)
		}
	}
}

func TestExcusedFindingsAreNoFailures(t *testing.T) {
	t.Parallel()
	known := check.Finding{Clause: "common#violation/maxLength", Level: contract.Must, Want: "a", Got: "b", Known: "slow to change (issue 7)"}
	lapsed := check.Finding{
		Clause: "UpdateImageCache#parameter/ClientToken/maxLength", Level: contract.Must, Want: "c", Got: "d",
		Lapsed: "excused until 2026-01-01, which is past, by b.yaml:3: soon",
	}
	rep := &Report{Exit: 1}
	rep.Add(result("UpdateImageCache/parameter/ClientToken/both", run.Fail, "x", known, lapsed))
	rep.Add(result("UpdateImageCache/parameter/ClientToken/known", run.Known, known.Known, known))
	groups := rep.Failures()
	if len(groups) != 1 || groups[0].Clause != lapsed.Clause || len(rep.Observed()) != 0 {
		t.Errorf("Failures() = %+v, Observed() = %+v; want the lapsed one alone", groups, rep.Observed())
	}
	var console, junit bytes.Buffer
	if err := errors.Join(rep.Console(&console, Style{}), rep.JUnit(&junit)); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][2]string{
		"console": {console.String(), "known excused until 2026-01-01, which is past, by b.yaml:3: soon"},
		"reason":  {console.String(), "1  slow to change (issue 7)"},
		"skipped": {junit.String(), `<skipped message="known: slow to change (issue 7)">`},
		"failure": {junit.String(), `<failure message="UpdateImageCache#parameter/ClientToken/maxLength: want c, got d"`},
	} {
		if !strings.Contains(text[0], text[1]) {
			t.Errorf("%s: no %q in\n%s", name, text[1], text[0])
		}
	}
}

// What went wrong with the run itself is no case's: CI has to see it all the same.
func TestJUnitTellsOfTheRun(t *testing.T) {
	t.Parallel()
	for exit, errors := range map[int]int{0: 0, 1: 0, 3: 0, 4: 1, 6: 1, 130: 1} {
		r := &Report{Exit: exit, Notes: []string{"leaked: ImageCache imc-1"}}
		doc := r.junit()
		if doc.Errors != errors || doc.Tests != errors {
			t.Errorf("exit %d: %d errors of %d tests, want %d", exit, doc.Errors, doc.Tests, errors)
		}
		if errors > 0 && !strings.Contains(doc.Suites[0].Cases[0].Error.Text, "imc-1") {
			t.Errorf("exit %d: the error says %q, want the note", exit, doc.Suites[0].Cases[0].Error.Text)
		}
	}
}
