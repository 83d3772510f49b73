package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/eci-conform/conform/fixtures"
	"github.com/eci-conform/conform/internal/cassette"
	"github.com/eci-conform/conform/internal/client"
	"github.com/eci-conform/conform/internal/driver"
	"github.com/eci-conform/conform/internal/driver/gov1"
	"github.com/eci-conform/conform/internal/emulator"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/redact"
	"github.com/eci-conform/conform/internal/report"
	"github.com/eci-conform/conform/internal/run"
	"github.com/eci-conform/conform/internal/wire"
)

// sdkFlags are the flags of conform sdk: those of conform run, but for the
// target's.
type sdkFlags struct {
	runFlags
	command []string
}

func newSDK(a *app) *cobra.Command {
	f := &sdkFlags{}
	c := &cobra.Command{
		Use: "sdk [flags] [-- COMMAND ARGS...]", DisableFlagsInUseLine: true,
		Short: "Judge an SDK through its driver",
		Long: `Drive an SDK through cases derived from the contract, and say what it sends and
what it makes of the answers. COMMAND is a driver: a small program that calls the
SDK and talks JSON lines; see docs/driver-protocol.md. Without one, the SDK that
is built in is judged: alibaba-cloud-sdk-go. Exit codes are those of conform run.`,
		Example: `  conform sdk                                        the SDK for Go that is built in
  conform sdk -- python3 driver.py
  conform sdk --select '*/retries/**' -- node driver.js
  conform sdk --baseline known.yaml --strict -- ./driver
  conform sdk --list                                 the cases`,
		RunE: func(c *cobra.Command, args []string) error {
			if err := f.limits(c); err != nil {
				return err
			}
			if len(args) > 0 && c.ArgsLenAtDash() != 0 {
				return usage(fmt.Errorf("unexpected argument %q: the driver's command stands behind --", args[0]))
			}
			f.command = args
			return a.sdk(c.Context(), f)
		},
	}
	f.choice.add(c, sdkLister)
	f.known.add(c)
	c.Flags().Lookup("baseline").Usage = "`FILE` of known departures"
	f.add(c)
	c.Flags().BoolVar(&f.list, "list", false, "list the cases instead of running them, as text or json")
	f.source.add(c)
	return c
}

// add adds the flags of a run but for those of its target and the rate, which
// is the SDK's own.
func (f *sdkFlags) add(c *cobra.Command) {
	s := c.Flags()
	s.IntVarP(&f.jobs, "jobs", "j", 0, "`N` cases at once (default: 8)")
	s.DurationVar(&f.timeout, "timeout", defaultTimeout, "`DURATION` of one call of the driver")
	s.Uint64Var(&f.seed, "seed", 1, "`N` decides everything that is made up")
	s.StringVar(&f.record, "record", "", "record the requests of the SDK into a new cassette in `DIR`")
	f.judging(c)
}

// sdkJob is a run of conform sdk.
type sdkJob struct {
	*job
	flags    *sdkFlags
	bench    *client.Bench
	endpoint string
	driver   driver.Driver
	whole    *plan.Plan
}

// sdk judges an SDK. What can be refused is refused before the driver starts.
func (a *app) sdk(ctx context.Context, f *sdkFlags) error {
	j, err := a.prepareSDK(f)
	if err != nil {
		return err
	}
	if f.list {
		return listCases(a.Out, j.plan, f.format)
	}
	s, err := listen("127.0.0.1:0", j.bench)
	if err != nil {
		return exit(exitFault, err)
	}
	defer s.stop(0)
	j.endpoint = s.url
	j.job.target.profile.Endpoint = s.url
	if err := j.start(ctx); err != nil {
		return err
	}
	defer j.driver.Close() // it is closed already where the run came to its end
	return j.cases(ctx)
}

// prepareSDK checks flags, contract, cases and baseline.
func (a *app) prepareSDK(f *sdkFlags) (*sdkJob, error) {
	strict, c, err := f.sound()
	if err != nil {
		return nil, err
	}
	f.target.name = embedded
	t, err := a.resolve(f.target, c)
	if err != nil {
		return nil, usage(err)
	}
	j := &sdkJob{flags: f, job: &job{app: a, flags: &f.runFlags, contract: c, target: t, strict: strict}}
	if err := j.derive(); err != nil {
		return nil, err
	}
	known, err := f.known.load(t.profile, j.whole, c)
	var coded *exitError
	switch {
	case errors.As(err, &coded):
		return nil, err
	case err != nil:
		return nil, usage(err)
	}
	j.job.known = known
	j.job.plan, err = f.choice.of(j.whole)
	return j, err
}

// derive makes the bench and the cases.
func (j *sdkJob) derive() error {
	servers, err := cases(j.contract)
	if err != nil {
		return err
	}
	j.bench = client.NewBench(client.BenchOptions{
		Contract: j.contract, Clock: j.app.Now, Salt: run.NameAt(j.app.Now(), j.flags.seed), Emulator: j.emulating,
		Seen: j.record,
	})
	j.whole, err = client.Cases(client.Options{
		Contract: j.contract, Inputs: servers.Inputs, Bench: j.bench, Region: j.target.profile.Region,
		Endpoint: func() string { return j.endpoint }, Driver: lateDriver{j},
	})
	if err != nil {
		return usage(err)
	}
	return nil
}

// emulating is an emulator that knows one key.
func (j *sdkJob) emulating(key driver.Credentials) (http.Handler, error) {
	return emulator.New(emulator.Options{
		Contract: j.contract, World: fixtures.World, Clock: j.app.Now, Seed: j.flags.seed,
		Keys: []emulator.Key{{
			AccessKeyID: key.AccessKeyID, AccessKeySecret: key.AccessKeySecret, SecurityToken: key.SecurityToken, Account: mainAccount,
		}},
	})
}

// mainAccount is an account of the emulator's world that may do everything.
const mainAccount = "default"

// lateDriver is the job's driver, which starts behind the cases' making.
type lateDriver struct{ job *sdkJob }

func (l lateDriver) Hello() driver.Hello     { return l.job.driver.Hello() }
func (l lateDriver) Faults() []*driver.Fault { return l.job.driver.Faults() }
func (l lateDriver) Close() error            { return l.job.driver.Close() }
func (l lateDriver) Call(ctx context.Context, c driver.Call) (driver.Reply, error) {
	return l.job.driver.Call(ctx, c)
}

// start starts the driver.
func (j *sdkJob) start(ctx context.Context) error {
	if len(j.flags.command) == 0 {
		j.driver = gov1.New(j.flags.timeout)
	} else {
		d, err := driver.Start(ctx, driver.Command{
			Path: j.flags.command[0], Args: j.flags.command[1:], Env: cleanEnvironment(j.app.Environ), Patience: j.flags.timeout,
		})
		var fault *driver.Fault
		switch {
		case ctx.Err() != nil:
			return exit(exitInterrupted, errors.New("interrupted before the first case"))
		case errors.As(err, &fault):
			return exit(exitUnjudged, err)
		case err != nil:
			return usage(err)
		}
		j.driver = d
	}
	h := j.driver.Hello()
	j.target.name = strings.TrimSpace(strings.Join([]string{h.Name, h.Version, h.Language}, " "))
	return nil
}

// strangers begin the names of variables that a driver must not see: keys of
// the user's own, ways to the outside, and what makes the SDKs print.
var strangers = []string{"ALIBABA_CLOUD_", "ALICLOUD_", "ALIYUN_", "HTTP_PROXY=", "HTTPS_PROXY=", "ALL_PROXY=", "NO_PROXY=", "DEBUG="}

// cleanEnvironment is what a driver gets to see.
func cleanEnvironment(all []string) []string {
	out := slices.DeleteFunc(slices.Clone(all), func(v string) bool {
		return slices.ContainsFunc(strangers, func(s string) bool { return strings.HasPrefix(strings.ToUpper(v), s) })
	})
	return append(out, "NO_PROXY=*", "no_proxy=*")
}

// cases runs the cases.
func (j *sdkJob) cases(ctx context.Context) error {
	o := j.options()
	j.job.ending, j.job.repeat = j.ending, j.commandLine()
	if j.flags.record == "" {
		return j.judge(ctx, o)
	}
	var err error
	if j.rec, err = j.recordSDK(); err != nil {
		return err
	}
	return worse(j.judge(ctx, o), j.closeRecording())
}

// recordSDK opens the cassette that the exchanges of the bench go to.
func (j *sdkJob) recordSDK() (*recording, error) {
	return j.app.openRecording(recordingOf{
		dir: j.flags.record, kind: "sdk", contract: j.contract,
		header: cassette.Header{Target: publicURL(j.endpoint), Run: run.NameAt(j.app.Now(), j.flags.seed), Seed: j.flags.seed},
		place: func(ctx context.Context) redact.Place {
			who, _ := ctx.Value(recordedCase{}).(string)
			return redact.Place{Track: who}
		},
	})
}

// recordedCase is the key of a recorded exchange's case.
type recordedCase struct{}

// record puts an exchange that took place into the cassette.
func (j *sdkJob) record(who string, x *wire.Exchange) {
	if j.rec == nil {
		return
	}
	ctx := context.WithValue(context.Background(), recordedCase{}, who)
	r, err := http.NewRequestWithContext(ctx, x.Method, x.URL, bytes.NewReader(x.Body))
	if err != nil {
		return // what no client can send cannot be replayed either
	}
	r.Header, r.Host = x.Header, x.Host
	answer, err := j.rec.Middleware(recalled{x}).RoundTrip(r)
	if err != nil {
		return // as it was
	}
	_, _ = io.Copy(io.Discard, answer.Body) // so that it is written
	answer.Body.Close()
}

// recalled answers as an exchange was answered.
type recalled struct{ *wire.Exchange }

// RoundTrip gives the answer, or why there was none.
func (x recalled) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		_, _ = io.Copy(io.Discard, r.Body)
	}
	if x.Err != nil {
		return nil, x.Err
	}
	return &http.Response{
		StatusCode: x.Status, Status: fmt.Sprintf("%d %s", x.Status, http.StatusText(x.Status)), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: x.RespHeader, Body: io.NopCloser(bytes.NewReader(x.RespBody)), ContentLength: int64(len(x.RespBody)), Request: r,
	}, nil
}

// ending closes the driver and says what it did wrong besides its calls.
func (j *sdkJob) ending() []string {
	var notes []string
	if err := j.driver.Close(); err != nil {
		notes = append(notes, err.Error())
	}
	for i, f := range j.driver.Faults() {
		if i == maxNotes {
			return append(notes, "driver: further faults of the same kinds")
		}
		notes = append(notes, f.Error())
	}
	if n := j.bench.Strays(); n > 0 {
		notes = append(notes, fmt.Sprintf("%d requests came with an access key of no case", n))
	}
	return notes
}

// maxNotes is how many faults of a driver are told.
const maxNotes = 10

// commandLine is what repeats the run, without its choice of cases.
func (j *sdkJob) commandLine() string {
	words := []string{"conform", "sdk", "--seed", fmt.Sprint(j.flags.seed)}
	if j.flags.strict != "" {
		words = append(words, "--strict="+j.flags.strict)
	}
	if j.flags.known.file != "" {
		words = append(words, "--baseline", report.Quote(j.flags.known.file))
	}
	if j.flags.source.file != "" {
		words = append(words, "--contract", report.Quote(j.flags.source.file))
	}
	if len(j.flags.command) > 0 {
		words = append(words, "--")
		for _, w := range j.flags.command {
			words = append(words, report.Quote(w))
		}
	}
	return strings.Join(words, " ")
}
