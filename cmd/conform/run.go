package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/emulator"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/report"
	"github.com/eci-conform/conform/internal/run"
	"github.com/eci-conform/conform/suites"
)

// formatGinkgo is Ginkgo's own console in place of a report of ours.
const formatGinkgo = "ginkgo"

// runFormats are what run can write to standard output.
var runFormats = append([]string{formatGinkgo}, formats...)

// runFlags are the flags of conform run.
type runFlags struct {
	target  targetFlags
	source  source
	choice  choice
	known   baselineFlags
	strict  string
	jobs    int
	rate    float64
	timeout time.Duration
	seed    uint64
	reports string
	record  string
	// exchanges says that a recording is judged as it stands.
	exchanges bool
	format    string
	verbose   bool
	list      bool // of conform sdk: name the cases and run nothing
}

func newRun(a *app) *cobra.Command {
	f := &runFlags{}
	c := &cobra.Command{
		Use:   "run",
		Short: "Judge a target",
		Long: `Run the cases against a target and say where it departs from the contract.
The verdict is the exit code: 0 conforms, 1 does not, 2 usage, configuration or
contract error, 3 could not judge, 4 fault in the harness, 5 baseline stale,
6 resources leaked, 130 interrupted.`,
		Example: `  conform run                                             the embedded emulator
  conform run --target http://127.0.0.1:8080              a server, keys from the environment
  conform run --target sandbox.yaml --strict              a target with its profile
  conform run --select UpdateImageCache --skip '*/auth/**'  some of the cases
  conform run --target sandbox.yaml --write-baseline known.yaml  accept what fails today
  conform run --target sandbox.yaml --record cassettes    keep the traffic, to judge it again without a network
  conform run --target cassettes/run-20261121-103000.cassette  judge it again
  conform run --format junit >junit.xml`,
		Args: noWords,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := f.limits(c); err != nil {
				return err
			}
			return a.run(c.Context(), f)
		},
	}
	f.target.add(c)
	f.choice.add(c, planLister)
	f.known.add(c)
	f.add(c)
	f.source.add(c)
	return c
}

func (f *runFlags) add(c *cobra.Command) {
	s := c.Flags()
	s.IntVarP(&f.jobs, "jobs", "j", 0, "`N` cases at once (default: the profile's limit, or 8)")
	addRate(c, &f.rate)
	addTimeout(c, &f.timeout)
	s.Uint64Var(&f.seed, "seed", 1, "`N` decides everything that is made up")
	s.StringVar(&f.record, "record", "", "record the run into a new cassette in `DIR`")
	f.judging(c)
}

// judging adds what says how verdicts are reached and shown.
func (f *runFlags) judging(c *cobra.Command) {
	s := c.Flags()
	f.timeout = defaultTimeout
	s.StringVar(&f.strict, "strict", "", "lowest `LEVEL` that fails the run: --strict is should, --strict=inferred is every clause")
	s.Lookup("strict").NoOptDefVal = contract.Should.String()
	s.StringVar(&f.reports, "reports", "reports/out", "`DIR` for results.ndjson, run.json, junit.xml, summary.md and report.html")
	addFormat(c, &f.format, runFormats...)
	s.BoolVarP(&f.verbose, "verbose", "v", false, "print every failing case in full")
}

// level returns the weakest level that fails the run.
func (f *runFlags) level() (contract.Level, error) {
	if f.strict == "" {
		return contract.Must, nil
	}
	level, err := contract.ParseLevel(f.strict)
	if err != nil || level == contract.Must {
		return 0, usage(fmt.Errorf("--strict=%s: want should or inferred", f.strict))
	}
	return level, nil
}

// limits refuses limits that no run can keep. Those that are not given are the
// profile's.
func (f *runFlags) limits(c *cobra.Command) error {
	if j := c.Flags().Lookup("jobs"); j.Changed && f.jobs < 1 {
		return usage(fmt.Errorf("%s %d: want 1 or more", label(j), f.jobs))
	}
	return checkRate(c, f.rate)
}

func (f *runFlags) check() error {
	if f.list {
		return f.listing()
	}
	if err := oneOf("format", f.format, runFormats...); err != nil {
		return err
	}
	if err := checkTimeout(f.choice.flags, f.timeout); err != nil {
		return err
	}
	if err := report.Probe(f.reports); err != nil {
		return usage(err)
	}
	return nil
}

// listing checks the format of a list, which is none of a report's: what is set
// elsewhere is meant for these.
func (f *runFlags) listing() error {
	if given := f.choice.flags.Lookup("format"); given.Changed && given.Annotations[setElsewhere] == nil {
		return oneOf("format", f.format, listFormats...)
	}
	f.format = listFormats[0]
	return nil
}

// job is a run with everything settled.
type job struct {
	app      *app
	flags    *runFlags
	contract *contract.Contract
	plan     *plan.Plan
	target   *target
	known    *known
	strict   contract.Level
	// rec is what the run is recorded into, nil for none; recorded says that it
	// has been closed.
	rec      *recording
	recorded bool
	// repeat is the command line that repeats the run; empty for conform
	// run's own.
	repeat string
	// ending is called when all cases are judged, for what the run has to
	// say besides, by which it does not conform; nil for nothing.
	ending func() []string
}

// run judges the target. Whatever can be refused is refused before the first
// request and the first file.
func (a *app) run(ctx context.Context, f *runFlags) error {
	j, err := a.prepare(f)
	if err != nil {
		return err
	}
	if j.target.embedded {
		stop, err := j.embed()
		if err != nil {
			return err
		}
		defer stop()
	}
	o := j.options()
	if j.target.tape != nil {
		defer j.target.source.Close()
		return j.again(ctx, o)
	}
	if f.record == "" {
		return j.call(ctx, o)
	}
	if j.rec, err = j.recordRun(&o); err != nil {
		return err
	}
	return worse(j.call(ctx, o), j.closeRecording())
}

// call judges a target that answers.
func (j *job) call(ctx context.Context, o run.Options) error {
	if err := run.Preflight(ctx, o); err != nil {
		return j.app.refused(ctx, j.target, err)
	}
	return j.judge(ctx, o)
}

// sound checks the flags of judging and the contract, and returns the level that
// decides.
func (f *runFlags) sound() (contract.Level, *contract.Contract, error) {
	strict, err := f.level()
	if err != nil {
		return 0, nil, err
	}
	if err := f.check(); err != nil {
		return 0, nil, err
	}
	c, err := f.source.sound()
	return strict, c, err
}

// prepare checks flags, contract, plan, profile and report folder.
func (a *app) prepare(f *runFlags) (*job, error) {
	strict, c, err := f.sound()
	if err != nil {
		return nil, err
	}
	all, err := cases(c)
	if err != nil {
		return nil, err
	}
	t, err := a.resolve(f.target, c)
	if err != nil {
		return nil, usage(err)
	}
	if t.tape != nil {
		f.target.region, f.target.key = "", keyFlags{} // the recording's own
	}
	known, err := f.known.load(t.profile, all, c)
	var coded *exitError
	switch {
	case errors.As(err, &coded):
		return nil, err
	case err != nil:
		return nil, usage(err)
	}
	if all, err = t.recorded(all); err != nil {
		return nil, err
	}
	chosen, err := f.choice.of(all)
	if err != nil {
		return nil, err
	}
	return &job{app: a, flags: f, contract: c, plan: chosen, target: t, known: known, strict: strict}, nil
}

// embed starts the emulator where it is the target.
func (j *job) embed() (stop func(), err error) { return j.target.embed(j.emulator()) }

// embed starts the emulator on a socket and makes it the target.
func (t *target) embed(o emulator.Options) (stop func(), err error) {
	e, err := emulator.New(o)
	if err != nil {
		return nil, exit(exitFault, err)
	}
	s, err := listen("127.0.0.1:0", e)
	if err != nil {
		return nil, exit(exitFault, err)
	}
	t.profile.Endpoint = s.url
	return func() { s.stop(0) }, nil
}

func (j *job) options() run.Options {
	return run.Options{
		Contract: j.contract, Plan: j.plan, Profile: j.target.profile, Credentials: j.target.credentials,
		Transport: newTransport(), Clock: j.app.Now, Seed: j.flags.seed,
		Jobs: j.flags.jobs, Rate: j.flags.rate, Timeout: j.flags.timeout, Strict: j.strict, Baseline: j.known.all,
		Redactor: j.target.redactor(),
	}
}

// refused says why there is nothing to judge.
func (a *app) refused(ctx context.Context, t *target, err error) error {
	code := exitUnjudged
	switch {
	case ctx.Err() != nil:
		return exit(exitInterrupted, errors.New("interrupted before it began"))
	case errors.Is(err, run.ErrPanic):
		code = exitFault
	case errors.Is(err, run.ErrRegion):
		code = exitUsage
	}
	if t.name != t.profile.Endpoint { // which err names
		err = fmt.Errorf("target %s: %w", t.name, err)
	}
	return exit(code, err)
}

// judge runs the cases and writes the reports.
func (j *job) judge(ctx context.Context, o run.Options) error {
	if err := os.MkdirAll(j.flags.reports, 0o755); err != nil {
		return exit(exitFault, fmt.Errorf("make report folder: %w", err))
	}
	release, err := report.Lock(j.flags.reports)
	if errors.Is(err, report.ErrBusy) {
		return usage(fmt.Errorf("%w: give --reports another one", err))
	}
	if err != nil {
		return exit(exitFault, err)
	}
	defer release() // nothing can be done about a folder that does not close
	if err := report.Begin(j.flags.reports); err != nil {
		return exit(exitFault, err)
	}
	stream, err := report.NewStream(filepath.Join(j.flags.reports, report.ResultsFile))
	if err != nil {
		return exit(exitFault, err)
	}
	rep := &report.Report{Run: j.about(), Planned: len(j.plan.Cases)}
	recorder := report.NewRecorder(j.contract, rep.Run, j.plan.Cases)
	show := newProgress(j.app.System, work{name: "run", unit: "cases", bad: "failed"}, len(j.plan.Cases))
	var lost error
	o.Sink = func(res run.Result) {
		rec := recorder.Record(res)
		rep.Add(rec)
		if err := errors.Join(stream.Write(rec), report.WriteAttachments(j.flags.reports, res)); err != nil && lost == nil {
			lost = err
		}
		j.known.add(res, j.strict)
		show.add(res.Verdict == run.Fail)
	}
	sum := suites.RunSpecs(ctx, j.show(o))
	show.end()
	return j.conclude(rep, sum, errors.Join(lost, stream.Close()))
}

// show says how Ginkgo shows the run: not at all, unless its console is what
// was asked for.
func (j *job) show(o run.Options) suites.Show {
	s := suites.Show{Run: o}
	if j.flags.format == formatGinkgo {
		s.Out, s.Verbose = j.app.Out, j.flags.verbose
	}
	return s
}

// conclude writes the reports and gives the exit code. What could not be
// written is a fault of the harness, whatever the target's verdict.
func (j *job) conclude(rep *report.Report, sum run.Summary, lost error) error {
	rep.Elapsed, rep.Exit, rep.Notes = sum.Duration, sum.ExitCode(), notes(sum)
	if j.ending != nil {
		said := j.ending()
		rep.Notes = append(rep.Notes, said...)
		if rep.Exit == exitConforms && len(said) > 0 {
			rep.Exit = exitDeparts
		}
	}
	note, err := j.known.save(sum, j.target.name, j.app.Now())
	if note != "" {
		rep.Notes = append(rep.Notes, note)
	}
	if lost = errors.Join(lost, err); lost != nil {
		rep.Exit = exitFault
	}
	err = errors.Join(lost, rep.WriteFiles(j.flags.reports),
		render(rep, j.flags.format, j.app.System, j.flags.verbose), j.closeRecording())
	return j.end(rep, err)
}

// notes are what the run has to say besides its cases.
func notes(sum run.Summary) []string {
	var out []string
	if sum.Interrupted {
		out = append(out, "interrupted: the cases that had not begun were not judged")
	}
	if sum.Unreachable != "" {
		out = append(out, "ended early: "+sum.Unreachable)
	}
	if n := len(sum.Absent); n > 0 {
		out = append(out, fmt.Sprintf("the target says that it does not have %s; to leave out what is not there yet: --skip %s",
			strings.Join(sum.Absent, ", "), strings.Join(sum.Absent, " --skip ")))
	}
	for _, l := range sum.Leaks {
		out = append(out, fmt.Sprintf("leaked: %s %s in %s, made by %s: %s", l.Resource, l.ID, l.Region, l.Case, l.Reason))
	}
	return out
}

// about says what this run is, for the reports.
func (j *job) about() report.Run {
	return report.Run{
		Tool: version, Suite: suiteVersion(), Contract: contractVersion(j.contract),
		Target: j.target.name, Endpoint: j.target.profile.Endpoint, Region: j.target.profile.Region,
		Strict: j.strict.String(), Seed: j.flags.seed, Planned: len(j.plan.Cases), Rerun: cmp.Or(j.repeat, j.flags.command()),
	}
}

// command is the command line that repeats the run, without its choice of
// cases and without secrets.
func (f *runFlags) command() string {
	words := []string{"conform", "run", "--target", report.Quote(f.target.name), "--seed", fmt.Sprint(f.seed)}
	if f.exchanges {
		words = []string{"conform", "replay", report.Quote(f.target.name)}
	}
	if f.target.region != "" {
		words = append(words, "--region", report.Quote(f.target.region))
	}
	if f.target.key.given() {
		words = append(words, "--access-key-id", report.Quote(f.target.key.id), "--access-key-secret", `"$`+envSecret+`"`)
	}
	if f.target.key.token != "" {
		words = append(words, "--security-token", `"$`+envToken+`"`)
	}
	if f.strict != "" {
		words = append(words, "--strict="+f.strict)
	}
	if f.known.file != "" {
		words = append(words, "--baseline", report.Quote(f.known.file))
	}
	if f.source.file != "" {
		words = append(words, "--contract", report.Quote(f.source.file))
	}
	return strings.Join(words, " ")
}
