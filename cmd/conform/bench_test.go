package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/report"
	"github.com/eci-conform/conform/internal/run"
	"github.com/eci-conform/conform/internal/wire"
)

// BenchmarkRun is a full run on the embedded emulator, judged and its results
// written as they come, against two ceilings over the same socket: a bare loop
// of signed, valid requests, one after the other, whose answers are read and
// looked at no further, and as many such loops at once as a run has workers.
// They take turns, and each figure is the median of its rounds. The ratio is
// that of cases to requests of all loops, the loop-ratio to those of one, and
// the requests-ratio is that of all requests that the cases took. The time of a
// run goes on until what it made is cleared away; a case that was skipped does
// not count.
//
// The families of one request a case tell what judging costs; in all families
// together a case takes several requests, and some wait.
func BenchmarkRun(b *testing.B) {
	tune(os.LookupEnv)
	b.Run("all", func(b *testing.B) { benchFamilies(b) })
	b.Run("parameter+auth+format", func(b *testing.B) { benchFamilies(b, "parameter", "auth", "format") })
}

func benchFamilies(b *testing.B, families ...string) {
	a := &app{System: System{Now: time.Now, Out: io.Discard, Err: io.Discard, Lookup: nothing}, env: nothing}
	f := &runFlags{target: targetFlags{name: embedded}, choice: choice{globs: families, level: contract.Inferred.String()},
		seed: 1, timeout: 30 * time.Second, format: "text", reports: b.TempDir()}
	var cases, loop, ceiling, looped, ratio, each, busy []float64
	for b.Loop() {
		r := benchRound(b, a, f)
		cases = append(cases, r.cases)
		loop = append(loop, r.loop)
		looped = append(looped, r.cases/r.loop)
		ceiling = append(ceiling, r.ceiling)
		ratio = append(ratio, r.cases/r.ceiling)
		each = append(each, r.each)
		busy = append(busy, r.cases*r.each/r.ceiling)
	}
	b.ReportMetric(median(cases), "cases/s")
	b.ReportMetric(median(each), "requests/case")
	b.ReportMetric(median(loop), "loop-requests/s")
	b.ReportMetric(median(looped), "loop-ratio")
	b.ReportMetric(median(ceiling), "ceiling-requests/s")
	b.ReportMetric(median(ratio), "ratio")
	b.ReportMetric(median(busy), "requests-ratio")
}

func nothing(string) (string, bool) { return "", false }

func median(of []float64) float64 {
	slices.Sort(of)
	return (of[(len(of)-1)/2] + of[len(of)/2]) / 2
}

// round is one run and its ceilings.
type round struct {
	cases, loop, ceiling float64 // a second
	each                 float64 // requests of a case
}

func benchRound(b *testing.B, a *app, f *runFlags) round {
	j, err := a.prepare(f)
	if err != nil {
		b.Fatal(err)
	}
	stop, err := j.embed()
	if err != nil {
		b.Fatal(err)
	}
	defer stop()
	runtime.GC() // what others left is not to be paid for by this one
	start := time.Now()
	sum := benchRun(b, j)
	judged := float64(sum.Total - sum.Skip)
	out := round{cases: judged / time.Since(start).Seconds(), each: float64(sum.Requests) / judged}
	out.loop = bareLoops(b, j, sum.Requests, 1)
	out.ceiling = bareLoops(b, j, sum.Requests, cmp.Or(j.flags.jobs, j.target.profile.Limits.Concurrency))
	return out
}

// benchRun is conform run without its console.
func benchRun(b testing.TB, j *job) run.Summary {
	stream, err := report.NewStream(filepath.Join(j.flags.reports, report.ResultsFile))
	if err != nil {
		b.Fatal(err)
	}
	o, recorder := j.options(), report.NewRecorder(j.contract, j.about(), j.plan.Cases)
	rep := &report.Report{Run: j.about(), Planned: len(j.plan.Cases)}
	o.Sink = func(res run.Result) {
		if res.Verdict == run.Fail {
			b.Errorf("%s: %s", res.Case, res.Reason)
		}
		rec := recorder.Record(res)
		rep.Add(rec)
		if err := stream.Write(rec); err != nil {
			b.Error(err)
		}
	}
	runner := run.New(o)
	runner.Start(b.Context())
	sum := runner.Wait()
	if sum.ExitCode() != run.ExitConforms || stream.Close() != nil {
		b.Fatalf("the run ends with %+v", sum)
	}
	return sum
}

// bareLoops sends n signed requests in that many loops at once, throws the
// answers away, and returns how many it were a second.
func bareLoops(b testing.TB, j *job, n, loops int) float64 {
	runtime.GC()
	start := time.Now()
	rt := newTransport()
	defer rt.CloseIdleConnections()
	var next atomic.Int64
	var all sync.WaitGroup
	for range loops {
		all.Go(func() {
			for i := next.Add(1); i <= int64(n); i = next.Add(1) {
				if err := bareRequest(b.Context(), rt, j, i); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	return float64(n) / time.Since(start).Seconds()
}

func bareRequest(ctx context.Context, rt http.RoundTripper, j *job, i int64) error {
	p := j.target.profile
	d := wire.NewDraft(wire.Call{
		Operation: "DescribeRegions", Version: j.contract.Version, Method: http.MethodPost, Scheme: wire.V1, Format: "JSON",
		Params: wire.Params{{Name: "RegionId", Value: p.Region}}, Credentials: j.target.credentials["default"],
		Nonce: fmt.Sprintf("bare-%d-%d", time.Now().UnixNano(), i), Time: time.Now(),
	})
	if err := d.Sign(); err != nil {
		return err
	}
	r, err := d.Request(ctx, p.Endpoint)
	if err != nil {
		return err
	}
	answer, err := rt.RoundTrip(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil || answer.StatusCode != http.StatusOK {
		return fmt.Errorf("bare request: status %d, %w", answer.StatusCode, err)
	}
	return nil
}
