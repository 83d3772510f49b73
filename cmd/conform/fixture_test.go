package main

import (
	"bytes"
	"compress/gzip"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The recording of a whole run of the emulator, and what that run found: a line
// for each case, its id and its verdict.
const (
	fixtureCassette = "../../fixtures/cassettes/emulator.cassette.gz"
	fixtureVerdicts = "../../fixtures/cassettes/emulator.verdicts"
)

var recordFixture = flag.Bool("record", false, "record the emulator anew")

// verdicts are the lines of a run.
func verdicts(all map[string]judgement) string {
	var b strings.Builder
	for _, id := range slices.Sorted(maps.Keys(all)) {
		fmt.Fprintf(&b, "%s %s\n", id, all[id].Verdict)
	}
	return b.String()
}

// missing are the cases that a recording cannot be judged by: it has none of
// their requests, or not these.
func missing(recorded string, all map[string]judgement) []string {
	var out []string
	for _, id := range slices.Sorted(maps.Keys(all)) {
		if !strings.Contains("\n"+recorded, "\n"+id+" ") || strings.Contains(all[id].Reason, "the recording holds no such request") {
			out = append(out, id)
		}
	}
	return out
}

// TestRecordedRun judges the recording of the emulator again: each case has the
// verdict that it had.
func TestRecordedRun(t *testing.T) {
	if *recordFixture {
		recordEmulator(t)
	}
	recorded, err := os.ReadFile(fixtureVerdicts)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	code, said := command("replay", "--strict=inferred", "--max-age", "1000000h", "--reports", dir, fixtureCassette)
	if code < 0 || code == exitUsage || code == exitFault {
		t.Fatalf("conform replay exits %d: %.1000s", code, said)
	}
	got := judgements(t, dir)
	if lost := missing(string(recorded), got); len(lost) > 0 {
		t.Fatalf("%d cases are not in the recording, the first is %s: it is of another contract or plan than today's: run make cassette", len(lost), lost[0])
	}
	if diff := cmp.Diff(strings.Split(string(recorded), "\n"), strings.Split(verdicts(got), "\n")); diff != "" {
		t.Errorf("verdicts mismatch (-recorded +judged again); where the change is meant, run make cassette:\n%.4000s", diff)
	}
}

// recordEmulator makes the fixture.
func recordEmulator(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	if code, said := command("run", "--seed", "1", "--strict=inferred", "--record", filepath.Join(dir, "tapes"), "--reports", filepath.Join(dir, "reports")); code != exitConforms {
		t.Fatalf("conform run exits %d: %.1000s", code, said)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "tapes", "*")) // the pattern is well-formed
	text, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(fixtureCassette), 0o755); err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	z, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(z, bytes.NewReader(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{fixtureCassette: packed.Bytes(), fixtureVerdicts: []byte(verdicts(judgements(t, filepath.Join(dir, "reports"))))} {
		if err := os.WriteFile(name, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
