package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/recorder"
	"github.com/eci-conform/conform/spec"
)

// A recording in which the scanner finds what may be secret is set aside.
func TestRecordingIsScannedBeforeItIsKept(t *testing.T) {
	t.Parallel()
	c, err := contract.Load(spec.Name, spec.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		message string
		kept    bool
	}{{"all is well", true}, {"it is s7Gq2LmX9vTb4KpZ8wRd", false}} {
		target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusBadRequest)
			io.WriteString(w, `{"RequestId":"4A2E5D11-8F1C-4B7A-9D3E-0C6B7A8F9E10","HostId":"h","Code":"InvalidParameter","Message":"`+tc.message+`"}`)
		}))
		t.Cleanup(target.Close)
		var told bytes.Buffer
		a := &app{System: System{Err: &told, Now: time.Now}}
		rec, err := a.openRecording(recordingOf{dir: t.TempDir(), kind: "test", contract: c})
		if err != nil {
			t.Fatal(err)
		}
		resp, err := (&http.Client{Transport: rec.Middleware(newTransport())}).Get(target.URL + "/?Action=DescribeRegions&Version=2018-08-08&Format=JSON")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, resp.Body); err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		err = rec.close(a)
		_, missing := os.Stat(rec.path)
		_, aside := os.Stat(rec.path + unsafeSuffix)
		if tc.kept != (err == nil) || tc.kept != (missing == nil) || tc.kept != (aside != nil) {
			t.Errorf("%s: close() = %v, file %v, set aside %v, want it kept: %v", tc.message, err, missing, aside, tc.kept)
		}
		if err != nil && strings.Contains(err.Error(), "s7Gq2") {
			t.Errorf("the error shows what it found: %v", err)
		}
	}
}

// echoed answers with a message of the request's own, and once more.
func echoed(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	text, _ := json.Marshal(map[string]string{"RequestId": "4A2E5D11-8F1C-4B7A-9D3E-0C6B7A8F9E10", "Message": r.URL.Query().Get("Say")})
	_, _ = w.Write(text)
}

// TestSecretsThatComeToLightLater: what was written in clear before it was known
// to be secret keeps a recording from being kept, whichever way it was recorded.
func TestSecretsThatComeToLightLater(t *testing.T) {
	t.Parallel()
	c, err := contract.Load(spec.Name, spec.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	target := httptest.NewServer(http.HandlerFunc(echoed))
	t.Cleanup(target.Close)
	const (
		op     = "/?Action=CreateImageCache&Version=2018-08-08&Format=JSON"
		secret = "&ImageRegistryCredential.1.Password=the-hunter2-canary"
	)
	for name, tc := range map[string]struct {
		asks  []string
		where string // empty where it is kept
	}{
		"name ahead":    {[]string{op + "&ImageCacheName=of-the-hunter2-canary", op + secret}, "exchange 1 (line 7), parameter ImageCacheName"},
		"name behind":   {[]string{op + secret, op + "&ImageCacheName=the-hunter2-canary"}, "exchange 2 (line 1"},
		"answer ahead":  {[]string{op + "&Say=the%2Dhunter2-canary", op + secret}, ""},
		"known answer":  {[]string{op + "&ImageCacheName=YXQgdGhlLWh1bnRlcjItY2FuYXJ5IQ==", op + secret}, "exchange 1 (line 7), parameter ImageCacheName"},
		"the same":      {[]string{op + secret + "&ImageCacheName=the-hunter2-canary"}, ""},
		"none":          {[]string{op + "&ImageCacheName=a-canary", op + secret}, ""},
		"usual":         {[]string{op + "&ImageCacheName=default", op + "&ImageRegistryCredential.1.Password=default"}, ""},
		"answer behind": {[]string{op + secret, op + "&Say=the-hunter2-canary"}, ""},
	} {
		for _, proxy := range []bool{false, true} {
			var told bytes.Buffer
			a := &app{System: System{Err: &told, Now: time.Now}}
			rec, err := a.openRecording(recordingOf{dir: t.TempDir(), kind: "test", contract: c})
			if err != nil {
				t.Fatal(err)
			}
			client, url, done := through(t, rec, target.URL, proxy)
			for _, ask := range tc.asks {
				resp, err := client.Get(url + ask)
				if err != nil {
					t.Fatal(err)
				}
				_, _ = io.Copy(io.Discard, resp.Body) // what came is of no matter
				resp.Body.Close()
			}
			done()
			err = rec.close(a)
			_, aside := os.Stat(rec.path + unsafeSuffix)
			said := told.String() + fmt.Sprint(err)
			if tc.where == "" != (err == nil) || !strings.Contains(said, tc.where) || (aside == nil) != (tc.where != "") || strings.Contains(said, "hunter2") {
				t.Errorf("%s, proxy %v: close() = %v and %q, set aside %v; want it to name %q", name, proxy, err, &told, aside, tc.where)
			}
		}
	}
}

// through is a client whose requests are recorded on their way to a target.
func through(t *testing.T, rec *recording, target string, proxy bool) (c *http.Client, endpoint string, done func()) {
	t.Helper()
	if !proxy {
		return &http.Client{Transport: rec.Middleware(newTransport())}, target, func() {}
	}
	to, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(recorder.NewProxy(recorder.ProxyOptions{Recorder: rec.Recorder, Target: to, Transport: newTransport()}))
	return s.Client(), s.URL, s.Close
}
