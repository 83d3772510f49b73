package main

import (
	"bytes"
	"cmp"
	"context"
	crand "crypto/rand"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/eci-conform/conform/internal/cassette"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/diff"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/profile"
	"github.com/eci-conform/conform/internal/redact"
	"github.com/eci-conform/conform/internal/report"
	"github.com/eci-conform/conform/internal/run"
	"github.com/eci-conform/conform/internal/wire"
)

// diffFlags are the flags of conform diff.
type diffFlags struct {
	source  source
	target  targetFlags
	writes  bool
	twin    bool
	timeout time.Duration
	rate    float64
	command *cobra.Command
	format  string
	verbose bool
	latency diff.Bound
}

func newDiff(a *app) *cobra.Command {
	f := &diffFlags{}
	c := &cobra.Command{
		Use:   "diff A [B]",
		Short: "Say what changed: between recordings, results, or a recording and a target",
		Long: `Say what changed between A and B. Both are recordings, or both are result files
of conform run or their folders, or B is a target (--target says the same), to which the requests
recorded in A are sent again: signed by the target's key, with the ids that it
gives out now and with fresh names and tokens.

Without --allow-writes only reads are sent, and what depends on changes is
counted as not compared. What is made on the target is removed at the end. Reads
are sent twice: values that differ between the two say nothing. Requests are sent
one after another, no faster than --rate or the profile says.

Differences come heaviest first: status, code, missing and added members, types,
kinds of values, values, order, times. What was not compared is counted, with
reasons. Two runs of the suite are compared case by case, each by its own
exchanges.

Of a result file that a kill cut off, what is whole is compared.

Exit codes: 0 the same, 1 differs, 2 bad usage or file, 3 nothing could be
compared, 6 something that was made could not be removed, 130 interrupted.`,
		Example: `  conform diff monday.cassette friday.cassette
  conform diff before/results.ndjson reports/out/results.ndjson   or just the folders: before reports/out
  conform diff session.cassette sandbox.yaml
  conform diff session.cassette --target http://127.0.0.1:8080 --allow-writes
  conform diff session.cassette --target emulator --allow-writes --format json
  conform diff session.cassette sandbox.yaml --rate 0.5 --twin=false   a target that must not be hurried`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) < 1 || len(args) > 2 {
				return fmt.Errorf("want A and B, or A and --target, got %s; see %s --help", counted(len(args), "argument"), c.CommandPath())
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			return a.diff(c.Context(), f, args, len(args) == 1 && c.Flags().Changed("target") || typed(c, "target"))
		},
	}
	f.command = c
	f.target.add(c)
	s := c.Flags()
	s.Lookup("target").Usage, s.Lookup("target").DefValue = "in place of B: a `NAME` of fixtures/targets, a profile's file, a URL, or a cassette", ""
	s.BoolVar(&f.writes, "allow-writes", false, "send what makes, changes and deletes, too")
	s.BoolVar(&f.twin, "twin", true, "send reads twice, to learn what differs without a reason")
	addRate(c, &f.rate)
	addTimeout(c, &f.timeout)
	addFormat(c, &f.format, diffFormats...)
	s.Float64Var(&f.latency.Ratio, "latency", diff.Default.Ratio, "tell operations whose median time is `N` times as long on one side; 0 for none")
	s.DurationVar(&f.latency.Floor, "latency-floor", diff.Default.Floor, "and longer by this `DURATION`")
	s.BoolVar(&f.latency.Counts, "latency-counts", false, "let that count for the exit code")
	s.BoolVarP(&f.verbose, "verbose", "v", false, "print all differences, and how long operations took")
	f.source.add(c)
	return c
}

// diffFormats are what differences can be told in.
var diffFormats = []string{"text", "json"}

// diff finds out what A and B are.
func (a *app) diff(ctx context.Context, f *diffFlags, args []string, targeted bool) error {
	if err := oneOf("format", f.format, diffFormats...); err != nil {
		return err
	}
	if err := errors.Join(checkRate(f.command, f.rate), checkTimeout(f.command.Flags(), f.timeout)); err != nil {
		return err
	}
	if r := f.latency.Ratio; r != 0 && !(r >= 1) || f.latency.Floor < 0 {
		return usage(fmt.Errorf("--latency %v and --latency-floor %v: want 0, or 1 and more, and no less than 0s", r, f.latency.Floor))
	}
	if len(args) == 2 && targeted {
		return usage(errors.New("want either B or --target"))
	}
	if len(args) == 1 && !targeted {
		return usage(errors.New("want B, or --target"))
	}
	switch {
	case isResults(args[0]):
		if targeted || !isResults(args[1]) {
			return usage(fmt.Errorf("%s is a result file: want another one as B", args[0]))
		}
		if err := f.unused("where B is a target", sendingFlags); err != nil {
			return err
		}
		if err := f.unused("where A and B are not results", latencyFlags); err != nil {
			return err
		}
		return a.diffResults(f, args[0], args[1])
	case len(args) == 2 && isResults(args[1]):
		return usage(fmt.Errorf("%s is a result file: want another one as A", args[1]))
	case len(args) == 2 && isCassette(args[1]):
		return a.diffCassettes(f, args[0], args[1])
	case len(args) == 2:
		f.target.name = args[1]
	}
	if isCassette(f.target.name) {
		return a.diffCassettes(f, args[0], f.target.name)
	}
	return a.diffTarget(ctx, f, args[0])
}

// The flags that mean something for some kinds of A and B only.
var (
	sendingFlags = []string{"allow-writes", "twin", "rate", "timeout", "region", "access-key-id", "access-key-secret", "security-token"}
	latencyFlags = []string{"latency", "latency-floor", "latency-counts"}
)

// unused refuses flags on the command line that would be passed over.
func (f *diffFlags) unused(only string, flags []string) error {
	for _, name := range flags {
		if typed(f.command, name) {
			return usage(fmt.Errorf("--%s: only %s", name, only))
		}
	}
	return nil
}

// isResults says whether a file holds results, for it begins with an object, or
// a folder holds such a file.
func isResults(name string) bool {
	if strings.Contains(name, "://") {
		return false
	}
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		_, err := os.Stat(filepath.Join(name, report.ResultsFile))
		return err == nil
	}
	file, err := os.Open(name)
	if err != nil {
		return strings.HasSuffix(name, ".ndjson")
	}
	defer file.Close()
	begin := make([]byte, 1)
	_, err = file.Read(begin)
	return err == nil && bytes.Equal(begin, []byte("{")) || strings.HasSuffix(name, ".ndjson")
}

// diffCassettes compares two recordings.
func (a *app) diffCassettes(f *diffFlags, nameA, nameB string) error {
	if err := f.unused("where B is a target", sendingFlags); err != nil {
		return err
	}
	c, err := f.source.sound()
	if err != nil {
		return err
	}
	ta, err := openCassette(nameA)
	if err != nil {
		return err
	}
	defer ta.Close()
	tb, err := openCassette(nameB)
	if err != nil {
		return err
	}
	defer tb.Close()
	a.noteState(ta, c)
	a.noteState(tb, c)
	r, err := diff.Recordings(c, recordingFor(ta), recordingFor(tb))
	if err != nil {
		return usage(err)
	}
	return a.tellDiff(f, r)
}

// recordingFor is a cassette with what its run puts into names.
func recordingFor(c *cassette.Cassette) diff.Recording {
	r := diff.Recording{Source: c}
	if id := c.Header().Run; id != "" {
		r.Mark = "conform-" + id + "-"
	}
	return r
}

// diffTarget sends a recording's requests again.
func (a *app) diffTarget(ctx context.Context, f *diffFlags, name string) error {
	c, err := f.source.sound()
	if err != nil {
		return err
	}
	tape, err := openCassette(name)
	if err != nil {
		return err
	}
	defer tape.Close()
	t, err := a.resolve(f.target, c)
	if err != nil {
		return usage(err)
	}
	a.noteState(tape, c)
	stop, err := a.embedded(t, c)
	if err != nil {
		return err
	}
	defer stop()
	o, err := a.resending(f, t, c, tape)
	if err != nil {
		return err
	}
	if err := a.knock(ctx, t, c); err != nil {
		return err
	}
	r, err := diff.Resend(ctx, tape, o)
	if r == nil {
		return usage(err)
	}
	told := a.tellDiff(f, r)
	switch {
	case len(r.Leaks) > 0:
		return told
	case ctx.Err() != nil:
		return exit(exitInterrupted, errors.New("interrupted: the rest was not compared"))
	case err != nil:
		return exit(exitUnjudged, err)
	}
	return told
}

// knock asks the target whether it is there and lets the key in.
func (a *app) knock(ctx context.Context, t *target, c *contract.Contract) error {
	o := run.Options{
		Contract: c, Plan: &plan.Plan{}, Profile: t.profile, Credentials: t.credentials,
		Transport: newTransport(), Clock: a.Now, Seed: uint64(a.Now().UnixNano()),
	}
	if err := run.Preflight(ctx, o); err != nil {
		return a.refused(ctx, t, err)
	}
	return nil
}

// resending are the options for a target.
func (a *app) resending(f *diffFlags, t *target, c *contract.Contract, tape *cassette.Cassette) (diff.Options, error) {
	key, err := keysFor(tape, t)
	if err != nil {
		return diff.Options{}, err
	}
	var seed [32]byte
	crand.Read(seed[:]) // never fails
	return diff.Options{
		Contract: c, Rules: redact.NewRules(c), Endpoint: t.profile.Endpoint, Transport: newTransport(), Clock: a.Now,
		Rand: rand.New(rand.NewChaCha8(seed)), Key: key, Known: keysOf(t.credentials), Bindings: t.profile.Bindings, Wait: t.profile.Wait,
		Timeout: f.timeout, Rate: cmp.Or(f.rate, t.profile.Limits.Rate), Recorded: tape.Header().Recorded, Skew: time.Duration(c.Protocol.Skew) * time.Second, Writes: f.writes, Twin: f.twin,
	}, nil
}

// keysFor says which of the target's keys takes the place of a recorded one: in
// the recording of a run the one of the same name, else the default key that of
// the key which signed most.
func keysFor(tape *cassette.Cassette, t *target) (func(string) (wire.Credentials, bool), error) {
	keys := map[string]wire.Credentials{}
	if recorded := tape.Header().Profile; recorded != "" {
		p, err := profile.Load(tape.Name()+" #profile", []byte(recorded))
		if err != nil {
			return nil, usage(err)
		}
		for entry, k := range p.Credentials {
			if own, ok := t.credentials[entry]; ok {
				keys[k.AccessKeyID] = own
			}
		}
	} else if ids := diff.KeysOf(tape); len(ids) > 0 {
		keys[ids[0]] = t.credentials["default"]
	}
	return func(id string) (wire.Credentials, bool) { k, ok := keys[id]; return k, ok }, nil
}
