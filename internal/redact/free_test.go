package redact_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/redact"
	"github.com/eci-conform/conform/internal/wire"
	"github.com/eci-conform/conform/spec"
)

// said returns how a message of an answer is recorded.
func said(t *testing.T, message string) string {
	t.Helper()
	x := sent(t, wire.Call{Operation: "DescribeRegions"})
	x.Status, x.RespHeader = 400, http.Header{"Content-Type": {"application/json"}}
	var err error
	if x.RespBody, err = json.Marshal(map[string]string{"Message": message}); err != nil {
		t.Fatal(err)
	}
	var got struct{ Message string }
	if err := json.Unmarshal(newSession(t).Exchange(x).Record().Answer, &got); err != nil {
		t.Fatal(err)
	}
	return got.Message
}

// TestSecretsInFreeText: what a text says to be secret is, however it says so.
func TestSecretsInFreeText(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]string{
		"password: hunter2":                              "password: #",
		"Password = hunter2, and more":                   "Password = #, and more",
		"pwd=hunter2;b=c":                                "pwd=#;b=c",
		`{"password" : "hunter2 is, so"}`:                `{"password" : "#"}`,
		`"{\"passphrase\":\"hunter2\"}"`:                 `"{\"passphrase\":\"#\"}"`,
		`{'db_password': 'hunter2'}`:                     `{'db_password': '#'}`,
		"<DbPassword>hunter2</DbPassword>":               "<DbPassword>#</DbPassword>",
		"ImageRegistryCredential.1.Password: hunter2":    "ImageRegistryCredential.1.Password: #",
		"X-Amz-Security-Token: FwoGZXIv==\nx: y":         "X-Amz-Security-Token: #\nx: y",
		"X-Amz-Credential=abc/1/us&X-Amz-Expires=1":      "X-Amz-Credential=#&X-Amz-Expires=1",
		"x-acs-signature: 0123abcd":                      "x-acs-signature: #",
		"Authorization: Basic dTpw":                      "Authorization: #",
		"authorization=Digest username=bob, response=1f": "authorization=#",
		"got Basic dTpw here":                            "got Basic # here",
		"Bearer abc.def-123 was sent":                    "Bearer # was sent",
		"Cookie: sid=hunter2; lang=en\nAccept: */*":      "Cookie: #\nAccept: */*",
		"Set-Cookie: sid=hunter2; Path=/":                "Set-Cookie: #",
		"session_id=hunter2":                             "session_id=#",
		"pull bob:hunter2@registry.example/a failed":     "pull bob:#@registry.example/a failed",
		"redis bob:hun:ter/2@10.0.0.1:6379":              "redis bob:#@10.0.0.1:6379",
		"at https://bob:hunter2@registry.example/a":      "at https://bob:#@registry.example/a",
		"https://abcdefghij0123456789@git.example/a.git": "https://#@git.example/a.git",
		"token ghp_0123456789abcdefghijABCDEFGHIJ012345": "token #",
		"AccessKeySecret=a&b=c":                          "AccessKeySecret=#&b=c",
	} {
		got := said(t, message)
		if strings.Replace(want, "#", "REDACTED-0001", 1) != got {
			t.Errorf("%q is recorded as %q, want %q", message, got, want)
		}
	}
}

// TestWordsInFreeText: what only speaks of secrets stays.
func TestWordsInFreeText(t *testing.T) {
	t.Parallel()
	for _, message := range []string{
		"password: must not be empty", "The SecurityToken: is invalid.", "see https://help.example/password: it says", "Basic authentication is required",
		"a bearer token has expired", "image nginx:1.25@sha256:0123456789abcdef is gone", "registry.example/a/b:latest@sha256:00", "mailto:bob@corp.example",
		"NextToken=abc", "SignatureNonce=a&SignatureMethod=HMAC-SHA1&SignatureVersion=1.0", "x-acs-signature-nonce:a-nonce", "ClientToken: abc", "at 2026-11-21T10:00:00Z", "git@git.example:a/b", "token:", "UserName: bob", "ImageRegistryCredential.1.UserName=bob",
	} {
		if got := said(t, message); got != message {
			t.Errorf("%q is recorded as %q", message, got)
		}
	}
}

// TestTheContractsOwnMessages: no message of the contract is taken for a secret,
// but for what it shows of a signature.
func TestTheContractsOwnMessages(t *testing.T) {
	t.Parallel()
	c, err := contract.Load(spec.Name, spec.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	rows := c.Gateway.Errors
	for _, o := range c.Operations {
		rows = append(rows, o.Errors...)
	}
	for _, row := range rows {
		for _, message := range append([]string{row.Message}, wordings(row)...) {
			message = strings.ReplaceAll(message, "%s", "RegionId")
			got := said(t, message)
			if signed := strings.Contains(got, "REDACTED-signed"); got != message && !signed {
				t.Errorf("%s: %q is recorded as %q", row.Code, message, got)
			}
		}
	}
}

func wordings(row *contract.Error) (out []string) {
	for _, w := range row.Wordings {
		out = append(out, w.Message)
	}
	return out
}

// TestLabels: a recording of others may call an exchange anything.
func TestLabels(t *testing.T) {
	t.Parallel()
	x := &redact.Raw{Method: "GET", Target: "/?Action=DescribeRegions", Place: redact.Place{
		Track: "LTAI5tCanaryKeyOfSomebody", Role: "a b", Lent: "image-cache:imc-1@cn-hangzhou",
	}}
	got := newSession(t).Exchange(x).Record().Place
	if got.Track != "LTAIREDACTED0000000000001" || got.Role != "REDACTED-text-0001" || got.Lent != x.Place.Lent {
		t.Errorf("Place = %+v", got)
	}
}
