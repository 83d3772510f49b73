package profile

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/wire"
)

func TestPublicIsTheProfileWithoutItsSecrets(t *testing.T) {
	t.Parallel()
	p := &Profile{
		Endpoint: "http://127.0.0.1:1", Region: "cn-hangzhou",
		Bindings: map[string]string{"VSwitchId": "vsw-1", "ImageRegistryCredential.1.Password": "the-password"},
		Conditions: map[string]Condition{
			"account.arrears":   {Credentials: "poor"},
			"vswitch.exhausted": {Set: map[string]string{"VSwitchId": "vsw-2", "ImageRegistryCredential.1.Password": "the-password"}},
			"zone.noStock":      {Unavailable: "no \"stock\"\nhere"},
		},
		Wait: Wait{Initial: time.Second, Factor: 1.5, Cap: 5 * time.Second, Deadline: time.Minute},
	}
	p.Credentials = map[string]Credential{"default": {AccessKeyID: "the-id", AccessKeySecret: "the-secret", SecurityToken: "the-token"}}
	keys := map[string]wire.Credentials{
		"default": {AccessKeyID: "id-1", AccessKeySecret: "nothing", SecurityToken: "none"}, "poor": {AccessKeyID: "id-2", AccessKeySecret: "nothing"},
	}
	text, err := p.Public(keys, func(name string) bool { return strings.HasSuffix(name, "Password") })
	if err != nil {
		t.Fatal(err)
	}
	for _, canary := range []string{"the-", "\n"} {
		if strings.Contains(text, canary) {
			t.Errorf("Public() holds %q: %s", canary, text)
		}
	}
	got, err := Load("public", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if c := got.Credentials["default"]; c.AccessKeyID != "id-1" || c.SecurityToken != "none" || got.Credentials["poor"].AccessKeyID != "id-2" {
		t.Errorf("keys %+v: want those that were given", got.Credentials)
	}
	p.Bindings["ImageRegistryCredential.1.Password"] = hidden
	p.Conditions["vswitch.exhausted"].Set["ImageRegistryCredential.1.Password"] = hidden
	opts := cmp.Options{
		cmpopts.IgnoreFields(Profile{}, "File", "Credentials"), cmpopts.IgnoreUnexported(Profile{}),
		cmpopts.IgnoreTypes(contract.Place{}),
	}
	if diff := cmp.Diff(p, got, opts); diff != "" {
		t.Errorf("Load(Public()) mismatch (-want +got):\n%s", diff)
	}
}

// A profile that says nothing but where the target is can be kept and read, too.
func TestPublicOfLittle(t *testing.T) {
	t.Parallel()
	p := &Profile{Endpoint: "http://127.0.0.1:1", Region: "cn-hangzhou", Wait: defaultWait}
	text, err := p.Public(nil, func(string) bool { return false })
	if err != nil {
		t.Fatal(err)
	}
	got, err := Load("public", []byte(text))
	if err != nil {
		t.Fatalf("Load(%s): %v", text, err)
	}
	if diff := cmp.Diff(p, got, cmpopts.EquateEmpty(), cmpopts.IgnoreFields(Profile{}, "File"), cmpopts.IgnoreUnexported(Profile{})); diff != "" {
		t.Errorf("Load(Public()) mismatch (-want +got):\n%s", diff)
	}
}
