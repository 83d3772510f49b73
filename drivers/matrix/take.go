package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// SDK is what is published of one SDK, and what the table is made of.
type SDK struct {
	Dir      string `json:"-"` // below the folder of the reports
	Name     string `json:"name"`
	Version  string `json:"version"`
	Language string `json:"language"`
	// Left is what of the plan was not run with it, and why; empty for nothing.
	Left     string   `json:"left,omitempty"`
	Families []Family `json:"families"` // in the order of the plan
}

// Family counts the cases of a family by their verdicts.
type Family struct {
	Name     string         `json:"family"`
	Verdicts map[string]int `json:"verdicts"`
}

// line is what is read of a line of results.
type line struct {
	Case, Family, Verdict string
	Attachments           []struct{ Name, Path string }
}

// departs are the verdicts of cases whose exchanges are published.
var departs = []string{"fail", "known", "observed", "fixed"}

// maxLine is how long a line of results may be, in bytes.
const maxLine = 64 << 20

// take returns what is published of a run, by the names of the files.
func take(run string) (map[string][]byte, error) {
	sdk, err := hello(filepath.Join(run, "hello.json"))
	if err != nil {
		return nil, err
	}
	results, err := os.ReadFile(filepath.Join(run, "results.ndjson"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("publish %s: it has no results.ndjson: the run judged nothing", run)
	} else if err != nil {
		return nil, fmt.Errorf("publish %s: %w", run, err)
	}
	evidence, err := sdk.read(results, run)
	if err != nil {
		return nil, fmt.Errorf("publish %s: %w", run, err)
	}
	summary, err := os.ReadFile(filepath.Join(run, "summary.md"))
	if err != nil {
		return nil, fmt.Errorf("publish %s: %w", run, err)
	}
	left, err := os.ReadFile(filepath.Join(run, "left.txt"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("publish %s: %w", run, err)
	}
	sdk.Left = strings.TrimSpace(string(left))
	counts, err := json.MarshalIndent(sdk, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("publish %s: %w", run, err)
	}
	return map[string][]byte{"summary.md": []byte(steady(string(summary))), "departures.ndjson": evidence, "counts.json": append(counts, '\n')}, nil
}

func write(dir string, files map[string][]byte) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			return fmt.Errorf("publish: %w", err)
		}
	}
	return nil
}

// hello reads what the driver said of itself.
func hello(path string) (*SDK, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read hello: %w", err)
	}
	var said struct{ Hello SDK }
	if err := json.Unmarshal(data, &said); err != nil {
		return nil, fmt.Errorf("read hello %s: %w", path, err)
	}
	if said.Hello.Name == "" {
		return nil, fmt.Errorf("read hello %s: it has no name", path)
	}
	return &said.Hello, nil
}

// read counts the results and returns the lines of those that depart, in the
// order of their cases.
func (s *SDK) read(results []byte, run string) ([]byte, error) {
	kept := map[string][]byte{}
	lines := bufio.NewScanner(bytes.NewReader(results))
	lines.Buffer(nil, maxLine)
	for n := 1; lines.Scan(); n++ {
		var l line
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			return nil, fmt.Errorf("results.ndjson:%d: %w", n, err)
		}
		s.count(l)
		if !slices.Contains(departs, l.Verdict) {
			continue
		}
		shown, err := evidence(lines.Bytes(), l, run)
		if err != nil {
			return nil, fmt.Errorf("results.ndjson:%d: %w", n, err)
		}
		kept[l.Case] = shown
	}
	if len(s.Families) == 0 {
		return nil, errors.New("results.ndjson has no case")
	}
	slices.SortFunc(s.Families, func(a, b Family) int { return place(a.Name) - place(b.Name) })
	return inOrder(kept), lines.Err()
}

func inOrder(kept map[string][]byte) []byte {
	var out []byte
	for _, name := range sorted(kept) {
		out = append(append(out, kept[name]...), '\n')
	}
	return out
}

func sorted(m map[string][]byte) []string {
	var names []string
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// count adds a case to its family.
func (s *SDK) count(l line) {
	i := slices.IndexFunc(s.Families, func(f Family) bool { return f.Name == l.Family })
	if i < 0 {
		i = len(s.Families)
		s.Families = append(s.Families, Family{Name: l.Family, Verdicts: map[string]int{}})
	}
	s.Families[i].Verdicts[l.Verdict]++
}

// plain is JSON on one line in which < > & stay.
func plain(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSpace(b.Bytes()), err
}

// evidence is what of a line shows the departure: what was found, what was said
// on the wire, and what was said to the driver and what it said.
func evidence(text []byte, l line, run string) ([]byte, error) {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, err
	}
	out := map[string]json.RawMessage{}
	for _, key := range []string{"case", "clause", "level", "verdict", "findings", "exchanges"} {
		steady, err := steadyJSON(all[key])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		out[key] = steady
	}
	for _, a := range l.Attachments {
		if a.Name != "calls.json" {
			continue
		}
		data, err := os.ReadFile(filepath.Join(run, filepath.FromSlash(a.Path)))
		if err != nil {
			return nil, err
		}
		if out["calls"], err = steadyJSON(data); err != nil {
			return nil, fmt.Errorf("calls: %w", err)
		}
	}
	return plain(out)
}
