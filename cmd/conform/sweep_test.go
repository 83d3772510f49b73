package main

import (
	"bytes"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/eci-conform/conform/fixtures"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/emulator"
	"github.com/eci-conform/conform/internal/wire"
	"github.com/eci-conform/conform/spec"
)

// What a run left is shown, kept while it is young or nobody said yes, and
// deleted then; what others made stays.
func TestSweep(t *testing.T) {
	t.Parallel()
	c, err := contract.Load(spec.Name, spec.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	key := wire.Credentials{AccessKeyID: "sweep-test", AccessKeySecret: "sweep-secret"}
	e, err := emulator.New(emulator.Options{Contract: c, World: fixtures.World, Clock: time.Now, Settle: -1,
		Keys: []emulator.Key{{AccessKeyID: key.AccessKeyID, AccessKeySecret: key.AccessKeySecret, Account: firstAccount}}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(e)
	t.Cleanup(server.Close)
	for _, name := range []string{"conform-abc-1", "mine"} {
		makeCache(t, server.URL, key, name)
	}
	profile := filepath.Join(t.TempDir(), "t.yaml")
	text := "endpoint: " + server.URL + "\nregion: cn-hangzhou\ncredentials: {default: {accessKeyId: sweep-test, accessKeySecret: sweep-secret}}\n"
	if err := os.WriteFile(profile, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		args []string
		want string
	}{
		{nil, "young"},
		{[]string{"--yes"}, "young"},
		{[]string{"--older-than", "0s"}, "found"},
		{[]string{"--older-than", "0s", "--yes"}, "deleted"},
		{[]string{"--older-than", "0s"}, ""},
	} {
		var out, told bytes.Buffer
		code := Main(System{Args: append([]string{"sweep", "--target", profile}, tc.args...), Out: &out, Err: &told, Lookup: nothing, Now: time.Now})
		if code != 0 || strings.Contains(out.String(), "mine") || strings.Contains(out.String(), "conform-abc-1") != (tc.want != "") || !strings.Contains(out.String(), tc.want) {
			t.Errorf("sweep %v: exit %d, %q, %q, want %q", tc.args, code, out.String(), told.String(), tc.want)
		}
	}
}

func makeCache(t *testing.T, url string, key wire.Credentials, name string) {
	t.Helper()
	d := wire.NewDraft(wire.Call{
		Operation: "CreateDataCache", Version: "2018-08-08", Format: "JSON", Credentials: key, Nonce: name, Time: time.Now(),
		Params: wire.Params{{Name: "RegionId", Value: "cn-hangzhou"}, {Name: "Name", Value: name}, {Name: "Path", Value: "/" + name},
			{Name: "DataSource.Type", Value: "URL"}, {Name: "DataSource.Options.url", Value: "https://example.com/a"}},
	})
	if err := d.Sign(); err != nil {
		t.Fatal(err)
	}
	x := wire.Do(t.Context(), d, wire.Route{Transport: newTransport(), Endpoint: url, Clock: time.Now})
	if x.Status != 200 {
		t.Fatalf("create %s: %d %s", name, x.Status, x.RespBody)
	}
}
