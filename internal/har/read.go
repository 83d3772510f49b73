package har

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/eci-conform/conform/internal/redact"
	"github.com/eci-conform/conform/internal/wire"
)

// maxArchive is the largest archive that is read, in bytes.
const maxArchive = 512 << 20

// Read returns the exchanges of an archive in its order, secrets and all, and
// when the first of them began. Errors name the line, or the entry from 1 and
// its field.
func Read(name string, r io.Reader) (begin time.Time, all []redact.Raw, err error) {
	text, err := io.ReadAll(io.LimitReader(r, maxArchive+1))
	if err == nil && len(text) > maxArchive {
		err = fmt.Errorf("more than %d bytes", maxArchive)
	}
	if err != nil {
		return begin, nil, fmt.Errorf("read HAR %s: %w", name, err)
	}
	var a archive
	if err := json.Unmarshal(bytes.TrimPrefix(text, []byte("\ufeff")), &a); err != nil {
		return begin, nil, placed(name, text, err)
	}
	if a.Log == nil || !strings.HasPrefix(a.Log.Version, "1.") {
		return begin, nil, fmt.Errorf("read HAR %s: want log.version 1.x", name)
	}
	for i := range a.Log.Entries {
		raw, err := a.Log.Entries[i].raw()
		if err != nil {
			return begin, nil, fmt.Errorf("read HAR %s: entry %d: %w", name, i+1, err)
		}
		all = append(all, raw)
		if begin.IsZero() || !raw.Start.IsZero() && raw.Start.Before(begin) {
			begin = raw.Start
		}
	}
	return begin, all, nil
}

// placed adds the line of an error in JSON. It does not repeat what stands
// there: archives hold secrets.
func placed(name string, text []byte, err error) error {
	what, offset := "want JSON", int64(-1)
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		offset = e.Offset
	}
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		what, offset = fmt.Sprintf("%s: want %s", cmp.Or(e.Field, "the archive"), kindOf(e.Type)), e.Offset
	}
	if offset < 0 || offset > int64(len(text)) {
		return fmt.Errorf("read HAR %s: %s", name, what)
	}
	return fmt.Errorf("read HAR %s:%d: %s", name, 1+bytes.Count(text[:offset], []byte("\n")), what)
}

// kindOf names what JSON has for a type.
func kindOf(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Struct, reflect.Map, reflect.Pointer:
		return "an object"
	case reflect.Slice:
		return "a list"
	case reflect.String:
		return "a text"
	case reflect.Bool:
		return "true or false"
	}
	return "a number"
}

func (e *entry) raw() (redact.Raw, error) {
	u, err := url.Parse(e.Request.URL)
	if err != nil || u.Host == "" {
		return redact.Raw{}, errors.New("request.url: want http://HOST/…")
	}
	start, err := time.Parse(time.RFC3339Nano, cmp.Or(e.Started, epoch))
	if err != nil {
		return redact.Raw{}, errors.New("startedDateTime: want a time as in RFC 3339")
	}
	if s := e.Response.Status; s != 0 && !redact.IsStatus(s) {
		return redact.Raw{}, errors.New("response.status: want 200 to 999, or 0 for none")
	}
	raw := redact.Raw{
		Method: e.Request.Method, Target: u.RequestURI(), Host: u.Host, Header: header(e.Request.Headers),
		Status: e.Response.Status, RespHeader: header(e.Response.Headers), Start: start, Duration: ms(e.Time),
		Failure: redact.Failure(e.Failure), Place: redact.Place{Track: e.Track, Role: e.Role, Lane: e.Lane, Lent: e.Lent},
		Beside: e.beside(u.User),
	}
	if host := raw.Header.Get("Host"); host != "" {
		raw.Host = host
	}
	if raw.Body, err = e.Request.PostData.body(raw.Header); err != nil {
		return redact.Raw{}, err
	}
	if raw.RespBody, err = decode(e.Response.Content.Encoding, e.Response.Content.Text); err != nil {
		return redact.Raw{}, fmt.Errorf("response.content: %w", err)
	}
	// An archive has the text as it reads, not as it was packed.
	raw.RespHeader.Del("Content-Encoding")
	if raw.Status == 0 && raw.Failure == redact.NoFailure {
		raw.Failure = redact.Broken
	}
	if raw.Status != 0 {
		raw.FirstByte = e.Timings.firstByte()
	}
	return raw, nil
}

// epoch is the time of an entry that has none.
const epoch = "0001-01-01T00:00:00Z"

// beside is what an entry tells once more: an archive that was cleaned by hand
// may have a secret in one of the places only, and shown in the answer.
func (e *entry) beside(user *url.Userinfo) (out wire.Params) {
	if password, ok := user.Password(); ok {
		out = append(out, wire.Param{Name: "Password", Value: password})
	}
	for _, c := range slices.Concat(e.Request.Cookies, e.Response.Cookies) {
		out = append(out, wire.Param{Name: "Cookie", Value: c.Value})
	}
	more := e.Request.QueryString
	if e.Request.PostData != nil {
		more = slices.Concat(more, e.Request.PostData.Params)
	}
	for _, p := range more {
		out = append(out, wire.Param{Name: p.Name, Value: p.Value})
	}
	return out
}

// header takes the headers over, but not what HTTP/2 puts among them.
func header(pairs []pair) http.Header {
	h := http.Header{}
	for _, p := range pairs {
		if !strings.HasPrefix(p.Name, ":") {
			h.Add(p.Name, p.Value)
		}
	}
	return h
}

// body returns the body of a request: its text, else its parameters.
func (p *postData) body(h http.Header) ([]byte, error) {
	if p == nil {
		return nil, nil
	}
	if h.Get("Content-Type") == "" && p.MimeType != "" {
		h.Set("Content-Type", p.MimeType)
	}
	if p.Text == "" && len(p.Params) > 0 {
		form := make([]string, len(p.Params))
		for i, f := range p.Params {
			form[i] = url.QueryEscape(f.Name) + "=" + url.QueryEscape(f.Value)
		}
		return []byte(strings.Join(form, "&")), nil
	}
	body, err := decode(p.Encoding, p.Text)
	if err != nil {
		return nil, fmt.Errorf("request.postData: %w", err)
	}
	return body, nil
}

func decode(encoding, text string) ([]byte, error) {
	switch encoding {
	case "":
		return []byte(text), nil
	case base64Encoding:
		body, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return nil, errors.New("text: want base64")
		}
		return body, nil
	}
	return nil, errors.New("encoding: want base64 or none")
}

func ms(f float64) time.Duration {
	if !(f > 0) || f > 1e12 {
		return 0
	}
	return time.Duration(math.Round(f * float64(time.Millisecond)))
}

// firstByte is how long it took to the first byte of the answer. The time for
// TLS is part of that for the connection.
func (t timings) firstByte() (d time.Duration) {
	for _, part := range []float64{t.Blocked, t.DNS, t.Connect, t.Send, t.Wait} {
		d += ms(part)
	}
	return d
}
