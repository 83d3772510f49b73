package main

import (
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/eci-conform/conform/fixtures"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/profile"
	"github.com/eci-conform/conform/spec"
)

// TestTargetsAreValid holds every profile in fixtures, the examples too,
// against the contract.
func TestTargetsAreValid(t *testing.T) {
	t.Parallel()
	c, err := contract.Load(spec.Name, spec.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	files, err := fs.Glob(fixtures.Targets, "targets/*.yaml")
	if err != nil || len(files) < 2 {
		t.Fatalf("profiles %v (%v), want at least two", files, err)
	}
	for _, file := range files {
		text, err := fixtures.Targets.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		p, err := profile.Load(file, text)
		if err != nil {
			t.Errorf("Load() = %v", err)
			continue
		}
		if err := p.Validate(c); err != nil {
			t.Errorf("Validate() = %v", err)
		}
	}
}

// TestTargetFromAPipe: a profile may come through a pipe, such as from a program
// that fills its secrets in.
func TestTargetFromAPipe(t *testing.T) {
	t.Parallel()
	const text = "endpoint: http://127.0.0.1:1\nregion: cn-hangzhou\ncredentials: {default: {accessKeyId: a, accessKeySecret: b}}\n"
	cmd := exec.Command("conform", "coverage", "--target", "/dev/stdin")
	cmd.Stdin = strings.NewReader(text)
	if _, err := os.Stat("/dev/stdin"); err != nil {
		t.Skip("a pipe has no name here")
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("conform coverage: %v\n%s", err, out)
	}
	cmd = exec.Command("conform", "run", "--target", "/dev/stdin", "--reports", t.TempDir())
	cmd.Stdin = strings.NewReader(text)
	if out, _ := cmd.CombinedOutput(); cmd.ProcessState.ExitCode() != exitUnjudged || !strings.Contains(string(out), "connection refused") {
		t.Errorf("conform run exits %d and says %s, want a target that is not there", cmd.ProcessState.ExitCode(), out)
	}
}
