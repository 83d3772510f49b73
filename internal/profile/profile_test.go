package profile

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/wire"
	"github.com/eci-conform/conform/spec"
)

const full = `endpoint: https://eci.cn-hangzhou.aliyuncs.com
region: cn-hangzhou
credentials:
  default: {accessKeyId: id, accessKeySecret: secret, securityToken: token}
  arrears: {profile: poor}
  chain: {env: true}
bindings:
  VSwitchId: vsw-1
  Image.1: nginx
  Size: 30
conditions:
  account.arrears: {credentials: arrears}
  vswitch.exhausted: {set: {VSwitchId: vsw-2}}
  zone.noStock: {unavailable: "cannot be provoked"}
wait: {initial: 100ms, factor: 2, cap: 3s, deadline: 1m}
limits: {rate: 5.5, concurrency: 4, maxResources: 6}
baseline: sandbox.baseline.yaml
`

func TestLoad(t *testing.T) {
	t.Parallel()
	got, err := Load("p.yaml", []byte(full))
	if err != nil {
		t.Fatal(err)
	}
	want := &Profile{
		File: "p.yaml", Endpoint: "https://eci.cn-hangzhou.aliyuncs.com", Region: "cn-hangzhou",
		Credentials: map[string]Credential{
			"default": {AccessKeyID: "id", AccessKeySecret: "secret", SecurityToken: "token"},
			"arrears": {Profile: "poor"}, "chain": {Env: true},
		},
		Bindings: map[string]string{"VSwitchId": "vsw-1", "Image.1": "nginx", "Size": "30"},
		Conditions: map[string]Condition{
			"account.arrears":   {Credentials: "arrears"},
			"vswitch.exhausted": {Set: map[string]string{"VSwitchId": "vsw-2"}},
			"zone.noStock":      {Unavailable: "cannot be provoked"},
		},
		Wait:     Wait{Initial: 100 * time.Millisecond, Factor: 2, Cap: 3 * time.Second, Deadline: time.Minute},
		Limits:   Limits{Rate: 5.5, Concurrency: 4, MaxResources: 6},
		Baseline: "sandbox.baseline.yaml",
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreTypes(contract.Place{}), cmpopts.IgnoreUnexported(Profile{})); diff != "" {
		t.Errorf("Load() mismatch (-want +got):\n%s", diff)
	}
	if got.Conditions["zone.noStock"].Place.Line != 14 {
		t.Errorf("zone.noStock stands in line %d, want 14", got.Conditions["zone.noStock"].Place.Line)
	}
}

func TestLoadMinimal(t *testing.T) {
	t.Parallel()
	p, err := Load("p.yaml", []byte("endpoint: http://127.0.0.1:1\nregion: r\n"))
	if err != nil {
		t.Fatal(err)
	}
	if p.Wait != defaultWait || p.Limits != (Limits{}) {
		t.Errorf("Load() waits %v within %v, want the defaults and no limits", p.Wait, p.Limits)
	}
}

// A section whose lines are all comments is an empty one.
func TestLoadEmptySections(t *testing.T) {
	t.Parallel()
	const head = "endpoint: http://h:1\nregion: r\n"
	want, err := Load("p.yaml", []byte(head))
	if err != nil {
		t.Fatal(err)
	}
	got, err := Load("p.yaml", []byte(head+"credentials:\nbindings:\n  # Image: nginx\nconditions: null\nwait: ~\nlimits:\n"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.IgnoreUnexported(Profile{})); diff != "" {
		t.Errorf("Load() mismatch (-want +got):\n%s", diff)
	}
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	const head = "endpoint: http://h:1\nregion: r\n"
	tests := []struct{ name, text, want string }{
		{"nothing", "", "p.yaml: the profile is empty"},
		{"no YAML", "a: [", "p.yaml:1: did not find expected"},
		{"a list", "- a", "p.yaml:1: profile: want a mapping"},
		{"no endpoint", "region: r", "p.yaml:1: endpoint is missing"},
		{"no region", "endpoint: http://h:1", "p.yaml:1: region is missing"},
		{"an unknown key", head + "regoin: x", `p.yaml:3: profile: unknown key "regoin": want one of baseline, `},
		{"an unknown key within", head + "limits: {rat: 1}", `p.yaml:3: limits: unknown key "rat"`},
		{"a key twice", head + "region: s", `p.yaml:3: profile: key "region" is given twice`},
		{"another scheme", "region: r\nendpoint: ftp://h", `p.yaml:2: endpoint: endpoint "ftp://h": want http://HOST:PORT`},
		{"an endpoint without scheme", "endpoint: h:80\nregion: r", `p.yaml:1: endpoint: endpoint "h:80": want`},
		{"an endpoint with a path", "endpoint: http://h/x\nregion: r", "want no path"},
		{"half a key", head + "credentials: {default: {accessKeyId: x}}", "p.yaml:3: credentials.default: want {accessKeyId, accessKeySecret}"},
		{"two forms of a key", head + "credentials: {default: {profile: x, env: true}}", "p.yaml:3: credentials.default: want"},
		{"a switch that is none", head + "credentials: {default: {env: yes please}}", "credentials.default.env: want true or false"},
		{"a duration without unit", head + "wait: {cap: 5}", `p.yaml:3: wait.cap: want a duration above zero such as 200ms, 5s or 10m, at most 24h0m0s, not "5"`},
		{"a negative duration", head + "wait: {initial: -5s}", "p.yaml:3: wait.initial: want a duration above zero"},
		{"a factor that shrinks", head + "wait: {factor: 0.5}", "p.yaml:3: wait.factor: want a number from 1 to 100"},
		{"no number", head + "limits: {rate: NaN}", "limits.rate: want a number from 0.001 to 1e+09"},
		{"half a worker", head + "limits: {concurrency: 1.5}", "limits.concurrency: want a whole number from 1 to 1048576"},
		{"no resources", head + "limits: {maxResources: 0}", "limits.maxResources: want a whole number from 1 to 1048576"},
		{"an empty key", head + "credentials:\n  default:\n", "p.yaml:4: credentials.default: want {accessKeyId"},
		{"a condition of nothing", head + "conditions:\n  a.b:\n", "p.yaml:4: conditions.a.b: want {credentials: NAME}"},
		{"an empty condition", head + "conditions: {a.b: {}}", "p.yaml:3: conditions.a.b: want {credentials: NAME}"},
		{"a condition met and not", head + "conditions:\n  a.b: {set: {X: y}, unavailable: no}", "p.yaml:4: conditions.a.b: want"},
		{"a condition's unknown key", head + "credentials: {arrears: {env: true}}\nconditions:\n  a.b: {credentials: arears}", `p.yaml:5: conditions.a.b: credentials "arears": no such entry; nearest: arrears`},
		{"an endpoint without a host", "endpoint: 'http://:'\nregion: r", "want http://HOST:PORT"},
		{"a port that is none", "endpoint: http://h:99999\nregion: r", "want http://HOST:PORT"},
		{"a wait without end", head + "wait: {deadline: 2000000h}", "at most 24h0m0s"},
		{"a factor out of all bounds", head + "wait: {factor: 1e9}", "want a number from 1 to 100"},
		{"a rate that never comes", head + "limits: {rate: 1e-300}", "want a number from 0.001"},
		{"a key with its line end", head + "credentials: {default: {accessKeyId: \"x\\n\", accessKeySecret: y}}", "credentials.default: want a key without spaces"},
		{"a region with a space", "endpoint: http://h:1\nregion: cn hangzhou", `p.yaml:2: region: want a region id such as cn-hangzhou, not "cn hangzhou"`},
		{"two profiles in a file", head + "---\n" + head, "p.yaml:3: a second document: want one profile"},
		{"a condition without a reason", head + "conditions:\n  a.b: {unavailable: ''}", "p.yaml:4: conditions.a.b.unavailable: want a text"},
		{"a condition of a null", head + "conditions:\n  a.b: {unavailable: }", "p.yaml:4: conditions.a.b.unavailable: want a text"},
		{"a condition's slip", head + "conditions:\n  a.b: {unavailabel: x}", `p.yaml:4: conditions.a.b: unknown key "unavailabel"`},
		{"a condition that is a text", head + "conditions:\n  a.b: x", "p.yaml:4: conditions.a.b: want a mapping"},
		{"a key without an id", head + "credentials: {default: {accessKeyId: '', accessKeySecret: x}}", "p.yaml:3: credentials.default.accessKeyId: want a text"},
		{"a binding that is a list", head + "bindings: {Image: [a]}", "p.yaml:3: bindings.Image: want a text"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := Load("p.yaml", []byte(tt.text))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("Load() error = %v, want it to hold %q", err, tt.want)
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("one mistake gives several lines:\n%v", err)
			}
		})
	}
}

func TestErrorsHoldNoSecret(t *testing.T) {
	t.Parallel()
	const head, secret = "endpoint: http://h:1\nregion: r\n", "hunter22"
	for name, text := range map[string]string{
		"user":   "endpoint: http://u:" + secret + "@h:1\nregion: r",
		"query":  "endpoint: http://h:1/?AccessKeySecret=" + secret + "\nregion: r",
		"scheme": "endpoint: ftp://u:" + secret + "@h:1\nregion: r",
		"switch": head + "credentials: {default: {env: " + secret + "}}",
		"anchor": head + "credentials: {default: {accessKeyId: a, accessKeySecret: *" + secret + "}}",
		"entry":  head + "credentials: {default: " + secret + "}",
		"list":   head + "credentials: {default: {accessKeyId: a, accessKeySecret: [" + secret + "]}}",
	} {
		if _, err := Load("p.yaml", []byte(text)); err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: Load() error = %v, want one that holds no secret", name, err)
		}
	}
}

func TestLoadTellsAllErrorsAtOnce(t *testing.T) {
	t.Parallel()
	_, err := Load("p.yaml", []byte("endpoint: ftp://h\nregion: r\nwait: {cap: 5}\nlimits: {rate: x}\n"))
	if err == nil || strings.Count(err.Error(), "p.yaml:") != 3 {
		t.Errorf("Load() error = %v, want three", err)
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(full)
	f.Add("a: &x [*x]\n")
	f.Add("endpoint: http://h\nregion: r\nbindings: {<<: {a: b}}\n")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := Load("p.yaml", []byte(text))
		if err == nil && (p.Region == "" || CheckEndpoint(p.Endpoint) != nil) {
			t.Errorf("Load(%q) took a profile without endpoint or region", text)
		}
	})
}

func TestValidate(t *testing.T) {
	t.Parallel()
	c := &contract.Contract{Conditions: []*contract.Condition{{Name: "account.arrears"}, {Name: "zone.noStock"}}}
	p, err := Load("p.yaml", []byte("endpoint: http://h:1\nregion: r\nconditions:\n  zone.nostock: {unavailable: x}\n  account.arrears: {unavailable: x}\n"))
	if err != nil {
		t.Fatal(err)
	}
	err = p.Validate(c)
	want := `p.yaml:4: conditions: unknown condition "zone.nostock"; nearest: zone.noStock, account.arrears`
	if err == nil || err.Error() != want {
		t.Errorf("Validate() = %v, want %s", err, want)
	}
	delete(p.Conditions, "zone.nostock")
	if err := p.Validate(c); err != nil {
		t.Errorf("Validate() = %v, want nil", err)
	}
}

func TestValidateSet(t *testing.T) {
	t.Parallel()
	c, err := contract.Load(spec.Name, spec.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	p, err := Load("p.yaml", []byte("endpoint: http://h:1\nregion: r\nconditions:\n  zone.noStock: {set: {VSwitchid: vsw-1, NobodyKnows: 1}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := `conditions.zone.noStock.set: no operation has a parameter "VSwitchid", did you mean "VSwitchId"?`
	if err := p.Validate(c); err == nil || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("Validate() error = %v, want one that ends in %q", err, want)
	}
}

func TestValidateBindings(t *testing.T) {
	t.Parallel()
	c, err := contract.Load(spec.Name, spec.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	const head = "endpoint: http://h:1\nregion: r\nbindings:\n"
	for line, want := range map[string]string{
		"VSwitchId: x": "", "AcrRegistryInfo.1.Domain.2: x": "", "DataSource.Options.snapshotId: x": "", "Image.1: x": "", "Tag.1.Key: x": "",
		"VSwitchID: x":              `p.yaml:4: bindings: no operation has a parameter "VSwitchID"; nearest: VSwitchId, `,
		"AcrRegistryInfo.Domain: x": `p.yaml:4: bindings: no operation has a parameter "AcrRegistryInfo.Domain"; nearest: AcrRegistryInfo.1.`,
		"DataSource.Options: x":     `p.yaml:4: bindings: no operation has a parameter "DataSource.Options"`,
		"EipCreateParam: x":         `p.yaml:4: bindings: no operation has a parameter "EipCreateParam"`,
		"EipCreateParam.X.Y: x":     `p.yaml:4: bindings: no operation has a parameter "EipCreateParam.X.Y"`,
	} {
		p, err := Load("p.yaml", []byte(head+"  "+line+"\n"))
		if err != nil {
			t.Fatal(err)
		}
		err = p.Validate(c)
		if want == "" && err != nil || want != "" && (err == nil || !strings.HasPrefix(err.Error(), want)) {
			t.Errorf("%s: Validate() = %v, want %q", line, err, want)
		}
	}
}

func TestResolve(t *testing.T) {
	t.Parallel()
	p, err := Load("p.yaml", []byte(full))
	if err != nil {
		t.Fatal(err)
	}
	chain := wire.Credentials{AccessKeyID: "c", AccessKeySecret: "s"}
	got, err := p.Resolve(Lookups{
		Profile: func(name string) (wire.Credentials, error) { return wire.Credentials{AccessKeyID: name}, nil },
		Env:     func() (wire.Credentials, error) { return chain, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]wire.Credentials{
		"default": {AccessKeyID: "id", AccessKeySecret: "secret", SecurityToken: "token"},
		"arrears": {AccessKeyID: "poor"}, "chain": chain,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Resolve() mismatch (-want +got):\n%s", diff)
	}
	_, err = p.Resolve(Lookups{Env: func() (wire.Credentials, error) { return chain, errors.New("no chain") }})
	for _, want := range []string{"p.yaml:5: credentials.arrears: ", "p.yaml:6: credentials.chain: no chain"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Resolve() error = %v, want it to hold %q", err, want)
		}
	}
}

func TestCredentialsPrintNoSecret(t *testing.T) {
	t.Parallel()
	p, err := Load("p.yaml", []byte(full))
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if text := fmt.Sprintf(verb, p.Credentials); strings.Contains(text, "secret") || strings.Contains(text, "token") {
			t.Errorf("%s prints a secret: %s", verb, text)
		}
	}
}
