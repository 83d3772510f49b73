// Package nearest finds the names that somebody who mistyped one may have
// meant.
package nearest

import (
	"cmp"
	"slices"
	"strings"
)

// Names returns up to n of the known names, those spelled most like s first.
func Names(s string, known []string, n int) []string {
	type scored struct {
		name     string
		distance int
	}
	all := make([]scored, len(known))
	for i, name := range known {
		all[i] = scored{name, distance(s, name)}
	}
	slices.SortStableFunc(all, func(a, b scored) int { return cmp.Compare(a.distance, b.distance) })
	out := make([]string, 0, n)
	for _, a := range all[:min(n, len(all))] {
		out = append(out, a.name)
	}
	return out
}

// Close returns up to n of the known names that somebody may well have meant
// by s: parts between slashes that are spelled alike, letter case aside. It
// returns none where nothing is close, and none that is much further off than
// the closest.
func Close(s string, known []string, n int) []string {
	var out []string
	for _, name := range Names(s, slices.DeleteFunc(slices.Clone(known), func(name string) bool { return !alike(s, name) }), n) {
		worse := len(out) > 0 && distance(s, name) > distance(s, out[0])+1
		if !worse && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// alike says whether each part of a is at most a slip away from that of b.
func alike(a, b string) bool {
	x, y := strings.Split(a, "/"), strings.Split(b, "/")
	if len(x) != len(y) {
		return false
	}
	for i := range x {
		if distance(x[i], y[i]) > 1+min(len(x[i]), len(y[i]))/4 {
			return false
		}
	}
	return true
}

// distance is the number of characters to insert, delete or replace to make b
// of a, letter case aside.
func distance(a, b string) int {
	x, y := []rune(strings.ToLower(a)), []rune(strings.ToLower(b))
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		diagonal := row[0]
		row[0] = i + 1
		for j := range y {
			next := diagonal
			if x[i] != y[j] {
				next = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], next
		}
	}
	return row[len(y)]
}
