package main

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/eci-conform/conform/fixtures"
	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/emulator"
	"github.com/eci-conform/conform/internal/mutant"
	"github.com/eci-conform/conform/internal/report"
	"github.com/eci-conform/conform/internal/run"
)

// TestDiff runs testdata/diff/*.txtar. $SERVER keeps the contract, $MUTANT leaves
// a member out, $LEAKY refuses to delete; writes CODE wants that so many changes
// have reached $SERVER.
func TestDiff(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: "testdata/diff", RequireExplicitExec: true, RequireUniqueNames: true, UpdateScripts: *update,
		Setup: func(e *testscript.Env) error {
			writes := &atomic.Int64{}
			e.Values[writesKey{}] = writes
			serve(e, "SERVER", asked(newEmulator(t), func(w http.ResponseWriter, operation string) bool {
				if !strings.HasPrefix(operation, "Describe") && !strings.HasPrefix(operation, "List") {
					writes.Add(1)
				}
				return false
			}))
			serve(e, "LEAKY", asked(newEmulator(t), func(w http.ResponseWriter, operation string) bool {
				if strings.HasPrefix(operation, "Delete") {
					http.Error(w, "out of order", http.StatusInternalServerError)
					return true
				}
				return false
			}))
			serve(e, "MUTANT", newMutant(t, "format/CreateImageCache/ContainerGroupId/missing"))
			e.Setenv("HOME", e.WorkDir)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "oneline": oneLine, "tape": tape, "edit": edit, "profile": profileFile, "contract": contractFile, "writes": wroteNothing,
		},
	})
}

type writesKey struct{}

// wroteNothing: no change has reached $SERVER; with !, some have.
func wroteNothing(ts *testscript.TestScript, neg bool, _ []string) {
	if n := ts.Value(writesKey{}).(*atomic.Int64).Load(); (n > 0) != neg {
		ts.Fatalf("%d changes have reached the server", n)
	}
}

// asked lets answer see each operation before the server does; true means that
// it has answered.
func asked(h http.Handler, answer func(w http.ResponseWriter, operation string) bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(b))
		_, rest, _ := strings.Cut("&"+r.URL.RawQuery+"&"+string(b), "&Action=")
		operation, _, _ := strings.Cut(rest, "&")
		if !answer(w, operation) {
			h.ServeHTTP(w, r)
		}
	})
}

func newMutant(t *testing.T, id string) http.Handler {
	t.Helper()
	c, err := source{}.load()
	if err != nil {
		t.Fatal(err)
	}
	all, err := mutant.All(c)
	if err != nil {
		t.Fatal(err)
	}
	m, err := mutant.Find(all, id)
	if err != nil {
		t.Fatal(err)
	}
	h, err := m.New(emulator.Options{Contract: c, World: fixtures.World, Clock: time.Now, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestCompareResults(t *testing.T) {
	t.Parallel()
	of := func(id string, v run.Verdict, clauses ...string) report.Record {
		r := report.Record{Result: run.Result{Case: id, Verdict: v}}
		for _, c := range clauses {
			r.Findings = append(r.Findings, check.Finding{Clause: c, Pointer: "/body"})
		}
		return r
	}
	was := []report.Record{
		of("same", run.Pass), of("breaks", run.Pass), of("heals", run.Fail, "x"), of("gone", run.Pass), of("other", run.Fail, "x", "y"), of("skips", run.Pass),
	}
	is := []report.Record{
		of("same", run.Pass), of("breaks", run.Fail, "x"), of("heals", run.Pass), of("new", run.Fail), of("other", run.Fail, "y", "z"), of("skips", run.Skip),
	}
	want := resultsDiff{A: 6, B: 6, Common: 5, Same: 1, Changes: []caseChange{
		{Change: changeBroke, Case: "breaks", A: "pass", B: "fail", Gained: []string{"x at /body"}},
		{Change: changeGone, Case: "gone", A: "pass"},
		{Change: changeVerdict, Case: "skips", A: "pass", B: "skip"},
		{Change: changeFinding, Case: "other", A: "fail", B: "fail", Gained: []string{"z at /body"}, Lost: []string{"x at /body"}},
		{Change: changeFixed, Case: "heals", A: "fail", B: "pass", Lost: []string{"x at /body"}},
		{Change: changeNew, Case: "new", B: "fail"},
	}}
	if diff := cmp.Diff(want, compareResults(was, is)); diff != "" {
		t.Errorf("compareResults() mismatch (-want +got):\n%s", diff)
	}
}
