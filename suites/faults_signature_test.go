package suites

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/eci-conform/conform/internal/wire"
)

// signatureFaults are servers that look at a part of a signature, or of what it
// covers.
var signatureFaults = []fault{
	{name: "first characters of v1 compared", by: "tamper/v1-signatureEnd", family: "auth", must: true, among: cheap, wrap: forgiving(v1, samePrefix)},
	{name: "first characters of ACS3 compared", by: "tamper/acs3-signatureEnd", family: "auth", must: true, among: cheap, wrap: forgiving(acs3, samePrefix)},
	{name: "case of v1 ignored", by: "tamper/v1-signatureCase", family: "auth", must: true, among: cheap, wrap: forgiving(v1, strings.EqualFold)},
	{name: "case of ACS3 ignored", by: "tamper/acs3-signatureCase", family: "auth", among: cheap, wrap: forgiving(acs3, strings.EqualFold)},
	{name: "v1 compared as far as it goes", by: "tamper/v1-signatureHalf", family: "auth", must: true, among: cheap, wrap: forgiving(v1, started)},
	{name: "ACS3 compared as far as it goes", by: "tamper/acs3-signatureHalf", family: "auth", must: true, among: cheap, wrap: forgiving(acs3, started)},
	{name: "more than v1 compared", by: "tamper/v1-signatureLonger", family: "auth", among: cheap, wrap: forgiving(v1, strings.HasPrefix)},
	{name: "more than ACS3 compared", by: "tamper/acs3-signatureLonger", family: "auth", among: cheap, wrap: forgiving(acs3, strings.HasPrefix)},
	{name: "empty v1 let in", by: "Signature/v1-empty", family: "auth", must: true, among: cheap, wrap: forgiving(v1, empty)},
	{name: "empty ACS3 let in", by: "tamper/acs3-signatureEmpty", family: "auth", must: true, among: cheap, wrap: forgiving(acs3, empty)},
	{name: "payload hash believed", by: "tamper/acs3-body", family: "auth", must: true, among: cheap, wrap: forgiving(acs3, same)},
	{name: "payload hash in place of the signature", by: "tamper/acs3-bodyRehashed", family: "auth", must: true, among: cheap, wrap: forgiving(acs3, func(got, _ string) bool { return got != "" })},
	{name: "form left out of the signature", by: "tamper/v1-unsignedForm", family: "auth", must: true, among: cheap, wrap: covering(func(in *wire.Received) { in.Form = nil })},
	{name: "added body left out of the signature", by: "tamper/v1-formAdded", family: "auth", must: true, among: cheap, wrap: covering(func(in *wire.Received) { in.Form = nil })},
	{name: "removed form parameter not missed", by: "tamper/v1-formRemoved", family: "auth", among: "DescribeImageCaches/auth/**", wrap: covering(func(in *wire.Received) {
		in.Form = in.Form.Set("RegionId", "cn-hangzhou")
	})},
	{name: "query beside a form left out", by: "tamper/v1-formQuery", family: "auth", must: true, among: cheap, wrap: covering(func(in *wire.Received) {
		if len(in.Form) > 0 {
			in.Query = nil
		}
	})},
	{name: "unsigned header let in", by: "tamper/acs3-unsignedHeader", family: "auth", among: cheap, wrap: covering(withoutUnsigned)},
	{name: "unsigned version let in", by: "tamper/acs3-unsignedVersion", family: "auth", among: cheap, wrap: covering(withoutUnsigned)},
}

func samePrefix(got, want string) bool { return len(got) >= 8 && strings.HasPrefix(want, got[:8]) }
func started(got, want string) bool    { return got != "" && strings.HasPrefix(want, got) }
func empty(got, _ string) bool         { return got == "" }
func same(got, want string) bool       { return got == want }

// forgiving lets requests in whose signature is enough like the right one. The
// right one is that over the payload hash as it was sent.
func forgiving(scheme func(*wire.Received) bool, enough func(got, want string) bool) func(testing.TB) wrapper {
	return func(t testing.TB) wrapper {
		return letting(t, func(r *http.Request, in *wire.Received, key wire.Credentials) bool {
			if !scheme(in) {
				return false
			}
			right, err := wire.Receive(asking{t: t}.resigned(r, in, key), 1<<20)
			return err == nil && enough(signatureOf(in), signatureOf(right))
		})
	}
}

// covering lets requests in whose signature is right over less than it ought
// to cover.
func covering(less func(*wire.Received)) func(testing.TB) wrapper {
	return func(t testing.TB) wrapper {
		return letting(t, func(_ *http.Request, in *wire.Received, key wire.Credentials) bool {
			part := *in
			part.Header = in.Header.Clone()
			less(&part)
			return part.Verify(key.AccessKeySecret) == nil
		})
	}
}

// letting signs rightly what is signed wrongly where that passes all the same.
func letting(t testing.TB, pass func(*http.Request, *wire.Received, wire.Credentials) bool) wrapper {
	keys := emulatorKeys(t)
	return func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			text, _ := io.ReadAll(r.Body)
			r.Body = io.NopCloser(bytes.NewReader(text))
			r.ContentLength = int64(len(text))
			in, err := wire.Receive(r, 1<<20)
			r.Body = io.NopCloser(bytes.NewReader(text))
			key := keys["emulator-default"]
			if err == nil && in.Verify(key.AccessKeySecret) != nil && pass(r, in, key) {
				r = asking{t: t, do: func(d *wire.Draft) { d.Header.Del("X-Acs-Content-Sha256") }}.resigned(r, in, key)
			}
			h.ServeHTTP(w, r)
		})
	}
}

func signatureOf(in *wire.Received) string {
	if in.Scheme == wire.V1 {
		text, _ := in.Common("Signature")
		return text
	}
	_, text, _ := strings.Cut(in.Header.Get("Authorization"), "Signature=")
	return text
}

// withoutUnsigned removes the headers that the signature does not cover.
func withoutUnsigned(in *wire.Received) {
	_, rest, _ := strings.Cut(in.Header.Get("Authorization"), "SignedHeaders=")
	list, _, _ := strings.Cut(rest, ",")
	signed := strings.Split(list, ";")
	for name := range in.Header {
		if low := strings.ToLower(name); strings.HasPrefix(low, "x-acs-") && !slices.Contains(signed, low) {
			in.Header.Del(name)
		}
	}
}
