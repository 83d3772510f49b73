package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/eci-conform/conform/internal/cassette"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/profile"
	"github.com/eci-conform/conform/internal/redact"
	"github.com/eci-conform/conform/internal/report"
	"github.com/eci-conform/conform/internal/rerun"
	"github.com/eci-conform/conform/internal/run"
	"github.com/eci-conform/conform/internal/wire"
)

// packedSuffix ends the names of cassettes that were compressed.
const packedSuffix = cassetteSuffix + ".gz"

// isCassette says whether a --target is a recording: by its name, by how the
// file begins, or as a folder that holds one.
func isCassette(name string) bool {
	if strings.Contains(name, "://") {
		return false
	}
	if strings.HasSuffix(name, cassetteSuffix) || strings.HasSuffix(name, packedSuffix) {
		return true
	}
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return false
	case info.IsDir():
		return len(cassettesIn(name)) > 0
	case !info.Mode().IsRegular():
		return false // what is read of a pipe is gone, and it may be a profile
	}
	f, err := os.Open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	begin := make([]byte, len(cassetteBegin))
	_, err = io.ReadFull(f, begin)
	return err == nil && bytes.Equal(begin, []byte(cassetteBegin))
}

// cassetteBegin is how every cassette begins.
const cassetteBegin = "#conform-cassette "

func cassettesIn(dir string) []string {
	var out []string
	for _, suffix := range []string{cassetteSuffix, packedSuffix} {
		found, _ := filepath.Glob(filepath.Join(dir, "*"+suffix)) // the pattern is well-formed
		out = append(out, found...)
	}
	return out
}

// openCassette opens a cassette, or the only one in a folder.
func openCassette(name string) (*cassette.Cassette, error) {
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		found := cassettesIn(name)
		if len(found) == 0 {
			return nil, usage(fmt.Errorf("%s: a folder without a cassette", name))
		}
		if len(found) != 1 {
			return nil, usage(fmt.Errorf("%s holds %s: name one", name, counted(len(found), "cassette")))
		}
		name = found[0]
	}
	c, err := cassette.Open(name)
	if err != nil {
		return nil, usage(err)
	}
	return c, nil
}

// recordedFlags mean nothing where the target is a recording.
var recordedFlags = []string{"region", "access-key-id", "access-key-secret", "security-token"}

// recall makes a recorded run the target.
func (a *app) recall(t targetFlags, c *contract.Contract) (*target, error) {
	if slices.ContainsFunc(recordedFlags, t.typed) {
		return nil, fmt.Errorf("--target %s is a recording: it has the region and the keys that it was recorded with", t.name)
	}
	source, err := openCassette(t.name)
	if err != nil {
		return nil, err
	}
	if source.State() != cassette.Sealed {
		return nil, exit(exitUnjudged, fmt.Errorf("%s: the recording was never closed: a part of a run cannot be judged by its cases; conform replay judges its %s",
			source.Name(), counted(source.Len(), "exchange")))
	}
	tape, err := rerun.New(source, redact.NewRules(c))
	if err != nil {
		return nil, err
	}
	p, err := profile.Load(source.Name()+" #profile", []byte(source.Header().Profile))
	if err != nil {
		return nil, err
	}
	if err := p.Validate(c); err != nil {
		return nil, err
	}
	keys, err := p.Resolve(lookups())
	if err != nil {
		return nil, err
	}
	return &target{name: t.name, profile: p, credentials: keys, source: source, tape: tape}, nil
}

// remembered sets a run's options so that it is judged from its recording.
func (t *target) remembered(o *run.Options) {
	o.Transport, o.Memory, o.Run, o.Seed, o.Rate = t.tape, t.tape, t.source.Header().Run, t.source.Header().Seed, 0
}

// again judges a recorded run.
func (j *job) again(ctx context.Context, o run.Options) error {
	h := j.target.source.Header()
	if j.flags.record != "" && j.flags.target.typed("record") {
		return usage(errors.New("--record: the target is a recording already"))
	}
	if j.flags.target.typed("seed") && j.flags.seed != h.Seed {
		return usage(fmt.Errorf("--seed %d: the run was recorded with seed %d", j.flags.seed, h.Seed))
	}
	j.flags.seed = h.Seed
	j.target.remembered(&o)
	j.target.age(j.app, j.contract)
	return j.judge(ctx, o)
}

// judgeCassette judges what a cassette holds: a run by its cases, anything else
// by its exchanges and by the resources that they made.
func (a *app) judgeCassette(ctx context.Context, f *runFlags, maxAge time.Duration) error {
	source, err := openCassette(f.target.name)
	if err != nil {
		return err
	}
	defer source.Close()
	a.noteAge(source, maxAge)
	if source.Header().Run != "" && source.State() == cassette.Sealed {
		return a.run(ctx, f)
	}
	strict, c, err := f.sound()
	if err != nil {
		return err
	}
	t := &target{name: f.target.name, source: source, profile: &profile.Profile{Endpoint: source.Header().Target, Region: "as recorded"}}
	a.noteState(source, c)
	f.exchanges = true
	all := rerun.Exchanges(source, c)
	known, err := f.known.load(t.profile, all, c)
	if err != nil {
		return err
	}
	f.choice.lister = "conform replay --format ndjson " + report.Quote(f.target.name)
	chosen, err := f.choice.of(all)
	if err != nil {
		return err
	}
	j := &job{app: a, flags: f, contract: c, plan: chosen, target: t, known: known, strict: strict}
	o := j.options()
	o.Transport, o.Memory = rerun.StillOf(source), rerun.StillOf(source)
	t.age(a, c)
	return j.judge(ctx, o)
}

// noteAge warns of what was recorded too long ago.
func (a *app) noteAge(c *cassette.Cassette, most time.Duration) {
	if age := a.Now().Sub(c.Header().Recorded); age > most {
		fmt.Fprintf(a.Err, "conform: %s is %s old, more than --max-age %s: record it anew to know what the target does today\n",
			printable(c.Name()), days(age), days(most))
	}
}

// age says what a reader of verdicts from a recording should know of it.
func (t *target) age(a *app, c *contract.Contract) {
	h := t.source.Header()
	fmt.Fprintf(a.Err, "judging %s of %s, recorded %s (%s ago)\n", counted(t.source.Len(), "exchange"), h.Target,
		h.Recorded.Format("2006-01-02 15:04 MST"), days(a.Now().Sub(h.Recorded)))
	if h.Contract != "sha256:"+c.Digest {
		fmt.Fprintln(a.Err, "it was recorded by another contract than today's: cases that are new since then cannot be judged")
	}
}

// recordRun makes the run's traffic pass a recorder.
func (j *job) recordRun(o *run.Options) (*recording, error) {
	o.Run = run.NameAt(o.Clock(), o.Seed)
	cases, err := j.flags.choice.line()
	if err != nil {
		return nil, exit(exitFault, err)
	}
	rec, err := j.app.openRecording(recordingOf{
		dir: j.flags.record, kind: "run", contract: j.contract, keys: keysOf(j.target.credentials), place: rerun.PlaceOf,
		header:  cassette.Header{Target: publicURL(j.target.profile.Endpoint), Run: o.Run, Seed: o.Seed, Cases: cases},
		profile: j.profile,
	})
	if err != nil {
		return nil, err
	}
	o.Transport = rec.Middleware(o.Transport)
	return rec, nil
}

// recordedChoice is a choice of cases as a recording keeps it.
type recordedChoice struct {
	Select []string `json:"select,omitempty"`
	Skip   []string `json:"skip,omitempty"`
	Level  string   `json:"level"`
}

// line is the choice in one line, empty for all cases.
func (s choice) line() (string, error) {
	if len(s.globs) == 0 && len(s.skips) == 0 && s.level == contract.Inferred.String() {
		return "", nil
	}
	text, err := json.Marshal(recordedChoice{s.globs, s.skips, s.level})
	return string(text), err
}

// recorded leaves of the cases those that the recording was made of.
func (t *target) recorded(all *plan.Plan) (*plan.Plan, error) {
	if t.tape == nil || t.source.Header().Cases == "" {
		return all, nil
	}
	var c recordedChoice
	if err := json.Unmarshal([]byte(t.source.Header().Cases), &c); err != nil {
		return nil, fmt.Errorf("read %s: #cases: %w", t.source.Name(), err)
	}
	return choice{globs: c.Select, skips: c.Skip, level: c.Level, lister: planLister}.of(all)
}

// profile is the target's, with keys in which nothing is secret.
func (j *job) profile(s *redact.Session) (string, error) {
	keys := map[string]wire.Credentials{}
	for _, name := range slices.Sorted(maps.Keys(j.target.credentials)) {
		keys[name] = s.Stand(j.target.credentials[name])
	}
	return j.target.profile.Public(keys, secretParameter(j.contract))
}

// secretParameter says whether any operation has a secret parameter of a wire
// name.
func secretParameter(c *contract.Contract) func(string) bool {
	return func(name string) bool {
		for _, op := range c.Operations {
			if len(plan.SecretValues(op, wire.Params{{Name: name, Value: "value"}})) > 0 {
				return true
			}
		}
		return false
	}
}
