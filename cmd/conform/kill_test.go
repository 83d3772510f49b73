package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	conform "github.com/eci-conform/conform"
	"github.com/eci-conform/conform/internal/cassette"
	"github.com/eci-conform/conform/internal/wire"
)

// child is a process of conform that says where it listens.
type child struct {
	cmd    *exec.Cmd
	url    string
	errors *strings.Builder
}

func startChild(t *testing.T, args ...string) *child {
	t.Helper()
	c := &child{cmd: exec.Command("conform", args...), errors: &strings.Builder{}}
	c.cmd.Stderr = c.errors
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("conform %v: %v\n%s", args, err, c.stop(os.Kill))
	}
	c.url = strings.TrimPrefix(strings.TrimSuffix(line, "\n"), "listening on ")
	return c
}

// stop sends the signal, and returns what the process has said when it is gone.
func (c *child) stop(signal os.Signal) string {
	_ = c.cmd.Process.Signal(signal) // it may be gone already
	_ = c.cmd.Wait()                 // the exit code says it
	return c.errors.String()
}

// hammer sends requests one after another until it fails, and returns the
// nonces of those whose answers came whole: the name and a number. It tells after so many of them, or
// at its end.
func hammer(ctx context.Context, url, name string, after int, tell func()) (answered []string, err error) {
	defer tell()
	rt := newTransport()
	defer rt.CloseIdleConnections()
	for i := 0; ; i++ {
		if i == after {
			tell()
		}
		nonce := fmt.Sprintf("%s-%d", name, i)
		d := wire.NewDraft(wire.Call{
			Operation: "DescribeRegions", Version: "2018-08-08", Method: "POST", Form: true, Format: "JSON", Nonce: nonce, Time: time.Now(),
			Params:      wire.Params{{Name: "RegionId", Value: "cn-hangzhou"}},
			Credentials: wire.Credentials{AccessKeyID: conform.AccessKeyID, AccessKeySecret: conform.AccessKeySecret},
		})
		if err := d.Sign(); err != nil {
			return answered, err
		}
		x := wire.Do(ctx, d, wire.Route{Transport: rt, Endpoint: url, Clock: time.Now})
		if x.Err != nil {
			return answered, nil
		}
		if x.Status != 200 {
			return answered, fmt.Errorf("status %d: %s", x.Status, x.RespBody)
		}
		answered = append(answered, nonce)
	}
}

// TestKilledWhileRecording kills recorders at random moments: what a client was
// told stands in the cassette, which can be read.
func TestKilledWhileRecording(t *testing.T) {
	t.Parallel()
	times := 100
	if testing.Short() {
		times = 8
	}
	h, err := conform.NewHandler(conform.Options{Clock: time.Now, Settle: -1})
	if err != nil {
		t.Fatal(err)
	}
	target := httptest.NewServer(h)
	defer target.Close()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 1))
	told, torn := 0, 0
	for range times {
		n, tail := killOne(t, target.URL, rnd.IntN(40), rnd.IntN(4), time.Duration(rnd.IntN(3000))*time.Microsecond)
		told += n
		if tail > 0 {
			torn++
		}
	}
	t.Logf("%d answers in %d recordings, %d of them torn", told, times, torn)
	if told < times {
		t.Errorf("%d answers in %d recordings: too few", told, times)
	}
}

// killOne records four clients and kills the recorder a moment after one of
// them has had so many answers. It returns how many answers all had, and the
// bytes of the torn tail.
func killOne(t *testing.T, target string, after, who int, moment time.Duration) (told int, torn int64) {
	t.Helper()
	dir := t.TempDir()
	rec := startChild(t, "record", "--target", target, "--record", dir, "--access-key-id", conform.AccessKeyID, "--access-key-secret", conform.AccessKeySecret)
	now := make(chan struct{})
	var all sync.WaitGroup
	var answered [4][]string
	var faults [4]error
	for i := range answered {
		all.Go(func() {
			tell := func() {}
			if i == who {
				tell = sync.OnceFunc(func() { close(now) })
			}
			answered[i], faults[i] = hammer(t.Context(), rec.url, fmt.Sprintf("%s-%d", filepath.Base(dir), i), after, tell)
		})
	}
	<-now
	late := time.NewTimer(moment)
	<-late.C
	rec.stop(os.Kill)
	all.Wait()
	if err := errors.Join(faults[:]...); err != nil {
		t.Fatal(err)
	}
	return holds(t, dir, slices.Concat(answered[:]...))
}

// holds checks that the only cassette in a folder holds requests with all the
// nonces.
func holds(t *testing.T, dir string, nonces []string) (told int, torn int64) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("files %v, %v, want one", files, err)
	}
	c, err := cassette.Open(files[0])
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if c.State() != cassette.Unsealed {
		t.Errorf("the cassette is %s, want it open", c.State())
	}
	kept := map[string]bool{}
	for i := range c.Len() {
		r, err := c.Record(i)
		if err != nil {
			t.Fatal(err)
		}
		nonce, _ := r.Common.Get("SignatureNonce")
		kept[nonce] = len(r.Answer) > 0
	}
	for _, nonce := range nonces {
		if !kept[nonce] {
			t.Errorf("%s was answered and is not among the %d records", nonce, c.Len())
		}
	}
	return len(nonces), c.Torn()
}
