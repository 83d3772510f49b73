package cassette

import (
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden file")

// The format is what files on disk have: a change to it must be meant.
func TestGolden(t *testing.T) {
	t.Parallel()
	const golden = "testdata/sample.cassette"
	got := sampleText(t, true)
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("the written cassette mismatch (-want +got)\n%s", diff)
	}
}
