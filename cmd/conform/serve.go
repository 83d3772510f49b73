package main

import (
	"context"
	"fmt"
	"net/http"
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
}

func newServe(a *app) *cobra.Command {
	f := &serveFlags{}
	c := &cobra.Command{
		Use:   "serve",
		Short: "Be a server: the emulator over HTTP",
		Long: `Serve the emulator until interrupted. The first line on standard output is
"listening on http://HOST:PORT". Everything it holds is in memory.`,
		Example: `  conform serve --addr 127.0.0.1:0
  conform serve --access-key-id test --access-key-secret secret --settle 1s`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.serve(c.Context(), f) },
	}
	s := c.Flags()
	s.StringVar(&f.addr, "addr", "127.0.0.1:8080", "`HOST:PORT` to listen on; port 0 picks one")
	s.StringVar(&f.key.id, "access-key-id", "", "a further access key of the default account")
	s.StringVar(&f.key.secret, "access-key-secret", "", "its secret")
	s.DurationVar(&f.settle, "settle", emulator.DefaultSettle, "how long a resource stays in a transitional state")
	s.Uint64Var(&f.seed, "seed", 1, "decides ids")
	s.BoolVar(&f.lenient, "lenient", false, "require only the parameters that the metadata requires too")
	s.StringVar(&f.mutant, "mutant", "", "`ID` of a mutant to be instead: see conform mutants --list")
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
	h, err := handler(o, f.mutant)
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

// handler is the emulator, or a mutant of it.
func handler(o emulator.Options, id string) (http.Handler, error) {
	if id == "" {
		h, err := emulator.New(o)
		if err != nil {
			return nil, exit(exitFault, err)
		}
		return h, nil
	}
	m, err := oneMutant(o.Contract, id)
	if err != nil {
		return nil, err
	}
	h, err := m.New(o)
	if err != nil {
		return nil, exit(exitFault, err)
	}
	return h, nil
}
