package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/eci-conform/conform/fixtures"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/spec"
	"github.com/eci-conform/conform/suites"
)

// source is where the contract comes from.
type source struct{ file string }

func (s *source) add(c *cobra.Command) {
	c.Flags().StringVar(&s.file, "contract", "", "`FILE` in place of the embedded contract")
}

// load reads the contract. What is wrong with it is a usage error.
func (s source) load() (*contract.Contract, error) {
	name, text := spec.Name, spec.OpenAPI
	if s.file != "" {
		var err error
		if text, err = os.ReadFile(s.file); err != nil {
			return nil, usage(fmt.Errorf("read contract: %w", err))
		}
		name = s.file
	}
	c, err := contract.Load(name, text)
	if err == nil {
		return c, nil
	}
	if places := errors.Unwrap(err); places != nil {
		err = places // each line begins with its place
	}
	return nil, usage(err)
}

// sound reads the contract and refuses one that is not consistent in itself.
// The embedded one is: its tests say so.
func (s source) sound() (*contract.Contract, error) {
	c, err := s.load()
	if err != nil || s.file == "" {
		return c, err
	}
	var errs []error
	for _, p := range contract.Lint(c) {
		errs = append(errs, problem(p))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, usage(err)
	}
	return c, nil
}

// problem writes a problem of the contract as FILE:LINE: MESSAGE.
func problem(p contract.Problem) error { return fmt.Errorf("%s: %s", p.Place, p.Message) }

// cases derives all cases from the contract.
func cases(c *contract.Contract) (*plan.Plan, error) {
	in, err := suites.LoadInputs(c, fixtures.Inputs, "inputs")
	if err != nil {
		return nil, usage(err)
	}
	p, err := suites.Plan(c, in)
	if err != nil {
		return nil, usage(err)
	}
	return p, nil
}

// oneOf checks a flag whose values are a closed list.
func oneOf(flag, value string, allowed ...string) error {
	for _, a := range allowed {
		if value == a {
			return nil
		}
	}
	return usage(fmt.Errorf("--%s %q: want %s", flag, value, list(allowed)))
}

// list writes words as "a, b or c".
func list(words []string) string {
	out := words[0]
	for i, w := range words[1:] {
		if i == len(words)-2 {
			out += " or " + w
		} else {
			out += ", " + w
		}
	}
	return out
}
