// Package driver puts an SDK under test behind one interface: as a child
// process that talks JSON lines over its standard input and output, or as a
// function in this process. It knows the protocol and nothing of the API.
package driver

import (
	"context"
	_ "embed" // for the schema
	"log/slog"
	"slices"

	"github.com/eci-conform/conform/internal/wire"
)

// Version is the version of the protocol.
const Version = 1

// Schema is the JSON Schema of the lines of the protocol.
//
//go:embed protocol.schema.json
var Schema []byte

// Words of Hello.Options: what a driver can be told about a call.
const (
	OptionRetries = "retries" // it honours Options.Retries
	OptionTimeout = "timeout" // it honours Options.TimeoutMs
	OptionSTS     = "sts"     // it passes Credentials.SecurityToken on
)

// Hello is what a driver says of itself.
type Hello struct {
	Protocol int    `json:"protocol"`
	Name     string `json:"name"`               // of the SDK: alibaba-cloud-sdk-go
	Version  string `json:"version,omitempty"`  // of the SDK
	Language string `json:"language,omitempty"` // and its version: go1.26
	// Operations are those that the SDK has; none means all.
	Operations []string `json:"operations,omitempty"`
	// Signatures are v1 and acs3; Methods GET and POST; Formats JSON and XML.
	// The first of each is what a call means that does not say.
	Signatures []string `json:"signatures"`
	Methods    []string `json:"methods"`
	Formats    []string `json:"formats"`
	Options    []string `json:"options,omitempty"`
	// MaxInFlight is how many calls it carries out at once; zero means any
	// number. The next ones wait for their turn.
	MaxInFlight int `json:"maxInFlight,omitempty"`
}

// Has says whether the driver can be told about an option.
func (h Hello) Has(option string) bool { return slices.Contains(h.Options, option) }

// Does says whether the driver has the operation.
func (h Hello) Does(operation string) bool {
	return len(h.Operations) == 0 || slices.Contains(h.Operations, operation)
}

// Call is one operation that the SDK is to carry out.
type Call struct {
	ID          string      `json:"id"` // unique within the run
	Operation   string      `json:"operation"`
	Endpoint    string      `json:"endpoint"` // http://HOST:PORT
	Credentials Credentials `json:"credentials"`
	Region      string      `json:"region"`
	Signature   string      `json:"signature,omitempty"` // v1 or acs3; empty means the driver's first
	// Input is nested, by the contract's names: strings, booleans, numbers,
	// lists and objects. What is absent is absent.
	Input   map[string]any `json:"input"`
	Options Options        `json:"options"`
}

// Credentials are what the SDK is to sign with. They print as their id only.
type Credentials struct {
	AccessKeyID     string `json:"accessKeyId"`
	AccessKeySecret string `json:"accessKeySecret"`
	SecurityToken   string `json:"securityToken,omitempty"`
}

// String returns the key's id, so that no format verb prints the secret.
func (c Credentials) String() string { return c.AccessKeyID }

// GoString returns the key's id, so that %#v prints no secret either.
func (c Credentials) GoString() string { return c.AccessKeyID }

// LogValue makes slog write the key's id only.
func (c Credentials) LogValue() slog.Value { return slog.StringValue(c.AccessKeyID) }

// Options is how the SDK is to carry out a call; what is not set is left to the
// SDK.
type Options struct {
	Method string `json:"method,omitempty"` // GET or POST
	Format string `json:"format,omitempty"` // JSON or XML
	// Retries is how many tries may follow the first; nil means what the SDK
	// does by itself.
	Retries *int `json:"retries,omitempty"`
	// TimeoutMs is how long one try may wait for its answer, in milliseconds;
	// zero means what the SDK does by itself.
	TimeoutMs int `json:"timeoutMs,omitempty"`
}

// Reply is what the SDK's user got: an Output or an Error, never both.
type Reply struct {
	// Output is what a success returned, by the contract's names.
	Output *wire.Map
	Error  *Error
}

// Error is the failure that the SDK's user got, as far as the SDK tells it.
type Error struct {
	Code      string `json:"code"`
	Message   string `json:"message"`
	Status    int    `json:"status,omitempty"` // zero where the SDK does not say
	RequestID string `json:"requestId,omitempty"`
}

// Driver carries out calls. It is safe for concurrent use.
type Driver interface {
	Hello() Hello
	// Call carries out one call. Its error is ctx's cause, or a *Fault where
	// the driver, and not what it was to call, is to blame.
	Call(ctx context.Context, c Call) (Reply, error)
	// Faults are what the driver did wrong so far that no call's error told.
	Faults() []*Fault
	// Close ends the driver. A *Fault says that it had to be killed.
	Close() error
}
