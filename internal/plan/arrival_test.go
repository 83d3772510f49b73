package plan

import (
	"testing"
	"time"
)

// What passes is looked for at half the time in which it had not come about, and
// earlier where it was there at the first look.
func TestArrivals(t *testing.T) {
	t.Parallel()
	_, s := testSession(t, newFake())
	const ms = time.Millisecond
	if got := s.Due("a"); got != 0 {
		t.Errorf("Due() of what nobody knows = %v", got)
	}
	for _, step := range []struct{ early, want time.Duration }{
		{40 * ms, 20 * ms}, {60 * ms, 20 * ms}, {24 * ms, 12 * ms}, {0, 9 * ms}, {100 * ms, 9 * ms},
	} {
		s.Came("a", step.early)
		if got := s.Due("a"); got != step.want {
			t.Errorf("Due() after one that had not come after %v = %v, want %v", step.early, got, step.want)
		}
	}
	if got := s.Due("b"); got != 0 {
		t.Errorf("Due() of something else = %v", got)
	}
}
