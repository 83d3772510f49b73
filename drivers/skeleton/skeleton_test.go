package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/eci-conform/conform/internal/driver"
)

// maxLines is how long a skeleton may be.
const maxLines = 60

// TestSkeletons: each speaks the protocol and is short. One whose language is
// not on the machine is left out.
func TestSkeletons(t *testing.T) {
	t.Parallel()
	for _, s := range []struct {
		file    string
		command []string
	}{
		{"main.go", []string{"go", "run", "main.go"}},
		{"driver.py", []string{"python3", "driver.py"}},
		{"driver.js", []string{"node", "driver.js"}},
	} {
		t.Run(s.file, func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(s.file)
			if err != nil {
				t.Fatal(err)
			}
			if n := bytes.Count(text, []byte("\n")); n >= maxLines {
				t.Errorf("%s has %d lines, want less than %d", s.file, n, maxLines)
			}
			path, err := exec.LookPath(s.command[0])
			if err != nil {
				t.Skipf("%s is not on the machine", s.command[0])
			}
			speak(t, path, s.command[1:])
		})
	}
}

func speak(t *testing.T, path string, args []string) {
	t.Helper()
	abs, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	d, err := driver.Start(t.Context(), driver.Command{Path: path, Args: args, Dir: abs, Handshake: 2 * time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"1", "2"} {
		r, err := d.Call(t.Context(), driver.Call{ID: id, Operation: "DescribeRegions"})
		if err != nil {
			t.Fatal(err)
		}
		if r.Error == nil || r.Error.Code != driver.CodeDriver || r.Error.Message != "call the SDK here: DescribeRegions" {
			t.Errorf("reply = %+v, want the skeleton's own", r)
		}
	}
	if err := d.Close(); err != nil || len(d.Faults()) > 0 {
		t.Errorf("Close() = %v, faults %v, want neither", err, d.Faults())
	}
}
