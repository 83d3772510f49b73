package suites

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
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
		"jobs":    {func(g *Target) { g.Jobs = -1 }, "target: Jobs -1: want 1 or more"},
		"nothing": {func(g *Target) { g.Skip = []string{"**"} }, "Select and Skip leave no case"},
		"profile": {func(g *Target) { g.Profile = []byte("endpoint: x\n") }, "target: Profile:1: endpoint"},
		"half a key": {func(g *Target) {
			g.AccessKeySecret, g.Profile = "", []byte("credentials: {default: {accessKeyId: a, accessKeySecret: b}}\n")
		}, "target: AccessKeyID and AccessKeySecret are missing"},
		"profile's region": {func(g *Target) { g.Region, g.Profile = "", []byte("bindings: {VSwitchId: vsw-1}\n") }, "target: Profile:1: region is missing"},
		"profile's key":    {func(g *Target) { g.AccessKeyID, g.AccessKeySecret, g.Profile = "", "", []byte("region: r\n") }, "target: AccessKeyID and AccessKeySecret are missing"},
	} {
		broken := good
		test.change(&broken)
		_, err := broken.options()
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: options() error %v, want one with %q", name, err, test.want)
		}
	}
}

func TestWhatStandsInCodeGoesBeforeTheProfile(t *testing.T) {
	t.Parallel()
	const text = `credentials:
  default: {accessKeyId: profile-id, accessKeySecret: profile-secret}
  poor: {accessKeyId: poor-id, accessKeySecret: poor-secret}
bindings: {VSwitchId: vsw-profile, SecurityGroupId: sg-profile}
conditions: {account.arrears: {credentials: poor}}
`
	code := Target{
		URL: "http://127.0.0.1:1", Clock: time.Now, Region: "code", AccessKeyID: "id", AccessKeySecret: "secret",
		Bindings: map[string]string{"VSwitchId": "vsw-code"}, Profile: []byte(text),
	}
	bare := Target{URL: code.URL, Clock: time.Now, Profile: []byte("endpoint: https://far.example\nregion: profile\n" + text)}
	for name, test := range map[string]struct {
		target           Target
		region, key, vsw string
	}{
		"both":    {code, "code", "id", "vsw-code"},
		"profile": {bare, "profile", "profile-id", "vsw-profile"},
	} {
		o, err := test.target.options()
		if err != nil {
			t.Fatalf("%s: options(): %v", name, err)
		}
		got := []string{
			o.Profile.Endpoint, o.Profile.Region, o.Credentials["default"].AccessKeyID, o.Credentials["poor"].AccessKeyID,
			o.Profile.Bindings["VSwitchId"], o.Profile.Bindings["SecurityGroupId"], o.Profile.Conditions["account.arrears"].Credentials,
		}
		want := []string{code.URL, test.region, test.key, "poor-id", test.vsw, "sg-profile", "poor"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: options() mismatch (-want +got):\n%s", name, diff)
		}
	}
}
