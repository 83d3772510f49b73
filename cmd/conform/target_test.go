package main

import (
	"io/fs"
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
