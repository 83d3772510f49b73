package client

import (
	"bytes"
	"io"
	"net/http"
)

// keeper is a ResponseWriter that keeps what is written.
type keeper struct {
	header http.Header
	status int
	body   []byte
}

// Header is the answer's header.
func (k *keeper) Header() http.Header { return k.header }

// WriteHeader keeps the status.
func (k *keeper) WriteHeader(status int) { k.status = status }

// Write keeps the body.
func (k *keeper) Write(b []byte) (int, error) {
	k.body = append(k.body, b...)
	return len(b), nil
}

func body(b []byte) io.ReadCloser { return io.NopCloser(bytes.NewReader(b)) }
