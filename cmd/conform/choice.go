package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/plan"
)

// choice says which of the cases are wanted.
type choice struct {
	globs, skips []string
	level        string
	// lister is the command that lists what there is to choose from.
	lister string
	flags  *pflag.FlagSet // nil where no flag made the choice
}

// The commands that list what there is.
const (
	planLister     = "conform plan"
	sdkLister      = "conform sdk --list"
	mutantsLister  = "conform mutants --list"
	coverageLister = "conform coverage --verbose"
)

func (s *choice) add(c *cobra.Command, lister string) {
	f := c.Flags()
	s.lister, s.flags = lister, f
	f.StringArrayVar(&s.globs, "select", nil, "only cases whose id matches the `GLOB`; a word without a slash matches any whole segment of an id, such as the operation or family; may be repeated")
	f.StringArrayVar(&s.skips, "skip", nil, "no cases whose id matches the `GLOB`; may be repeated")
	f.StringVar(&s.level, "level", contract.Inferred.String(), "only cases about clauses of this `LEVEL` or above: must, should or inferred")
}

// of returns the chosen cases. A pattern that matches nothing is a usage
// error; a choice that leaves nothing cannot be judged.
func (s choice) of(p *plan.Plan) (*plan.Plan, error) {
	level, err := contract.ParseLevel(s.level)
	if err != nil {
		return nil, usage(fmt.Errorf("%s %q: want must, should or inferred", s.label("level"), s.level))
	}
	if err := errors.Join(s.unmatched("select", s.globs, p), s.unmatched("skip", s.skips, p)); err != nil {
		return nil, usage(err)
	}
	chosen, err := p.Select(s.globs, s.skips, level)
	if err != nil {
		return nil, usage(err)
	}
	if len(chosen.Cases) == 0 {
		return nil, exit(exitUnjudged, errors.New("the selection leaves no case to run"))
	}
	return chosen, nil
}

// unmatched is an error for each pattern of a flag that matches no case. It
// says what may have been meant.
func (s choice) unmatched(flag string, globs []string, p *plan.Plan) error {
	var errs []error
	for _, g := range globs {
		if !slices.ContainsFunc(p.Cases, func(c *plan.Case) bool { return plan.Match(g, c.ID) }) {
			errs = append(errs, fmt.Errorf("%s %q: no case matches; %s", s.label(flag), g, s.hint(g, p)))
		}
	}
	return errors.Join(errs...)
}

func (s choice) label(flag string) string {
	if s.flags == nil {
		return "--" + flag
	}
	return label(s.flags.Lookup(flag))
}

// hint says what may have been meant by a pattern that matches no case.
func (s choice) hint(glob string, p *plan.Plan) string {
	for _, c := range p.Cases {
		if c.Clause != nil && c.Clause.ID == glob {
			return "it is a clause, whose cases conform explain names, such as " + c.ID
		}
	}
	return near(glob, p, s.lister)
}

// near names the patterns nearest to one that matches nothing, or else the
// command that lists what there is.
func near(glob string, p *plan.Plan, lister string) string {
	if glob != "" {
		if found := p.Nearest(glob, 3); len(found) > 0 {
			return "nearest: " + strings.Join(found, ", ")
		}
	}
	return lister + " lists them"
}
