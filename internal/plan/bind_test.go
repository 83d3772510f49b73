package plan

import (
	"context"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eci-conform/conform/internal/wire"
)

func TestBind(t *testing.T) {
	t.Parallel()
	_, s := testSession(t, newFake())
	name := "conform-t-" + s.base + "-1"
	short, _ := sized(name, "5", nameDigits)
	in := wire.Params{
		{Name: "RegionId", Value: "$region"}, {Name: "VSwitchId", Value: "$binding"}, {Name: "Other", Value: "$binding:Image.1"},
		{Name: "Eip", Value: "$binding"}, {Name: "Eip", Value: "$bindingOr:eip:0"}, {Name: "VSwitchId", Value: "$bindingOr:x"}, {Name: "A", Value: "$name"}, {Name: "B", Value: "/${name}/x"}, {Name: "C", Value: "${jndi:ldap://x}"},
		{Name: "Twice", Value: "${binding:VSwitchId},${binding:VSwitchId}"}, {Name: "None", Value: "x${binding:Eip}"},
		{Name: "D", Value: "$name:5"}, {Name: "E", Value: "$unknown"}, {Name: "F", Value: "5$"}, {Name: "G", Value: "${name"}, {Name: "H", Value: "plain"},
	}
	got, err := s.Bind(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	want := wire.Params{
		{Name: "RegionId", Value: "cn-hangzhou"}, {Name: "VSwitchId", Value: "vsw-1"}, {Name: "Other", Value: "bound-image"},
		{Name: "Eip", Value: "eip:0"}, {Name: "VSwitchId", Value: "vsw-1"},
		{Name: "A", Value: name}, {Name: "B", Value: "/" + name + "/x"}, {Name: "C", Value: "${jndi:ldap://x}"},
		{Name: "Twice", Value: "vsw-1,vsw-1"}, {Name: "None", Value: "x${binding:Eip}"},
		{Name: "D", Value: short}, {Name: "E", Value: "$unknown"}, {Name: "F", Value: "5$"}, {Name: "G", Value: "${name"}, {Name: "H", Value: "plain"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Bind() mismatch (-want +got):\n%s", diff)
	}
	if in[0].Value != "$region" {
		t.Error("Bind() changed what it was given")
	}
}

func TestBindIsFreshEachTime(t *testing.T) {
	t.Parallel()
	_, s := testSession(t, newFake())
	in := wire.Params{{Name: "ClientToken", Value: "$token:64"}, {Name: "Name", Value: "$name"}}
	seen := map[string]bool{}
	for range 10 {
		got, err := s.Bind(context.Background(), in)
		if err != nil {
			t.Fatal(err)
		}
		if len(got[0].Value) != 64 || !strings.HasPrefix(got[0].Value, "conform-") {
			t.Errorf("token %q, want 64 characters that start with conform-", got[0].Value)
		}
		seen[got[0].Value], seen[got[1].Value] = true, true
	}
	if len(seen) != 20 {
		t.Errorf("%d different values of 20", len(seen))
	}
}

func TestShortTextsDifferBetweenRuns(t *testing.T) {
	t.Parallel()
	names, tokens := map[string]bool{}, map[string]bool{}
	for run := range 200 {
		s := "conform-" + strconv.Itoa(run) + "-0000000000000-1"
		for n := range 12 {
			got, ok := sized(s, strconv.Itoa(n), nameDigits)
			if !ok || len(got) != n || n > 0 && (got[0] < 'a' || got[0] > 'z') {
				t.Errorf("sized(%d) = %q", n, got)
			}
		}
		name, _ := sized(s, "8", nameDigits)
		token, _ := sized(s, "1", tokenDigits)
		names[name], tokens[token] = true, true
	}
	if len(names) != 200 || len(tokens) < 40 {
		t.Errorf("200 runs have %d names of 8 characters and %d tokens of 1", len(names), len(tokens))
	}
}

func TestSecretValues(t *testing.T) {
	t.Parallel()
	c := theContract(t)
	tests := []struct {
		op, name, value string
		want            []string
	}{
		{"CreateImageCache", "ImageRegistryCredential.2.Password", "pw", []string{"pw"}},
		{"CreateImageCache", "ImageRegistryCredential.2.UserName", "user", nil},
		{"CreateImageCache", "ImageRegistryCredential.2.Password", "", nil},
		{"CreateDataCache", "DataSource.Options.akSecret", "s1", []string{"s1"}},
		{"CreateDataCache", "DataSource.Options.#8#akSecret", "s2", []string{"s2"}},
		{"CreateDataCache", "DataSource.Options", `{"akSecret":"s3","path":"/"}`, []string{"s3"}},
		{"CreateDataCache", "DataSource", `{"Type":"OSS","Options":{"accessToken":"s4"}}`, []string{"s4"}},
		{"CreateDataCache", "DataSource.Options", `{"akSecret"`, nil},
		{"CreateDataCache", "DataSource.Options.path", "/x", nil},
		{"CreateDataCache", "Nonsense.1", "x", nil},
	}
	for _, tt := range tests {
		got := SecretValues(c.Operation(tt.op), wire.Params{{Name: tt.name, Value: tt.value}})
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("SecretValues(%s=%s) mismatch (-want +got):\n%s", tt.name, tt.value, diff)
		}
	}
	if got := SecretValues(nil, wire.Params{{Name: "A", Value: "b"}}); got != nil {
		t.Errorf("SecretValues(nil) = %v, want none", got)
	}
}
