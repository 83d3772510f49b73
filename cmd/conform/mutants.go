package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/eci-conform/conform/fixtures"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/mutant"
	"github.com/eci-conform/conform/internal/mutant/matrix"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/report"
	"github.com/eci-conform/conform/suites"
)

// mutantsFlags are the flags of conform mutants.
type mutantsFlags struct {
	globs   []string
	jobs    int
	seed    uint64
	reports string
	format  string
	list    bool
	label   func(flag string) string // by which a message names a flag
}

func newMutants(a *app) *cobra.Command {
	f := &mutantsFlags{}
	c := &cobra.Command{
		Use:   "mutants",
		Short: "Run the suite against every mutant and print the kill matrix",
		Long: `Run the suite against the emulator and then against mutants of it, each with one
clause of the contract broken, and print which cases caught which. A mutant that
no case of the family meant to catches is a hole in the suite.
The exit code is 0 when all are caught and the emulator itself passes, else 1.`,
		Example: `  conform mutants
  conform mutants --select 'parameter/UpdateImageCache/**'
  conform mutants --select auth --format json
  conform mutants --list
  conform serve --mutant parameter/CreateImageCache/ImageCacheName/optional`,
		Args: noWords,
		RunE: func(c *cobra.Command, _ []string) error { return a.mutants(c.Context(), f) },
	}
	s := c.Flags()
	f.label = func(flag string) string { return label(s.Lookup(flag)) }
	s.StringArrayVar(&f.globs, "select", nil, "only mutants whose id matches the `GLOB`; may be repeated")
	s.IntVarP(&f.jobs, "jobs", "j", 4, "`N` mutants at once")
	s.Uint64Var(&f.seed, "seed", 1, "`N` decides everything that is made up")
	s.StringVar(&f.reports, "reports", "reports/out", "`DIR` for "+matrix.JSONFile+" and "+matrix.MarkdownFile)
	addFormat(c, &f.format, "text", "json")
	s.BoolVar(&f.list, "list", false, "name the mutants and what they break, and run nothing")
	return c
}

func (f *mutantsFlags) check() error {
	if err := oneOf("format", f.format, "text", "json"); err != nil {
		return err
	}
	if f.jobs < 1 {
		return usage(fmt.Errorf("-j %d: want 1 or more", f.jobs))
	}
	if f.list {
		return nil
	}
	if err := report.Probe(f.reports); err != nil {
		return usage(err)
	}
	return nil
}

func (a *app) mutants(ctx context.Context, f *mutantsFlags) error {
	if err := f.check(); err != nil {
		return err
	}
	c, err := source{}.load()
	if err != nil {
		return err
	}
	chosen, err := chosenMutants(c, f.globs, f.label("select"))
	if err != nil {
		return err
	}
	if f.list {
		return a.listMutants(chosen)
	}
	o, err := a.matrixOptions(c, f)
	if err != nil {
		return err
	}
	o.Mutants = chosen
	show := newProgress(a.System, work{name: "mutants", bad: "not killed"}, len(chosen))
	o.Tell = func(r matrix.Row) { show.add(!r.Verdict.Fine()) }
	m, err := matrix.Run(ctx, o)
	show.end()
	return a.concludeMutants(ctx, f, m, err)
}

// matrixOptions are all but the mutants.
func (a *app) matrixOptions(c *contract.Contract, f *mutantsFlags) (matrix.Options, error) {
	all, err := cases(c)
	if err != nil {
		return matrix.Options{}, err
	}
	t, err := a.resolve(targetFlags{name: embedded}, c)
	if err != nil {
		return matrix.Options{}, usage(err)
	}
	return matrix.Options{
		Contract: c, Plan: all, Bound: boundCases(c, all), Profile: t.profile, Credentials: t.credentials,
		World: fixtures.World, Clock: a.Now, Seed: f.seed, Jobs: f.jobs,
	}, nil
}

// boundCases are the ids of the cases that judge each clause.
func boundCases(c *contract.Contract, p *plan.Plan) map[string][]string {
	out := map[string][]string{}
	for _, e := range suites.Coverage(c, p).Entries {
		out[e.Clause.ID] = e.Cases
	}
	return out
}

// chosenMutants returns the mutants that match one of the globs, or all. A glob
// that matches none is a usage error.
func chosenMutants(c *contract.Contract, globs []string, flag string) ([]*mutant.Mutant, error) {
	all, err := mutant.All(c)
	if err != nil {
		return nil, exit(exitFault, err)
	}
	var errs []error
	for _, g := range globs {
		if !slices.ContainsFunc(all, func(m *mutant.Mutant) bool { return plan.Match(g, m.ID) }) {
			errs = append(errs, fmt.Errorf("%s %q: no mutant matches; %s", flag, g, nearMutants(all, g)))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, usage(err)
	}
	return slices.DeleteFunc(all, func(m *mutant.Mutant) bool {
		return len(globs) > 0 && !slices.ContainsFunc(globs, func(g string) bool { return plan.Match(g, m.ID) })
	}), nil
}

// nearMutants says what may have been meant by a glob that matches no mutant.
func nearMutants(all []*mutant.Mutant, glob string) string {
	ids := &plan.Plan{}
	for _, m := range all {
		ids.Cases = append(ids.Cases, &plan.Case{ID: m.ID})
	}
	return near(glob, ids, mutantsLister)
}

func (a *app) listMutants(all []*mutant.Mutant) error {
	for _, m := range all {
		if _, err := fmt.Fprintf(a.Out, "%s\t%s\t%s\n", m.ID, m.Clause, m.Summary); err != nil {
			return exit(exitFault, fmt.Errorf("write list: %w", err))
		}
	}
	return nil
}

// concludeMutants prints and saves the matrix and gives the exit code.
func (a *app) concludeMutants(ctx context.Context, f *mutantsFlags, m *matrix.Matrix, err error) error {
	if m == nil {
		return exit(exitFault, err)
	}
	write := m.Text
	if f.format == "json" {
		write = m.JSON
	}
	if err := errors.Join(m.WriteFiles(f.reports), write(a.Out)); err != nil {
		return exit(exitFault, err)
	}
	switch {
	case ctx.Err() != nil:
		return exit(exitInterrupted, errors.New("interrupted: not every mutant was judged"))
	case m.Count("", matrix.Undone) > 0:
		return exit(exitFault, fmt.Errorf("%d mutants could not be made, or were given up", m.Count("", matrix.Undone)))
	case !m.Sound():
		return exit(exitDeparts, nil)
	}
	return nil
}

// oneMutant finds a mutant for conform serve.
func oneMutant(c *contract.Contract, id string) (*mutant.Mutant, error) {
	all, err := mutant.All(c)
	if err != nil {
		return nil, exit(exitFault, err)
	}
	for _, m := range all {
		if m.ID == id {
			return m, nil
		}
	}
	return nil, usage(fmt.Errorf("--mutant %q: there is none; %s", id, nearMutants(all, id)))
}
