package replay

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/eci-conform/conform/internal/redact"
	"github.com/eci-conform/conform/internal/wire"
)

// sizes are how many exchanges the benchmarks record: a request costs the same
// with each.
var sizes = []int{100, 10_000, 100_000}

// library is a recording of n requests, each another one. A request has 16
// parameters, an answer 1.5 kB.
func library(n int) *memory {
	m := &memory{}
	var body strings.Builder
	body.WriteString(`{"RequestId":"07604DC0-D869-4F14-9363-A264F881D1CA","ImageCaches":[{"ImageCacheName":"name","Events":[`)
	for i := range 12 {
		if i > 0 {
			body.WriteByte(',')
		}
		fmt.Fprintf(&body, `{"Count":1,"FirstTimestamp":"2026-11-21T10:00:00Z","Type":"Normal","Name":"event-%03d","Message":"some text"}`, i)
	}
	body.WriteString(`]}],"TotalCount":1}`)
	for i := range n {
		m.add(redact.Record{
			Operation: "DescribeImageCaches", Version: "2018-08-08", Params: askFor(i), Signature: redact.SignatureOK, Status: 200,
			Common: params("AccessKeyId", "LTAIREDACTED000000000001"), Via: redact.Via{Method: "GET", Scheme: wire.V1, Format: "JSON"},
			Header: params("Content-Type", typeJSON), Answer: []byte(body.String()),
		})
	}
	return m
}

func askFor(i int) wire.Params {
	return params("ImageCacheId", "imc-"+strconv.Itoa(i), "Limit", "20", "RegionId", "cn-hangzhou", "ResourceGroupId", "rg-acfmxazb4ph6aiy",
		"Tag.1.Key", "owner", "Tag.1.Value", "somebody", "Tag.2.Key", "purpose", "Tag.2.Value", "benchmark")
}

// requests are fresh requests of a client, as bytes, spread over a library.
func requests(b *testing.B, n int) [][]byte {
	out := make([][]byte, 1024)
	for i := range out {
		d := wire.NewDraft(wire.Call{
			Host: "eci.example.com", Operation: "DescribeImageCaches", Version: "2018-08-08", Params: askFor(i * 7919 % n), Method: http.MethodGet,
			Format: "JSON", Credentials: first, Nonce: fmt.Sprintf("bench-%d-%d", n, i), Time: newClock().Now(),
		})
		if err := d.Sign(); err != nil {
			b.Fatal(err)
		}
		r, err := d.Request(b.Context(), "http://eci.example.com")
		if err != nil {
			b.Fatal(err)
		}
		var text bytes.Buffer
		if err := r.Write(&text); err != nil {
			b.Fatal(err)
		}
		out[i] = text.Bytes()
	}
	return out
}

// BenchmarkServe compares a server of recordings with the barest one that
// answers as much, over connections that are kept. cpu-ns/op is of the whole
// process: what the sending side costs is in both.
func BenchmarkServe(b *testing.B) {
	answer := library(1).entries[0].Answer
	bare := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Type"] = []string{typeJSON}
		_, _ = w.Write(answer)
	})
	b.Run("bare", func(b *testing.B) { benchServe(b, bare, requests(b, sizes[0])) })
	for _, n := range sizes {
		p := play(b, library(n))
		b.Run(strconv.Itoa(n), func(b *testing.B) { benchServe(b, p, requests(b, n)) })
	}
}

func benchServe(b *testing.B, h http.Handler, texts [][]byte) {
	s := httptest.NewServer(h)
	defer s.Close()
	const clients = 8
	var group sync.WaitGroup
	b.ResetTimer()
	before := cpu(b)
	for c := range clients {
		group.Go(func() {
			conn, err := net.Dial("tcp", s.Listener.Addr().String())
			if err != nil {
				b.Error(err)
				return
			}
			defer conn.Close()
			in := bufio.NewReader(conn)
			for i := c; i < b.N; i += clients {
				if err := exchange(conn, in, texts[i%len(texts)]); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	b.ReportMetric(float64(cpu(b)-before)/float64(b.N), "cpu-ns/op")
}

// exchange sends a request and reads over the answer.
func exchange(conn net.Conn, in *bufio.Reader, text []byte) error {
	if _, err := conn.Write(text); err != nil {
		return err
	}
	length := 0
	for n := 0; ; n++ {
		line, err := in.ReadSlice('\n')
		switch {
		case err != nil:
			return err
		case n == 0 && !bytes.Contains(line, []byte(" 200 ")):
			return fmt.Errorf("answered %q", line)
		case len(line) == 2:
			_, err := io.CopyN(io.Discard, in, int64(length))
			return err
		case bytes.HasPrefix(line, []byte("Content-Length: ")):
			length, _ = strconv.Atoi(string(bytes.TrimSpace(line[16:])))
		}
	}
}

// cpu is what the process has used so far.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkAnswer is what one request costs, without net/http.
func BenchmarkAnswer(b *testing.B) {
	for _, n := range sizes {
		p := play(b, library(n))
		var all []*http.Request
		for _, text := range requests(b, n) {
			r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(text)))
			if err != nil {
				b.Fatal(err)
			}
			all = append(all, r)
		}
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if a := p.answer(all[i%len(all)]); a.status != http.StatusOK {
					b.Fatalf("answered %d\n%s", a.status, a.body)
				}
			}
		})
	}
}

// BenchmarkMiss is the search for the nearest recordings.
func BenchmarkMiss(b *testing.B) {
	for _, n := range sizes {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			p := play(b, library(n), func(o *Options) { o.Keys = nil })
			r := httptest.NewRequest(http.MethodGet, "/?Action=DescribeImageCaches&Version=2018-08-08&Limit=20&RegionId=cn-hangzhou&ImageCacheId=imc-x&AccessKeyId=a", nil)
			for b.Loop() {
				if a := p.answer(r); a.status != DefaultMissStatus {
					b.Fatalf("answered %d", a.status)
				}
			}
		})
	}
}

// BenchmarkNew is how long it takes to prepare a recording.
func BenchmarkNew(b *testing.B) {
	m := library(10_000)
	for b.Loop() {
		play(b, m)
	}
}
