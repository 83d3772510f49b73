package cassette

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/eci-conform/conform/internal/redact"
	"github.com/eci-conform/conform/internal/wire"
)

// typical is a record of 16 parameters, 8 of the protocol, and an answer of
// 1.5 kB.
func typical(rnd *rand.Rand, i int) redact.Record {
	r := redact.Record{
		Place: redact.Place{Track: fmt.Sprintf("CreateImageCache#parameter/case-%d", i)}, Operation: "CreateImageCache", Version: "2018-08-08",
		Via:       redact.Via{Method: "POST", Form: true, Scheme: wire.V1, Format: "JSON"},
		Signature: redact.SignatureOK, Status: 200, Try: 1,
		Header: wire.Params{{Name: "Content-Type", Value: "application/json;charset=utf-8"}, {Name: "Date", Value: "Sat, 21 Nov 2026 10:00:00 GMT"},
			{Name: "X-Acs-Request-Id", Value: fmt.Sprintf("%016X", rnd.Uint64())}},
		Start: time.Duration(i) * 1234567, FirstByte: 2123456, Duration: 3456789,
	}
	for p := range 16 {
		r.Params = append(r.Params, wire.Param{Name: fmt.Sprintf("Parameter.%02d.Value", p), Value: fmt.Sprintf("value-%d", rnd.Uint32())})
	}
	for _, name := range []string{"AccessKeyId", "Action", "Format", "Signature", "SignatureMethod", "SignatureNonce", "Timestamp", "Version"} {
		r.Common = append(r.Common, wire.Param{Name: name, Value: fmt.Sprintf("common-%016x", rnd.Uint64())})
	}
	var b strings.Builder
	fmt.Fprintf(&b, `{"RequestId":"%016X","ImageCaches":[`, rnd.Uint64())
	for n := 0; b.Len() < 1400; n++ {
		fmt.Fprintf(&b, `{"ImageCacheId":"imc-%016x","Status":"Ready","Progress":"100%%","ImageCacheSize":%d},`, rnd.Uint64(), n)
	}
	r.Answer = []byte(strings.TrimSuffix(b.String(), ",") + `],"TotalCount":12}`)
	return r
}

func BenchmarkAppend(b *testing.B) {
	b.ReportAllocs()
	w, err := Create(filepath.Join(b.TempDir(), "x"), sampleHeader())
	if err != nil {
		b.Fatal(err)
	}
	defer w.Close()
	r := typical(rand.New(rand.NewPCG(1, 1)), 1)
	for b.Loop() {
		if err := w.add(&r); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkOpen loads and verifies 10,000 records; its bar is 150 ms.
func BenchmarkOpen(b *testing.B) {
	b.ReportAllocs()
	path := large(b, 10000)
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(info.Size())
	for b.Loop() {
		c, err := Open(path)
		if err != nil || c.Len() != 10000 {
			b.Fatal(err)
		}
		c.Close()
	}
}

func BenchmarkRecord(b *testing.B) {
	b.ReportAllocs()
	c, err := Open(large(b, 100))
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	for i := 0; b.Loop(); i++ {
		if _, err := c.Record(i % 100); err != nil {
			b.Fatal(err)
		}
	}
}

// large writes a cassette of n typical records.
func large(b *testing.B, n int) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), "x")
	w, err := Create(path, sampleHeader())
	if err != nil {
		b.Fatal(err)
	}
	rnd := rand.New(rand.NewPCG(1, 1))
	for i := range n {
		r := typical(rnd, i)
		if err := w.add(&r); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
	return path
}
