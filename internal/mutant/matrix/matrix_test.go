package matrix

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eci-conform/conform/fixtures"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/mutant"
	"github.com/eci-conform/conform/internal/profile"
	"github.com/eci-conform/conform/spec"
	"github.com/eci-conform/conform/suites"
)

// options are all mutants against the cases that match the globs.
func options(t *testing.T, globs ...string) Options {
	t.Helper()
	c, err := contract.Load(spec.Name, spec.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	in, err := suites.LoadInputs(c, fixtures.Inputs, "inputs")
	if err != nil {
		t.Fatal(err)
	}
	all, err := suites.Plan(c, in)
	if err != nil {
		t.Fatal(err)
	}
	p, err := all.Select(globs, nil, contract.Inferred)
	if err != nil {
		t.Fatal(err)
	}
	text, err := fixtures.Targets.ReadFile("targets/emulator.yaml")
	if err != nil {
		t.Fatal(err)
	}
	prof, err := profile.Load("emulator.yaml", text)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := prof.Resolve(profile.Lookups{})
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Contract: c, Plan: p, Bound: map[string][]string{}, Profile: prof, Credentials: keys, World: fixtures.World, Clock: time.Now, Seed: 3}
	for _, e := range suites.Coverage(c, p).Entries {
		o.Bound[e.Clause.ID] = e.Cases
	}
	if o.Mutants, err = mutant.All(c); err != nil {
		t.Fatal(err)
	}
	return o
}

func find(t *testing.T, o Options, id string) mutant.Mutant {
	t.Helper()
	m, err := mutant.Find(o.Mutants, id)
	if err != nil {
		t.Fatal(err)
	}
	return *m
}

// TestVerdicts has one mutant for each verdict.
func TestVerdicts(t *testing.T) {
	t.Parallel()
	o := options(t, "DescribeRegions/format/**", "DescribeRegions/auth/**")
	killed := find(t, o, "auth/common/v1/unchecked")
	misplaced := killed
	misplaced.ID, misplaced.Family, misplaced.Clause = "misplaced", "format", "common#protocol/format.json"
	survived := mutant.Mutant{ID: "survived", Family: "auth", Clause: "common#protocol/signature.v1"}
	awaiting := mutant.Mutant{ID: "awaiting", Family: "listing", Clause: "common#listing/total"}
	o.Mutants = []*mutant.Mutant{&killed, &misplaced, &survived, &awaiting}
	told := 0
	o.Tell = func(Row) { told++ }
	m, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]Verdict{}
	for _, r := range m.Mutants {
		got[r.Mutant] = r.Verdict
	}
	want := map[string]Verdict{
		killed.ID: Killed, "misplaced": Misplaced, "survived": Survived, "awaiting": Awaiting,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("verdicts mismatch (-want +got):\n%s", diff)
	}
	if told != len(o.Mutants) || m.Sound() || len(m.Clean.Failed) > 0 || m.Clean.Cases != len(o.Plan.Cases) {
		t.Errorf("told %d, sound %v, clean %+v", told, m.Sound(), m.Clean)
	}
	for _, r := range m.Mutants {
		if r.Verdict == Survived && r.Tried != len(o.Plan.Cases) {
			t.Errorf("%s met %d of %d cases before it was said to survive", r.Mutant, r.Tried, len(o.Plan.Cases))
		}
	}
}

// TestGivenUp: a mutant that was not met by every case has not survived.
func TestGivenUp(t *testing.T) {
	t.Parallel()
	o := options(t, "DescribeRegions/format/**", "DescribeRegions/auth/**")
	o.Mutants = []*mutant.Mutant{{ID: "slow", Family: "auth", Clause: "common#protocol/signature.v1"}}
	o.Guard = time.Nanosecond
	m, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if r := m.Mutants[0]; r.Verdict != Undone || r.Reason != "given up after 1ns, before every case was tried" {
		t.Errorf("it is %s: %s, want it undone", r.Verdict, r.Reason)
	}
}

func TestSound(t *testing.T) {
	t.Parallel()
	row := func(v Verdict) []Row { return []Row{{Verdict: Killed}, {Verdict: v}} }
	for name, c := range map[string]struct {
		m    Matrix
		want bool
	}{
		"killed":       {Matrix{Mutants: row(Killed)}, true},
		"awaiting":     {Matrix{Mutants: row(Awaiting)}, true},
		"survived":     {Matrix{Mutants: row(Survived)}, false},
		"misplaced":    {Matrix{Mutants: row(Misplaced)}, false},
		"undone":       {Matrix{Mutants: row(Undone)}, false},
		"unclean":      {Matrix{Mutants: row(Killed), Clean: Clean{Failed: []string{"a"}}}, false},
		"none at all ": {Matrix{}, false},
	} {
		if got := c.m.Sound(); got != c.want {
			t.Errorf("%s: Sound() = %v, want %v", name, got, c.want)
		}
	}
}

// TestSomeMutantsAreKilled runs every so many mutants against the whole suite;
// make mutants runs them all.
func TestSomeMutantsAreKilled(t *testing.T) {
	t.Parallel()
	const every = 16
	o := options(t)
	all := o.Mutants
	o.Mutants = nil
	for i := 0; i < len(all); i += every {
		o.Mutants = append(o.Mutants, all[i])
	}
	m, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range m.Clean.Failed {
		t.Errorf("clean emulator: %s", f)
	}
	for _, r := range m.open() {
		t.Errorf("%s: %s (%s): %s %v", r.Verdict, r.Mutant, r.Summary, r.Reason, r.Cases[:min(3, len(r.Cases))])
	}
}

func TestRunIsInterrupted(t *testing.T) {
	t.Parallel()
	o := options(t, "DescribeRegions/auth/**")
	o.Mutants = o.Mutants[:3]
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if m, err := Run(ctx, o); !errors.Is(err, context.Canceled) || m == nil || m.Sound() {
		t.Errorf("Run() = %v, %v, want the error of the context", m, err)
	}
}

func sample() *Matrix {
	return &Matrix{
		Contract: "2018-08-08 abc", Seed: 7, Clean: Clean{Cases: 9, Failed: []string{}}, Elapsed: 1500 * time.Millisecond,
		Mutants: []Row{
			{Mutant: "auth/a/b", Family: "auth", Clause: "common#x/y", Level: "must", Summary: "Does <that>.", Verdict: Killed, Cases: []string{"A/auth/s/v", "B/auth/s/v"}, Tried: 4},
			{Mutant: "auth/a/c", Family: "auth", Clause: "common#x/z", Level: "should", Summary: "Does a|b.", Verdict: Survived, Reason: "1 cases could not be judged", Cases: []string{}, Tried: 9},
		},
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := sample().Text(&b); err != nil {
		t.Fatal(err)
	}
	want := `killed    auth/a/b  A/auth/s/v and 1 more
survived  auth/a/c  9 cases

  family  mutants  killed  misplaced  survived  awaiting
    auth        2       1          0         1         0
     all        2       1          0         1         0

survived: auth/a/c
  Does a|b.
  breaks common#x/z (should)
  1 cases could not be judged

clean emulator: 9 cases, 0 failed
2 mutants in 1.5s: 1 killed
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("Text() mismatch (-want +got):\n%s", diff)
	}
}

func TestWriteFiles(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "out")
	m := sample()
	if err := m.WriteFiles(dir); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, JSONFile))
	if err != nil {
		t.Fatal(err)
	}
	var back Matrix
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	back.Elapsed = m.Elapsed
	if diff := cmp.Diff(m, &back); diff != "" {
		t.Errorf("%s mismatch (-want +got):\n%s", JSONFile, diff)
	}
	page, err := os.ReadFile(filepath.Join(dir, MarkdownFile))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| auth | 2 | 1 | 0 | 1 | 0 |", "| `auth/a/b`: Does &lt;that>. | `common#x/y` | killed | A/auth/s/v, B/auth/s/v |", `Does a\|b.`,
	} {
		if !strings.Contains(string(page), want) {
			t.Errorf("%s lacks %q:\n%s", MarkdownFile, want, page)
		}
	}
}

// TestDirectIsLikeASocket sends the same requests both ways.
func TestDirectIsLikeASocket(t *testing.T) {
	t.Parallel()
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		switch r.URL.Path {
		case "/drop":
			if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
				conn.Close()
			}
		case "/short":
			w.Header().Set("Content-Length", "10")
			w.Header().Set("Content-Type", "text/plain")
			_, _ = io.WriteString(w, "four")
		default:
			w.Header().Set("Content-Type", "text/plain")
			w.WriteHeader(http.StatusTeapot)
			_, _ = io.WriteString(w, strings.Join([]string{r.Method, r.Host, r.URL.Path, r.URL.RawQuery, r.Header.Get("X-Acs-Action"), string(body)}, " "))
		}
	})
	s := httptest.NewServer(handler)
	defer s.Close()
	for _, c := range []struct{ method, uri, body string }{
		{"GET", "/?a=%20b&c=+", ""}, {"POST", "/", "x=1"}, {"HEAD", "/", ""}, {"GET", "/drop", ""}, {"GET", "/short", ""}, {"PUT", "/?q", "y"},
	} {
		var got [2]string
		for i, rt := range []http.RoundTripper{&http.Transport{DisableKeepAlives: true}, &direct{handler: handler}} {
			got[i] = exchange(t, rt, c.method, s.URL+c.uri, c.body)
		}
		if diff := cmp.Diff(got[0], got[1]); diff != "" {
			t.Errorf("%s %s mismatch (-socket +direct):\n%s", c.method, c.uri, diff)
		}
	}
}

func exchange(t *testing.T, rt http.RoundTripper, method, url, body string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header["x-acs-action"] = []string{"A"}
	resp, err := rt.RoundTrip(r)
	if err != nil {
		if errors.Is(err, io.EOF) {
			return "dropped"
		}
		return err.Error()
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	out := resp.Status + " " + resp.Header.Get("Content-Type") + " " + string(text)
	if err != nil {
		out += " " + err.Error()
	}
	return out
}

func TestDirectCloses(t *testing.T) {
	t.Parallel()
	d := &direct{handler: http.NotFoundHandler()}
	d.closed.Store(true)
	r := httptest.NewRequestWithContext(t.Context(), "GET", "http://a.invalid/", nil)
	resp, err := d.RoundTrip(r)
	if err == nil {
		resp.Body.Close()
	}
	if !errors.Is(err, errClosed) {
		t.Errorf("RoundTrip() = %v, want %v", err, errClosed)
	}
}

func TestSpread(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff([]string{"a", "c", "e"}, spread(strings.Split("abcdef", ""), 3)); diff != "" {
		t.Errorf("spread() mismatch (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"a", "b"}, spread([]string{"a", "b"}, 3)); diff != "" {
		t.Errorf("spread() mismatch (-want +got):\n%s", diff)
	}
}
