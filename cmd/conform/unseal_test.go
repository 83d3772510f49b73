package main

import (
	"bytes"
	"os"

	"github.com/rogpeppe/go-internal/testscript"
)

// unseal takes the last line off the only cassette in a folder, as if the
// recorder had been killed.
func unseal(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: unseal DIR")
	}
	found := cassettesIn(ts.MkAbs(args[0]))
	if len(found) != 1 {
		ts.Fatalf("unseal: %d cassettes in %s", len(found), args[0])
	}
	text, err := os.ReadFile(found[0])
	ts.Check(err)
	cut := bytes.LastIndexByte(bytes.TrimSuffix(text, []byte("\n")), '\n') + 1
	ts.Check(os.WriteFile(found[0], text[:cut], 0o600))
}
