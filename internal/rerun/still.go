package rerun

import (
	"fmt"
	"net/http"
	"time"

	"github.com/eci-conform/conform/internal/cassette"
	"github.com/eci-conform/conform/internal/plan"
)

// Still is the memory of a recording whose exchanges are judged as they stand:
// nothing is asked of it.
type Still struct{ begin time.Time }

// StillOf is the memory of a recording.
func StillOf(c *cassette.Cassette) Still { return Still{c.Header().Recorded} }

// Begin is when recording began.
func (s Still) Begin() time.Time { return s.begin }

// Case remembers nothing of any case.
func (s Still) Case(string) (begin time.Time, lent []plan.Loan) { return time.Time{}, nil }

// RoundTrip refuses: nothing is sent when a recording is judged.
func (s Still) RoundTrip(r *http.Request) (*http.Response, error) {
	return nil, fmt.Errorf("%w: %s %s", ErrMissing, r.Method, r.URL.Path)
}
