package conform_test

import (
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	conform "github.com/eci-conform/conform"
	"github.com/eci-conform/conform/internal/cassette"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/redact"
	"github.com/eci-conform/conform/internal/wire"
	"github.com/eci-conform/conform/spec"
)

var update = flag.Bool("update", false, "record testdata/regions.cassette anew")

const regions = "testdata/regions.cassette"

func ExampleCassette() {
	tape, err := conform.Cassette("testdata/regions.cassette", conform.CassetteOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer tape.Close()
	client := &http.Client{Transport: tape}

	// As an SDK would: the signature, the nonce and the time are of no matter.
	query := url.Values{"Action": {"DescribeRegions"}, "Version": {"2018-08-08"}, "RegionId": {"cn-hangzhou"}, "Format": {"JSON"},
		"AccessKeyId": {"any"}}
	resp, err := client.Get("http://eci.aliyuncs.com/?" + query.Encode())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	fmt.Println(resp.Status, resp.Header.Get("Content-Type"))

	query.Set("RegionId", "cn-beijing")
	resp, err = client.Get("http://eci.aliyuncs.com/?" + query.Encode())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	fmt.Println(resp.Status)
	fmt.Println(tape.Err())
	// Output:
	// 200 OK application/json;charset=utf-8
	// 409 Conflict
	// replay testdata/regions.cassette: answered 1 of 2 requests from a recording of 1
	// unmatched: DescribeRegions: not recorded. Nearest: exchange 1 differs in RegionId: "cn-beijing", recorded "cn-hangzhou"
}

// TestCassetteIsReadable keeps the recording of the example; with -update it
// makes it.
func TestCassetteIsReadable(t *testing.T) {
	if *update {
		recordRegions(t)
	}
	tape, err := conform.Cassette(regions, conform.CassetteOptions{
		AccessKeyID: conform.AccessKeyID, AccessKeySecret: conform.AccessKeySecret, RequireAll: true})
	if err != nil {
		t.Fatal(err)
	}
	defer tape.Close()
	if err := tape.Err(); err == nil || !strings.Contains(err.Error(), "unused: 1 exchanges") {
		t.Errorf("Err() with nothing asked for: %v", err)
	}
	server := httptest.NewServer(tape)
	defer server.Close()
	ask(t, http.DefaultTransport, server.URL, time.Now())
	if err := tape.Err(); err != nil {
		t.Error(err)
	}
}

func TestCassetteThatOneShouldKnowMoreOf(t *testing.T) {
	t.Parallel()
	whole, err := os.ReadFile(regions)
	if err != nil {
		t.Fatal(err)
	}
	unsealed, _, _ := strings.Cut(string(whole), "#sealed ")
	dir := t.TempDir()
	open := filepath.Join(dir, "open.cassette")
	if err := os.WriteFile(open, []byte(unsealed), 0o600); err != nil {
		t.Fatal(err)
	}
	at := func(days int) func() time.Time {
		return func() time.Time { return time.Date(2026, 11, 21+days, 10, 0, 1, 0, time.UTC) }
	}
	for name, test := range map[string]struct {
		file string
		o    conform.CassetteOptions
		warn []string // besides that it is of another contract, which it may be
		fail string
	}{
		"as it is":           {regions, conform.CassetteOptions{}, nil, ""},
		"never closed":       {open, conform.CassetteOptions{}, nil, "the recording was never closed; 0 bytes"},
		"taken all the same": {open, conform.CassetteOptions{Open: true}, []string{"the recording was never closed"}, ""},
		"strictly":           {open, conform.CassetteOptions{Open: true, Strict: true}, nil, "the recording was never closed"},
		"young":              {regions, conform.CassetteOptions{Clock: at(29)}, nil, ""},
		"old":                {regions, conform.CassetteOptions{Clock: at(31)}, []string{"31 days old, more than 30"}, ""},
		"as old as it may":   {regions, conform.CassetteOptions{Clock: at(31), MaxAge: 40 * 24 * time.Hour}, nil, ""},
		"of what time":       {regions, conform.CassetteOptions{MaxAge: time.Hour}, nil, "MaxAge is given without CassetteOptions.Clock"},
	} {
		var got []string
		test.o.Warn = func(text string) {
			if !strings.Contains(text, "another version of the contract") {
				got = append(got, text)
			}
		}
		tape, err := conform.Cassette(test.file, test.o)
		if err == nil {
			tape.Close()
		}
		if (err == nil) != (test.fail == "") || err != nil && !strings.Contains(err.Error(), test.fail) {
			t.Errorf("%s: error %v, want %q", name, err, test.fail)
		}
		if len(got) != len(test.warn) || len(got) > 0 && !strings.Contains(got[0], test.warn[0]) {
			t.Errorf("%s: warnings %q, want %q", name, got, test.warn)
		}
	}
}

func TestCassetteThatIsNone(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "none")
	if err := os.WriteFile(file, []byte("no cassette\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{file, file + ".gone"} {
		if _, err := conform.Cassette(name, conform.CassetteOptions{}); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("Cassette() error %v, want one that names the file", err)
		}
	}
	if _, err := conform.Cassette(regions, conform.CassetteOptions{Speed: -1}); err == nil || !strings.Contains(err.Error(), "speed") {
		t.Errorf("Cassette() error %v, want one about the speed", err)
	}
}

// ask signs one request and wants it answered.
func ask(t *testing.T, by http.RoundTripper, endpoint string, at time.Time) (*http.Request, *http.Response, []byte) {
	t.Helper()
	d := wire.NewDraft(wire.Call{
		Operation: "DescribeRegions", Version: "2018-08-08", Params: wire.Params{{Name: "RegionId", Value: conform.Region}}, Method: http.MethodGet,
		Format: "JSON", Nonce: fmt.Sprint(at.UnixNano()), Time: at, Host: "eci.aliyuncs.com",
		Credentials: wire.Credentials{AccessKeyID: conform.AccessKeyID, AccessKeySecret: conform.AccessKeySecret},
	})
	if err := d.Sign(); err != nil {
		t.Fatal(err)
	}
	r, err := d.Request(t.Context(), endpoint)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := by.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("answered %s, %v\n%s", resp.Status, err, body)
	}
	return r, resp, body
}

func recordRegions(t *testing.T) {
	t.Helper()
	at := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	h, err := conform.NewHandler(conform.Options{Clock: func() time.Time { return at }})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(h)
	defer server.Close()
	r, resp, body := ask(t, http.DefaultTransport, server.URL, at)
	c, err := contract.Load(spec.Name, spec.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	rules := redact.NewRules(c)
	session := rules.Session(redact.SessionOptions{Begin: at, Known: []wire.Credentials{
		{AccessKeyID: conform.AccessKeyID, AccessKeySecret: conform.AccessKeySecret}}})
	if err := os.Remove(regions); err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	w, err := cassette.Create(regions, cassette.Header{Recorded: at, Contract: "sha256:" + c.Digest, Policy: "sha256:" + rules.Digest(), Target: "emulator"})
	if err != nil {
		t.Fatal(err)
	}
	err = w.Append(session.Exchange(&redact.Raw{
		Method: r.Method, Target: r.URL.RequestURI(), Host: r.Host, Header: r.Header,
		Status: resp.StatusCode, RespHeader: resp.Header, RespBody: body, Start: at, FirstByte: time.Millisecond, Duration: time.Millisecond,
	}))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}
