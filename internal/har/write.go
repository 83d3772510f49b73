package har

import (
	"bufio"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/eci-conform/conform/internal/cassette"
	"github.com/eci-conform/conform/internal/redact"
	"github.com/eci-conform/conform/internal/wire"
)

// Write gives a cassette out as an archive, an entry for each record.
func Write(w io.Writer, c *cassette.Cassette) error {
	out := bufio.NewWriter(w)
	head, err := json.Marshal(log{
		Version: version, Creator: creatorOf(c.Header()), Entries: []entry{},
		Comment: "a lossy copy of the cassette " + c.Root(),
	})
	if err != nil {
		return fmt.Errorf("write HAR: %w", err)
	}
	// The writer keeps its first error for Flush.
	out.WriteString(`{"log":` + strings.TrimSuffix(string(head), "]}"))
	for i := range c.Len() {
		if err := writeEntry(out, c, i); err != nil {
			return fmt.Errorf("write HAR: %w", err)
		}
	}
	out.WriteString("\n]}}\n")
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write HAR: %w", err)
	}
	return nil
}

func creatorOf(h cassette.Header) creator {
	name, version, _ := strings.Cut(h.Tool, " ")
	return creator{cmp.Or(name, "conform"), version}
}

func writeEntry(out *bufio.Writer, c *cassette.Cassette, i int) error {
	r, err := c.Record(i)
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(newEntry(&r, c.Header()), "  ", "  ")
	if err != nil {
		return err
	}
	if i > 0 {
		out.WriteByte(',')
	}
	out.WriteString("\n  ")
	_, err = out.Write(text)
	return err
}

func newEntry(r *redact.Record, h cassette.Header) entry {
	return entry{
		Started: h.Recorded.Add(r.Start).Format(time.RFC3339Nano), Time: inMS(r.Duration),
		Request: newRequest(r, h.Target), Response: newResponse(r),
		Timings: timings{Blocked: -1, DNS: -1, Connect: -1, Wait: inMS(r.FirstByte), Receive: inMS(max(r.Duration-r.FirstByte, 0))},
		Track:   r.Track, Role: r.Role, Lane: r.Lane, Lent: r.Lent, Failure: string(r.Failure),
	}
}

func inMS(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// formType is the type of a body that holds parameters.
const formType = "application/x-www-form-urlencoded"

// newRequest puts a request together again: the operation's own parameters
// where they were, the protocol's in the query or in headers.
func newRequest(r *redact.Record, target string) request {
	base, err := url.Parse(target)
	if err != nil || base.Host == "" {
		base = &url.URL{Scheme: "http", Host: "cassette.invalid"}
	}
	params, headers := protocol(r)
	if !r.Via.Form {
		params = append(params, r.Params...)
	}
	base.Path, base.RawQuery = "/", params.Encode(url.QueryEscape)
	out := request{
		Method: r.Via.Method, URL: base.String(), HTTPVersion: "HTTP/1.1", Cookies: []pair{},
		Headers: pairs(headers), QueryString: pairs(params), HeadersSize: -1,
	}
	if r.Via.Form {
		out.PostData = &postData{MimeType: formType, Params: pairs(r.Params), Text: r.Params.Encode(url.QueryEscape)}
	} else if len(r.Body) > 0 {
		contentType, _ := r.Common.Get("content-type")
		out.PostData = &postData{MimeType: contentType}
		out.PostData.Text, out.PostData.Encoding = encode(r.Body)
	}
	if out.PostData != nil {
		out.BodySize = len(out.PostData.Text)
	}
	return out
}

// protocol tells the protocol's parameters from its headers, whose names are
// in lower case, and puts operation and version where the scheme has them.
func protocol(r *redact.Record) (params, headers wire.Params) {
	action, version := "Action", "Version"
	if r.Via.Scheme == wire.ACS3 {
		action, version = "x-acs-action", "x-acs-version"
	}
	for _, p := range append(wire.Params{{Name: action, Value: r.Operation}, {Name: version, Value: r.Version}}, r.Common...) {
		if p.Name == "" || p.Value == "" && (p.Name == action || p.Name == version) {
			continue
		}
		if p.Name[0] >= 'a' && p.Name[0] <= 'z' {
			headers = append(headers, wire.Param{Name: http.CanonicalHeaderKey(p.Name), Value: p.Value})
		} else {
			params = append(params, p)
		}
	}
	return params, headers
}

func newResponse(r *redact.Record) response {
	contentType, _ := r.Header.Get("Content-Type")
	out := response{
		Status: r.Status, StatusText: http.StatusText(r.Status), HTTPVersion: "HTTP/1.1", Cookies: []pair{}, Headers: pairs(r.Header),
		Content: content{Size: len(r.Answer), MimeType: contentType}, HeadersSize: -1, BodySize: len(r.Answer),
	}
	out.Content.Text, out.Content.Encoding = encode(r.Answer)
	return out
}

// encode returns a body as JSON can hold it.
func encode(body []byte) (text, encoding string) {
	if utf8.Valid(body) {
		return string(body), ""
	}
	return base64.StdEncoding.EncodeToString(body), base64Encoding
}

func pairs(params wire.Params) []pair {
	out := make([]pair, len(params))
	for i, p := range params {
		out[i] = pair{p.Name, p.Value}
	}
	return out
}
