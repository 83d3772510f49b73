package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	conform "github.com/eci-conform/conform"
	"github.com/eci-conform/conform/internal/wire"
)

// canned answers every request with the same.
type canned []byte

func (c canned) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r, ContentLength: int64(len(c)),
		Header: http.Header{"Content-Type": {"application/json;charset=utf-8"}}, Body: io.NopCloser(bytes.NewReader(c)),
	}, nil
}

// BenchmarkRecording is the CPU that recording takes for an exchange of the
// usual size, redaction, digest and writing included. Its bar is 200 us.
func BenchmarkRecording(b *testing.B) {
	a := &app{System: System{Now: time.Now, Out: io.Discard, Err: io.Discard, Lookup: nothing}, env: nothing}
	c, err := source{}.load()
	if err != nil {
		b.Fatal(err)
	}
	key := wire.Credentials{AccessKeyID: conform.AccessKeyID, AccessKeySecret: conform.AccessKeySecret}
	rec, err := a.openRecording(recordingOf{dir: filepath.Join(b.TempDir(), "tapes"), kind: "record", contract: c, keys: []wire.Credentials{key}})
	if err != nil {
		b.Fatal(err)
	}
	var item = `{"ImageCacheId":"imc-2zebxkiifuyzzlhl0001","ImageCacheName":"bench","Status":"Ready","Progress":"100%","CreationTime":"2026-11-21T10:00:00Z",` +
		`"Images":["registry.example/a:1"],"ImageCacheSize":20,"Events":[{"Message":"Successfully check image cache resource.","Type":"Normal","Count":1}]}`
	answer := canned(`{"RequestId":"BD8BBB43-8E05-5F46-89A9-2512D8A324A2","ImageCaches":[` + strings.TrimSuffix(strings.Repeat(item+",", 5), ",") + `]}`)
	d := wire.NewDraft(wire.Call{
		Operation: "CreateImageCache", Version: c.Version, Method: "POST", Form: true, Format: "JSON", Credentials: key, Nonce: "nonce", Time: time.Now(),
		Params: wire.Params{{Name: "RegionId", Value: "cn-hangzhou"}, {Name: "ImageCacheName", Value: "bench"}, {Name: "Image.1", Value: "registry.example/a:1"},
			{Name: "VSwitchId", Value: "vsw-1"}, {Name: "SecurityGroupId", Value: "sg-1"}, {Name: "Tag.1.Key", Value: "key"}, {Name: "Tag.1.Value", Value: "value"},
			{Name: "ImageRegistryCredential.1.UserName", Value: "bench"}, {Name: "ImageRegistryCredential.1.Password", Value: "a registry password"}},
	})
	if err := d.Sign(); err != nil {
		b.Fatal(err)
	}
	send := func(rt http.RoundTripper) {
		if x := wire.Do(context.Background(), d, wire.Route{Transport: rt, Endpoint: "http://eci.example.com", Clock: time.Now}); x.Err != nil {
			b.Fatal(x.Err)
		}
	}
	recorded := rec.Middleware(answer)
	const each = 200
	var with, without []float64
	for b.Loop() {
		before := used(b)
		for range each {
			send(answer)
		}
		half := used(b)
		for range each {
			send(recorded)
		}
		without, with = append(without, float64(half-before)/each/1000), append(with, float64(used(b)-half)/each/1000)
	}
	b.ReportMetric(median(with)-median(without), "recording-us")
	if err := rec.close(a); err != nil {
		b.Fatal(err)
	}
}

// used is the CPU that the process has used, in nanoseconds.
func used(b *testing.B) int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}
