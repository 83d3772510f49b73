package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/eci-conform/conform/internal/contract"
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
	}{{"all is well", true}, {"password: hunter2canary99", false}} {
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
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the error shows what it found: %v", err)
		}
	}
}
