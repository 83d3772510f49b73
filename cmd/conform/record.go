package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/eci-conform/conform/fixtures"
	"github.com/eci-conform/conform/internal/cassette"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/emulator"
	"github.com/eci-conform/conform/internal/profile"
	"github.com/eci-conform/conform/internal/recorder"
)

// recordFlags are the flags of conform record.
type recordFlags struct {
	source source
	target targetFlags
	addr   string
	dir    string
	hosts  []string
	ca     string
	// timeout is of one request; 0 for as long as the client waits.
	timeout time.Duration
}

func newRecord(a *app) *cobra.Command {
	f := &recordFlags{}
	c := &cobra.Command{
		Use:   "record",
		Short: "Record the traffic of any SDK with a target",
		Long: `Be a proxy in front of a target and record what passes into a cassette, until
interrupted. The first line on standard output is "listening on
http://HOST:PORT". Point a client's endpoint there, or make it the client's
proxy: HTTPS_PROXY and the certificate that --ca writes.

Secrets are replaced before anything is written. Requests of signature v1 pass
as they are; ACS3 signs the host, so with an endpoint of the proxy's own they
are signed again by the target's credentials, where they are the client's too.

Requests pass as fast as the client sends them and wait as long as it does,
unless --timeout gives up earlier: the client's connection breaks then, and the
cassette has the request as timed out.`,
		Example: `  conform record --target http://127.0.0.1:8080 --record cassettes
  conform record --target sandbox.yaml --addr 127.0.0.1:9000
  conform record --target https://eci.cn-hangzhou.aliyuncs.com --ca ca.pem
  conform record --target sandbox.yaml --timeout 10s   give up on a target that does not answer`,
		Args: noWords,
		RunE: func(c *cobra.Command, _ []string) error { return a.record(c.Context(), f) },
	}
	s := c.Flags()
	s.StringVar(&f.addr, "addr", "127.0.0.1:0", "`HOST:PORT` to listen on; port 0 picks one")
	s.StringVar(&f.dir, "record", "cassettes", "`DIR` for the cassette, a new file each time")
	s.StringArrayVar(&f.hosts, "host", nil, "a further `HOST` that clients of the proxy call the target by; repeatable")
	s.StringVar(&f.ca, "ca", "", "write the certificate that clients must trust for https to this `FILE`")
	s.DurationVar(&f.timeout, "timeout", 0, "`DURATION` that the target has for one request; 0 is as long as the client waits")
	f.target.add(c)
	s.Lookup("target").Usage = "whom to stand in front of: a `NAME` of fixtures/targets, a profile's file, or a URL"
	f.source.add(c)
	return c
}

// record serves until it is told to stop or can record no more.
func (a *app) record(ctx context.Context, f *recordFlags) error {
	if err := f.check(); err != nil {
		return err
	}
	c, err := f.source.sound()
	if err != nil {
		return err
	}
	f.target.keyless = true // v1 passes as it is
	t, err := a.resolve(f.target, c)
	switch {
	case err != nil:
		return usage(err)
	case t.tape != nil:
		return usage(fmt.Errorf("--target %s is a recording: conform replay --serve answers from it", f.target.name))
	}
	stop, err := a.embedded(t, c)
	if err != nil {
		return err
	}
	defer stop()
	l, err := bind(f.addr)
	if err != nil {
		return usage(err)
	}
	defer l.Close()
	authority, err := writeAuthority(f.ca, a.Now)
	if err != nil {
		return err
	}
	rec, err := a.openRecording(recordingOf{
		dir: f.dir, kind: "record", contract: c, keys: keysOf(t.credentials),
		header: cassette.Header{Target: publicURL(t.profile.Endpoint)},
	})
	if err != nil {
		return errors.Join(err, forget(f.ca))
	}
	p := proxying{app: a, flags: f, target: t, rec: rec, at: l, authority: authority}
	return errors.Join(p.run(ctx), rec.close(a))
}

func (f *recordFlags) check() error {
	if f.timeout < 0 {
		return usage(fmt.Errorf("--timeout %v: want 0 or more", f.timeout))
	}
	for _, h := range f.hosts {
		if u, err := url.Parse("//" + h); err != nil || u.Host != h || !profile.IsKey(h) || u.Hostname() == "" {
			return usage(fmt.Errorf("--host %q: want HOST or HOST:PORT", h))
		}
	}
	return nil
}

// forget removes a certificate of which nothing came.
func forget(ca string) error {
	if ca == "" {
		return nil
	}
	return os.Remove(ca)
}

// embedded starts the emulator where it is the target.
func (a *app) embedded(t *target, c *contract.Contract) (stop func(), err error) {
	if !t.embedded {
		return func() {}, nil
	}
	return t.embed(emulator.Options{Contract: c, World: fixtures.World, Clock: a.Now, Seed: 1})
}

// proxying is a recording proxy.
type proxying struct {
	*app
	flags     *recordFlags
	target    *target
	rec       *recording
	at        net.Listener
	authority *recorder.Authority
}

// run serves until it is told to stop, or cannot write any more.
func (p proxying) run(ctx context.Context) error {
	to, err := url.Parse(p.target.profile.Endpoint)
	if err != nil {
		return usage(fmt.Errorf("--target: %w", err))
	}
	proxy := recorder.NewProxy(recorder.ProxyOptions{
		Recorder: p.rec.Recorder, Target: to, Transport: patient(newTransport(), p.flags.timeout), Keys: keysOf(p.target.credentials), Hosts: p.flags.hosts, Authority: p.authority,
	})
	defer proxy.Close()
	s := serveOn(p.at, proxy)
	defer s.stop(time.Second)
	if _, err := fmt.Fprintf(p.Out, "listening on %s\n", s.url); err != nil {
		return exit(exitFault, err)
	}
	select {
	case <-ctx.Done():
	case <-p.rec.Stopped(): // closing the recording says why
	}
	return nil
}

// writeAuthority makes what https needs, and writes its certificate to a file
// unless that has no name.
func writeAuthority(file string, clock func() time.Time) (*recorder.Authority, error) {
	authority, err := recorder.NewAuthority(clock)
	if err != nil {
		return nil, exit(exitFault, err)
	}
	if file == "" {
		return authority, nil
	}
	if err := os.WriteFile(file, authority.PEM(), 0o644); err != nil {
		return nil, usage(fmt.Errorf("--ca: %w", err))
	}
	return authority, nil
}
