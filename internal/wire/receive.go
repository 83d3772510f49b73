package wire

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// ErrBodyTooLarge says that a body is over the limit.
var ErrBodyTooLarge = errors.New("body over the limit")

// OverLimit reports whether err says that a body is longer than this package
// keeps, or holds more or is nested deeper than it decodes.
func OverLimit(err error) bool {
	return errors.Is(err, ErrBodyTooLarge) || errors.Is(err, errTooMany) || errors.Is(err, errTooDeep)
}

// Received is a request as a server sees it, before any check.
type Received struct {
	Method, Path, Host string
	Header             http.Header
	// Query and Form are decoded, in wire order. Form is nil unless the
	// request says that its body is a form.
	Query, Form Params
	Body        []byte
	// Scheme is ACS3 when the headers say so, else V1.
	Scheme Scheme

	auth    authorization
	authErr error
}

// Receive reads a request, its body included. It fails for a bad percent
// escape in a query or form, and with ErrBodyTooLarge for a body of more than
// limit bytes.
func Receive(r *http.Request, limit int64) (*Received, error) {
	in := &Received{Method: r.Method, Path: r.URL.EscapedPath(), Host: r.Host, Header: r.Header}
	if in.Path == "" {
		in.Path = "/"
	}
	var err error
	if in.Query, err = parseParams(r.URL.RawQuery); err != nil {
		return nil, fmt.Errorf("read query: %w", err)
	}
	if in.Body, err = readBody(r.Body, r.ContentLength, limit); err != nil {
		return nil, fmt.Errorf("read body: %w", err)
	}
	if isForm(r.Header.Get("Content-Type")) {
		if in.Form, err = parseParams(string(in.Body)); err != nil {
			return nil, fmt.Errorf("read form: %w", err)
		}
	}
	in.readScheme()
	return in, nil
}

func readBody(body io.Reader, length, limit int64) ([]byte, error) {
	if body == nil || length == 0 {
		return nil, nil
	}
	if length > limit {
		return nil, ErrBodyTooLarge
	}
	b, err := readAll(io.LimitReader(body, limit+1), length)
	if err == nil && int64(len(b)) > limit {
		err = ErrBodyTooLarge
	}
	return b, err
}

// isForm reports whether a content type is that of a form, whatever its
// parameters and case.
func isForm(contentType string) bool {
	base, _, _ := strings.Cut(contentType, ";")
	return strings.EqualFold(strings.TrimSpace(base), formType)
}

// parseParams decodes a query or form. The result is never nil.
func parseParams(raw string) (Params, error) {
	out := make(Params, 0, strings.Count(raw, "&")+1)
	for raw != "" {
		var pair string
		pair, raw, _ = strings.Cut(raw, "&")
		if pair == "" {
			continue
		}
		rawName, rawValue, _ := strings.Cut(pair, "=")
		name, err := percentDecode(rawName)
		if err != nil {
			return nil, fmt.Errorf("parameter %d: name: %w", len(out)+1, err)
		}
		value, err := percentDecode(rawValue)
		if err != nil {
			return nil, fmt.Errorf("parameter %q: value: %w", name, err)
		}
		out = append(out, Param{name, value})
	}
	return out, nil
}

// readScheme tells the schemes apart. Clients of v1 send x-acs-action and
// x-acs-version as well, so only what ACS3 alone sends counts.
func (r *Received) readScheme() {
	r.Scheme = V1
	value := r.Header.Get(headerAuth)
	switch {
	case strings.HasPrefix(value, "ACS3-"):
		r.Scheme = ACS3
	case r.Query.Count("Signature")+r.Form.Count("Signature") > 0:
		return
	case r.Header.Get(headerHash) != "", r.Header.Get(headerDate) != "", r.Header.Get(headerNonce) != "":
		r.Scheme = ACS3
	}
	if r.Scheme == ACS3 {
		r.auth, r.authErr = parseAuthorization(value)
	}
}

// Common returns a common parameter and how often it was sent. Under ACS3 it
// is read from the headers: AccessKeyId, Signature and SignatureMethod from
// Authorization, Format from accept, the rest from its x-acs-* header. The
// value is the first one.
func (r *Received) Common(name string) (value string, n int) {
	if r.Scheme == ACS3 {
		return r.commonHeader(name)
	}
	value, ok := r.Query.Get(name)
	if !ok {
		value, _ = r.Form.Get(name)
	}
	return value, r.Query.Count(name) + r.Form.Count(name)
}

func (r *Received) commonHeader(name string) (value string, n int) {
	switch name {
	case "AccessKeyId":
		return present(r.auth.credential)
	case "Signature":
		return present(r.auth.signature)
	case "SignatureMethod":
		return present(r.auth.algorithm)
	case "Format":
		return r.accept()
	}
	v := r.Header.Values(acs3Headers[name])
	if len(v) == 0 {
		return "", 0
	}
	return v[0], len(v)
}

func present(value string) (string, int) {
	if value == "" {
		return "", 0
	}
	return value, 1
}

// accept returns the format that the accept header asks for. One that names
// no format, such as */*, asks for none, and then a Format parameter counts.
func (r *Received) accept() (string, int) {
	base, _, _ := strings.Cut(r.Header.Get("Accept"), ";")
	switch base = strings.TrimSpace(base); strings.ToLower(base) {
	case "application/json":
		return "JSON", 1
	case "text/xml", "application/xml":
		return "XML", 1
	case "", "*/*":
		v, _ := r.Query.Get("Format")
		return v, r.Query.Count("Format")
	}
	return base, 1
}

// API returns query and form, in wire order, without what common says is a
// common parameter.
func (r *Received) API(common func(name string) bool) Params {
	out := make(Params, 0, len(r.Query)+len(r.Form))
	for _, list := range []Params{r.Query, r.Form} {
		for _, p := range list {
			if !common(p.Name) {
				out = append(out, p)
			}
		}
	}
	return out
}
