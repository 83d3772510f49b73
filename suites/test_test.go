package suites

import (
	"strings"
	"testing"
	"time"
)

func TestTargetSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	good := Target{URL: "http://127.0.0.1:1", Clock: time.Now, Region: "r", AccessKeyID: "id", AccessKeySecret: "secret"}
	if _, err := good.options(); err != nil {
		t.Fatalf("a whole target: %v", err)
	}
	for name, test := range map[string]struct {
		change func(*Target)
		want   string
	}{
		"clock":   {func(g *Target) { g.Clock = nil }, "target: Clock is missing"},
		"region":  {func(g *Target) { g.Region = "" }, "target: Region is missing"},
		"key":     {func(g *Target) { g.AccessKeySecret = "" }, "target: AccessKeyID and AccessKeySecret are missing"},
		"URL":     {func(g *Target) { g.URL = "127.0.0.1" }, `target: URL: endpoint "127.0.0.1"`},
		"strict":  {func(g *Target) { g.Strict = "very" }, `target: Strict: parse level "very"`},
		"select":  {func(g *Target) { g.Select = []string{"NoSuchOperation"} }, "NoSuchOperation"},
		"nothing": {func(g *Target) { g.Skip = []string{"**"} }, "Select and Skip leave no case"},
		"profile": {func(g *Target) { g.Profile = []byte("endpoint: x\n") }, "profile:1"},
	} {
		broken := good
		test.change(&broken)
		_, err := broken.options()
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: options() error %v, want one with %q", name, err, test.want)
		}
	}
}
