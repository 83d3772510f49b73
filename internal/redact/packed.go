package redact

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"
	"slices"
	"strings"
)

// maxCodings is how many compressions may lie in each other.
const maxCodings = 3

// unpacked undoes a Content-Encoding as a client would, up to the size of a body
// that is looked at. Of a body that was cut off it returns as much as can be had.
func (p *pass) unpacked(encoding string, body []byte, cut bool) ([]byte, Unread) {
	codings := strings.Split(encoding, ",")
	if len(codings) > maxCodings {
		return nil, UnreadPacked
	}
	for _, coding := range slices.Backward(codings) {
		var why Unread
		if body, why = p.unpack(strings.ToLower(strings.TrimSpace(coding)), body, cut); why != Read {
			return nil, why
		}
	}
	return body, Read
}

func (p *pass) unpack(coding string, body []byte, cut bool) ([]byte, Unread) {
	if coding == "" || coding == "identity" {
		return body, Read
	}
	r, err := unpacker(coding, body)
	if err != nil {
		return nil, UnreadPacked
	}
	plain, err := io.ReadAll(io.LimitReader(r, int64(p.session.limits.Body)+1))
	if cut && errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	switch {
	case err != nil:
		return nil, UnreadPacked
	case len(plain) > p.session.limits.Body:
		return nil, UnreadLarge
	}
	return plain, Read
}

var errCoding = errors.New("unknown coding")

func unpacker(coding string, body []byte) (io.Reader, error) {
	switch coding {
	case "gzip", "x-gzip":
		return gzip.NewReader(bytes.NewReader(body))
	case "deflate":
		// The standard means zlib by it; many mean what is within that.
		if r, err := zlib.NewReader(bytes.NewReader(body)); err == nil {
			return r, nil
		}
		return flate.NewReader(bufio.NewReader(bytes.NewReader(body))), nil
	}
	return nil, errCoding
}
