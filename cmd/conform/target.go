package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/eci-conform/conform/fixtures"
	"github.com/eci-conform/conform/internal/cassette"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/nearest"
	"github.com/eci-conform/conform/internal/profile"
	"github.com/eci-conform/conform/internal/rerun"
	"github.com/eci-conform/conform/internal/wire"
)

// embedded is the target that conform carries.
const embedded = "emulator"

// defaultRegion is where a target lies that does not say.
const defaultRegion = "cn-hangzhou"

// targetFlags say what to judge.
type targetFlags struct {
	name   string
	region string
	key    keyFlags
	// keyless says that what has no key is good too.
	keyless bool
	command *cobra.Command // whose flags they are; nil for none
}

func (t *targetFlags) add(c *cobra.Command) {
	f := c.Flags()
	t.command = c
	f.StringVar(&t.name, "target", embedded, "what to judge: a `NAME` of fixtures/targets, a profile's file, a URL, or the cassette of a run")
	f.StringVar(&t.region, "region", "", "`ID` of the region to call (default: the profile's, or "+defaultRegion+")")
	f.StringVar(&t.key.id, "access-key-id", "", "`ID` of the access key (also "+envKeyID+")")
	f.StringVar(&t.key.secret, "access-key-secret", "", "its `SECRET` (also "+envSecret+")")
	f.StringVar(&t.key.token, "security-token", "", "STS `TOKEN` (also "+envToken+")")
}

// typed says whether a flag of the command stands on the command line.
func (t *targetFlags) typed(flag string) bool { return t.command != nil && typed(t.command, flag) }

// target is what is judged, ready to be called.
type target struct {
	name        string
	embedded    bool
	profile     *profile.Profile
	credentials map[string]wire.Credentials

	// Of a recorded run in place of a server; nil for a server.
	source *cassette.Cassette
	tape   *rerun.Tape
}

// redactor masks what is secret of the target's keys.
func (t *target) redactor() *wire.Redactor {
	var secrets []string
	for _, c := range t.credentials {
		secrets = append(secrets, c.AccessKeySecret, c.SecurityToken)
	}
	return wire.NewRedactor(secrets...)
}

// resolve reads the target's profile and finds its credentials. It calls
// nothing.
func (a *app) resolve(t targetFlags, c *contract.Contract) (*target, error) {
	if isCassette(t.name) {
		return a.recall(t, c)
	}
	p, err := loadProfile(t.name)
	if err != nil {
		return nil, err
	}
	if !profile.IsKey(t.region) {
		return nil, fmt.Errorf("--region %q: want a region id such as %s", t.region, defaultRegion)
	}
	if t.region != "" && t.region != p.Region && len(p.Bindings) > 0 {
		a.warn("--region %s: the bindings of %s are of %s", t.region, p.File, p.Region)
	}
	p.Region = cmp.Or(t.region, p.Region)
	if err := p.Validate(c); err != nil {
		return nil, err
	}
	if err := a.giveKey(p, t.key); err != nil && t.keyless && !t.key.given() {
		return &target{name: t.name, profile: p}, nil
	} else if err != nil {
		return nil, err
	}
	creds, err := p.Resolve(lookups())
	if err != nil {
		return nil, err
	}
	return &target{name: t.name, embedded: t.name == embedded, profile: p, credentials: creds}, nil
}

// loadProfile finds the profile that a --target means.
func loadProfile(name string) (*profile.Profile, error) {
	if isCassette(name) {
		return nil, fmt.Errorf("--target %s is a recording: want a profile's file or a URL", name)
	}
	if strings.Contains(name, "://") {
		if err := profile.CheckEndpoint(name); err != nil {
			return nil, fmt.Errorf("--target: %w", err)
		}
		return profile.Load("--target", fmt.Appendf(nil, "endpoint: %q\nregion: %s\n", name, defaultRegion))
	}
	if strings.ContainsAny(name, `/\`) || strings.HasSuffix(name, ".yaml") || strings.HasSuffix(name, ".yml") {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read target profile: %w", err)
		}
		return profile.Load(name, text)
	}
	file := "targets/" + name + ".yaml"
	text, err := fixtures.Targets.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrInvalid) {
		return fileTarget(name)
	}
	if err != nil {
		return nil, fmt.Errorf("read target profile: %w", err)
	}
	return profile.Load("fixtures/"+file, text)
}

// fileTarget reads the profile in a file whose name does not tell that it is
// one.
func fileTarget(name string) (*profile.Profile, error) {
	info, err := os.Stat(name)
	switch {
	case err != nil || name == "":
		return nil, noTarget(name)
	case info.IsDir():
		return nil, fmt.Errorf("--target %q: a folder without a cassette: want a profile's file, a URL or a cassette", name)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read target profile: %w", err)
	}
	return profile.Load(name, text)
}

// noTarget says what may have been meant by a name that is no target's.
func noTarget(name string) error {
	if _, port, err := net.SplitHostPort(name); err == nil && port != "" {
		return fmt.Errorf("--target %q: no such target, did you mean http://%s?", name, name)
	}
	if near := nearest.Close(name, targetNames(), 2); len(near) > 0 {
		return fmt.Errorf("--target %q: no such target, did you mean %s? Or give a profile's file or a URL", name, strings.Join(near, " or "))
	}
	return fmt.Errorf("--target %q: no such target: want %s, a profile's file or a URL", name, list(targetNames()))
}

// targetNames lists the profiles that conform carries, without the examples.
func targetNames() []string {
	var names []string
	entries, err := fs.ReadDir(fixtures.Targets, "targets")
	if err != nil {
		return nil
	}
	for _, e := range entries {
		if name := strings.TrimSuffix(e.Name(), ".yaml"); !strings.Contains(name, ".") {
			names = append(names, name)
		}
	}
	return names
}
