package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/eci-conform/conform/internal/cassette"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/recorder"
	"github.com/eci-conform/conform/internal/redact"
	"github.com/eci-conform/conform/internal/wire"
)

// cassetteSuffix ends the names of cassettes.
const cassetteSuffix = ".cassette"

// recording is a cassette that traffic is being recorded into.
type recording struct {
	*recorder.Recorder
	path    string
	writer  *cassette.Writer
	session *redact.Session
}

// recordingOf says what is recorded, and where.
type recordingOf struct {
	dir      string
	kind     string // begins the file's name: run, record or sdk
	contract *contract.Contract
	keys     []wire.Credentials // that traffic is signed with
	header   cassette.Header    // Target and Run; the rest is filled in
	place    func(context.Context) redact.Place
	// profile is kept in the header; nil for none.
	profile func(*redact.Session) (string, error)
}

// openRecording makes the folder and a new cassette in it.
func (a *app) openRecording(o recordingOf) (*recording, error) {
	if err := os.MkdirAll(o.dir, 0o700); err != nil {
		return nil, usage(fmt.Errorf("--record: %w", err))
	}
	rules, now := redact.NewRules(o.contract), a.Now()
	session := rules.Session(redact.SessionOptions{Known: o.keys, Begin: now})
	h := o.header
	if o.profile != nil {
		var err error
		if h.Profile, err = o.profile(session); err != nil {
			return nil, exit(exitFault, err)
		}
	}
	h.Recorded, h.Contract, h.Policy, h.Tool = now, "sha256:"+o.contract.Digest, "sha256:"+rules.Digest(), "conform "+version
	r := &recording{session: session}
	for i := range 100 { // two recordings may begin in the same second
		r.path = filepath.Join(o.dir, cassetteName(o.kind, now, i))
		var err error
		if r.writer, err = cassette.Create(r.path, h); err == nil {
			break
		}
		if !errors.Is(err, os.ErrExist) || i == 99 {
			return nil, usage(fmt.Errorf("--record: %w", err))
		}
	}
	r.Recorder = recorder.New(recorder.Options{Session: session, Sink: r.writer, Clock: a.Now, Place: o.place})
	return r, nil
}

func cassetteName(kind string, now time.Time, i int) string {
	name := kind + now.UTC().Format("-20060102-150405")
	if i > 0 {
		name += fmt.Sprintf("-%d", i+1)
	}
	return name + cassetteSuffix
}

// close seals the cassette, looks through it and says what is in it. That is
// done too where recording has failed: what is there shall be fit to be shared.
func (r *recording) close(a *app) error {
	failed := r.Err()
	if err := r.writer.Close(); failed == nil {
		failed = err
	}
	if failed != nil {
		failed = fmt.Errorf("%w; %s before it in %s", failed, counted(r.writer.Len(), "exchange"), r.path)
	}
	seen, err := review(r.path, r.session)
	if err != nil || seen.unsafe() {
		err = errors.Join(err, seen.reason())
		if gone := os.Rename(r.path, r.path+unsafeSuffix); gone != nil {
			return exit(exitFault, errors.Join(failed, err, fmt.Errorf("set recording aside: %w", gone)))
		}
		return exit(exitFault, errors.Join(failed, fmt.Errorf("the recording is set aside as %s: %w", r.path+unsafeSuffix, err)))
	}
	if failed != nil {
		return exit(exitFault, failed)
	}
	fmt.Fprintf(a.Err, "recorded %s in %s\n", counted(r.Count(), "exchange"), r.path)
	seen.tell(a.Err)
	return nil
}

// counted is a number of things.
func counted(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// keysOf lists credentials in the order of their names.
func keysOf(all map[string]wire.Credentials) []wire.Credentials {
	var out []wire.Credentials
	for _, name := range slices.Sorted(maps.Keys(all)) {
		out = append(out, all[name])
	}
	return out
}

// publicURL is an endpoint without what may be secret in it.
func publicURL(endpoint string) string {
	u, err := url.Parse(endpoint)
	if err != nil {
		return ""
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host}).String()
}

// days is how long ago something was, in a unit that people use.
func days(d time.Duration) string {
	switch {
	case d < time.Hour:
		return counted(int(d.Minutes()), "minute")
	case d < 48*time.Hour:
		return counted(int(d.Hours()), "hour")
	}
	return counted(int(d.Hours()/24), "day")
}
