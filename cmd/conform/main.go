// Command conform judges servers by the contract of the Elastic Container
// Instance API, and is one itself for tests.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"golang.org/x/term"

	"github.com/eci-conform/conform/internal/wire"
)

// System is all that the program takes from the process around it, so that
// tests can put something else there.
type System struct {
	Args     []string // without the program's name
	Out, Err io.Writer
	Lookup   func(name string) (value string, ok bool) // environment
	Environ  []string                                  // NAME=VALUE, all of it; may be empty
	Now      func() time.Time
	Terminal bool // whether Err is one
	Color    bool // whether Out is a terminal that wants colour
}

func main() {
	// What net/http has to say about a target holds bytes that the target sent.
	log.SetOutput(io.Discard)
	// A reader that goes away must not end a run before it has cleared away.
	signal.Ignore(syscall.SIGPIPE)
	tune(os.LookupEnv)
	os.Exit(Main(system()))
}

func system() System {
	_, plain := os.LookupEnv("NO_COLOR")
	return System{
		Args: os.Args[1:], Out: os.Stdout, Err: os.Stderr, Lookup: os.LookupEnv, Environ: os.Environ(), Now: time.Now,
		Terminal: term.IsTerminal(int(os.Stderr.Fd())),
		Color:    term.IsTerminal(int(os.Stdout.Fd())) && !plain,
	}
}

// The exit codes, an interface: design part 5.
const (
	exitConforms    = 0
	exitDeparts     = 1
	exitUsage       = 2
	exitUnjudged    = 3
	exitFault       = 4
	exitStale       = 5
	exitLeaked      = 6
	exitInterrupted = 130
)

// exitError is an error with the exit code that it means. A nil err says
// nothing more: everything has been printed.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// exit gives err, which may be nil, an exit code.
func exit(code int, err error) error { return &exitError{code: code, err: err} }

// usage is for bad flags, files and contracts.
func usage(err error) error { return exit(exitUsage, err) }

// printable escapes what would steer a terminal: a message may quote a file or
// a target.
func printable(line string) string {
	var b strings.Builder
	for _, c := range line {
		if wire.Steers(c) {
			fmt.Fprintf(&b, `\u%04x`, c)
			continue
		}
		b.WriteRune(c)
	}
	return b.String()
}

// debugging is the variable that asks for the stack of a panic.
const debugging = variables + "DEBUG"

// Main runs the command and returns the exit code. A panic of the command
// itself, outside the cases, ends as one line; it is the command's only recover.
func Main(s System) (code int) {
	defer func() {
		if p := recover(); p != nil {
			code = s.panicked(p)
		}
	}()
	return execute(s)
}

// panicked tells of a panic: its first line, and the stack on demand.
func (s System) panicked(p any) int {
	what, _, _ := strings.Cut(fmt.Sprint(p), "\n")
	fmt.Fprintf(s.Err, "conform: fault in the harness: panic: %s (%s=1 shows where)\n", printable(what), debugging)
	if v, _ := s.Lookup(debugging); v != "" {
		_, _ = s.Err.Write(debug.Stack())
	}
	return exitFault
}

func execute(s System) int {
	ctx, stop := signals(context.Background(), s.Err, os.Exit)
	defer stop()
	out := &output{to: s.Out}
	s.Out = out
	root := newRoot(&app{System: s})
	root.SetArgs(s.Args)
	root.SetOut(s.Out)
	root.SetErr(s.Err)
	cmd, err := root.ExecuteContextC(ctx)
	if out.err != nil {
		err = out.fault(err)
	}
	if err == nil {
		return exitConforms
	}
	code := exitUsage // what cobra itself refuses: commands, arguments, flags
	if e, ok := errors.AsType[*exitError](err); ok {
		if e.err == nil {
			return e.code
		}
		code = e.code
	}
	for line := range strings.SplitSeq(err.Error(), "\n") {
		fmt.Fprintf(s.Err, "%s: %s\n", cmd.CommandPath(), printable(line))
	}
	return code
}
