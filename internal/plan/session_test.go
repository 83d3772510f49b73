package plan

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eci-conform/conform/internal/wire"
)

func TestProbeSendsWhatWasAsked(t *testing.T) {
	t.Parallel()
	f := newFake()
	_, s := testSession(t, f)
	p := regions()
	p.Before = []Edit{{Name: "lower case", Do: func(d *wire.Draft) { d.Set("Format", "json") }}}
	a := mustProbe(t, s, p)
	if !a.OK || a.Format != "JSON" {
		t.Errorf("Probe() = %d in %s, want a success in JSON", a.Status, a.Format)
	}
	got := map[string]string{}
	for _, name := range []string{"Action", "Format", "RegionId", "AccessKeyId", "Version"} {
		got[name] = f.seen[0].Get(name)
	}
	want := map[string]string{"Action": "ListUsage", "Format": "json", "RegionId": "cn-hangzhou", "AccessKeyId": "id", "Version": "2018-08-08"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("sent parameters mismatch (-want +got):\n%s", diff)
	}
	if kept, n := s.Exchanges(); len(kept) != 1 || n != 1 {
		t.Errorf("Exchanges() = %d of %d, want 1 of 1", len(kept), n)
	}
}

func TestProbeOptions(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	tests := []struct {
		name   string
		option Option
		param  string
		want   string
	}{
		{"another entry", As("arrears"), "AccessKeyId", "poor"},
		{"another key", WithCredentials(wire.Credentials{AccessKeyID: "x"}), "AccessKeyId", "x"},
		{"a condition's key", Under("account.arrears"), "AccessKeyId", "poor"},
		{"a condition's parameter", Under("vswitch.exhausted"), "VSwitchId", "vsw-full"},
		{"bound", Bound(), "RegionId", "$region"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := newFake()
			target := testTarget(t, f)
			target.Clock = func() time.Time { return at }
			s := NewEnvironment(target).Session(&Case{ID: "c"})
			mustProbe(t, s, regions(), tt.option)
			if got := f.seen[0].Get(tt.param); got != tt.want {
				t.Errorf("sent %s=%q, want %q", tt.param, got, tt.want)
			}
		})
	}
}

func TestProbeSkipsWhatTheProfileLacks(t *testing.T) {
	t.Parallel()
	_, s := testSession(t, newFake())
	for name, o := range map[string]Option{
		`"nobody"`:          As("nobody"),
		"zone.noStock":      Under("zone.noStock"),
		"account.riskWhich": Under("account.riskWhich"),
	} {
		_, err := s.Probe(context.Background(), regions(), o)
		reason, ok := IsSkip(err)
		if !ok || !strings.Contains(reason, name) {
			t.Errorf("Probe() error = %v, want a skip that names %s", err, name)
		}
	}
}

func TestNoncesDiffer(t *testing.T) {
	t.Parallel()
	f := newFake()
	e, s := testSession(t, f)
	other := e.Session(&Case{ID: "other"})
	for range 20 {
		mustProbe(t, s, regions())
		mustProbe(t, other, regions())
	}
	seen := map[string]bool{}
	for _, q := range f.seen {
		seen[q.Get("SignatureNonce")] = true
	}
	if len(seen) != 40 {
		t.Errorf("%d nonces for 40 requests", len(seen))
	}
}

func TestThrottlingIsWaitedOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.before = func(n int, _ string) (int, string, error) {
			if n <= 3 {
				return 400, `"Code":"Throttling"`, nil
			}
			return 0, "", nil
		}
		_, s := testSession(t, f)
		if a := mustProbe(t, s, regions()); !a.OK || f.requests != 4 {
			t.Errorf("Probe() = %d after %d requests, want a success after 4", a.Status, f.requests)
		}
	})
}

func TestThrottlingThatStaysIsInconclusive(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.before = func(int, string) (int, string, error) { return 400, `"Code":"Throttling"`, nil }
		_, s := testSession(t, f)
		_, err := s.Probe(t.Context(), regions())
		if reason, ok := IsInconclusive(err); !ok || !strings.Contains(reason, "throttled") {
			t.Errorf("Probe() error = %v, want inconclusive: throttled", err)
		}
		if a := mustProbe(t, s, regions(), Throttling()); a.Code != "Throttling" {
			t.Errorf("Probe(Throttling()) = %s, want the answer itself", a.Code)
		}
	})
}

func TestThrottlingIsNotWaitedOutForEver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.before = func(int, string) (int, string, error) { return 400, `"Code":"Throttling"`, nil }
		target := testTarget(t, later{f})
		var told []error
		target.Broken = func(err error) { told = append(told, err) }
		s := NewEnvironment(target).Session(&Case{ID: "c"})
		begin := time.Now()
		_, err := s.Probe(t.Context(), regions())
		if reason, ok := IsInconclusive(err); !ok || !strings.Contains(reason, "throttled once") || time.Since(begin) > 0 {
			t.Errorf("Probe() error = %v after %v, want it given up at once", err, time.Since(begin))
		}
		if want := []error{ErrThrottled, errGivenUp}; !slices.Equal(told, want) {
			t.Errorf("the run was told %v, want %v", told, want)
		}
	})
}

// later is a target that asks for three years of patience.
type later struct{ *fake }

func (l later) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := l.fake.RoundTrip(r)
	resp.Header.Set("Retry-After", "100000000")
	return resp, err
}

func TestAnswerThatNeverEndsIsNone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var told []error
		target := testTarget(t, dripping{newFake()})
		target.Broken = func(err error) { told = append(told, err) }
		s := NewEnvironment(target).Session(&Case{ID: "c"})
		mustProbe(t, s, regions())
		if len(told) != 1 || !errors.Is(told[0], context.DeadlineExceeded) {
			t.Errorf("the run was told %v, want that the time ran out", told)
		}
	})
}

// dripping is a target whose answers begin and do not end.
type dripping struct{ *fake }

func (d dripping) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := d.fake.RoundTrip(r)
	resp.Body = io.NopCloser(endless{r.Context()})
	return resp, err
}

// endless is a body of which no byte comes.
type endless struct{ ctx context.Context }

func (e endless) Read([]byte) (int, error) { <-e.ctx.Done(); return 0, e.ctx.Err() }

func TestWaitsGetShorterWhereManyRunOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, s := testSession(t, newFake())
		never := func() (bool, error) { return false, nil }
		wait := func() (time.Duration, error) {
			begin := time.Now()
			err := s.Eventually(t.Context(), "doomsday", never)
			return time.Since(begin), err
		}
		for i := range s.env.stamina.full {
			if took, err := wait(); took != s.Patience() || !IsTimeout(err) {
				t.Fatalf("wait %d: %v after %v, want a timeout after %v", i, err, took, s.Patience())
			}
		}
		if took, err := wait(); took != s.Patience()/2 || IsTimeout(err) {
			t.Errorf("one more wait: %v after %v, want it given up after %v", err, took, s.Patience()/2)
		}
		n := 0
		slow := func() (bool, error) { n++; return n > 8, nil }
		if err := s.Eventually(t.Context(), "patience to be rewarded", slow); err != nil {
			t.Fatal(err)
		}
		if took, _ := wait(); took != s.Patience() {
			t.Errorf("after a long wait that was rewarded one is given up after %v, want %v", took, s.Patience())
		}
	})
}

// A listing in which nothing ever comes late is not waited for as long as one that
// is behind.
func TestWaitsForListingsGetShorter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, s := testSession(t, newFake())
		wait := func() time.Duration {
			begin := time.Now()
			if ok, err := s.Shows(t.Context(), "doomsday", func() (bool, error) { return false, nil }); ok || err != nil {
				t.Fatalf("Shows() = %v, %v", ok, err)
			}
			return time.Since(begin)
		}
		w := s.env.Wait
		for i := range s.env.eyes.full {
			if took := wait(); took != sightings*w.Cap {
				t.Fatalf("wait %d took %v, want %v", i, took, sightings*w.Cap)
			}
		}
		for range 40 {
			wait()
		}
		if took := wait(); took != glances*w.Initial {
			t.Errorf("after many waits one took %v, want %v", took, glances*w.Initial)
		}
		n := 0
		if err := s.Listed(t.Context(), "something late", func() (bool, error) { n++; return n > 2, nil }); err != nil {
			t.Fatal(err)
		}
		late := w.Initial + 2*w.Initial
		if took := wait(); took != 4*late {
			t.Errorf("after something came %v late, a wait took %v, want %v", late, took, 4*late)
		}
	})
}

func TestConnectionThatClosesTwiceIsAFinding(t *testing.T) {
	t.Parallel()
	f := newFake()
	f.before = func(int, string) (int, string, error) { return 0, "", io.ErrUnexpectedEOF }
	_, s := testSession(t, f)
	_, err := s.Probe(context.Background(), regions())
	if _, ok := IsInconclusive(err); !ok || f.requests != 2 {
		t.Errorf("Probe() = %v after %d requests, want inconclusive after 2", err, f.requests)
	}
	found := s.Findings()
	if len(found) != 1 || found[0].Clause != "common#envelope/error.status" {
		t.Errorf("Findings() = %v, want one about error.status", found)
	}
}

func TestConnectionThatClosesOnceIsForgiven(t *testing.T) {
	t.Parallel()
	f := newFake()
	f.before = func(n int, _ string) (int, string, error) {
		if n == 1 {
			return 0, "", io.EOF
		}
		return 0, "", nil
	}
	_, s := testSession(t, f)
	mustProbe(t, s, regions())
	if len(s.Findings()) != 0 {
		t.Errorf("Findings() = %v, want none", s.Findings())
	}
}

func TestConnectionThatIsRefusedIsNoFinding(t *testing.T) {
	t.Parallel()
	f := newFake()
	f.before = func(int, string) (int, string, error) { return 0, "", errors.New("connection refused") }
	var broken error
	target := testTarget(t, f)
	target.Broken = func(err error) { broken = err }
	s := NewEnvironment(target).Session(&Case{ID: "c"})
	_, err := s.Probe(context.Background(), regions())
	if _, ok := IsInconclusive(err); !ok || len(s.Findings()) != 0 || broken == nil {
		t.Errorf("Probe() = %v with %v, broken %v; want inconclusive, no finding, and the run told", err, s.Findings(), broken)
	}
}

func TestEventually(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, s := testSession(t, newFake())
		begin, looks := time.Now(), 0
		err := s.Eventually(t.Context(), "it", func() (bool, error) { looks++; return looks == 4, nil })
		if took := time.Since(begin); err != nil || took != 7*time.Millisecond {
			t.Errorf("Eventually() = %v in %v, want the pauses 1, 2 and 4 ms", err, took)
		}
		err = s.Eventually(t.Context(), "the moon", func() (bool, error) { return false, nil })
		if !IsTimeout(err) || !strings.Contains(err.Error(), "the moon") {
			t.Errorf("Eventually() = %v, want a timeout that names the moon", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		err = s.Eventually(ctx, "it", func() (bool, error) { return false, nil })
		if _, ok := IsInconclusive(err); !ok || IsTimeout(err) || !errors.Is(err, context.Canceled) {
			t.Errorf("Eventually() = %v, want inconclusive: interrupted", err)
		}
	})
}

func TestAnswersAreKeptInPart(t *testing.T) {
	t.Parallel()
	f := newFake()
	long := strings.Repeat("a", 2*maxKept)
	f.before = func(int, string) (int, string, error) { return 200, `"More":"` + long + `"`, nil }
	_, s := testSession(t, f)
	if a := mustProbe(t, s, regions()); len(a.Exchange.RespBody) < len(long) {
		t.Errorf("%d bytes were judged, want all", len(a.Exchange.RespBody))
	}
	if kept, _ := s.Exchanges(); len(kept) != 1 || len(kept[0].RespBody) != maxKept {
		t.Errorf("Exchanges() = %d, want one with %d bytes", len(kept), maxKept)
	}
}

func TestExchangesAreBounded(t *testing.T) {
	t.Parallel()
	_, s := testSession(t, newFake())
	var last string
	for range 3 * maxExchanges {
		last = mustProbe(t, s, regions()).RequestID
	}
	kept, n := s.Exchanges()
	if len(kept) != maxExchanges || n != 3*maxExchanges {
		t.Fatalf("Exchanges() = %d of %d, want %d of %d", len(kept), n, maxExchanges, 3*maxExchanges)
	}
	if !strings.Contains(string(kept[len(kept)-1].RespBody), last) {
		t.Error("the last exchange is not kept")
	}
}

func TestRequestsCarryTheirCase(t *testing.T) {
	t.Parallel()
	f := newFake()
	var got string
	target := testTarget(t, roundTripper(func(r *http.Request) (*http.Response, error) {
		got = PlaceOf(r.Context()).Case
		return f.RoundTrip(r)
	}))
	s := NewEnvironment(target).Session(&Case{ID: "Op/family/subject/variant"})
	mustProbe(t, s, regions())
	if got != s.Case.ID || PlaceOf(t.Context()).Case != "" {
		t.Errorf("PlaceOf() = %q, want %q", got, s.Case.ID)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// A second session of the same case, such as of a shared set that is made again,
// sends no nonce and no token that the first one sent.
func TestSessionsOfOneCaseAreKeptApart(t *testing.T) {
	t.Parallel()
	e, a := testSession(t, newFake())
	b := e.Session(a.Case)
	if a.Token() == b.Token() || a.nonce(t.Context()) == b.nonce(t.Context()) {
		t.Error("two sessions of one case give the same token or nonce")
	}
}
