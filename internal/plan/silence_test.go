package plan

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/wire"
)

// stuck answers nothing to requests that it hangs on.
type stuck struct {
	*fake
	hangs func(r *http.Request) bool
}

func (h stuck) RoundTrip(r *http.Request) (*http.Response, error) {
	if h.hangs(r) {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	return h.fake.RoundTrip(r)
}

func TestHang(t *testing.T) {
	t.Parallel()
	odd := func(r *http.Request) bool { return r.URL.Query().Get("ImageCacheName") == "odd" }
	n := 0
	tests := []struct {
		name   string
		hangs  func(*http.Request) bool
		want   string // in the reason; empty for an answer
		breaks bool   // the promise that requests are answered
	}{
		{"on one input", odd, "deadline exceeded", true},
		{"once", func(r *http.Request) bool { n++; return n == 1 }, "", false},
		{"on everything", func(*http.Request) bool { return true }, "nor to a request after it", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				_, s := testSession(t, stuck{newFake(), tt.hangs})
				p := &Probe{Operation: "CreateImageCache", Params: wire.Params{{Name: "ImageCacheName", Value: "odd"}}}
				_, err := s.Probe(context.Background(), p)
				reason, _ := IsInconclusive(err)
				if (err == nil) != (tt.want == "") || !strings.Contains(reason, tt.want) {
					t.Errorf("Probe() error = %v, want one about %q", err, tt.want)
				}
				found := s.Findings()
				if got := len(found) == 1 && found[0].Clause == "common#envelope/error.status"; got != tt.breaks || len(found) > 1 {
					t.Errorf("Findings() = %v, want the unanswered request: %v", found, tt.breaks)
				}
				s.Close(context.Background())
			})
		})
	}
}

func TestControlLeavesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFake() // it makes a cache of any request
		_, s := testSession(t, stuck{f, func(r *http.Request) bool { return r.URL.Query().Get("ImageCacheName") == "odd" }})
		p := &Probe{Operation: "CreateImageCache", Params: wire.Params{{Name: "ImageCacheName", Value: "odd"}}}
		if _, err := s.Probe(context.Background(), p); err == nil {
			t.Fatal("Probe() = nil, want no answer")
		}
		s.Close(context.Background())
		if f.made != 2 || len(f.live) != 0 {
			t.Errorf("%d caches made, %d left; want those of the two controls, deleted", f.made, len(f.live))
		}
	})
}

func TestUnfit(t *testing.T) {
	t.Parallel()
	clause := &contract.Clause{ID: "clause", Level: contract.Must}
	tests := []struct {
		name   string
		code   string
		option Option
		unfit  string
	}{
		{"of its own", "Account.Arrearage", Bound(), "account.arrears"},
		{"under the condition", "Account.Arrearage", Under("account.arrears"), ""},
		{"with the condition's key", "Account.Arrearage", As("arrears"), ""},
		{"under another condition", "Account.Arrearage", Under("vswitch.exhausted"), "account.arrears"},
		{"the request's fault", "InvalidParameter", Bound(), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := newFake()
			f.before = func(int, string) (int, string, error) { return 400, `"Code":"` + tt.code + `"`, nil }
			_, s := testSession(t, f)
			a := mustProbe(t, s, &Probe{Operation: "CreateImageCache"}, tt.option)
			s.Find(s.Judge.Accepted(a, clause)...)
			counted := slices.ContainsFunc(s.Findings(), func(f check.Finding) bool { return f.Clause == clause.ID })
			if counted != (tt.unfit == "") || !strings.Contains(s.Unfit(), tt.unfit) || (s.Unfit() == "") != counted {
				t.Errorf("Unfit() = %q, findings %v; want %q", s.Unfit(), s.Findings(), tt.unfit)
			}
		})
	}
}

func TestSetUpNamesTheStanding(t *testing.T) {
	t.Parallel()
	f := newFake()
	f.before = func(int, string) (int, string, error) { return 403, `"Code":"QuotaExceeded"`, nil }
	_, s := testSession(t, f)
	_, err := s.Lease(context.Background(), "ImageCache")
	reason, ok := IsInconclusive(err)
	for _, want := range []string{"prepare an ImageCache", "not in a state to be judged", "QuotaExceeded", "account.quotaExceeded"} {
		if !ok || !strings.Contains(reason, want) {
			t.Errorf("Lease() error = %v, want inconclusive with %q", err, want)
		}
	}
}
