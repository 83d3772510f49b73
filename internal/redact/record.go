// Package redact turns an exchange as it was on the wire into one that may be
// written. What is secret by the contract or by the protocol is replaced, and
// so is everything that the contract does not know; a value that is secret in
// one place is replaced wherever else it turns up. Types keep the two apart: a
// Raw prints as nothing, and only a Session makes a Clean.
package redact

import (
	"net/http"
	"strings"
	"time"

	"github.com/eci-conform/conform/internal/wire"
)

// Raw is one request and its answer as they were captured, secrets included.
// It prints, formats, logs and marshals as its operation and status only.
type Raw struct {
	Method     string // GET or POST
	Target     string // request target as sent: path and raw query
	Host       string // as signed by the client
	Header     http.Header
	Body       []byte
	Status     int // 0 when there was no answer
	RespHeader http.Header
	RespBody   []byte // as it came, with Content-Encoding undone only by who asked for it
	// BodyLarge and RespLarge say of the bodies that they were more than who
	// captured them holds: then they are not here.
	BodyLarge, RespLarge bool
	Start                time.Time
	FirstByte            time.Duration // from Start; 0 when there was no answer
	Duration             time.Duration // from Start to the last byte
	Failure              Failure
	Place                Place
	// Beside are names and values that were told beside the request itself, such
	// as its cookies one by one. Nothing of them is written; what is secret among
	// them is looked for.
	Beside wire.Params
}

// Failure is why there was no whole answer.
type Failure string

// The failures. NoFailure is a whole answer.
const (
	NoFailure Failure = ""
	Refused   Failure = "refused"   // no connection
	Reset     Failure = "reset"     // the connection ended before the answer did
	Truncated Failure = "truncated" // the answer ended before its announced length
	Timeout   Failure = "timeout"
	Canceled  Failure = "canceled" // the client went away
	Broken    Failure = "broken"   // anything else, such as an answer that is not HTTP
)

// Place is where in a recording an exchange belongs.
type Place struct {
	// Track tells sequences apart that may run at the same time: the id of a
	// case, or what a proxy tells its clients apart by. May be empty.
	Track string
	// Role is what the request was for: empty for what the track is about.
	Role string
	// Lane tells the clients apart that one case lets work at the same time.
	Lane int
	// Lent names what the track was given by others since its last request:
	// KIND:ID@REGION, by commas.
	Lent string
}

// Roles of requests that are not what a case is about.
const (
	RoleFixture = "fixture" // prepares
	RoleCleanup = "cleanup" // clears away
	RoleLent    = "lent"    // makes what tracks are given in turn
)

// Record is an exchange as it is told: the operation that was called, its
// parameters, how it was put on the wire, and the answer. It holds no secret:
// a placeholder stands where one stood.
type Record struct {
	ID int // from 1, in order of ending; the writer gives it
	Place
	Operation string // the Action that the request names; empty when none
	Version   string
	Via       Via
	// Params are the operation's own parameters, decoded, sorted by name.
	Params wire.Params
	// Common are the protocol's parameters and headers, sorted by name:
	// nonce, timestamp, key, signature. They are never matched by value.
	Common wire.Params
	// Signature is what became of checking it: see the constants.
	Signature string
	Body      []byte // of a request whose body is not a form
	// UnreadBody and UnreadAnswer say of the bodies why nothing of them is kept.
	UnreadBody, UnreadAnswer Unread
	Status                   int // 0 when there was no answer
	Header                   wire.Params
	Answer                   []byte        // body of the answer, redacted, as it would be sent again
	Start                    time.Duration // since the recording began
	FirstByte                time.Duration
	Duration                 time.Duration
	Failure                  Failure
	Try                      int // 1 for the first; more where a client sent the same request again
}

// KeyID returns the id of the key that signed the request, by either scheme, or
// its placeholder; empty where there is none.
func (r *Record) KeyID() string {
	if id, ok := r.Common.Get("AccessKeyId"); ok {
		return id
	}
	for _, c := range r.Common {
		if strings.EqualFold(c.Name, "Authorization") {
			_, rest, _ := strings.Cut(c.Value, "Credential=")
			id, _, _ := strings.Cut(rest, ",")
			return id
		}
	}
	return ""
}

// Unread is why nothing is kept of a body: a placeholder stands for all of it,
// which says nothing of what was sent.
type Unread string

// The reasons. Read is a body that was read.
const (
	Read         Unread = ""
	UnreadPacked Unread = "packed" // compressed in a way that is not undone here, or broken
	UnreadFormat Unread = "format" // neither JSON nor XML
	UnreadBroken Unread = "broken" // JSON or XML with an error
	UnreadForm   Unread = "form"   // XML that is right and not taken apart here: mixed, of other names, with a document type
	UnreadSecret Unread = "secret" // a secret lay across its values
	UnreadLarge  Unread = "large"  // more than is kept
)

// unreadTexts say it in words.
var unreadTexts = map[Unread]string{
	UnreadPacked: "compressed in a way that is not undone, or damaged",
	UnreadFormat: "neither JSON nor XML",
	UnreadBroken: "JSON or XML with an error in it",
	UnreadForm:   "XML of a form that is not taken apart",
	UnreadSecret: "a secret lay across its values",
	UnreadLarge:  "too large",
}

// Text says the reason in words; empty for one that is not known.
func (u Unread) Text() string { return unreadTexts[u] }

// Hides reports whether the body may have been one that a client can read. One
// that is neither JSON nor XML, or is broken, is so to every client.
func (u Unread) Hides() bool { return u != Read && u != UnreadFormat && u != UnreadBroken }

// Known reports whether the reason is one of the constants.
func (u Unread) Known() bool { return u == Read || unreadTexts[u] != "" }

// Via is how a request was put on the wire.
type Via struct {
	Method string
	Form   bool // parameters in a form
	Scheme wire.Scheme
	Format string // that was asked for; empty for none
}

// What became of checking a signature.
const (
	SignatureOK        = "ok"
	SignatureBad       = "bad"
	SignatureAbsent    = "absent"
	SignatureUnchecked = "unchecked" // the secret is not known here
)

// Clean is a Record that a Session made: nothing else may be written.
type Clean struct{ record Record }

// Record returns what may be written.
func (c Clean) Record() Record { return c.record }
