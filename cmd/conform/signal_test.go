//go:build !windows

package main

import (
	"bytes"
	"os"
	"strings"
	"syscall"
	"testing"
)

// TestSecondInterruptExits is not parallel: its interrupts reach the process.
func TestSecondInterruptExits(t *testing.T) {
	var errs bytes.Buffer
	exited := make(chan int, 1)
	ctx, stop := signals(t.Context(), &errs, func(code int) { exited <- code })
	for range 2 {
		if err := syscall.Kill(os.Getpid(), syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
		<-ctx.Done() // the first has arrived before the second is sent
	}
	if code := <-exited; code != exitInterrupted {
		t.Errorf("the second interrupt exits %d, want %d", code, exitInterrupted)
	}
	stop()
	if n := strings.Count(errs.String(), "interrupted"); n != 1 {
		t.Errorf("interrupted is said %d times, want once:\n%s", n, errs.String())
	}
}
