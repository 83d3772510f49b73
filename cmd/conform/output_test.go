package main

import (
	"errors"
	"fmt"
	"io"
	"syscall"
	"testing"
	"time"
)

// refusing is a writer that fails.
type refusing struct{ err error }

func (r refusing) Write([]byte) (int, error) { return 0, r.err }

func TestOutputThatIsLost(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		args []string
		err  error
		want int
	}{
		{[]string{"version"}, errors.New("no space"), exitFault},
		{[]string{"plan"}, errors.New("no space"), exitFault},
		{[]string{"--help"}, errors.New("no space"), exitFault},
		{[]string{"plan"}, fmt.Errorf("write: %w", syscall.EPIPE), exitConforms},
		{[]string{"plan", "--level", "x"}, fmt.Errorf("write: %w", syscall.EPIPE), exitUsage},
	} {
		none := func(string) (string, bool) { return "", false }
		got := Main(System{Args: tt.args, Out: refusing{tt.err}, Err: io.Discard, Lookup: none, Now: time.Now})
		if got != tt.want {
			t.Errorf("conform %v with an output that says %q exits %d, want %d", tt.args, tt.err, got, tt.want)
		}
	}
}
