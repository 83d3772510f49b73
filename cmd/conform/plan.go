package main

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/eci-conform/conform/internal/plan"
)

// planFlags are the flags of conform plan.
type planFlags struct {
	source source
	choice choice
	format string
}

func newPlan(a *app) *cobra.Command {
	f := &planFlags{}
	c := &cobra.Command{
		Use:   "plan",
		Short: "List the cases that run would execute",
		Example: `  conform plan
  conform plan --select UpdateImageCache --level must
  conform plan --format json`,
		Args: noWords,
		RunE: func(*cobra.Command, []string) error { return a.plan(f) },
	}
	f.choice.add(c, planLister)
	addFormat(c, &f.format, listFormats...)
	f.source.add(c)
	return c
}

func (a *app) plan(f *planFlags) error {
	if err := oneOf("format", f.format, listFormats...); err != nil {
		return err
	}
	c, err := f.source.sound()
	if err != nil {
		return err
	}
	all, err := cases(c)
	if err != nil {
		return err
	}
	chosen, err := f.choice.of(all)
	if err != nil {
		return err
	}
	return listCases(a.Out, chosen, f.format)
}

// listFormats are what cases can be listed in.
var listFormats = []string{"text", "json"}

func listCases(out io.Writer, p *plan.Plan, format string) error {
	if format == "json" {
		return planJSON(out, p)
	}
	return planText(out, p)
}

func planText(out io.Writer, p *plan.Plan) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, c := range p.Cases {
		fmt.Fprintf(w, "%s\t%s\t%s\n", c.ID, c.Clause.Level, c.Clause.ID)
	}
	return w.Flush()
}

// planned is a case as conform plan --format json lists it.
type planned struct {
	ID        string   `json:"id"`
	Operation string   `json:"operation"`
	Family    string   `json:"family"`
	Level     string   `json:"level"`
	Clause    string   `json:"clause"`
	Place     string   `json:"place"`
	Promise   string   `json:"promise"`
	Steps     []string `json:"steps"`
}

// planJSON writes one array, a case a line.
func planJSON(out io.Writer, p *plan.Plan) error {
	list := make([]planned, len(p.Cases))
	for i, c := range p.Cases {
		list[i] = planned{
			ID: c.ID, Operation: c.Operation, Family: c.Family, Level: c.Clause.Level.String(),
			Clause: c.Clause.ID, Place: c.Clause.Place.String(), Promise: c.Promise, Steps: c.Steps,
		}
	}
	return writeJSON(out, list)
}

func writeJSON(out io.Writer, v any) error {
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return exit(exitFault, fmt.Errorf("write json: %w", err))
	}
	return nil
}
