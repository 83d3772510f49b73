package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
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

// bursting is a writer that panics.
type bursting struct{}

func (bursting) Write([]byte) (int, error) { panic("no\nroom") }

// A panic outside the cases is one line and the exit code of faults; where it
// came from is told on demand.
func TestPanicOfTheCommand(t *testing.T) {
	t.Parallel()
	const line = "conform: fault in the harness: panic: no (CONFORM_DEBUG=1 shows where)\n"
	for _, wanted := range []bool{false, true} {
		var told strings.Builder
		lookup := func(name string) (string, bool) {
			if wanted && name == "CONFORM_DEBUG" {
				return "1", true
			}
			return "", false
		}
		code := Main(System{Args: []string{"version"}, Out: bursting{}, Err: &told, Lookup: lookup, Now: time.Now})
		rest, began := strings.CutPrefix(told.String(), line)
		if code != exitFault || !began || strings.Contains(rest, "bursting") != wanted || !wanted && rest != "" {
			t.Errorf("a panic with CONFORM_DEBUG %v exits %d and says %q, want %d and %q, the stack %v", wanted, code, told.String(), exitFault, line, wanted)
		}
	}
}
