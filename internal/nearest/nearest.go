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
		all[i] = scored{name, Distance(s, name)}
	}
	slices.SortStableFunc(all, func(a, b scored) int { return cmp.Compare(a.distance, b.distance) })
	out := make([]string, 0, n)
	for _, a := range all[:min(n, len(all))] {
		out = append(out, a.name)
	}
	return out
}

// Distance is the number of characters to insert, delete or replace to make b
// of a, letter case aside.
func Distance(a, b string) int {
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
