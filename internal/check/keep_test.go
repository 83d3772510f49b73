package check

import (
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/eci-conform/conform/internal/wire"
)

// TestBodiesDoNotStay is not parallel: it measures the heap.
func TestBodiesDoNotStay(t *testing.T) {
	c := theContract(t)
	j := New(c)
	var kept []Finding
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	const size, n = 1 << 20, 32
	for i := range n {
		body := fmt.Sprintf(`{"RequestId":"%08X-0000-4000-8000-000000000000","TotalCount":"no","More":%q}`, i, strings.Repeat("a", size))
		x := &wire.Exchange{Status: 200, RespHeader: http.Header{"Content-Type": {"text/plain"}}, RespBody: []byte(body)}
		_, found := j.Answer(x, Expect{Operation: c.Operation("DescribeImageCaches"), Format: "JSON"})
		kept = append(kept, found...)
	}
	if after := heap(); after > before+n*size/4 {
		t.Errorf("%d answers of %d bytes leave %d bytes behind", n, size, after-before)
	}
	runtime.KeepAlive(j)
	runtime.KeepAlive(kept)
}
