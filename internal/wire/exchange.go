package wire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"
)

// maxAnswer is the most that is kept of an answer's body, in bytes.
const maxAnswer = 1 << 20

// Route is the way that drafts take to a server.
type Route struct {
	Transport http.RoundTripper
	Endpoint  string           // http://HOST:PORT
	Clock     func() time.Time // gives the times of the exchange
}

// Do sends a draft as it stands and returns what was on the wire. It never
// fails: why there was no whole answer is in Exchange.Err. It follows no
// redirect. A body of more than 1 MiB is cut there, which is an Err too.
func Do(ctx context.Context, d *Draft, by Route) *Exchange {
	x := &Exchange{
		Method: d.Method, Host: d.Host, Body: d.payload(), Start: by.Clock(),
		Operation: d.Operation, Params: d.Params, Format: d.Format, Scheme: d.Scheme, KeyID: d.Credentials.AccessKeyID,
	}
	var t timing
	x.Err = x.send(context.WithValue(ctx, timingKey{}, &t), d, by)
	if x.Duration = by.Clock().Sub(x.Start); t.told {
		x.Start, x.Duration = t.start, t.duration
	}
	return x
}

func (x *Exchange) send(ctx context.Context, d *Draft, by Route) error {
	req, err := d.Request(ctx, by.Endpoint)
	if err != nil {
		return err
	}
	x.URL, x.Host, x.Header = req.URL.String(), req.Host, req.Header.Clone()
	resp, err := by.Transport.RoundTrip(req)
	if err != nil {
		return fmt.Errorf("send %s: %w", d.Operation, err)
	}
	if resp.StatusCode < 100 { // net/http takes any three digits
		return errors.Join(fmt.Errorf("read answer of %s: status %03d", d.Operation, resp.StatusCode), resp.Body.Close())
	}
	x.Status, x.RespHeader = resp.StatusCode, resp.Header
	x.RespBody, err = readAll(io.LimitReader(resp.Body, maxAnswer+1), resp.ContentLength)
	closeErr := resp.Body.Close()
	switch {
	case err != nil:
		return fmt.Errorf("read answer of %s: %w", d.Operation, err)
	case len(x.RespBody) > maxAnswer:
		x.RespBody = x.RespBody[:maxAnswer]
		return fmt.Errorf("read answer of %s: %w", d.Operation, ErrBodyTooLarge)
	case closeErr != nil:
		return fmt.Errorf("read answer of %s: %w", d.Operation, closeErr)
	}
	return nil
}

// readAll is io.ReadAll that starts with room for an announced length, which
// may be wrong; less than 0 for none.
func readAll(r io.Reader, announced int64) ([]byte, error) {
	const unknown, most = 511, 64 << 10
	if announced < 0 {
		announced = unknown
	}
	b := make([]byte, 0, min(announced, most)+1) // one more, to meet the end
	for {
		n, err := r.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		if err == io.EOF {
			return b, nil
		}
		if err != nil {
			return b, err
		}
		if len(b) == cap(b) {
			b = slices.Grow(b, len(b))
		}
	}
}
