package run

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/wire"
)

// roomFor is a target that has room for so many image caches.
func roomFor(n int) *target {
	var mu sync.Mutex
	live := map[string]bool{}
	made := 0
	return &target{answer: func(_ int, q url.Values) (int, string, error) {
		mu.Lock()
		defer mu.Unlock()
		switch q.Get("Action") {
		case "CreateImageCache":
			if len(live) >= n {
				return 403, `"Code":"QuotaExceeded"`, nil
			}
			made++
			id := fmt.Sprintf("imc-%d", made)
			live[id] = true
			return 200, `"ContainerGroupId":"eci-0","ImageCacheId":"` + id + `"`, nil
		case "DeleteImageCache":
			delete(live, q.Get("ImageCacheId"))
		}
		return 200, `"ImageCaches":[],"TotalCount":0`, nil
	}}
}

// making is a case that wants so many image caches at once. Each waits for all
// before it wants its second.
func making(id string, n int, all *sync.WaitGroup) *plan.Case {
	clause := &contract.Clause{ID: id + "#clause", Level: contract.Must}
	once := sync.OnceFunc(func() { all.Done(); all.Wait() })
	return &plan.Case{ID: id, Operation: "CreateImageCache", Family: "parameter", Clause: clause, Run: func(ctx context.Context, s *plan.Session) error {
		for i := range n {
			a, err := s.Probe(ctx, &plan.Probe{Operation: "CreateImageCache", Params: wire.Params{{Name: "RegionId", Value: "cn-hangzhou"}}})
			if err != nil {
				return err
			}
			s.Find(s.Judge.Accepted(a, clause)...)
			if i == 0 {
				once()
			}
		}
		return nil
	}}
}

// TestWhoFoundNoRoomBeginsAgainAlone holds that cases for which there is room one
// after the other are judged, that one which needs more than there is says so, and
// that an account without any room is not taken for one.
func TestWhoFoundNoRoomBeginsAgainAlone(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		room int
		want []int // that the cases want to have
		more Verdict
		say  string
	}{
		{"one after the other", 2, []int{2, 2}, Pass, ""},
		{"more than there is", 2, []int{2, 3}, Skip, "no room for all that the case needs at once"},
		{"none at all", 0, []int{1, 1}, Inconclusive, "QuotaExceeded"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var all sync.WaitGroup
			all.Add(len(tt.want))
			cases := make([]*plan.Case, len(tt.want))
			for i, n := range tt.want {
				cases[i] = making(fmt.Sprintf("Op/family/subject/%d", i), n, &all)
			}
			o := testOptions(t, roomFor(tt.room), cases...)
			o.Profile.Wait.Deadline = 20 * time.Millisecond
			_, results := runAll(t, o)
			for _, r := range results {
				want := Pass
				if r.Case == cases[len(cases)-1].ID || tt.more == Inconclusive {
					want = tt.more
				}
				if r.Verdict != want || want != Pass && !strings.Contains(r.Reason, tt.say) {
					t.Errorf("%s: %s %q, want %s and %q", r.Case, r.Verdict, r.Reason, want, tt.say)
				}
			}
		})
	}
}

// TestWhoWasTooSlowBeginsAgainAlone holds that cases which others may have held
// up are tried by themselves, once, when all others are through.
func TestWhoWasTooSlowBeginsAgainAlone(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		alone bool // it is quick enough by itself
		want  Verdict
	}{
		{"held up by others", true, Pass},
		{"too slow by itself", false, Skip},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var tries []string // one case runs at a time
			hurries := func(id string) *plan.Case {
				return does(id, func(_ context.Context, s *plan.Session) error {
					tries = append(tries, id)
					if len(tries) > 3 && tt.alone {
						return nil
					}
					s.Outrun()
					return plan.Skip("it passes too quickly")
				})
			}
			o := testOptions(t, good(), hurries("c/1"), hurries("c/2"), hurries("c/3"))
			o.Jobs = 1
			_, results := runAll(t, o)
			for _, r := range results {
				if r.Verdict != tt.want {
					t.Errorf("%s: %s %q, want %s", r.Case, r.Verdict, r.Reason, tt.want)
				}
			}
			if diff := cmp.Diff([]string{"c/1", "c/2", "c/3", "c/1", "c/2", "c/3"}, tries); diff != "" {
				t.Errorf("tries mismatch (-want +got):\n%s", diff)
			}
		})
	}
}
