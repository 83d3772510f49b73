package redact_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/eci-conform/conform/internal/redact"
	"github.com/eci-conform/conform/internal/wire"
)

// exchange is one of the usual size: 16 parameters, an answer of 1.5 kB.
func exchange(t testing.TB) *redact.Raw {
	var p wire.Params
	for i := range 10 {
		p = append(p, wire.Param{Name: fmt.Sprintf("Tag.%d.Key", i+1), Value: fmt.Sprintf("key-of-the-tag-%d", i)})
	}
	p = append(p, wire.Param{Name: "RegionId", Value: "cn-hangzhou"}, wire.Param{Name: "ImageCacheName", Value: "bench"},
		wire.Param{Name: "Image.1", Value: "registry.example/a:1"}, wire.Param{Name: "VSwitchId", Value: "vsw-1"},
		wire.Param{Name: "ImageRegistryCredential.1.Password", Value: "a registry password"},
		wire.Param{Name: "ImageRegistryCredential.1.UserName", Value: "bench-user"})
	x := sent(t, wire.Call{Operation: "DescribeImageCaches", Method: "POST", Form: true, Format: "JSON", Params: p})
	item := map[string]any{
		"ImageCacheId": "imc-2zebxkiifuyzzlhl****", "ImageCacheName": "bench", "Status": "Ready", "Progress": "100%",
		"CreationTime": "2026-11-21T10:00:00Z", "Images": []string{"registry.example/a:1"}, "ImageCacheSize": 20,
		"Events": []any{map[string]any{"Message": "Successfully check image cache resource. All is well.", "Reason": "Started", "Type": "Normal", "Count": 1}},
	}
	x.Status, x.RespHeader = 200, http.Header{"Content-Type": {"application/json;charset=utf-8"}, "X-Acs-Request-Id": {"BD8BBB43"}}
	x.RespBody, _ = json.Marshal(map[string]any{"RequestId": "BD8BBB43-8E05-5F46-89A9-2512D8A324A2", "ImageCaches": []any{item, item, item, item, item}})
	if len(x.RespBody) < 1400 {
		t.Fatalf("the answer has %d bytes", len(x.RespBody))
	}
	return x
}

func BenchmarkExchange(b *testing.B) {
	x := exchange(b)
	x.Target = "/"
	s := rules(b).Session(redact.SessionOptions{Begin: begin, Known: []wire.Credentials{key}})
	s.Exchange(x)
	b.ReportAllocs()
	for b.Loop() {
		s.Exchange(x)
	}
}

// BenchmarkFreshSecrets lets each exchange hold a secret that is new.
func BenchmarkFreshSecrets(b *testing.B) {
	s := rules(b).Session(redact.SessionOptions{Begin: begin, Known: []wire.Credentials{key}})
	b.ReportAllocs()
	i := 0
	x := exchange(b)
	body := string(x.Body)
	for b.Loop() {
		x.Body = fmt.Appendf(nil, "%s&ImageRegistryCredential.2.Password=fresh-%d", body, i)
		i++
		s.Exchange(x)
	}
}
