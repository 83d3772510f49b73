package run

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
)

func sample() Result {
	at := time.Date(2026, 1, 2, 3, 4, 5, 678000, time.UTC)
	return Result{
		Case: "Op/family/subject/variant", Operation: "Op", Family: "family", Clause: "Op#c", Level: contract.Should,
		Verdict: Fail, Reason: "want <a> & b", Requests: 3, Start: at, Duration: 1234 * time.Microsecond, Seed: 1<<64 - 1,
		Findings: []check.Finding{{Clause: "Op#c", Level: contract.Should, Pointer: "/status", Want: "2xx", Got: "400"}},
		Exchanges: []Exchange{{
			Operation: "Op", Method: "GET", URL: "http://h/?Action=Op", Header: http.Header{"A": {"b"}}, Params: []Param{{"Name", "ü"}},
			Body: "b", Status: 400, RespHeader: http.Header{"C": {"d"}}, RespBody: "{}", Error: "e", Start: at, Duration: 5 * time.Microsecond,
		}},
	}
}

func TestResultReadsAsItWasWritten(t *testing.T) {
	t.Parallel()
	want := []Result{sample(), {Verdict: Pass, Level: contract.Must, Start: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}}
	for _, r := range want {
		line, err := r.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		var got Result
		if err := json.Unmarshal(line, &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(r, got); diff != "" {
			t.Errorf("result read again mismatch (-want +got):\n%s", diff)
		}
	}
}

func TestLineHasTheFixedNames(t *testing.T) {
	t.Parallel()
	line, err := sample().MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	if bytes.ContainsAny(line, "\n") || !bytes.Contains(line, []byte("want <a> & b")) {
		t.Errorf("the line is broken or escaped: %s", line)
	}
	var m map[string]json.RawMessage
	if err := json.Unmarshal(line, &m); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"case", "operation", "family", "clause", "level", "verdict", "reason", "findings", "exchanges", "start", "durationMs", "seed"} {
		if _, ok := m[name]; !ok {
			t.Errorf("the line has no %q", name)
		}
	}
	if got := string(m["durationMs"]); got != "1.234" {
		t.Errorf("durationMs is %s, want 1.234", got)
	}
	for name, want := range map[string][]string{"findings": {"clause", "got", "level", "pointer", "want"}} {
		var list []map[string]any
		if err := json.Unmarshal(m[name], &list); err != nil {
			t.Fatal(err)
		}
		var keys []string
		for k := range list[0] {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		if diff := cmp.Diff(want, keys); diff != "" {
			t.Errorf("%s mismatch (-want +got):\n%s", name, diff)
		}
	}
	empty, err := Result{Verdict: Pass}.MarshalJSON()
	if err != nil || !bytes.Contains(empty, []byte(`"findings":[],"exchanges":[]`)) {
		t.Errorf("a pass is written as %s, want empty lists", empty)
	}
}

func TestLinesThatAreNoResults(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ line, want string }{
		{`{"case":"x`, "unexpected end"},
		{`{"verdict":"maybe","level":"must"}`, `unknown verdict "maybe"`},
		{`{"verdict":"pass","level":"high"}`, `"high"`},
		{`{"verdict":"fail","level":"must","findings":[{"clause":"c","level":"x"}]}`, "finding about c"},
	} {
		var got Result
		if err := json.Unmarshal([]byte(tt.line), &got); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: UnmarshalJSON() = %v, want %q", tt.line, err, tt.want)
		}
	}
}

func FuzzResult(f *testing.F) {
	line, err := sample().MarshalJSON()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(line)
	f.Add([]byte(`{"verdict":"pass","level":"must"}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		var r, same Result
		if json.Unmarshal(line, &r) != nil {
			return
		}
		again, err := r.MarshalJSON()
		if err != nil {
			t.Fatalf("MarshalJSON() of what was read: %v", err)
		}
		if err := json.Unmarshal(again, &same); err != nil {
			t.Fatalf("UnmarshalJSON() of %s: %v", again, err)
		}
	})
}

func TestPlainResultsReadAsAnyOther(t *testing.T) {
	t.Parallel()
	odd := "a\"b\\c\n\t\x00<&>\u2028\U0001f469\xff ü"
	at := time.Date(2026, 1, 2, 3, 4, 5, 678000001, time.FixedZone("x", 5400))
	for _, r := range []Result{
		{},
		{Case: "a/b", Verdict: Pass, Level: contract.Must, Requests: -1, Start: at, Duration: time.Microsecond, Seed: 1<<64 - 1},
		{Case: odd, Operation: odd, Family: odd, Clause: odd, Reason: odd, Verdict: Verdict(odd), Fault: true, Start: at, Duration: 90 * time.Hour},
	} {
		want, err := encoded(r.line())
		if err != nil {
			t.Fatal(err)
		}
		got, err := r.MarshalJSON()
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("MarshalJSON() = %s, %v\nwant %s", got, err, want)
		}
	}
	if _, err := (Result{Start: time.Date(12345, 1, 1, 0, 0, 0, 0, time.UTC)}).MarshalJSON(); err == nil {
		t.Error("a year of five digits is written")
	}
}
