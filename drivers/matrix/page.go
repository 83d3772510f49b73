package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// families is the order of the columns; what is not in it comes last.
var families = []string{"serialisation", "signing", "deserialisation", "errors", "retries", "timeouts"}

func place(family string) int {
	if i := slices.Index(families, family); i >= 0 {
		return i
	}
	return len(families)
}

// load reads what is published of every SDK.
func load(reports string) ([]SDK, error) {
	found, err := filepath.Glob(filepath.Join(reports, "*", "counts.json"))
	if err != nil {
		return nil, fmt.Errorf("look for reports: %w", err)
	}
	var all []SDK
	for _, path := range found {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("read report: %w", err)
		}
		var s SDK
		if err := json.Unmarshal(data, &s); err != nil {
			return nil, fmt.Errorf("read report %s: %w", path, err)
		}
		s.Dir = filepath.Base(filepath.Dir(path))
		all = append(all, s)
	}
	return all, nil
}

// table is the matrix of SDKs and families, with links below a prefix.
func table(all []SDK, prefix string) string {
	columns := columns(all)
	var b strings.Builder
	fmt.Fprintf(&b, "| SDK | %s |\n|---|%s\n", strings.Join(columns, " | "), strings.Repeat("---|", len(columns)))
	for _, s := range all {
		fmt.Fprintf(&b, "| [%s](%s%s) %s, %s |", s.Name, prefix, s.Dir, s.Version, s.Language)
		for _, name := range columns {
			fmt.Fprintf(&b, " %s |", s.cell(name))
		}
		b.WriteString("\n")
	}
	return b.String()
}

func columns(all []SDK) []string {
	var names []string
	for _, s := range all {
		for _, f := range s.Families {
			if !slices.Contains(names, f.Name) {
				names = append(names, f.Name)
			}
		}
	}
	slices.SortStableFunc(names, func(a, b string) int { return place(a) - place(b) })
	return names
}

// shown are the verdicts of a cell besides pass, and how they are written.
var shown = []struct{ verdict, format string }{
	{"fail", "**%d F**"}, {"fixed", "**%d fixed**"}, {"known", "%d K"}, {"observed", "%d o"}, {"inconclusive", "%d ?"}, {"skip", "%d s"},
}

// cell is the counts of a family.
func (s SDK) cell(family string) string {
	for _, f := range s.Families {
		if f.Name != family {
			continue
		}
		parts := []string{fmt.Sprint(f.Verdicts["pass"])}
		for _, v := range shown {
			if n := f.Verdicts[v.verdict]; n > 0 {
				parts = append(parts, fmt.Sprintf(v.format, n))
			}
		}
		return strings.Join(parts, ", ")
	}
	return "–"
}

// legend says what the cells mean.
const legend = "Cases that pass, then: F fails, K departs from a promise that decides (`must`) as its baseline lists, " +
	"with a reason for each; o departs only from promises that do not decide; ? could not be judged; " +
	"s left out, because the SDK has no such thing."

// leftOut says what of the plan some SDKs were not judged by.
func leftOut(all []SDK) string {
	var b strings.Builder
	for _, s := range all {
		if s.Left != "" {
			fmt.Fprintf(&b, "\nLeft out of %s: %s.\n", s.Name, s.Left)
		}
	}
	return b.String()
}

// page is the whole page of the reports.
func page(all []SDK) string {
	return "# The real SDKs\n\n`make sdk` makes this page and all that is below it.\n\n" + table(all, "") + "\n" + legend + "\n" + leftOut(all) + `
Each folder has the counts, ` + "`summary.md`, `baseline.yaml` with the reason of each known departure, and `departures.ndjson`" + `:
a line for each case that departs, with what was found, what the driver was told and said, and what was on the wire. What differs
from run to run, such as ports, keys, nonces and times, is taken out of them, so that the same findings make the same files.
The drivers, and the versions that they pin, are in [drivers](../../drivers).
`
}

// The marks between which the table stands in a page.
const (
	mark = "<!-- sdks: made by make sdk -->\n"
	end  = "<!-- /sdks -->\n"
)

// insert writes the table between the marks of a page.
func insert(path, table string) error {
	old, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read page: %w", err)
	}
	before, rest, ok := bytes.Cut(old, []byte(mark))
	_, after, closed := bytes.Cut(rest, []byte(end))
	if !ok || !closed {
		return fmt.Errorf("write table %s: want the marks %q and %q in it", path, strings.TrimSpace(mark), strings.TrimSpace(end))
	}
	text := string(before) + mark + table + "\n" + legend + "\n" + end + string(after)
	if text == string(old) {
		return nil
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		return fmt.Errorf("write page: %w", err)
	}
	return nil
}
