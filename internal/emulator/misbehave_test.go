package emulator_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eci-conform/conform/internal/emulator"
	"github.com/eci-conform/conform/internal/wire"
)

// seen is one answer in a word: its status, code, pause and what is odd.
func seen(x *wire.Exchange) string {
	out := fmt.Sprint(x.Status)
	if v, err := wire.DecodeJSON(x.RespBody); err == nil {
		if code, ok := v.(*wire.Map).Get("Code"); ok {
			out += " " + code.(string)
		}
	} else if len(x.RespBody) == 0 {
		out += " empty"
	} else {
		out += " unreadable"
	}
	if after := x.RespHeader.Get("x-acs-retry-after"); after != "" {
		out += " after " + after
	}
	if media, _, _ := strings.Cut(x.RespHeader.Get("Content-Type"), ";"); media != "application/json" && x.Status != 0 {
		out += " " + media
	}
	if x.Err != nil {
		out += " broken"
	}
	return out
}

// wild is an emulator with its scripts and the delays that it was asked for.
type wild struct {
	*bench
	emulator *emulator.Emulator
	slept    []time.Duration
}

func newWild(t *testing.T) *wild {
	t.Helper()
	w := &wild{}
	w.bench = newBench(t, func(o *emulator.Options) {
		o.Sleep = func(_ context.Context, d time.Duration) error {
			w.slept = append(w.slept, d)
			return nil
		}
	})
	w.emulator = w.server.Config.Handler.(*emulator.Emulator)
	return w
}

func (w *wild) script(who string, repeat bool, steps ...emulator.Step) {
	w.t.Helper()
	if err := w.emulator.Script(who, emulator.Script{Steps: steps, Repeat: repeat}); err != nil {
		w.t.Fatal(err)
	}
}

// ask sends one request over a connection of its own, as a client without
// retries does.
func (w *wild) ask(operation string, p wire.Params, edit ...func(*wire.Call)) *wire.Exchange {
	w.t.Helper()
	d := w.draft(operation, p, edit...)
	if err := d.Sign(); err != nil {
		w.t.Fatal(err)
	}
	return wire.Do(w.t.Context(), d, wire.Route{Transport: &http.Transport{DisableKeepAlives: true}, Endpoint: w.server.URL, Clock: w.clock.Now})
}

func TestScriptedFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		step emulator.Step
		want string
		made int // caches there afterwards
	}{
		{emulator.Step{Fault: emulator.Honest}, "200", 1},
		{emulator.Step{Fault: emulator.Throttle}, "400 Throttling.User", 0},
		{emulator.Step{Fault: emulator.Throttle, RetryAfter: 1500 * time.Millisecond}, "400 Throttling.User after 1500", 0},
		{emulator.Step{Fault: emulator.ServerError}, "500 InternalError", 0},
		{emulator.Step{Fault: emulator.ServerError, Late: true}, "500 InternalError", 1},
		{emulator.Step{Fault: emulator.Unavailable}, "503 ServiceUnavailable", 0},
		{emulator.Step{Fault: emulator.Drop}, "0 empty broken", 0},
		{emulator.Step{Fault: emulator.Drop, Late: true}, "0 empty broken", 1},
		{emulator.Step{Fault: emulator.Slow, Delay: time.Second}, "200", 1},
		{emulator.Step{Fault: emulator.Slow, Delay: time.Second, Late: true}, "200", 1},
		{emulator.Step{Fault: emulator.Truncate}, "200 unreadable broken", 1},
		{emulator.Step{Fault: emulator.WrongType}, "200 application/octet-stream", 1},
		{emulator.Step{Fault: emulator.HTML}, "502 unreadable text/html", 1},
		{emulator.Step{Fault: emulator.Empty}, "200 empty", 1},
	} {
		t.Run(fmt.Sprintf("%v late=%v after=%v", c.step.Fault, c.step.Late, c.step.RetryAfter), func(t *testing.T) {
			t.Parallel()
			w := newWild(t)
			w.script("default", false, c.step)
			got := seen(w.ask("CreateImageCache", params("ImageCacheName", "a", "Image.1", "nginx")))
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%v mismatch (-want +got):\n%s", c.step.Fault, diff)
			}
			if n := len(w.must("DescribeImageCaches", nil).list("ImageCaches")); n != c.made {
				t.Errorf("%v left %d caches, want %d", c.step.Fault, n, c.made)
			}
			if c.step.Delay > 0 {
				if diff := cmp.Diff([]time.Duration{c.step.Delay}, w.slept); diff != "" {
					t.Errorf("delays mismatch (-want +got):\n%s", diff)
				}
			}
		})
	}
}

func TestScriptOrder(t *testing.T) {
	t.Parallel()
	throttle, down, drop := emulator.Step{Fault: emulator.Throttle}, emulator.Step{Fault: emulator.Unavailable, Times: 2}, emulator.Step{Fault: emulator.Drop}
	only := emulator.Step{Fault: emulator.ServerError, Operation: "ListUsage", Times: -1}
	for name, c := range map[string]struct {
		steps  []emulator.Step
		repeat bool
		ask    []string
		want   []string
	}{
		"once each": {[]emulator.Step{throttle, down}, false, many("DescribeRegions", 4), []string{"400 Throttling.User", "503 ServiceUnavailable", "503 ServiceUnavailable", "200"}},
		"repeated":  {[]emulator.Step{throttle, {}}, true, many("DescribeRegions", 4), []string{"400 Throttling.User", "200", "400 Throttling.User", "200"}},
		"repeated with counts": {[]emulator.Step{down, drop}, true, many("DescribeRegions", 6), []string{
			"503 ServiceUnavailable", "503 ServiceUnavailable", "0 empty broken", "503 ServiceUnavailable", "503 ServiceUnavailable", "0 empty broken"}},
		"by operation": {[]emulator.Step{only, throttle}, false, []string{"ListUsage", "DescribeRegions", "DescribeRegions", "ListUsage"},
			[]string{"500 InternalError", "400 Throttling.User", "200", "500 InternalError"}},
		"none": {nil, false, many("DescribeRegions", 1), []string{"200"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWild(t)
			w.script("default", c.repeat, c.steps...)
			var got []string
			for _, operation := range c.ask {
				got = append(got, seen(w.ask(operation, nil)))
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("answers mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

func many(operation string, n int) []string { return strings.Fields(strings.Repeat(operation+" ", n)) }

func TestScriptIsForOneAccount(t *testing.T) {
	t.Parallel()
	w := newWild(t)
	w.script("default", false, emulator.Step{Fault: emulator.Throttle, Times: 3})
	w.script("STS.emulator-temporary", false, emulator.Step{Fault: emulator.Unavailable})
	got := []string{
		seen(w.ask("DescribeRegions", nil, as(w.keys["secondary"]))),
		seen(w.ask("DescribeRegions", nil, as(w.keys["temporary"]))),
		seen(w.ask("DescribeRegions", nil, as(w.keys["temporary"]))),
		seen(w.ask("DescribeRegions", nil)),
	}
	want := []string{"200", "503 ServiceUnavailable", "400 Throttling.User", "400 Throttling.User"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("answers mismatch (-want +got):\n%s", diff)
	}
	if n := w.emulator.Pending("default"); n != 1 {
		t.Errorf("Pending(default) = %d, want 1", n)
	}
	w.script("default", false)
	if got := seen(w.ask("DescribeRegions", nil)); got != "200" {
		t.Errorf("without a script: %s, want 200", got)
	}
}

func TestScriptUnderConcurrency(t *testing.T) {
	t.Parallel()
	w := newWild(t)
	w.script("default", false, emulator.Step{Fault: emulator.Throttle, Times: 5})
	var refused atomic.Int32
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			if seen(w.ask("DescribeRegions", nil)) != "200" {
				refused.Add(1)
			}
		})
	}
	all.Wait()
	if n := refused.Load(); n != 5 {
		t.Errorf("%d of 16 requests were throttled, want 5", n)
	}
}

func TestScriptRefuses(t *testing.T) {
	t.Parallel()
	e := newWild(t).emulator
	for name, c := range map[string]struct {
		who  string
		step emulator.Step
		want string
	}{
		"nobody":            {"nobody", emulator.Step{}, "neither an access key nor an account"},
		"no fault":          {"default", emulator.Step{Fault: 99}, "fault 99"},
		"no operation":      {"default", emulator.Step{Operation: "Nothing"}, `operation "Nothing"`},
		"slow without":      {"default", emulator.Step{Fault: emulator.Slow}, "want a delay"},
		"delay without":     {"default", emulator.Step{Delay: time.Second}, "want a delay"},
		"too slow":          {"default", emulator.Step{Fault: emulator.Slow, Delay: time.Hour}, "want 0 to 1m0s"},
		"part of a milli":   {"default", emulator.Step{Fault: emulator.Throttle, RetryAfter: time.Microsecond}, "whole milliseconds"},
		"retry after a 500": {"default", emulator.Step{Fault: emulator.ServerError, RetryAfter: time.Second}, "Throttle only"},
	} {
		err := e.Script(c.who, emulator.Script{Steps: []emulator.Step{c.step}})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: Script() = %v, want an error with %q", name, err, c.want)
		}
	}
}

func TestSlowRequestEndsWithItsClient(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if err := b.server.Config.Handler.(*emulator.Emulator).Script("default", emulator.Script{
		Steps: []emulator.Step{{Fault: emulator.Slow, Delay: emulator.MaxDelay}},
	}); err != nil {
		t.Fatal(err)
	}
	d := b.draft("DescribeRegions", nil)
	if err := d.Sign(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if x := wire.Do(ctx, d, wire.Route{Transport: &http.Transport{DisableKeepAlives: true}, Endpoint: b.server.URL, Clock: b.clock.Now}); x.Err == nil {
		t.Errorf("the answer came: %d", x.Status)
	}
}
