package suites

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/formatter"
	"github.com/onsi/ginkgo/v2/reporters"
	"github.com/onsi/ginkgo/v2/types"

	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/run"
)

// Results gives what became of a case, waiting for it or running it: a
// run.Runner does.
type Results interface {
	Result(ctx context.Context, id string) run.Result
}

// Describe declares the plan as a Ginkgo tree: a container per operation and in
// it one per family, with a spec per case that waits for its result and judges
// it. The specs do no work of their own, so that they come in the plan's order
// while a pool runs the cases ahead of them. It must be called before Ginkgo's
// RunSpecs, with the cases already selected.
func Describe(p *plan.Plan, r Results) {
	ginkgo.Describe("conform", func() {
		for _, op := range grouped(p.Cases, operationOf) {
			ginkgo.Describe(op[0].Operation, func() {
				for _, family := range grouped(op, familyOf) {
					ginkgo.Context(family[0].Family, ginkgo.Label(family[0].Family), func() { specs(family, r) })
				}
			})
		}
	})
}

// grouped splits the cases where the key changes.
func grouped(cases []*plan.Case, key func(*plan.Case) string) [][]*plan.Case {
	var out [][]*plan.Case
	for i, c := range cases {
		if i == 0 || key(c) != key(cases[i-1]) {
			out = append(out, nil)
		}
		out[len(out)-1] = append(out[len(out)-1], c)
	}
	return out
}

func operationOf(c *plan.Case) string { return c.Operation }

func familyOf(c *plan.Case) string { return c.Family }

// resultEntry is the report entry under which a spec keeps its result.
const resultEntry = "result"

func specs(cases []*plan.Case, r Results) {
	for _, c := range cases {
		at := types.CodeLocation{FileName: c.Clause.Place.File, LineNumber: c.Clause.Place.Line}
		ginkgo.It(c.Subject+"/"+c.Variant, at, ginkgo.Label(c.Clause.Level.String()), func(ctx ginkgo.SpecContext) {
			res := r.Result(ctx, c.ID)
			ginkgo.AddReportEntry(resultEntry, res, ginkgo.ReportEntryVisibilityNever)
			judge(res)
		})
	}
}

// judge ends a spec by its result. Only here does a result become a failure.
func judge(res run.Result) {
	switch {
	case res.Fault, res.Verdict == run.Fail:
		ginkgo.Fail(failure(res), 1)
	case res.Verdict == run.Skip:
		ginkgo.Skip(res.Reason, 1)
	case res.Verdict == run.Inconclusive:
		ginkgo.Skip("inconclusive: "+res.Reason, 1)
	}
}

// failure says what is wrong in a few lines.
func failure(res run.Result) string {
	var b strings.Builder
	b.WriteString(res.Case)
	if len(res.Findings) == 0 {
		b.WriteString(": " + res.Reason)
	}
	for _, f := range res.Findings {
		fmt.Fprintf(&b, "\n%s (%s) at %s\n  want %s\n  got  %s", f.Clause, f.Level, f.Pointer, f.Want, f.Got)
	}
	return b.String()
}

// Show says how a run is shown by Ginkgo.
type Show struct {
	// Run is what is run; its plan holds the selected cases.
	Run run.Options
	// Out gets Ginkgo's console; nil for none.
	Out io.Writer
	// JUnit is the file of Ginkgo's JUnit report; empty for none.
	JUnit string
	// Verbose prints every spec rather than the failures.
	Verbose bool
}

// RunSpecs runs the plan ahead of a Ginkgo suite that shows it, waits for both,
// and returns the summary. Ginkgo allows it once in a process.
func RunSpecs(ctx context.Context, s Show) run.Summary {
	runner := run.New(s.Run)
	Describe(s.Run.Plan, runner)
	if s.JUnit != "" {
		ginkgo.ReportAfterSuite("junit", func(r ginkgo.Report) { s.junit(r) })
	}
	console := formatter.ColorableStdOut
	defer func() { formatter.ColorableStdOut = console }()
	formatter.ColorableStdOut = s.Out
	if s.Out == nil {
		formatter.ColorableStdOut = io.Discard
	}
	suite, reporter := s.configuration()
	runner.Start(ctx)
	ginkgo.RunSpecs(quiet{}, "conform", suite, reporter)
	return runner.Wait()
}

// longest is how long a suite may take: as good as for ever, for the wait
// policy of the profile bounds each case.
const longest = 30 * 24 * time.Hour

func (s Show) configuration() (types.SuiteConfig, types.ReporterConfig) {
	suite, reporter := ginkgo.GinkgoConfiguration()
	suite.Timeout, suite.RandomizeAllSpecs, suite.RandomSeed = longest, false, int64(s.Run.Seed>>1)
	suite.FailOnEmpty, suite.ParallelTotal = true, 1
	reporter.NoColor, reporter.Succinct, reporter.Verbose = true, !s.Verbose, s.Verbose
	return suite, reporter
}

// junit writes the report with each case's own duration: a spec's is only how
// long it waited.
func (s Show) junit(r ginkgo.Report) {
	for i, spec := range r.SpecReports {
		for _, e := range spec.ReportEntries {
			if res, ok := e.GetRawValue().(run.Result); ok {
				r.SpecReports[i].RunTime = res.Duration
			}
		}
	}
	if err := reporters.GenerateJUnitReport(r, s.JUnit); err != nil {
		ginkgo.Fail(fmt.Sprintf("write report %s: %v", s.JUnit, err))
	}
}

// quiet is what Ginkgo tells that the suite failed: the summary says it better.
type quiet struct{}

// Fail does nothing.
func (quiet) Fail() {}
