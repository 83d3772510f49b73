package main

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eci-conform/conform/fixtures"
)

// TestVerdictOutlivesItsRecording: a run whose recording cannot be closed has a
// verdict and reports all the same, and the exit code of the fault.
func TestVerdictOutlivesItsRecording(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		h       http.Handler
		verdict string
	}{
		"departs":  {newMutant(t, "format/DescribeRegions/Regions.N.RegionId/otherType"), "exit 1: does not conform"},
		"conforms": {newEmulator(t), "exit 0: conforms"},
	} {
		dir := t.TempDir()
		tapes, reports := filepath.Join(dir, "tapes"), filepath.Join(dir, "out")
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			found, _ := filepath.Glob(filepath.Join(tapes, "*")) // the pattern is well-formed
			for _, f := range found {
				_ = os.Remove(f) // so that it is gone when it is to be closed
			}
			tc.h.ServeHTTP(w, r)
		}))
		profile, err := fixtures.Targets.ReadFile("targets/emulator.yaml")
		if err != nil {
			t.Fatal(err)
		}
		target := filepath.Join(dir, "target.yaml")
		profile = bytes.Replace(profile, []byte("http://127.0.0.1:8080\nregion"), []byte(server.URL+"\nregion"), 1)
		if err := os.WriteFile(target, profile, 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("conform", "run", "--target", target, "--select", "DescribeRegions/format/**", "--reports", reports, "--record", tapes)
		var out, said bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &said
		_ = cmd.Run() // the exit code says it
		server.Close()
		if code := cmd.ProcessState.ExitCode(); code != exitFault || !strings.Contains(out.String(), tc.verdict+"\n") {
			t.Fatalf("%s: conform run exits %d, want %d with %q in\n%s%s", name, code, exitFault, tc.verdict, &out, &said)
		}
		if !strings.Contains(said.String(), "no such file") {
			t.Errorf("%s: conform run does not tell of the recording:\n%s", name, &said)
		}
		code, again := command("report", reports)
		if code != 0 || !strings.Contains(again, "exit 4: fault in the harness\n") || !strings.Contains(again, "no such file") {
			t.Errorf("%s: conform report exits %d and says\n%s", name, code, again)
		}
	}
}

func TestWorse(t *testing.T) {
	t.Parallel()
	lost := exit(exitFault, errors.New("lost"))
	for name, tc := range map[string]struct {
		verdict, fault error
		code           int
		text           string
	}{
		"all well":      {nil, nil, 0, ""},
		"a verdict":     {exit(exitDeparts, nil), nil, exitDeparts, "exit 1"},
		"a fault":       {nil, lost, exitFault, "lost"},
		"told and lost": {exit(exitDeparts, nil), lost, exitFault, "lost"},
		"both to tell":  {exit(exitUnjudged, errors.New("nobody there")), lost, exitFault, "nobody there\nlost"},
		"interrupted":   {exit(exitInterrupted, nil), lost, exitFault, "lost"},
	} {
		err := worse(tc.verdict, tc.fault)
		code, text := 0, ""
		if e, ok := errors.AsType[*exitError](err); ok {
			code, text = e.code, e.Error()
		}
		if diff := cmp.Diff([]any{tc.code, tc.text}, []any{code, text}); diff != "" {
			t.Errorf("%s: worse() mismatch (-want +got):\n%s", name, diff)
		}
	}
}
