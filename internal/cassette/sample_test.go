package cassette

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/eci-conform/conform/internal/redact"
	"github.com/eci-conform/conform/internal/wire"
)

func sampleHeader() Header {
	return Header{
		Recorded: time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC),
		Contract: "sha256:" + strings.Repeat("a1", 32), Policy: "sha256:" + strings.Repeat("b2", 32),
		Target: "http://127.0.0.1:8080", Tool: "conform 0.1.0", Run: "r1", Seed: 7,
	}
}

// samples are three records with something of everything.
func samples() []redact.Record {
	json := wire.Params{{Name: "Content-Type", Value: "application/json;charset=utf-8"}}
	common := wire.Params{{Name: "AccessKeyId", Value: "LTAIREDACTED000000000001"}, {Name: "SignatureNonce", Value: "6f1c"}}
	return []redact.Record{
		{
			Place: redact.Place{Track: "CreateImageCache#state/create"}, Operation: "CreateImageCache", Version: "2018-08-08",
			Via: redact.Via{Method: "POST", Form: true, Scheme: wire.V1, Format: "JSON"},
			Params: wire.Params{
				{Name: "Image.1", Value: "nginx"}, {Name: "ImageCacheName", Value: " two words\n"}, {Name: "RegionId", Value: "cn-hangzhou"},
			},
			Common: common, Signature: redact.SignatureOK, Status: 200, Header: json,
			Answer: []byte(`{"RequestId":"1","ImageCacheId":"imc-1"}`),
			Start:  123 * time.Microsecond, FirstByte: 2 * time.Millisecond, Duration: 3 * time.Millisecond, Try: 1,
		},
		{
			Operation: "DeleteImageCache", Version: "2018-08-08", Via: redact.Via{Method: "GET", Scheme: wire.ACS3, Format: "XML"},
			Params: wire.Params{{Name: "ImageCacheId", Value: "imc-1"}}, Common: common, Signature: redact.SignatureBad,
			Body: []byte("a\r\nb"), Status: 404, Answer: []byte("<Error><Code>NotFound</Code><RequestId>2</RequestId></Error>"),
			Start: time.Second, FirstByte: time.Millisecond, Duration: time.Millisecond, Try: 2,
		},
		{
			Place: redact.Place{Role: redact.RoleCleanup, Lane: 3}, Via: redact.Via{Method: "GET"}, Try: 1,
			Signature: redact.SignatureAbsent, Failure: redact.Reset, UnreadBody: redact.UnreadFormat, UnreadAnswer: redact.UnreadPacked, Start: 61 * time.Second, Duration: 1500 * time.Microsecond,
		},
	}
}

// writeSample writes the samples and returns the path.
func writeSample(t testing.TB, closed bool) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sample.cassette")
	w, err := Create(path, sampleHeader())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range samples() {
		if err := w.add(&r); err != nil {
			t.Fatal(err)
		}
	}
	if closed {
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	} else if err := w.file.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func sampleText(t testing.TB, closed bool) string {
	t.Helper()
	text, err := os.ReadFile(writeSample(t, closed))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
