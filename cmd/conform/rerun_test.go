package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eci-conform/conform/fixtures"
	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/report"
)

// command is a process of conform with these arguments: its exit code, and all
// it said. testscript.Main has put the program on the path.
func command(args ...string) (code int, said string) {
	cmd := exec.Command("conform", args...)
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		return -1, err.Error()
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

// judgement is what a run found in one case.
type judgement struct {
	Verdict, Reason string
	Findings        []check.Finding
}

// judgements reads the results of a run from its folder of reports.
func judgements(t *testing.T, dir string) map[string]judgement {
	t.Helper()
	rep, err := report.ReadFile(dir)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]judgement{}
	for _, r := range rep.Records() {
		slices.SortFunc(r.Findings, func(a, b check.Finding) int { // clients of one case are not in order
			return strings.Compare(fmt.Sprint(a), fmt.Sprint(b))
		})
		out[r.Case] = judgement{string(r.Verdict), r.Reason, r.Findings}
	}
	return out
}

// profileOf writes the emulator's profile with another endpoint.
func profileOf(t *testing.T, url string) string {
	t.Helper()
	text, err := fixtures.Targets.ReadFile("targets/emulator.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text = regexp.MustCompile(`(?m)^endpoint: .*$`).ReplaceAll(text, []byte("endpoint: "+url))
	text = regexp.MustCompile(`deadline: \w+`).ReplaceAll(text, []byte("deadline: 1s"))
	path := filepath.Join(t.TempDir(), "target.yaml")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// broken is a server whose answers are wrong in as many ways as operations
// allow. What it does depends on the request alone.
func broken(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		action := regexp.MustCompile(`Action=(\w+)`).FindStringSubmatch(r.URL.RawQuery + "&" + string(body))
		a := httptest.NewRecorder()
		h.ServeHTTP(a, r)
		text, status := a.Body.String(), a.Code
		switch strings.Join(action, "") {
		case "Action=DescribeRegionsDescribeRegions":
			text = strings.Replace(text, `{"`, `{"Odd":1,"`, 1)
		case "Action=ListUsageListUsage":
			if status == http.StatusOK {
				text = regexp.MustCompile(`"RequestId":"[^"]*",?`).ReplaceAllString(text, "")
			}
		case "Action=CopyDataCacheCopyDataCache":
			panic(http.ErrAbortHandler)
		case "Action=CreateDataCacheCreateDataCache":
			if (len(r.URL.RawQuery)+len(body))%3 == 0 {
				status = 500
				text = fmt.Sprintf(`{"RequestId":%q,"HostId":"a","Code":"InternalError","Message":"out of order"}`, a.Header().Get("X-Acs-Request-Id"))
			}
		case "Action=UntagResourcesUntagResources":
			if status == http.StatusOK {
				status = http.StatusInternalServerError
			}
		case "Action=DescribeDataCachesDescribeDataCaches":
			if status == http.StatusBadRequest {
				status = http.StatusOK
			}
		default:
			text = strings.ReplaceAll(text, "ClientToken", "client token")
		}
		for name, values := range a.Header() {
			w.Header()[name] = values
		}
		w.Header().Del("Content-Length")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
	})
}

// counting counts the connections that are made to a server.
func counting(t *testing.T, h http.Handler) (url string, connections *atomic.Int64, stop func()) {
	t.Helper()
	connections = &atomic.Int64{}
	s := httptest.NewUnstartedServer(h)
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	return s.URL, connections, s.Close
}

// someCases are of every family.
var someCases = []string{
	"*/concurrency/**", "DescribeImageCaches/listing/**", "*/idempotency/**", "DescribeRegions/**", "ListUsage/**", "CopyDataCache/**", "UntagResources/**",
	"UpdateDataCache/state/**", "DescribeDataCaches/parameter/**",
}

// TestVerdictsAreTheSameFromTheRecording judges a server, a good one and a bad
// one, and then what was recorded of it, in two orders.
func TestVerdictsAreTheSameFromTheRecording(t *testing.T) {
	t.Parallel()
	for name, h := range map[string]http.Handler{"sound": newEmulator(t), "broken": broken(newEmulator(t))} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			url, connections, _ := counting(t, h)
			judge := func(target, reports string, more ...string) (map[string]judgement, string) {
				args := append([]string{"run", "--target", target, "--reports", filepath.Join(dir, reports), "--strict=inferred"}, more...)
				for _, glob := range someCases {
					args = append(args, "--select", glob)
				}
				code, said := command(args...)
				return judgements(t, filepath.Join(dir, reports)), fmt.Sprintf("exit %d\n%s", code, said)
			}
			want, said := judge(profileOf(t, url), "live", "--record", filepath.Join(dir, "tapes"))
			verdicts := map[string]int{}
			for _, j := range want {
				verdicts[j.Verdict]++
			}
			t.Logf("%d cases: %v", len(want), verdicts)
			if len(want) < 500 || name == "broken" && (verdicts["fail"] < 50 || verdicts["inconclusive"] < 5) {
				t.Fatalf("%d cases, %v: too little to compare\n%.1000s", len(want), verdicts, said)
			}
			before := connections.Load()
			for _, jobs := range []string{"1", "16"} {
				got, said := judge(filepath.Join(dir, "tapes"), "again-"+jobs, "-j", jobs)
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("judgement of the recording with -j %s mismatch (-live +recording):\n%.4000s\n%.1000s", jobs, diff, said)
				}
			}
			if n := connections.Load(); n != before {
				t.Errorf("%d connections to the target while the recording was judged, want 0", n-before)
			}
		})
	}
}
