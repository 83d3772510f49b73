// Command oaslint runs a third-party OpenAPI linter over a document, so that
// the contract is checked by somebody else's reading of OpenAPI too.
//
//	oaslint CONFIG DOCUMENT
//
// It prints what it finds and exits 1 if that is anything, 2 when it could not
// look. Which rules are off, and why, stands in CONFIG.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	base "github.com/speakeasy-api/openapi/linter"
	"github.com/speakeasy-api/openapi/openapi"
	"github.com/speakeasy-api/openapi/openapi/linter"
	"github.com/speakeasy-api/openapi/validation"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, out, errs io.Writer) int {
	if len(args) != 2 {
		fmt.Fprintln(errs, "usage: oaslint CONFIG DOCUMENT")
		return 2
	}
	found, err := lint(context.Background(), args[0], args[1])
	if err != nil {
		fmt.Fprintln(errs, "oaslint:", err)
		return 2
	}
	for _, e := range found {
		fmt.Fprintln(out, place(args[1], e))
	}
	if len(found) > 0 {
		return 1
	}
	fmt.Fprintf(out, "%s: no problem\n", args[1])
	return 0
}

// place writes a finding as FILE:LINE: RULE: MESSAGE.
func place(file string, err error) string {
	v, ok := errors.AsType[*validation.Error](err)
	if !ok {
		return fmt.Sprintf("%s: %v", file, err)
	}
	return fmt.Sprintf("%s:%d: %s: %v", file, v.GetLineNumber(), v.Rule, v.UnderlyingError)
}

// lint returns what the linter finds in the document, hints included.
func lint(ctx context.Context, config, document string) ([]error, error) {
	c, err := base.LoadConfigFromFile(config)
	if err != nil {
		return nil, fmt.Errorf("load %s: %w", config, err)
	}
	f, err := os.Open(document)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	doc, invalid, err := openapi.Unmarshal(ctx, f)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", document, err)
	}
	l, err := linter.NewLinter(c)
	if err != nil {
		return nil, fmt.Errorf("set up the linter: %w", err)
	}
	got, err := l.Lint(ctx, base.NewDocumentInfo(doc, document), invalid, nil)
	if err != nil {
		return nil, fmt.Errorf("lint %s: %w", document, err)
	}
	return got.Results, nil
}
