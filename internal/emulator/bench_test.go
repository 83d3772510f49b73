package emulator_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/eci-conform/conform/internal/wire"
)

// discard is a response writer that keeps nothing.
type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(b []byte) (int, error) { return len(b), nil }
func (d discard) WriteHeader(int)             {}

// BenchmarkHandler is the cost of one request without the network.
func BenchmarkHandler(b *testing.B) {
	for _, c := range []struct {
		operation string
		params    wire.Params
	}{
		{"DescribeRegions", nil},
		{"CreateImageCache", params("ImageCacheName", "a", "Image.1", "nginx")},
		{"DescribeImageCaches", params("ImageCacheName", "a", "Limit", "1")},
	} {
		for _, scheme := range []wire.Scheme{wire.V1, wire.ACS3} {
			b.Run(c.operation+"/"+string(scheme), func(b *testing.B) {
				e := newBench(b)
				e.must("CreateImageCache", params("ImageCacheName", "a", "Image.1", "nginx"))
				requests := make([]*http.Request, b.N)
				for i := range requests {
					d := e.draft(c.operation, c.params, func(c *wire.Call) { c.Scheme, c.Nonce = scheme, fmt.Sprint("bench-", i) })
					if err := d.Sign(); err != nil {
						b.Fatal(err)
					}
					r, err := d.Request(context.Background(), e.server.URL)
					if err != nil {
						b.Fatal(err)
					}
					r.Body = io.NopCloser(bytes.NewReader(nil))
					if r.Host == "" {
						r.Host = r.URL.Host
					}
					requests[i] = r
				}
				handler := e.server.Config.Handler
				b.ReportAllocs()
				b.ResetTimer()
				for _, r := range requests {
					handler.ServeHTTP(discard{http.Header{}}, r)
				}
			})
		}
	}
}
