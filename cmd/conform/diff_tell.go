package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/eci-conform/conform/internal/compare"
	"github.com/eci-conform/conform/internal/diff"
)

// tellDiff prints what came of comparing and says with which exit code to end.
func (a *app) tellDiff(f *diffFlags, r *diff.Report) error {
	r.GradeLatency(f.latency)
	out := bufio.NewWriter(a.Out)
	if f.format == "json" {
		if err := writeJSON(out, r); err != nil {
			return err
		}
	} else {
		t := &diffText{out: out, verbose: f.verbose}
		t.report(r)
	}
	if err := out.Flush(); err != nil {
		return exit(exitFault, err)
	}
	switch {
	case len(r.Leaks) > 0:
		return exit(exitLeaked, fmt.Errorf("%s could not be removed", counted(len(r.Leaks), "thing")))
	case r.Differs():
		return exit(exitDeparts, nil)
	case r.Compared == 0:
		return exit(exitUnjudged, errors.New("nothing could be compared"))
	}
	return nil
}

// maxExamples is how many exchanges a line of differences names.
const maxExamples = 3

// diffText tells differences to people.
type diffText struct {
	out     io.Writer
	verbose bool
}

func (t *diffText) line(format string, args ...any) {
	fmt.Fprintln(t.out, printable(fmt.Sprintf(format, args...)))
}

func (t *diffText) report(r *diff.Report) {
	t.differences(r.Differences)
	t.unmatched(r.Unmatched)
	for _, l := range r.Leaks {
		t.line("leaked: %s %s in %s: %s", l.Resource, l.ID, l.Region, l.Reason)
	}
	for _, l := range r.Latency {
		if t.verbose {
			t.line("time of %s, median of %d: A %v, B %v", l.Operation, l.Requests, l.A.Round(time.Microsecond), l.B.Round(time.Microsecond))
		}
	}
	t.line("%s in A, %d of them waiting: %d compared, %d the same, %d differ, %d without a counterpart", counted(r.Exchanges, "exchange"), r.Polls,
		r.Compared, r.Same, r.Compared-r.Same, len(r.Unmatched))
	for _, c := range r.Skipped {
		t.line("  not compared: %6d %s", c.Count, c.Why)
	}
	t.line("%s compared", counted(r.Values, "value"))
	for _, c := range r.Left {
		t.line("  not compared: %6d %s", c.Count, c.Why)
	}
}

// differences are grouped by what is the same about them.
func (t *diffText) differences(all []diff.Difference) {
	for len(all) > 0 {
		first := all[0]
		n := slices.IndexFunc(all, func(d diff.Difference) bool {
			return d.Grade != first.Grade || d.Operation != first.Operation || d.Path != first.Path
		})
		if n < 0 {
			n = len(all)
		}
		if first.Grade == compare.Latency {
			t.line("%-8s %s: A %s, B %s", first.Grade, first.Operation, first.Want, first.Got)
			all = all[n:]
			continue
		}
		t.line("%-8s %s %s: %s in A", first.Grade, first.Operation, first.Path, counted(n, "exchange"))
		for i, d := range all[:n] {
			if i == maxExamples && !t.verbose {
				t.line("           and %d more", n-i)
				break
			}
			t.line("           exchange %d%s %s: A %s, B %s", d.A, on(d.Track), d.Pointer, quoted(d.Want), quoted(d.Got))
		}
		all = all[n:]
	}
}

func on(track string) string {
	if track == "" {
		return ""
	}
	return " of " + track
}

func quoted(s string) string {
	if s == "" {
		return "nothing"
	}
	return fmt.Sprintf("%q", s)
}

func (t *diffText) unmatched(all []diff.Exchange) {
	for i, x := range all {
		if i == 10*maxExamples && !t.verbose {
			t.line("and %d more without a counterpart", len(all)-i)
			return
		}
		t.line("%-8s %s: exchange %d of %s%s has no counterpart", "request", x.Operation, x.ID, x.Side, strings.Replace(on(x.Track), " of ", ", ", 1))
	}
}
