package main

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/spf13/cobra"

	"github.com/eci-conform/conform/internal/contract"
)

func newContract(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:     "contract",
		Short:   "Work on the contract",
		Example: `  conform contract lint`,
		Args:    noSubcommand,
		RunE:    func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newLint(a))
	return c
}

func newLint(a *app) *cobra.Command {
	var s source
	c := &cobra.Command{
		Use:   "lint",
		Short: "Check the contract",
		Long: `Check the contract as OpenAPI, against the schema of its extensions, for being
consistent in itself, and for clauses that nothing enforces. Problems are
printed as FILE:LINE: MESSAGE, one a line.`,
		Example: `  conform contract lint
  conform contract lint --contract openapi.yaml`,
		Args: noWords,
		RunE: func(*cobra.Command, []string) error { return a.lint(s) },
	}
	s.add(c)
	return c
}

func (a *app) lint(s source) error {
	c, err := s.load()
	if _, unread := errors.AsType[*fs.PathError](err); unread {
		return err
	}
	if err != nil {
		return a.problems(strings.Split(err.Error(), "\n"))
	}
	var lines []string
	for _, p := range contract.Lint(c) {
		lines = append(lines, problem(p).Error())
	}
	unenforced, err := unenforced(c)
	if err != nil {
		return err
	}
	if lines = append(lines, unenforced...); len(lines) > 0 {
		return a.problems(lines)
	}
	_, err = fmt.Fprintf(a.Out, "%s: %d operations, %d clauses, no problem\n", c.File, len(c.Operations), len(c.Clauses))
	return err
}

// problems prints what is wrong with the contract, which was asked for, and
// says so on standard error.
func (a *app) problems(lines []string) error {
	for _, l := range lines {
		fmt.Fprintln(a.Out, l)
	}
	if len(lines) == 1 {
		return usage(errors.New("the contract has a problem"))
	}
	return usage(fmt.Errorf("the contract has %d problems", len(lines)))
}
