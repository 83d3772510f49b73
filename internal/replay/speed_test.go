package replay

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
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

// askings are fresh requests of a client, as bytes, spread over a library.
func askings(b *testing.B, n int) [][]byte {
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
// answers as much, over connections that are kept. Each is a process of its
// own: server-cpu-ns/op is what that one used.
func BenchmarkServe(b *testing.B) {
	b.Run("bare", func(b *testing.B) { benchServe(b, 0) })
	for _, n := range sizes {
		b.Run(strconv.Itoa(n), func(b *testing.B) { benchServe(b, n) })
	}
}

// serverSize tells a process of the benchmark what to serve: a library of so
// many exchanges, or 0 for the bare handler.
const serverSize = "REPLAY_BENCHMARK_SERVER"

// TestServerProcess is the server of BenchmarkServe. It says where it listens,
// and for each line that it reads how much it has used so far.
func TestServerProcess(t *testing.T) {
	n, err := strconv.Atoi(os.Getenv(serverSize))
	if err != nil {
		t.Skip("this is for BenchmarkServe")
	}
	answer := library(1).entries[0].Answer
	var h http.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Type"] = []string{typeJSON}
		_, _ = w.Write(answer)
	})
	if n > 0 {
		h = play(t, library(n))
	}
	s := httptest.NewServer(h)
	defer s.Close()
	fmt.Println(s.Listener.Addr())
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		fmt.Println(int64(cpu(t)))
	}
}

// process is a server of the benchmark.
type process struct {
	address string
	in      io.WriteCloser
	out     *bufio.Scanner
}

func start(b *testing.B, n int) *process {
	b.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestServerProcess$")
	cmd.Env = append(os.Environ(), serverSize+"="+strconv.Itoa(n))
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	p := &process{in: in, out: bufio.NewScanner(out)}
	b.Cleanup(func() {
		in.Close()
		for p.out.Scan() {
		}
		if err := cmd.Wait(); err != nil {
			b.Error(err)
		}
	})
	if !p.out.Scan() {
		b.Fatal("the server did not start")
	}
	p.address = p.out.Text()
	return p
}

// used is how much CPU the server has used, in nanoseconds.
func (p *process) used(b *testing.B) int64 {
	b.Helper()
	fmt.Fprintln(p.in)
	if !p.out.Scan() {
		b.Fatal("the server is gone")
	}
	n, err := strconv.ParseInt(p.out.Text(), 10, 64)
	if err != nil {
		b.Fatal(err)
	}
	return n
}

func benchServe(b *testing.B, n int) {
	texts := askings(b, max(n, sizes[0]))
	s := start(b, n)
	load(b, s.address, texts, len(texts)) // warm
	b.ResetTimer()
	before := s.used(b)
	load(b, s.address, texts, b.N)
	b.ReportMetric(float64(s.used(b)-before)/float64(b.N), "server-cpu-ns/op")
}

// load sends n of the requests over eight connections.
func load(b *testing.B, address string, texts [][]byte, n int) {
	const clients = 8
	var group sync.WaitGroup
	for c := range clients {
		group.Go(func() {
			conn, err := net.Dial("tcp", address)
			if err != nil {
				b.Error(err)
				return
			}
			defer conn.Close()
			in := bufio.NewReader(conn)
			for i := c; i < n; i += clients {
				if err := exchange(conn, in, texts[i%len(texts)]); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
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
func cpu(b testing.TB) time.Duration {
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
		for _, text := range askings(b, n) {
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
