package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

const results = `{"case":"B/errors/x","family":"errors","verdict":"known","clause":"c","level":"must","findings":[1],"exchanges":[2],"attachments":[{"name":"calls.json","path":"attachments/1.json"}]}
{"case":"A/serialisation/x","family":"serialisation","verdict":"fail","clause":"c","level":"must","findings":[3],"exchanges":[]}
{"case":"A/serialisation/y","family":"serialisation","verdict":"pass","clause":"c","level":"must","findings":[],"exchanges":[]}
{"case":"A/serialisation/z","family":"serialisation","verdict":"skip","clause":"c","level":"must","findings":[],"exchanges":[]}
`

const readme = "before\n" + mark + "old\n" + end + "after\n"

func folder(t *testing.T) string {
	dir := t.TempDir()
	put(t, filepath.Join(dir, "runs/a/hello.json"), `{"hello":{"protocol":1,"name":"an-sdk","version":"1.2","language":"go1"}}`+"\n")
	put(t, filepath.Join(dir, "runs/a/results.ndjson"), results)
	put(t, filepath.Join(dir, "runs/a/summary.md"), "summary\n")
	put(t, filepath.Join(dir, "runs/a/attachments/1.json"), `{"call":1}`)
	put(t, filepath.Join(dir, "reports/b/counts.json"), `{"name":"b-sdk","version":"0","language":"c","families":[{"family":"retries","verdicts":{"pass":2,"observed":1}}]}`)
	put(t, filepath.Join(dir, "README.md"), readme)
	return dir
}

func TestPublish(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	if err := publish(filepath.Join(dir, "reports"), filepath.Join(dir, "README.md"), []string{filepath.Join(dir, "runs/a")}); err != nil {
		t.Fatal(err)
	}
	wantEvidence := `{"case":"A/serialisation/x","clause":"c","exchanges":[],"findings":[3],"level":"must","verdict":"fail"}
{"calls":{"call":1},"case":"B/errors/x","clause":"c","exchanges":[2],"findings":[1],"level":"must","verdict":"known"}
`
	if diff := cmp.Diff(wantEvidence, get(t, filepath.Join(dir, "reports/a/departures.ndjson"))); diff != "" {
		t.Errorf("publish() evidence mismatch (-want +got):\n%s", diff)
	}
	wantTable := `| SDK | serialisation | errors | retries |
|---|---|---|---|
| [an-sdk](a) 1.2, go1 | 1, **1 F**, 1 s | 0, 1 K | – |
| [b-sdk](b) 0, c | – | – | 2, 1 o |
`
	if got := get(t, filepath.Join(dir, "reports/README.md")); !strings.Contains(got, wantTable) {
		t.Errorf("publish() page lacks its table:\n%s", cmp.Diff(wantTable, got))
	}
	got := get(t, filepath.Join(dir, "README.md"))
	if !strings.HasPrefix(got, "before\n"+mark+"| SDK |") || !strings.HasSuffix(got, legend+"\n"+end+"after\n") || strings.Contains(got, "old") {
		t.Errorf("publish() README is\n%s", got)
	}
}

// TestSteady: two runs that found the same are published alike.
func TestSteady(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ one, other, want string }{
		{`{"url":"http://127.0.0.1:1/?AccessKeyId=conform0123456789abcdef&SignatureNonce=a&Timestamp=2026-01-01T00%3A00%3A00Z&X=<1>","start":"1","durationMs":2}`,
			`{"url":"http://127.0.0.1:22/?AccessKeyId=conformfedcba9876543210&SignatureNonce=b&Timestamp=2026-01-02T00%3A00%3A00Z&X=<1>"}`,
			`{"url":"http://127.0.0.1:PORT/?AccessKeyId=KEY&SignatureNonce=NONCE&Timestamp=TIME&X=<1>"}`},
		{`{"header":{"Date":["now"],"X-Acs-Date":["now"],"Accept":["a"]}}`, `{"header":{"Accept":["a"]}}`, `{"header":{"Accept":["a"]}}`},
		{`["conform-abc-2jpjiosnbyt84-1"]`, `["conform-x1y2z3-2jpjiosnbyt84-12"]`, `["conform-RUN-2jpjiosnbyt84"]`},
		{`["<A object at 0x7f00>","panic: no goroutine 7 [running]: a +0x12 b…","ID is 0123456789abcdef0123456789abcdef"]`,
			`["<A object at 0xab>","panic: no goroutine 12 [running]: a +0x1 b +0…","ID is f123456789abcdef0123456789abcdef"]`,
			`["<A object at 0xADDRESS>","panic: no goroutine N …","ID is ID"]`},
		{`["8906582E-6722-409A-A6C4-0E7863B733A5", 9007199254740993]`, `["8906582E-6722-409A-A6C4-0E7863B733A5",9007199254740993]`,
			`["8906582E-6722-409A-A6C4-0E7863B733A5",9007199254740993]`},
	} {
		for _, text := range []string{c.one, c.other} {
			got, err := steadyJSON([]byte(text))
			if diff := cmp.Diff(c.want, string(got)); diff != "" || err != nil {
				t.Errorf("steadyJSON(%s) mismatch, %v (-want +got):\n%s", text, err, diff)
			}
		}
	}
	if got := steady("a (http://127.0.0.1:5), 3 pass; 1573 requests in 24.6s, 63 cases/s"); got != "a, 3 pass" {
		t.Errorf("steady() = %q", got)
	}
}

// TestCompare: what is not as published is told, and nothing is written.
func TestCompare(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	reports, runs := filepath.Join(dir, "reports"), []string{filepath.Join(dir, "runs/a")}
	if got := compare(reports, runs); len(got) != 1 || !strings.Contains(got[0], "nothing is published") {
		t.Errorf("compare() = %q, want that nothing is published", got)
	}
	if err := publish(reports, filepath.Join(dir, "README.md"), runs); err != nil {
		t.Fatal(err)
	}
	if got := compare(reports, runs); len(got) != 0 {
		t.Errorf("compare() = %q, want nothing", got)
	}
	put(t, filepath.Join(dir, "runs/a/results.ndjson"), strings.ReplaceAll(results, `"fail"`, `"pass"`))
	if got := compare(reports, runs); len(got) != 1 || !strings.Contains(got[0], "other counts") {
		t.Errorf("compare() = %q, want other counts", got)
	}
}

func TestPublishRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ file, text, want string }{
		"no marks":      {"README.md", "nothing\n", "want the marks"},
		"no results":    {"runs/a/results.ndjson", "", "has no case"},
		"rubbish":       {"runs/a/results.ndjson", "{\n", "results.ndjson:1"},
		"no name":       {"runs/a/hello.json", "{}", "it has no name"},
		"broken report": {"reports/b/counts.json", "[", "counts.json"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := folder(t)
			put(t, filepath.Join(dir, c.file), c.text)
			err := publish(filepath.Join(dir, "reports"), filepath.Join(dir, "README.md"), []string{filepath.Join(dir, "runs/a")})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("publish() = %v, want an error with %q", err, c.want)
			}
		})
	}
}

// TestPublished holds the table of the repository against its reports.
func TestPublished(t *testing.T) {
	t.Parallel()
	all, err := load("../../reports/sdks")
	if err != nil {
		t.Fatal(err)
	}
	if want := mark + table(all, "reports/sdks/") + "\n" + legend + "\n" + end; !strings.Contains(get(t, "../../README.md"), want) {
		t.Error("README.md has not the table of reports/sdks: run make sdk")
	}
	if diff := cmp.Diff(page(all), get(t, "../../reports/sdks/README.md")); diff != "" {
		t.Errorf("reports/sdks/README.md is not as its reports: run make sdk (-want +got):\n%s", diff)
	}
}
