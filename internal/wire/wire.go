// Package wire is how ECI's RPC API looks on the network: signatures v1 and
// ACS3, the flattening of nested parameters, JSON and XML bodies, and the
// Exchange, which is one request and its answer as they were. It knows the
// protocol and no operation; it imports the standard library only.
package wire

import (
	"net/http"
	"time"
)

// Param is one name and value, decoded.
type Param struct{ Name, Value string }

// Params is a parameter list in wire order. Names may repeat: that is for the
// reader to refuse, not for the type to hide.
type Params []Param

// Scheme is a way of signing.
type Scheme string

// The schemes.
const (
	V1   Scheme = "v1"   // HMAC-SHA1, all in parameters
	ACS3 Scheme = "acs3" // ACS3-HMAC-SHA256, in headers
)

// Credentials are an access key. They print as their id only.
type Credentials struct {
	AccessKeyID     string
	AccessKeySecret string
	SecurityToken   string
}

// Exchange is one request and its response as they were on the wire. It holds
// secrets as sent: nothing may write it before redaction.
type Exchange struct {
	Method     string
	URL        string // as sent, query included
	Host       string
	Header     http.Header
	Body       []byte
	Status     int // 0 when there was no answer
	RespHeader http.Header
	RespBody   []byte
	Start      time.Time
	Duration   time.Duration
	Err        error // why there was no (whole) answer
	// Operation, Params, Format, Scheme and Credential are what the sender
	// meant: Params are the operation's own, decoded.
	Operation string
	Params    Params
	Format    string
	Scheme    Scheme
	KeyID     string
}
