package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/report"
	"github.com/eci-conform/conform/internal/run"
	"github.com/eci-conform/conform/internal/wire"
)

// BenchmarkRun is a full run on the embedded emulator, results written as they
// come, against the ceiling: a bare loop of signed requests over the same
// socket from as many workers, whose answers nobody looks at.
func BenchmarkRun(b *testing.B) {
	a := &app{System: System{Now: time.Now, Out: io.Discard, Err: io.Discard, Lookup: nothing}, env: nothing}
	f := &runFlags{target: targetFlags{name: embedded}, choice: choice{level: contract.Inferred.String()},
		seed: 1, timeout: 30 * time.Second, format: "text", reports: b.TempDir()}
	var judged, asked float64
	var judging, asking time.Duration
	for b.Loop() {
		j, err := a.prepare(f)
		if err != nil {
			b.Fatal(err)
		}
		stop, err := j.embed()
		if err != nil {
			b.Fatal(err)
		}
		sum := benchRun(b, j)
		judged += float64(sum.Total)
		judging += sum.Duration
		start := time.Now()
		asked += float64(bareLoop(b, j, sum.Requests))
		asking += time.Since(start)
		stop()
	}
	cases, ceiling := judged/judging.Seconds(), asked/asking.Seconds()
	b.ReportMetric(cases, "cases/s")
	b.ReportMetric(ceiling, "ceiling-requests/s")
	b.ReportMetric(cases/ceiling, "ratio")
}

func nothing(string) (string, bool) { return "", false }

// benchRun is conform run without its console.
func benchRun(b *testing.B, j *job) run.Summary {
	stream, err := report.NewStream(filepath.Join(j.flags.reports, report.ResultsFile))
	if err != nil {
		b.Fatal(err)
	}
	o, recorder := j.options(), report.NewRecorder(j.contract, j.about(), j.plan.Cases)
	o.Sink = func(res run.Result) {
		if err := stream.Write(recorder.Record(res)); err != nil {
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

// benchJobs is how many workers the bare loop has: as many as a run.
const benchJobs = 8

// bareLoop sends n signed requests and throws the answers away.
func bareLoop(b *testing.B, j *job, n int) int {
	rt := newTransport()
	defer rt.CloseIdleConnections()
	var next atomic.Int64
	var all sync.WaitGroup
	for range benchJobs {
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
	return n
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
