package redact_test

import (
	"context"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/redact"
	"github.com/eci-conform/conform/internal/wire"
	"github.com/eci-conform/conform/spec"
)

var begin = time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)

func rules(t testing.TB) *redact.Rules {
	t.Helper()
	c, err := contract.Load(spec.Name, spec.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	return redact.NewRules(c)
}

// key is a key as real ones look.
var key = wire.Credentials{AccessKeyID: "LTAI5tCanaryKeyId00000001", AccessKeySecret: "CanaryAccessKeySecret00000001"}

// sent drafts and signs a call and returns it as it would be captured.
func sent(t testing.TB, c wire.Call) *redact.Raw {
	t.Helper()
	if c.Credentials.AccessKeyID == "" {
		c.Credentials = key
	}
	c.Version, c.Nonce, c.Time, c.Host = "2018-08-08", "nonce-1", begin, "127.0.0.1:1"
	d := wire.NewDraft(c)
	if err := d.Sign(); err != nil {
		t.Fatal(err)
	}
	return capture(t, d)
}

func capture(t testing.TB, d *wire.Draft) *redact.Raw {
	t.Helper()
	req, err := d.Request(context.Background(), "http://127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	x := &redact.Raw{Method: req.Method, Target: req.URL.RequestURI(), Host: req.Host, Header: req.Header, Start: begin.Add(time.Second)}
	if req.Body != nil {
		if x.Body, err = io.ReadAll(req.Body); err != nil {
			t.Fatal(err)
		}
	}
	return x
}

func TestExchange(t *testing.T) {
	t.Parallel()
	x := sent(t, wire.Call{Operation: "CreateImageCache", Method: "POST", Form: true, Format: "JSON", Params: wire.Params{
		{Name: "ImageCacheName", Value: "name of hunter2-canary"}, {Name: "RegionId", Value: "cn-hangzhou"},
		{Name: "ImageRegistryCredential.1.Password", Value: "hunter2-canary"}, {Name: "Stranger", Value: "something else"},
	}})
	x.Status, x.RespHeader = 200, http.Header{"Content-Type": {"application/json"}, "Set-Cookie": {"a=b"}}
	x.RespBody = []byte(`{ "ImageCacheId":"imc-1", "Odd": {"n": 12, "b":true, "s":"x"},` + "\n" + `"RequestId":"hunter2%2Dcanary"}`)
	got := rules(t).Session(redact.SessionOptions{Known: []wire.Credentials{key}, Begin: begin}).Exchange(x).Record()
	want := redact.Record{
		Operation: "CreateImageCache", Version: "2018-08-08", Signature: redact.SignatureOK, Status: 200, Start: time.Second, Try: 1,
		Via: redact.Via{Method: "POST", Form: true, Scheme: wire.V1, Format: "JSON"},
		Params: wire.Params{
			{Name: "ImageCacheName", Value: "name of REDACTED-0001"}, {Name: "ImageRegistryCredential.1.Password", Value: "REDACTED-0001"},
			{Name: "RegionId", Value: "cn-hangzhou"}, {Name: "Stranger", Value: "REDACTED-text-0001"},
		},
		Common: wire.Params{
			{Name: "AccessKeyId", Value: "LTAIREDACTED0000000000001"}, {Name: "Format", Value: "JSON"},
			{Name: "Signature", Value: "REDACTED0000000000000000001="}, {Name: "SignatureMethod", Value: "HMAC-SHA1"},
			{Name: "SignatureNonce", Value: "nonce-1"}, {Name: "SignatureVersion", Value: "1.0"},
			{Name: "Timestamp", Value: "2026-11-21T10:00:00Z"}, {Name: "content-type", Value: "application/x-www-form-urlencoded"},
		},
		Header: wire.Params{{Name: "Content-Type", Value: "application/json"}},
		Answer: []byte(`{ "ImageCacheId":"imc-1", "Odd": {"n": 0, "b":true, "s":"REDACTED-text-0002"},` + "\n" + `"RequestId":"REDACTED-0001"}`),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Exchange() mismatch (-want +got):\n%s", diff)
	}
}
