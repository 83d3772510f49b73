package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// signals returns a context that the first interrupt cancels, so that a run
// ends in order and writes its reports. The second one calls exit.
func signals(parent context.Context, errs io.Writer, exit func(code int)) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancel(parent)
	ch := make(chan os.Signal, 2)
	signal.Notify(ch, os.Interrupt, syscall.SIGTERM)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for n := 0; ; n++ {
			if _, open := <-ch; !open {
				return
			}
			if n > 0 {
				exit(exitInterrupted)
				return
			}
			fmt.Fprintln(errs, "conform: interrupted, ending in order; once more to stop at once")
			cancel()
		}
	}()
	return ctx, func() {
		signal.Stop(ch)
		close(ch)
		<-done
		cancel()
	}
}
