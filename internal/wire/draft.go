package wire

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

const (
	formType   = "application/x-www-form-urlencoded"
	timeLayout = "2006-01-02T15:04:05Z"

	headerAction  = "X-Acs-Action"
	headerVersion = "X-Acs-Version"
	headerDate    = "X-Acs-Date"
	headerNonce   = "X-Acs-Signature-Nonce"
	headerHash    = "X-Acs-Content-Sha256"
	headerToken   = "X-Acs-Security-Token"
	headerAuth    = "Authorization"
)

// acs3Headers says which ACS3 header carries what signature v1 carries as a
// parameter.
var acs3Headers = map[string]string{
	"Action":         headerAction,
	"Version":        headerVersion,
	"Timestamp":      headerDate,
	"SignatureNonce": headerNonce,
	"SecurityToken":  headerToken,
}

// Call says what to draft.
type Call struct {
	Operation   string // Action
	Version     string // of the API: 2018-08-08
	Params      Params // the operation's own, flattened, decoded
	Method      string // GET or POST; empty means POST
	Form        bool   // parameters in the body
	Scheme      Scheme // empty means V1
	Format      string // as sent: JSON, XML, json, …
	NoFormat    bool   // leaves Format out
	Credentials Credentials
	Nonce       string
	Time        time.Time // sent in UTC, to the second
	Host        string    // HOST or HOST:PORT as the Host header says it; empty takes the endpoint's
}

// Draft is a request before and after signing. Its fields are exported so that
// a test can tamper with any of them.
type Draft struct {
	Method string
	Path   string // "/"
	Host   string
	Query  Params
	// Form, where it is not nil, is sent as the body in
	// application/x-www-form-urlencoded.
	Form Params
	// Body is a raw body, sent instead of Form when it is not nil.
	Body []byte
	// ContentType is of the body; empty means Form's own, and none for Body.
	ContentType string
	Header      http.Header
	Scheme      Scheme
	Credentials Credentials
	// Escape writes names and values into the query and the form; nil means
	// PercentEncode. What is signed does not depend on it.
	Escape func(string) string
	// Operation, Params and Format are what the sender meant, for the
	// Exchange; they are not sent.
	Operation string
	Params    Params
	Format    string

	hash string // the payload hash that Sign or NewDraft put in, "" before
}

// NewDraft puts a call into a request, with everything in it but the
// signature. Under V1 all parameters stand in the query, or all in the form;
// under ACS3 the operation's own stand there and the common ones in headers.
func NewDraft(c Call) *Draft {
	d := &Draft{
		Method: c.Method, Path: "/", Host: c.Host, Scheme: c.Scheme, Credentials: c.Credentials,
		Header: http.Header{}, Operation: c.Operation, Params: c.Params, Format: c.Format,
	}
	if d.Method == "" {
		d.Method = http.MethodPost
	}
	if d.Scheme == "" {
		d.Scheme = V1
	}
	if c.NoFormat {
		d.Format = ""
	}
	all := make(Params, 0, len(c.Params)+10)
	if d.Scheme == ACS3 {
		d.addHeaders(c)
	} else {
		all = appendCommon(all, c)
	}
	all = append(all, c.Params...)
	if c.Form {
		d.Form = all
	} else {
		d.Query = all
	}
	if d.Scheme == ACS3 {
		d.refreshHash(d.payload())
	}
	return d
}

// appendCommon adds the common parameters of signature v1, the signature left
// out.
func appendCommon(p Params, c Call) Params {
	p = append(p,
		Param{"Action", c.Operation},
		Param{"Version", c.Version},
		Param{"AccessKeyId", c.Credentials.AccessKeyID},
		Param{"SignatureMethod", "HMAC-SHA1"},
		Param{"SignatureVersion", "1.0"},
		Param{"SignatureNonce", c.Nonce},
		Param{"Timestamp", c.Time.UTC().Format(timeLayout)},
	)
	if !c.NoFormat {
		p = append(p, Param{"Format", c.Format})
	}
	if c.Credentials.SecurityToken != "" {
		p = append(p, Param{"SecurityToken", c.Credentials.SecurityToken})
	}
	return p
}

// addHeaders adds the headers of ACS3, the Authorization left out.
func (d *Draft) addHeaders(c Call) {
	d.Header[headerAction] = []string{c.Operation}
	d.Header[headerVersion] = []string{c.Version}
	d.Header[headerDate] = []string{c.Time.UTC().Format(timeLayout)}
	d.Header[headerNonce] = []string{c.Nonce}
	if c.Credentials.SecurityToken != "" {
		d.Header[headerToken] = []string{c.Credentials.SecurityToken}
	}
	if !c.NoFormat {
		d.Header["Accept"] = []string{mediaType(c.Format)}
	}
}

// mediaType is how ACS3 asks for a format: by an accept header.
func mediaType(format string) string {
	switch {
	case strings.EqualFold(format, "JSON"):
		return "application/json"
	case strings.EqualFold(format, "XML"):
		return "text/xml"
	case strings.Contains(format, "/"):
		return format
	}
	return "application/" + strings.ToLower(format)
}

// place returns the list that a parameter stands in or would be added to.
func (d *Draft) place(name string) *Params {
	if d.Form == nil {
		return &d.Query
	}
	if d.Query.Count(name) > 0 {
		return &d.Query
	}
	return &d.Form
}

// Get returns a common parameter or one of the operation's own, wherever it
// stands: query, form, or under ACS3 the header that carries it.
func (d *Draft) Get(name string) (value string, ok bool) {
	if h, mapped := d.carrier(name); mapped {
		v := d.Header.Values(h)
		if len(v) == 0 {
			return "", false
		}
		return v[0], true
	}
	return d.place(name).Get(name)
}

// Set changes what Get returns; a parameter that stood nowhere is added to the
// form where there is one, else to the query.
func (d *Draft) Set(name, value string) {
	if h, mapped := d.carrier(name); mapped {
		d.Header.Set(h, value)
		return
	}
	p := d.place(name)
	*p = p.Set(name, value)
}

// Del removes every occurrence of what Get returns.
func (d *Draft) Del(name string) {
	if h, mapped := d.carrier(name); mapped {
		d.Header.Del(h)
		return
	}
	d.Query = d.Query.Del(name)
	d.Form = d.Form.Del(name)
}

// carrier returns the header that carries a common parameter under ACS3.
func (d *Draft) carrier(name string) (header string, mapped bool) {
	if d.Scheme != ACS3 {
		return "", false
	}
	header, mapped = acs3Headers[name]
	return header, mapped
}

// payload returns the body as it will be sent.
func (d *Draft) payload() []byte {
	if d.Body != nil || d.Form == nil {
		return d.Body
	}
	return d.Form.appendEncoded(nil, d.Escape)
}

// contentType returns what the content-type header will say, empty for none.
func (d *Draft) contentType() string {
	switch {
	case d.Header.Get("Content-Type") != "":
		return d.Header.Get("Content-Type")
	case d.ContentType != "":
		return d.ContentType
	case d.Form != nil && d.Body == nil:
		return formType
	}
	return ""
}

// Request builds the HTTP request for an endpoint, http://HOST:PORT. The
// draft can be changed and used again afterwards.
func (d *Draft) Request(ctx context.Context, endpoint string) (*http.Request, error) {
	var body io.Reader
	if p := d.payload(); len(p) > 0 {
		body = bytes.NewReader(p)
	}
	r, err := http.NewRequestWithContext(ctx, d.Method, d.url(endpoint), body)
	if err != nil {
		return nil, fmt.Errorf("build request %s: %w", d.Operation, err)
	}
	for name, values := range d.Header {
		r.Header[name] = append([]string(nil), values...)
	}
	if ct := d.contentType(); ct != "" {
		r.Header.Set("Content-Type", ct)
	}
	if d.Host != "" {
		r.Host = d.Host
	}
	return r, nil
}

func (d *Draft) url(endpoint string) string {
	u := append(make([]byte, 0, 512), strings.TrimSuffix(endpoint, "/")...)
	u = append(u, d.Path...)
	if len(d.Query) > 0 {
		u = d.Query.appendEncoded(append(u, '?'), d.Escape)
	}
	return string(u)
}
