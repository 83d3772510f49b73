package fake_test

import (
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eci-conform/conform/internal/fake"
)

func TestAnswer(t *testing.T) {
	t.Parallel()
	for want, got := range map[string]string{
		`{"RequestId":"0000000A-0000-4000-8000-000000000000"}`:                                          body(t, 10, 200, ""),
		`{"RequestId":"00000001-0000-4000-8000-000000000000","A":1}`:                                    body(t, 1, 200, `"A":1`),
		`{"RequestId":"00000001-0000-4000-8000-000000000000","Code":"X","HostId":"fake","Message":"m"}`: body(t, 1, 400, `"Code":"X"`),
	} {
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Answer() mismatch (-want +got):\n%s", diff)
		}
	}
}

func body(t *testing.T, n, status int, members string) string {
	t.Helper()
	text, err := io.ReadAll(fake.Answer(n, status, members).Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
