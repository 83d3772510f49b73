package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/eci-conform/conform/internal/client"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/nearest"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/report"
)

func newExplain(a *app) *cobra.Command {
	var s source
	c := &cobra.Command{
		Use:   "explain ID",
		Short: "Say what a case or a clause is about",
		Long:  `Print the promise, its source and line, the steps, and how to run it again.`,
		Example: `  conform explain UpdateImageCache/parameter/ClientToken/maxLength+1
  conform explain UpdateImageCache#parameter/ClientToken/maxLength`,
		Args: exactlyOne("the id of a case or clause"),
		RunE: func(_ *cobra.Command, args []string) error { return a.explain(s, args[0]) },
	}
	s.add(c)
	return c
}

// exactlyOne wants one argument and says what it is.
func exactlyOne(what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) != 1 {
			return fmt.Errorf("want %s, got %s; see %s --help", what, counted(len(args), "argument"), c.CommandPath())
		}
		return nil
	}
}

func (a *app) explain(s source, id string) error {
	c, err := s.sound()
	if err != nil {
		return err
	}
	all, err := cases(c)
	if err != nil {
		return err
	}
	if k := all.Case(id); k != nil {
		return explainCase(a.Out, c, k, "conform run")
	}
	clients, err := clientCases(c)
	if err != nil {
		return err
	}
	if k := clients.Case(id); k != nil {
		return explainCase(a.Out, c, k, "conform sdk")
	}
	if k := c.Clause(id); k != nil {
		return explainClause(a.Out, c, k, &plan.Plan{Cases: slices.Concat(all.Cases, clients.Cases)})
	}
	return usage(unknownID(id, c, all, clients))
}

// unknownID names what the id may have meant.
func unknownID(id string, c *contract.Contract, servers, clients *plan.Plan) error {
	var known []string
	for _, k := range c.Clauses {
		known = append(known, k.ID)
	}
	for _, p := range []*plan.Plan{servers, clients} {
		for _, k := range p.Cases {
			known = append(known, k.ID)
		}
	}
	if near := nearest.Close(id, known, 2); len(near) > 0 {
		return fmt.Errorf("no case or clause %q, did you mean %s?", id, strings.Join(near, " or "))
	}
	for _, among := range []struct {
		lister string
		plan   *plan.Plan
	}{{planLister, servers}, {sdkLister, clients}} {
		if slices.ContainsFunc(among.plan.Cases, func(k *plan.Case) bool { return plan.Match(id, k.ID) }) {
			return fmt.Errorf("%q is a pattern, not one id: %s --select %s lists its cases", id, among.lister, report.Quote(id))
		}
	}
	return fmt.Errorf("no case or clause %q: %s and %s list the cases, %s the clauses", id, planLister, sdkLister, coverageLister)
}

// clientCases are the cases about clients, to be looked at.
func clientCases(c *contract.Contract) (*plan.Plan, error) {
	p, err := client.Cases(client.Options{Contract: c, Region: defaultRegion})
	if err != nil {
		return nil, usage(err)
	}
	return p, nil
}

func explainCase(out io.Writer, c *contract.Contract, k *plan.Case, command string) error {
	lines := []string{k.ID, "  " + k.Promise}
	for i, step := range k.Steps {
		lines = append(lines, fmt.Sprintf("  %d. %s", i+1, step))
	}
	if k.Probe != nil {
		for _, p := range k.Probe.Params {
			lines = append(lines, fmt.Sprintf("       %s=%s", p.Name, p.Value))
		}
	}
	lines = append(lines, needs(k.Needs)...)
	lines = append(lines, "")
	lines = append(lines, clauseLines(c, k.Clause)...)
	lines = append(lines, alsoLines(k)...)
	lines = append(lines, "", "run it with", "  "+command+" --select "+report.Quote(k.ID))
	_, err := fmt.Fprintln(out, strings.Join(lines, "\n"))
	return err
}

// alsoLines name the further promises that the case judges.
func alsoLines(k *plan.Case) []string {
	var out []string
	for _, also := range k.Also {
		if also.ID != k.Clause.ID {
			out = append(out, fmt.Sprintf("  %s (%s)", also.ID, also.Level))
		}
	}
	if len(out) == 0 {
		return nil
	}
	return append([]string{"", "it judges as well"}, out...)
}

// needs says what a profile must give for the case to run.
func needs(n plan.Needs) []string {
	var out []string
	for _, need := range []struct {
		what  string
		names []string
	}{{"bindings", n.Bindings}, {"conditions", n.Conditions}, {"credentials", n.Credentials}} {
		if len(need.names) > 0 {
			out = append(out, fmt.Sprintf("  needs %s of the profile: %s", need.what, strings.Join(need.names, ", ")))
		}
	}
	return out
}

func explainClause(out io.Writer, c *contract.Contract, k *contract.Clause, all *plan.Plan) error {
	lines := clauseLines(c, k)
	var ids, also []string
	for _, other := range all.Cases {
		switch {
		case other.Clause.ID == k.ID:
			ids = append(ids, "  "+other.ID)
		case slices.ContainsFunc(other.Also, func(a *contract.Clause) bool { return a.ID == k.ID }):
			also = append(also, "  "+other.ID)
		}
	}
	if len(ids) > 0 {
		lines = append(append(lines, "", "its cases"), ids...)
	}
	if len(also) > 0 {
		lines = append(append(lines, "", "also judged by"), also...)
	}
	if len(ids)+len(also) == 0 {
		lines = append(lines, "", "no case is about it alone: see conform coverage")
	}
	_, err := fmt.Fprintln(out, strings.Join(lines, "\n"))
	return err
}

func blank(s string) bool { return s == "" }

func clauseLines(c *contract.Contract, k *contract.Clause) []string {
	lines := []string{"clause " + k.ID, "  " + k.Promise, "  level   " + k.Level.String(), "  place   " + k.Place.String()}
	for _, key := range k.Sources {
		title := ""
		for _, s := range c.Sources {
			if s.Key == key {
				title = fmt.Sprintf(": %s (%s)", s.Title, strings.Join(slices.DeleteFunc([]string{s.Kind, s.Date}, blank), ", "))
			}
		}
		lines = append(lines, "  source  "+key+title)
	}
	if k.Note != "" {
		lines = append(lines, "  note    "+k.Note)
	}
	return lines
}
