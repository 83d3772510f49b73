package redact_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/eci-conform/conform/internal/redact"
	"github.com/eci-conform/conform/internal/wire"
)

const canary = "FuzzedCanary7Wing"

func FuzzExchange(f *testing.F) {
	f.Add("RegionId=a", "", "", "application/json", []byte(`{"Message":"`), []byte(`"}`), 0)
	f.Add("Action=DescribeRegions&x=%zz", "ACS3-HMAC-SHA256 Credential=a,Signature=b", "a=b", "text/xml", []byte(`<Error><Message>`), []byte(`</Message></Error>`), 3)
	f.Add("Tag.1.Key=%5Cu00", "Bearer x", "{}", "", []byte(`{"a":{"b":["\u0041`), []byte(`", 12.5e3]}}`), 7)
	f.Add("a&&=&==", "Basic eDp5", "<a>", "gzip", []byte("server string to sign is:GET&%2F&"), []byte(""), 11)
	rules := rules(f)
	f.Fuzz(func(t *testing.T, query, auth, body, kind string, before, after []byte, way int) {
		names := []string{"raw", "percent", "twice", "json", "html", "base64", "base64 1", "base64 2", "basic", "hex", "HEX", "percent of json"}
		shown := encoders[names[uint(way)%uint(len(names))]](canary)
		x := &redact.Raw{
			Method: "POST", Target: "/?" + query + "&Action=CreateImageCache&ImageRegistryCredential.1.Password=" + canary,
			Header: http.Header{"Authorization": {auth}, "Content-Type": {kind}, "Cookie": {body}}, Body: []byte(body),
			Status: 200, RespHeader: http.Header{"Content-Type": {kind + shown}}, RespBody: []byte(string(before) + shown + string(after)),
		}
		if way%2 == 0 {
			x.Failure = redact.Truncated
		}
		s := rules.Session(redact.SessionOptions{Begin: begin, Known: []wire.Credentials{key}})
		rec := s.Exchange(x).Record()
		if leak := leaks(fmt.Sprintf("%+v\n%s\n%s", rec, rec.Answer, rec.Body), []string{canary}); leak != "" {
			t.Fatalf("the record shows %s", leak)
		}
		if plain := strings.TrimSpace(string(rec.Answer)); json.Valid(x.RespBody) && !json.Valid([]byte(plain)) && !redact.IsPlaceholder(plain) {
			t.Fatalf("JSON became %s", plain)
		}
	})
}
