package redact_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eci-conform/conform/internal/redact"
	"github.com/eci-conform/conform/internal/wire"
)

// TestUsualSecrets: who has a password that is nothing but a usual text gets it
// replaced where it stands, and nothing else; any other is replaced everywhere.
func TestUsualSecrets(t *testing.T) {
	t.Parallel()
	for password, usual := range map[string]bool{
		"true": true, "1": true, "Ready": true, "Updating": true, "123456": true, "100000000": true, "cn-hangzhou": true, "2018-08-08": true,
		"imc-2zebxkiifuyzzlhl0001": true, "Library": true, "default": true, "ImageCacheName": true,
		"IdempotentParameterMismatch": true, "LastTokenProcessing": true, "InvalidParameter.NotFound": true, "NumberExceed.Tags": true,
		"hunter2": false, "1234567890": false, "Ready1": false, "library7": false, "imc-2zebxkiifuyzzlhl0002": false, "cn-hangzhou-of-mine": false,
	} {
		s := newSession(t)
		x := sent(t, wire.Call{Operation: "UpdateImageCache", Params: wire.Params{
			{Name: "ImageCacheId", Value: "imc-2zebxkiifuyzzlhl0001"}, {Name: "ImageRegistryCredential.1.Password", Value: password},
			{Name: "ImageRegistryCredential.1.UserName", Value: "of " + password}, {Name: "RegionId", Value: "cn-hangzhou"},
		}})
		x.Status, x.RespHeader = 400, http.Header{"X-Acs-Request-Id": {password}}
		x.RespBody = []byte(`{"RequestId":"` + password + `","Message":"this is ` + password + `, no?"}`)
		rec := s.Exchange(x).Record()
		if got, _ := rec.Params.Get("ImageRegistryCredential.1.Password"); got != "REDACTED-0001" {
			t.Errorf("%s: the password is %s", password, got)
		}
		want := map[bool]string{true: password, false: "REDACTED-0001"}[usual]
		name, _ := rec.Params.Get("ImageRegistryCredential.1.UserName")
		if diff := cmp.Diff([]string{"of " + want, want, `{"RequestId":"` + want + `","Message":"this is ` + want + `, no?"}`},
			[]string{name, rec.Header[0].Value, string(rec.Answer)}); diff != "" {
			t.Errorf("%s: what the exchange says mismatch (-want +got):\n%s", password, diff)
		}
		later := answered(t, s, "DescribeImageCaches", "", `{"RequestId":"`+password+`"}`)
		if later != `{"RequestId":"`+want+`"}` {
			t.Errorf("%s: a later answer is %s", password, later)
		}
		if got := s.Overlooked(); got != map[bool]int{true: 1}[usual] {
			t.Errorf("%s: Overlooked() = %d", password, got)
		}
	}
}

// TestUsualKey: the secret of a key that is known from the start is no
// exception.
func TestUsualKey(t *testing.T) {
	t.Parallel()
	s := rules(t).Session(redact.SessionOptions{Begin: begin, Known: []wire.Credentials{{AccessKeyID: "me", AccessKeySecret: "secret", SecurityToken: strings.Repeat("x", 5)}}})
	if got := answered(t, s, "DescribeImageCaches", "", `{"RequestId":"a secret"}`); got != `{"RequestId":"a secret"}` || s.Overlooked() != 2 {
		t.Errorf("the answer is %s, Overlooked() = %d", got, s.Overlooked())
	}
}
