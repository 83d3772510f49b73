package run

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/profile"
	"github.com/eci-conform/conform/internal/wire"
)

func TestAttachmentsHoldNoSecretAndAreNamedByTheirCase(t *testing.T) {
	t.Parallel()
	redact := newRedaction(Options{
		Contract: &contract.Contract{}, Profile: &profile.Profile{}, Redactor: wire.NewRedactor(),
		Credentials: map[string]wire.Credentials{"default": {AccessKeyID: "id", AccessKeySecret: "very-secret"}},
	})
	res := Result{Case: "Update Cache/concurrency/update+update/a:b", Verdict: Fail}
	redact.attachments(&res, []plan.Attachment{
		{Name: "history.html", MediaType: "text/html", Data: []byte("<p>very-secret</p>")},
		{Name: "more.txt", MediaType: "text/plain"},
	}, nil)
	var got []string
	for _, a := range res.Attachments {
		got = append(got, a.Path)
	}
	want := []string{
		"attachments/Update_Cache_concurrency_update_update_a_b.html",
		"attachments/Update_Cache_concurrency_update_update_a_b.2.txt",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("paths mismatch (-want +got):\n%s", diff)
	}
	if strings.Contains(string(res.Attachments[0].Data), "very-secret") {
		t.Errorf("the attachment holds the secret: %s", res.Attachments[0].Data)
	}
	line, err := json.Marshal(res)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(line), "<p>") || !strings.Contains(string(line), `"path":"attachments/`) {
		t.Errorf("line = %s, want the path and not the data", line)
	}
	var again Result
	if err := json.Unmarshal(line, &again); err != nil || again.Attachments[0].Path != want[0] {
		t.Errorf("Unmarshal() = %+v, %v", again.Attachments, err)
	}
}
