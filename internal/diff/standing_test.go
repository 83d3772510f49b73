package diff

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/redact"
)

// An answer is of a row in any of its documented forms, and tells of the moment
// by what the row is about, not by how it is worded.
func TestClassOfAnAnswer(t *testing.T) {
	t.Parallel()
	c := load0(t)
	const token = "The last token request is processing."
	for _, test := range []struct {
		op            string
		status        int
		code, message string
		want          string
		standing      bool
	}{
		{"CreateImageCache", 200, "", "", "", false},
		{"CreateImageCache", 403, "QuotaExceeded", "ImageCache quota exceeded.", contract.ClassQuota, true},
		{"UpdateImageCache", 400, "OperationConflict", "x", contract.ClassBusy, true},
		{"UpdateImageCache", 400, "NoNeedUpdate", "x", contract.ClassUnchanged, false},
		{"CreateImageCache", 403, "IdempotentProcessing", "x", contract.ClassBusy, true},
		{"CreateImageCache", 403, "LastTokenProcessing", token, contract.ClassBusy, true},
		{"CreateImageCache", 403, "IdempotentParameterMismatch", "x", "", false},
		{"CreateImageCache", 400, "Throttling.User", "x", contract.ClassThrottling, true},
		{"CreateImageCache", 400, "Throttling.Burst", "of no table", contract.ClassThrottling, true},
		{"CreateImageCache", 429, "TooManyRequests", "of no table", contract.ClassThrottling, true},
		{"CreateImageCache", 429, "", "", contract.ClassThrottling, true},
		{"CreateImageCache", 403, "Forbidden.AccessKeyDisabled", "The Access Key is disabled.", contract.ClassKey, false},
		{"CreateImageCache", 400, "InvalidAccessKeyId.NotFound", "The specified AccessKey ID does not exist.", contract.ClassKey, false},
		{"CreateImageCache", 403, "NoPermission", "You are not authorized to do this action.", contract.ClassPermission, false},
		{"CreateImageCache", 400, "MissingSecurityToken", "SecurityToken is mandatory for this action.", contract.ClassKey, false},
		{"CreateImageCache", 400, "MissingImage", "Image is mandatory for this action.", "", false},
		{"CreateImageCache", 418, "Teapot", "of no table", "", false},
	} {
		name := fmt.Sprint(test.status, " ", test.code)
		r := &redact.Record{Status: test.status, Answer: []byte(`{"RequestId":"1","Code":"` + test.code + `","Message":"` + test.message + `"}`)}
		xml := &redact.Record{Status: test.status, Answer: []byte(`<Error><RequestId>1</RequestId><Code>` + test.code + `</Code><Message>` + test.message + `</Message></Error>`)}
		for _, r := range []*redact.Record{r, xml} {
			op := c.Operation(test.op)
			if got := class(c, op, r); got != test.want {
				t.Errorf("%s: class() = %q, want %q", name, got, test.want)
			}
			if got := standing(c, op, r); got != test.standing {
				t.Errorf("%s: standing() = %v, want %v", name, got, test.standing)
			}
		}
	}
}

// The message tells rows of one code and status apart.
func TestRowOfAnAnswer(t *testing.T) {
	t.Parallel()
	c := load0(t)
	for message, want := range map[string]string{
		"Specified signature does not match our calculation. server StringToSign is [a] server CanonicalRequest is [b]": "request.wrongSignatureAcs3",
		"Specified signature is not matched with our calculation. server string to sign is:a":                           "request.wrongSignature",
		"Specified signature does not match our calculation. server string to sign is:a":                                "request.wrongSignature",
		"words of no page": "request.wrongSignature",
	} {
		r := &redact.Record{Status: 400, Answer: []byte(`{"Code":"SignatureDoesNotMatch","Message":"` + message + `"}`)}
		if row := rowOf(c, c.Operation("ListUsage"), r); row == nil || row.Condition != want {
			t.Errorf("%s: rowOf() = %+v, want that of %s", message, row, want)
		}
	}
}

// What one run or the other was refused for the moment is not compared, and what
// is of one row is the same.
func TestRefusalsOfTheMoment(t *testing.T) {
	t.Parallel()
	create := makes("ID1")
	for name, test := range map[string]struct {
		a, b act
		want string // grades of the differences
		why  Why    // it was not compared for
	}{
		"at work on the token":     {create, create.answered(403, "IdempotentProcessing"), "", Standing},
		"the same, worded so":      {create, create.refused(403, "LastTokenProcessing", "The last token request is processing."), "", Standing},
		"too fast, of no table":    {create.answered(429, "TooManyRequests"), create, "", Standing},
		"too fast, more special":   {create, create.answered(400, "Throttling.Burst"), "", Standing},
		"the token is taken":       {create, create.answered(400, "IdempotentParameterMismatch"), "status", ""},
		"barred":                   {create, create.answered(403, "Forbidden.SubUser"), "status", ""},
		"a token's row, reworded":  {create.refused(400, "IdempotentParameterMismatch", "The request is retried with updated parameters."), create.refused(400, "IdempotentParameterMismatch", "The specified clientToken is used."), "", ""},
		"a token's row, otherwise": {create.refused(400, "IdempotentParameterMismatch", "The request is retried with updated parameters."), create.refused(400, "IdempotentParameterMismatch", "No."), "value", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := Recordings(load0(t), run("aaa", []act{test.a}), run("bbb", []act{test.b}))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, d := range r.Differences {
				got = append(got, string(d.Grade))
			}
			var want []Count
			if test.why != "" {
				want = []Count{{string(test.why), 1}}
			}
			if diff := cmp.Diff([]any{test.want, want}, []any{strings.Join(got, " "), append([]Count(nil), r.Skipped...)}); diff != "" {
				t.Errorf("differences and what was skipped mismatch (-want +got):\n%s", diff)
			}
		})
	}
}
