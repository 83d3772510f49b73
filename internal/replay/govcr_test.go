package replay

import (
	"bufio"
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"testing"

	"go.yaml.in/yaml/v3"
	vcr "gopkg.in/dnaeon/go-vcr.v4/pkg/cassette"
	"gopkg.in/dnaeon/go-vcr.v4/pkg/recorder"
)

// sameForVCR is what a user of go-vcr writes to match signed requests: all
// parameters but those of signing.
func sameForVCR(r *http.Request, recorded vcr.Request) bool {
	was, err := url.Parse(recorded.URL)
	if err != nil || r.Method != recorded.Method {
		return false
	}
	a, b := r.URL.Query(), was.Query()
	for _, name := range []string{"Signature", "SignatureNonce", "Timestamp", "AccessKeyId"} {
		a.Del(name)
		b.Del(name)
	}
	return a.Encode() == b.Encode()
}

// parsed parses the texts of askings.
func parsed(b *testing.B, texts [][]byte) (out []*http.Request) {
	b.Helper()
	for _, text := range texts {
		r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(text)))
		if err != nil {
			b.Fatal(err)
		}
		r.URL.Scheme, r.URL.Host, r.RequestURI = "http", "eci.example.com", ""
		out = append(out, r)
	}
	return out
}

// vcrOf is go-vcr with n exchanges of a library.
func vcrOf(b *testing.B, n int) http.RoundTripper {
	b.Helper()
	name := filepath.Join(b.TempDir(), "library")
	c := vcr.New(name)
	c.MarshalFunc, c.DebugLogger = yaml.Marshal, slog.New(slog.DiscardHandler)
	answer := library(1).entries[0].Answer
	for i := range n {
		q := url.Values{"Action": {"DescribeImageCaches"}, "Version": {"2018-08-08"}, "Format": {"JSON"}, "SignatureMethod": {"HMAC-SHA1"}, "SignatureVersion": {"1.0"}}
		for _, p := range askFor(i) {
			q.Set(p.Name, p.Value)
		}
		c.AddInteraction(&vcr.Interaction{
			Request:  vcr.Request{Method: http.MethodGet, URL: "http://eci.example.com/?" + q.Encode(), Host: "eci.example.com"},
			Response: vcr.Response{Code: http.StatusOK, Status: "200 OK", Body: string(answer), ContentLength: int64(len(answer)), Headers: http.Header{"Content-Type": {typeJSON}}},
		})
	}
	if err := c.Save(); err != nil {
		b.Fatal(err)
	}
	r, err := recorder.New(name, recorder.WithMode(recorder.ModeReplayOnly), recorder.WithMatcher(sameForVCR),
		recorder.WithReplayableInteractions(true), recorder.WithSkipRequestLatency(true))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = r.Stop() }) // nothing is written in this mode
	return r
}

// BenchmarkVCR is what one answer costs a client in its own process with 10,000
// exchanges recorded, from go-vcr and from a Player.
func BenchmarkVCR(b *testing.B) {
	const n = 10_000
	asked := parsed(b, askings(b, n)[:16])
	cost := map[string][]float64{}
	for name, rt := range map[string]http.RoundTripper{"go-vcr": vcrOf(b, n), "replay": play(b, library(n))} {
		for range 3 {
			before := cpu(b)
			for _, r := range asked {
				resp, err := rt.RoundTrip(r.Clone(b.Context()))
				if err != nil || resp.StatusCode != http.StatusOK {
					b.Fatalf("%s: %v, %v", name, resp, err)
				}
				if _, err := io.Copy(io.Discard, resp.Body); err != nil {
					b.Fatal(err)
				}
				resp.Body.Close()
			}
			cost[name] = append(cost[name], float64(cpu(b)-before)/1000/float64(len(asked)))
		}
		slices.Sort(cost[name])
	}
	b.ReportMetric(cost["go-vcr"][1], "go-vcr-us")
	b.ReportMetric(cost["replay"][1], "replay-us")
}
