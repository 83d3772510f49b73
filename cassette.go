package conform

import (
	"errors"
	"fmt"
	"net/http"

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
}

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
// It fails for a file that is no cassette, or was changed by hand.
func Cassette(path string, o CassetteOptions) (*Replay, error) {
	c, err := contract.Load(spec.Name, spec.OpenAPI)
	if err != nil {
		return nil, fmt.Errorf("load contract: %w", err)
	}
	options := replay.Options{Contract: c, Speed: o.Speed, RequireAll: o.RequireAll}
	if o.AccessKeyID != "" {
		options.Keys = []wire.Credentials{{AccessKeyID: o.AccessKeyID, AccessKeySecret: o.AccessKeySecret}}
	}
	tape, err := cassette.Open(path)
	if err != nil {
		return nil, err
	}
	player, err := replay.New(tape, options)
	if err != nil {
		return nil, errors.Join(err, tape.Close())
	}
	return &Replay{tape: tape, player: player}, nil
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
