package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/run"
)

// sweepFlags are the flags of conform sweep.
type sweepFlags struct {
	source  source
	target  targetFlags
	yes     bool
	age     time.Duration
	rate    float64
	timeout time.Duration
}

func newSweep(a *app) *cobra.Command {
	f := &sweepFlags{}
	c := &cobra.Command{
		Use:   "sweep",
		Short: "Find and delete what earlier runs left on a target",
		Long: `List the resources that earlier runs made on a target and did not delete,
because they were killed, say: those whose name begins with "conform-", in the
regions that the profile names, as its keys see them. Nothing is deleted without
--yes. What is younger than --older-than is left alone: a run may be at work.
Data caches in a bucket of their own are found where the target lists them all.
Requests are sent one after another, no faster than --rate or the profile says.

Exit codes: 0 all was deleted, or nothing was to be, 2 bad usage or file, 3 the
target cannot be asked, 6 something could not be deleted, 130 interrupted.`,
		Example: `  conform sweep --target sandbox.yaml
  conform sweep --target sandbox.yaml --yes
  conform sweep --target sandbox.yaml --yes --rate 0.5 --timeout 2m   a slow target that must not be hurried
  conform sweep --target http://127.0.0.1:8080 --older-than 0s --yes`,
		Args: noWords,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := errors.Join(checkRate(c, f.rate), checkTimeout(c.Flags(), f.timeout)); err != nil {
				return err
			}
			return a.sweep(c.Context(), f)
		},
	}
	s := c.Flags()
	s.BoolVar(&f.yes, "yes", false, "delete what is found")
	s.DurationVar(&f.age, "older-than", time.Hour, "leave alone what is younger than this `DURATION`")
	f.target.add(c)
	s.Lookup("target").Usage, s.Lookup("target").DefValue = "where to look: a profile's `FILE`, or a URL", ""
	addRate(c, &f.rate)
	addTimeout(c, &f.timeout)
	f.source.add(c)
	return c
}

func (a *app) sweep(ctx context.Context, f *sweepFlags) error {
	if f.age < 0 {
		return usage(fmt.Errorf("--older-than %v: want 0 or more", f.age))
	}
	c, err := f.source.sound()
	if err != nil {
		return err
	}
	t, err := a.resolve(f.target, c)
	switch {
	case err != nil:
		return usage(err)
	case t.embedded || t.tape != nil:
		return usage(errors.New("--target: want a profile's file or a URL: the embedded emulator and recordings keep nothing"))
	}
	o := a.sweeping(f, t, c)
	if err := run.Preflight(ctx, o); err != nil { // a dead target is told at once
		return a.refused(ctx, t, err)
	}
	found, err := run.FindLeftovers(ctx, o)
	switch {
	case ctx.Err() != nil:
		return exit(exitInterrupted, errors.New("interrupted"))
	case err != nil:
		return exit(exitUnjudged, fmt.Errorf("target %s: %w", t.name, err))
	}
	if len(found.Refused) > 0 {
		fmt.Fprintf(a.Err, "what these keys may have left cannot be seen, as they may not list: %s\n", strings.Join(found.Refused, ", "))
	}
	return a.clear(ctx, f, found)
}

// sweeping are the options for a target.
func (a *app) sweeping(f *sweepFlags, t *target, c *contract.Contract) run.Options {
	return run.Options{
		Contract: c, Plan: &plan.Plan{}, Profile: t.profile, Credentials: t.credentials,
		Transport: newTransport(), Clock: a.Now, Redactor: t.redactor(), Rate: f.rate, Timeout: f.timeout,
	}
}

// clear shows what was found, and deletes it where it may.
func (a *app) clear(ctx context.Context, f *sweepFlags, found *run.Sweep) error {
	before := a.Now().Add(-f.age)
	out := tabwriter.NewWriter(a.Out, 0, 0, 2, ' ', 0)
	var removed, young, left int
	for _, l := range found.Found {
		what := "found"
		switch {
		case !l.Before(before):
			what = "young"
			young++
		case f.yes:
			what = "deleted"
			if err := found.Remove(ctx, l); err != nil {
				what = "left: " + err.Error()
				left++
			} else {
				removed++
			}
		}
		fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\t%s\n", l.Kind.Name, printable(l.ID), printable(l.Region), printable(l.Name), printable(l.State), printable(what))
	}
	if err := out.Flush(); err != nil {
		return exit(exitFault, err)
	}
	hint := ""
	if !f.yes && young < len(found.Found) {
		hint = "; --yes deletes them"
	}
	fmt.Fprintf(a.Err, "%s found, %d deleted, %d younger than %v%s\n", counted(len(found.Found), "leftover"), removed, young, f.age, hint)
	if left > 0 {
		return exit(run.ExitLeaked, fmt.Errorf("%s could not be deleted", counted(left, "leftover")))
	}
	return nil
}
