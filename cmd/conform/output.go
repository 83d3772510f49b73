package main

import (
	"errors"
	"io"
	"syscall"
)

// output is standard output. It remembers the first error, for what is lost
// there is a fault of the harness whatever a command makes of it. A reader that
// has seen enough, such as head, is none.
type output struct {
	to  io.Writer
	err error
}

// Write drops what comes after the reader has gone.
func (o *output) Write(p []byte) (int, error) {
	n, err := o.to.Write(p)
	if errors.Is(err, syscall.EPIPE) {
		return len(p), nil
	}
	if err != nil && o.err == nil {
		o.err = err
	}
	return n, err
}

// fault is the command's error as one of the output that was lost.
func (o *output) fault(err error) error {
	if !errors.Is(err, o.err) {
		err = o.err
	}
	return exit(exitFault, err)
}
