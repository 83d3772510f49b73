package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/eci-conform/conform/fixtures"
	"github.com/eci-conform/conform/internal/emulator"
)

// firstAccount is the world's account that a further key belongs to.
const firstAccount = "default"

// serveFlags are the flags of conform serve.
type serveFlags struct {
	source  source
	addr    string
	key     keyFlags
	settle  time.Duration
	seed    uint64
	lenient bool
	mutant  string
	scripts string
}

func newServe(a *app) *cobra.Command {
	f := &serveFlags{}
	c := &cobra.Command{
		Use:   "serve",
		Short: "Be a server: the emulator over HTTP",
		Long: `Serve the emulator until interrupted. The first line on standard output is
"listening on http://HOST:PORT". Everything it holds is in memory. It knows the
keys of its world, fixtures/world.yaml, and the one of --access-key-id.

With --misbehave it fails its clients as a file says: by access key, or by account
of the world, which faults come in which order. What it can do is honest,
throttle, serverError, unavailable, drop, slow, truncate, wrongType, html, empty:

  test:                # the key
    repeat: true
    steps:
      - {fault: throttle, times: 2, retryAfter: 1s, operation: CreateImageCache}
      - {fault: drop, late: true}    # the work is done, the answer lost
      - {fault: slow, delay: 3s}
      - {fault: honest, times: 10}`,
		Example: `  conform serve --addr 127.0.0.1:0
  conform serve --access-key-id test --access-key-secret secret --settle 1s
  conform serve --access-key-id test --access-key-secret secret --misbehave faults.yaml`,
		Args: noWords,
		RunE: func(c *cobra.Command, _ []string) error { return a.serve(c.Context(), f) },
	}
	s := c.Flags()
	s.StringVar(&f.addr, "addr", "127.0.0.1:8080", "`HOST:PORT` to listen on; port 0 picks one")
	s.StringVar(&f.key.id, "access-key-id", "", "`ID` of a further access key of the default account")
	s.StringVar(&f.key.secret, "access-key-secret", "", "its `SECRET`")
	s.DurationVar(&f.settle, "settle", emulator.DefaultSettle, "`DURATION` that a resource stays in a transitional state")
	s.Uint64Var(&f.seed, "seed", 1, "`N` decides ids")
	s.BoolVar(&f.lenient, "lenient", false, "require only the parameters that the metadata requires too")
	s.StringVar(&f.mutant, "mutant", "", "`ID` of a mutant to be instead: see conform mutants --list")
	s.StringVar(&f.scripts, "misbehave", "", "`FILE` of what goes wrong, by key or account")
	f.source.add(c)
	return c
}

func (a *app) serve(ctx context.Context, f *serveFlags) error {
	o := emulator.Options{World: fixtures.World, Clock: a.Now, Seed: f.seed, Settle: f.settle, Lenient: f.lenient}
	if f.settle < 0 {
		return usage(fmt.Errorf("--settle %v: want 0 or more", f.settle))
	}
	if f.settle == 0 {
		o.Settle = -1 // the emulator's zero is its default
	}
	if f.key.given() {
		if err := f.key.check("--access-key-id and --access-key-secret"); err != nil {
			return usage(err)
		}
		o.Keys = []emulator.Key{{AccessKeyID: f.key.id, AccessKeySecret: f.key.secret, Account: firstAccount}}
	}
	var err error
	if o.Contract, err = f.source.sound(); err != nil {
		return err
	}
	h, err := f.handler(o)
	if err != nil {
		return err
	}
	s, err := listen(f.addr, h)
	if err != nil {
		return usage(err)
	}
	defer s.stop(time.Second)
	if _, err := fmt.Fprintf(a.Out, "listening on %s\n", s.url); err != nil {
		return exit(exitFault, err)
	}
	<-ctx.Done()
	return nil
}

// handler is the emulator, as it is told to misbehave, or a mutant of it.
func (f *serveFlags) handler(o emulator.Options) (http.Handler, error) {
	if f.mutant != "" && f.scripts != "" {
		return nil, usage(errors.New("--mutant and --misbehave: want one of them"))
	}
	if f.mutant != "" {
		m, err := oneMutant(o.Contract, f.mutant)
		if err != nil {
			return nil, err
		}
		h, err := m.New(o)
		if err != nil {
			return nil, exit(exitFault, err)
		}
		return h, nil
	}
	e, err := emulator.New(o)
	if err != nil {
		return nil, exit(exitFault, err)
	}
	if f.scripts != "" {
		if err := misbehave(e, f.scripts); err != nil {
			return nil, usage(err)
		}
	}
	return e, nil
}

// misbehave gives the emulator the scripts of a file.
func misbehave(e *emulator.Emulator, file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("--misbehave: %w", err)
	}
	scripts, err := emulator.ReadScripts(file, text)
	if err != nil {
		return err
	}
	for _, who := range slices.Sorted(maps.Keys(scripts)) {
		if err := e.Script(who, scripts[who]); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	return nil
}
