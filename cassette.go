package conform

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/eci-conform/conform/internal/cassette"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/replay"
	"github.com/eci-conform/conform/internal/wire"
	"github.com/eci-conform/conform/spec"
)

// CassetteOptions say how a cassette answers. The zero value answers without
// delay and checks no signature.
type CassetteOptions struct {
	// AccessKeyID and AccessKeySecret are of a key whose signatures are
	// checked: a client that signs wrongly is refused as by the real gateway.
	AccessKeyID, AccessKeySecret string
	// Speed is how fast time passes: 1 as recorded, 10 ten times as fast; 0
	// means without any delay.
	Speed float64
	// RequireAll makes exchanges that nobody asked for an error.
	RequireAll bool
	// Accounts says which recorded key a client's stands for, as the cassette
	// has it. Only a recording of several keys may need it: a client whose
	// requests fit more than one of them is refused where the answers differ.
	Accounts map[string]string

	// Warn is told, a line each, what one should know of the recording: that it
	// is older than MaxAge, that it was made by another contract, that it was
	// never closed. Nil tells nobody.
	Warn func(string)
	// Strict makes an error of the first of these.
	Strict bool
	// Open takes a recording that was never closed, because it is not finished
	// or its recorder was killed: something may be missing. Without it, that is
	// an error.
	Open bool
	// Clock says what time it is, usually time.Now, and MaxAge how old a
	// recording may be: 0 means 30 days. Without a Clock it may be any age.
	Clock  func() time.Time
	MaxAge time.Duration
}

// maxAge is the age that a recording may have where nobody says.
const maxAge = 30 * 24 * time.Hour

// Replay answers from a cassette, as an http.RoundTripper or as an
// http.Handler. It is safe for concurrent use.
type Replay struct {
	tape   *cassette.Cassette
	player *replay.Player
}

// Cassette opens a recording, made by conform record, as a transport: nothing
// is ever sent anywhere. A request matches what was recorded however it is
// signed and put on the wire; names and tokens that the client makes up anew
// take the place of those that were recorded. A request that is not recorded
// is answered by an error with the code Recorder.NoMatch that explains itself.
// The caller must Close the Replay.
//
// It fails for a file that is no cassette, was changed by hand or, without
// CassetteOptions.Open, never closed.
func Cassette(path string, o CassetteOptions) (*Replay, error) {
	c, err := contract.Load(spec.Name, spec.OpenAPI)
	if err != nil {
		return nil, fmt.Errorf("load contract: %w", err)
	}
	options := replay.Options{Contract: c, Speed: o.Speed, RequireAll: o.RequireAll, Accounts: o.Accounts}
	if o.AccessKeyID != "" {
		options.Keys = []wire.Credentials{{AccessKeyID: o.AccessKeyID, AccessKeySecret: o.AccessKeySecret}}
	}
	tape, err := cassette.Open(path)
	if err != nil {
		return nil, err
	}
	if err := o.judge(tape, c); err != nil {
		return nil, errors.Join(err, tape.Close())
	}
	player, err := replay.New(tape, options)
	if err != nil {
		return nil, errors.Join(err, tape.Close())
	}
	return &Replay{tape: tape, player: player}, nil
}

// judge says what one should know of a recording, as Warn, Strict and Open have
// it.
func (o CassetteOptions) judge(tape *cassette.Cassette, by *contract.Contract) error {
	if o.MaxAge != 0 && o.Clock == nil {
		return fmt.Errorf("open %s: CassetteOptions.MaxAge is given without CassetteOptions.Clock", tape.Name())
	}
	header := tape.Header()
	if tape.State() != cassette.Sealed {
		text := fmt.Sprintf("the recording was never closed; %d bytes at its end are no whole exchange", tape.Torn())
		if !o.Open {
			return fmt.Errorf("open %s: %s: set CassetteOptions.Open to take it as it is", tape.Name(), text)
		}
		if err := o.warn(tape, text); err != nil {
			return err
		}
	}
	if header.Contract != "" && header.Contract != "sha256:"+by.Digest {
		if err := o.warn(tape, "recorded with another version of the contract"); err != nil {
			return err
		}
	}
	if o.Clock == nil {
		return nil
	}
	if age, most := o.Clock().Sub(header.Recorded), cmp.Or(o.MaxAge, maxAge); age > most {
		return o.warn(tape, fmt.Sprintf("%d days old, more than %d: record it anew to know what the service does today", age/day, most/day))
	}
	return nil
}

const day = 24 * time.Hour

func (o CassetteOptions) warn(tape *cassette.Cassette, text string) error {
	if o.Strict {
		return fmt.Errorf("open %s: %s", tape.Name(), text)
	}
	if o.Warn != nil {
		o.Warn(tape.Name() + ": " + text)
	}
	return nil
}

// RoundTrip answers a request from the recording.
func (r *Replay) RoundTrip(req *http.Request) (*http.Response, error) { return r.player.RoundTrip(req) }

// ServeHTTP answers a request from the recording.
func (r *Replay) ServeHTTP(w http.ResponseWriter, req *http.Request) { r.player.ServeHTTP(w, req) }

// Err says what departed from the recording so far: requests that are not
// recorded, changes asked for too often or out of order. It is nil when
// everything was answered as recorded.
func (r *Replay) Err() error {
	report := r.player.Report()
	if report.ExitCode() == 0 {
		return nil
	}
	return fmt.Errorf("replay %s: %s", r.tape.Name(), report)
}

// Close lets go of the file.
func (r *Replay) Close() error { return r.tape.Close() }
