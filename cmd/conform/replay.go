package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/eci-conform/conform/internal/cassette"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/recorder"
	"github.com/eci-conform/conform/internal/replay"
	"github.com/eci-conform/conform/internal/wire"
)

// replayFlags are the flags of conform replay.
type replayFlags struct {
	source  source
	serve   bool
	addr    string
	key     keyFlags
	speed   float64
	status  int
	report  string
	require bool
	account []string
	ca      string
	maxAge  time.Duration
	judge   runFlags // without --serve
	typed   []string // on the command line: what is set elsewhere is meant for whom it concerns
}

// The flags of replay that mean something in one of its two ways only.
var (
	servingFlags = []string{"addr", "speed", "access-key-id", "access-key-secret", "on-miss-status", "account", "ca", "require-all", "report"}
	judgingFlags = []string{"select", "skip", "level", "strict", "baseline", "write-baseline", "force", "reports", "format", "verbose"}
)

// fitting refuses the flags of the other way: they would be passed over.
func (f *replayFlags) fitting() error {
	for _, name := range f.typed {
		if !f.serve && slices.Contains(servingFlags, name) {
			return usage(fmt.Errorf("--%s: only with --serve", name))
		}
		if f.serve && slices.Contains(judgingFlags, name) {
			return usage(fmt.Errorf("--%s: not with --serve, which judges nothing", name))
		}
	}
	return nil
}

func newReplay(a *app) *cobra.Command {
	f := &replayFlags{}
	c := &cobra.Command{
		Use:   "replay CASSETTE",
		Short: "Judge a recording again, or answer any client from it",
		Long: `Judge the traffic in a cassette by today's contract, without a network: a
recorded run by its cases, as conform run would; anything else exchange by
exchange, and each resource that was made by what is shown of it later. Reports
and exit codes are those of conform run.

With --serve, answer requests from the cassette until interrupted, and from
nothing else: no request is ever sent on. The first line on standard output is
"listening on http://HOST:PORT". Point a client's endpoint there, or make it the
client's proxy: HTTPS_PROXY and the certificate that --ca writes. Each access key
replays the whole recording for itself.

A request that is not recorded, or not for that moment, is refused; the message
names the recordings that come nearest. The account at the end tells what was
unmatched, asked for too often, out of order or never asked for. Exit code 1:
one of these occurred; what was never asked for counts with --require-all only.`,
		Example: `  conform replay cassettes/run-20261121-103000.cassette
  conform replay --strict --select UpdateImageCache session.cassette
  conform replay --serve session.cassette
  conform replay --serve --addr 127.0.0.1:9000 --speed 1 session.cassette
  conform replay --serve --ca ca.pem session.cassette
  conform replay --serve --access-key-id test --access-key-secret secret session.cassette`,
		Args: func(c *cobra.Command, args []string) error {
			c.Flags().Visit(func(g *pflag.Flag) { f.typed = append(f.typed, g.Name) })
			return oneCassette(c, args)
		},
		RunE: func(c *cobra.Command, args []string) error { return a.replay(c.Context(), f, args[0]) },
	}
	s := c.Flags()
	s.BoolVar(&f.serve, "serve", false, "answer clients over HTTP")
	s.StringVar(&f.addr, "addr", "127.0.0.1:0", "`HOST:PORT` to listen on; port 0 picks one")
	s.Float64Var(&f.speed, "speed", 0, "`N` times as fast as recorded; 0 means without any delay")
	s.StringVar(&f.key.id, "access-key-id", "", "`ID` of the access key whose signatures are checked")
	s.StringVar(&f.key.secret, "access-key-secret", "", "its `SECRET`")
	s.IntVar(&f.status, "on-miss-status", replay.DefaultMissStatus, "the `STATUS` that answers what is not recorded")
	s.StringArrayVar(&f.account, "account", nil, "`KEY=RECORDED`: the access key of a client, and the recorded one that it stands for; repeatable")
	s.StringVar(&f.ca, "ca", "", "write the certificate that clients must trust for https to this `FILE`")
	s.BoolVar(&f.require, "require-all", false, "want every recorded exchange to be asked for")
	s.StringVar(&f.report, "report", "", "write the account as JSON to this `FILE`")
	f.source.add(c)
	s.DurationVar(&f.maxAge, "max-age", 30*24*time.Hour, "warn when what was recorded is older than this `DURATION`")
	f.judge.choice.add(c, planLister)
	f.judge.known.add(c)
	f.judge.judging(c)
	return c
}

// oneCassette wants the file to replay.
func oneCassette(c *cobra.Command, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("want one cassette, got %s; see %s --help", counted(len(args), "argument"), c.CommandPath())
	}
	return nil
}

func (a *app) replay(ctx context.Context, f *replayFlags, file string) error {
	if err := f.fitting(); err != nil {
		return err
	}
	if f.maxAge < 0 {
		return usage(fmt.Errorf("--max-age %v: want 0 or more", f.maxAge))
	}
	if !f.serve {
		f.judge.target.name, f.judge.source = file, f.source
		return a.judgeCassette(ctx, &f.judge, f.maxAge)
	}
	c, err := f.source.sound()
	if err != nil {
		return err
	}
	o, err := f.options(c)
	if err != nil {
		return usage(err)
	}
	tape, err := openCassette(file)
	if err != nil {
		return err
	}
	defer tape.Close()
	a.noteState(tape, c)
	a.noteAge(tape, f.maxAge)
	player, err := replay.New(tape, o)
	if err != nil {
		return usage(err)
	}
	return a.player(ctx, f, player)
}

func (f *replayFlags) options(c *contract.Contract) (replay.Options, error) {
	o := replay.Options{Contract: c, Speed: f.speed, MissStatus: f.status, RequireAll: f.require}
	switch {
	case !(f.speed >= 0 && f.speed <= replay.MaxSpeed):
		return o, fmt.Errorf("--speed %v: want 0 to %v", f.speed, float64(replay.MaxSpeed))
	case f.status < 400 || f.status > 599:
		return o, fmt.Errorf("--on-miss-status %d: want 400 to 599", f.status)
	case f.key.given():
		if err := f.key.check("--access-key-id and --access-key-secret"); err != nil {
			return o, err
		}
		o.Keys = []wire.Credentials{{AccessKeyID: f.key.id, AccessKeySecret: f.key.secret}}
	}
	var err error
	o.Accounts, err = accounts(f.account)
	return o, err
}

// accounts reads KEY=RECORDED.
func accounts(all []string) (map[string]string, error) {
	out := map[string]string{}
	for _, text := range all {
		key, recorded, ok := strings.Cut(text, "=")
		if !ok || key == "" || recorded == "" {
			return nil, fmt.Errorf("--account: %d characters without =: want KEY=RECORDED, the key of a client and that of the recording", len(text))
		}
		out[key] = recorded
	}
	return out, nil
}

// noteState says what a user of a cassette should know of it.
func (a *app) noteState(c *cassette.Cassette, by *contract.Contract) {
	if c.State() != cassette.Sealed {
		fmt.Fprintf(a.Err, "conform: %s: the recording was never closed; %d bytes at its end are no whole exchange\n", printable(c.Name()), c.Torn())
	}
	if d := strings.TrimPrefix(c.Header().Contract, "sha256:"); d != "" && d != by.Digest {
		fmt.Fprintf(a.Err, "conform: %s: recorded with another version of the contract\n", printable(c.Name()))
	}
}

// player answers until it is told to stop, and gives account.
func (a *app) player(ctx context.Context, f *replayFlags, p *replay.Player) error {
	l, err := bind(f.addr)
	if err != nil {
		return usage(err)
	}
	defer l.Close()
	authority, err := writeAuthority(f.ca, a.Now)
	if err != nil {
		return err
	}
	to, err := openAccount(f.report)
	if err != nil {
		return usage(errors.Join(err, forget(f.ca)))
	}
	defer to.Close() // nil where there is no file
	front := recorder.NewFront(p, authority)
	defer front.Close()
	s := serveOn(l, front)
	if _, err := fmt.Fprintf(a.Out, "listening on %s\n", s.url); err != nil {
		s.stop(0)
		return exit(exitFault, err)
	}
	<-ctx.Done()
	s.stop(time.Second)
	r := p.Report()
	for line := range strings.Lines(r.String()) {
		fmt.Fprintln(a.Err, printable(strings.TrimSuffix(line, "\n")))
	}
	if err := writeAccount(to, r); err != nil {
		return exit(exitFault, fmt.Errorf("write %s: %w", f.report, err))
	}
	if code := r.ExitCode(); code != 0 {
		return exit(exitDeparts, nil)
	}
	return nil
}

// openAccount makes the file for the report, unless it has no name.
func openAccount(file string) (*os.File, error) {
	if file == "" {
		return nil, nil
	}
	to, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, fmt.Errorf("--report: %w", err)
	}
	return to, nil
}

// writeAccount writes the report as JSON, unless there is no file.
func writeAccount(to *os.File, r replay.Report) error {
	if to == nil {
		return nil
	}
	e := json.NewEncoder(to)
	e.SetIndent("", "  ")
	return errors.Join(e.Encode(r), to.Close())
}
