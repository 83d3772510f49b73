package run

import (
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eci-conform/conform/internal/contract"
)

// falls is a target that answers so many requests and then leaves all others
// waiting, but one in every so many where that is not zero.
func falls(silentFrom, but int) http.RoundTripper {
	return &hanging{target: good(), from: silentFrom, but: but}
}

type hanging struct {
	*target
	from, but int
	n         atomic.Int64
}

func (h *hanging) RoundTrip(r *http.Request) (*http.Response, error) {
	n := int(h.n.Add(1))
	if n <= h.from || h.but > 0 && n%h.but == 0 {
		return h.target.RoundTrip(r)
	}
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// A target that hangs is given up in one timeout and little more, however many
// cases run at once.
func TestTargetThatHangsIsGivenUpSoon(t *testing.T) {
	t.Parallel()
	for _, jobs := range []int{1, 8, 64} {
		synctest.Test(t, func(t *testing.T) {
			o := testOptions(t, falls(100, 0), asks(300)...)
			o.Jobs, o.Timeout = jobs, time.Minute
			begin := time.Now()
			sum, _ := runAll(t, o)
			if sum.Pass != 100 || !strings.Contains(sum.Unreachable, "for 1m8s") || sum.ExitCode() != ExitNotJudged {
				t.Errorf("-j %d: Wait() = %+v exits %d, want 100 passes and an early end", jobs, sum, sum.ExitCode())
			}
			if took := time.Since(begin); took > o.Timeout+15*time.Second {
				t.Errorf("-j %d: the run took %v", jobs, took)
			}
		})
	}
}

// A target that leaves some requests waiting lives.
func TestTargetThatHangsNowAndThenIsJudged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := testOptions(t, falls(10, 3), asks(40)...)
		o.Jobs, o.Timeout = 2, 5*time.Second
		if sum, _ := runAll(t, o); sum.Unreachable != "" || sum.Total != 40 || sum.Judged() == 0 {
			t.Errorf("Wait() = %+v, want it to go on to the end", sum)
		}
	})
}

// A target that turns away all that comes is given up; one that does so for a
// minute is not.
func TestThrottlingTargetIsGivenUp(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		until time.Duration
		gone  bool
	}{{"for a minute", time.Minute, false}, {"for ever", 24 * time.Hour, true}} {
		synctest.Test(t, func(t *testing.T) {
			begin := time.Now()
			rt := &target{answer: func(int, url.Values) (int, string, error) {
				if time.Since(begin) < tt.until {
					return 429, `"Code":"Throttling.User"`, nil
				}
				return 200, `"Regions":[]`, nil
			}}
			o := testOptions(t, rt, asks(1000)...)
			o.Strict = contract.Must
			sum, _ := runAll(t, o)
			if (sum.Unreachable != "") != tt.gone || tt.gone && sum.ExitCode() != ExitNotJudged {
				t.Errorf("throttled %s: Wait() = %+v exits %d", tt.name, sum, sum.ExitCode())
			}
			if took := time.Since(begin); tt.gone && took > 2*time.Minute {
				t.Errorf("throttled %s: the run took %v", tt.name, took)
			}
		})
	}
}

// A target that answers with too much is given up; one that does so now and
// then, and however often, is not.
func TestTargetThatAnswersTooMuchIsGivenUp(t *testing.T) {
	t.Parallel()
	huge := `"Regions":[` + strings.Repeat("0,", 60_000) + `0]`
	for _, tt := range []struct {
		name string
		but  int // one answer in so many is as it should be
		gone bool
	}{{"always", 1 << 20, true}, {"but for each fifth", 5, false}} {
		rt := &target{answer: func(n int, _ url.Values) (int, string, error) {
			if n%tt.but != 0 {
				return 200, huge, nil
			}
			return 200, `"Regions":[]`, nil
		}}
		o := testOptions(t, rt, asks(60)...)
		o.Jobs = 2
		sum, _ := runAll(t, o)
		if gone := strings.Contains(sum.Unreachable, "too much to read"); gone != tt.gone || sum.Fail == 0 {
			t.Errorf("too much %s: Wait() = %+v, want failures, and an early end %v", tt.name, sum, tt.gone)
		}
	}
}
