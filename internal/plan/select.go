package plan

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/nearest"
)

// Select returns the plan's cases that match one of the globs, or all when
// there are none, match none of the skips, and are of level or above. In a
// glob * stays within a segment of the id and ** crosses them; a glob without
// a slash selects by any whole segment, such as an operation or a family. A
// glob that matches no id of the plan is an error that names the nearest ids.
func (p *Plan) Select(globs, skips []string, level contract.Level) (*Plan, error) {
	if err := p.matchAll(slices.Concat(globs, skips)); err != nil {
		return nil, err
	}
	out := &Plan{Inputs: p.Inputs}
	for _, c := range p.Cases {
		wanted := len(globs) == 0 || matchAny(globs, c.ID)
		if wanted && !matchAny(skips, c.ID) && c.level() >= level {
			out.Cases = append(out.Cases, c)
		}
	}
	return out, nil
}

// Case returns the case with the id, or nil.
func (p *Plan) Case(id string) *Case {
	for _, c := range p.Cases {
		if c.ID == id {
			return c
		}
	}
	return nil
}

func (c *Case) level() contract.Level {
	if c.Clause == nil {
		return contract.Inferred
	}
	return c.Clause.Level
}

// matchAll errs for every glob that matches no case.
func (p *Plan) matchAll(globs []string) error {
	var errs []error
	for _, g := range globs {
		if !slices.ContainsFunc(p.Cases, func(c *Case) bool { return Match(g, c.ID) }) {
			errs = append(errs, fmt.Errorf("pattern %q: no case matches; %s", g, p.hint(g)))
		}
	}
	return errors.Join(errs...)
}

func (p *Plan) hint(glob string) string {
	near := p.Nearest(glob, 3)
	if len(near) == 0 {
		return "the plan is empty"
	}
	return "nearest: " + strings.Join(near, ", ")
}

func matchAny(globs []string, id string) bool {
	return slices.ContainsFunc(globs, func(g string) bool { return Match(g, id) })
}

// Match says whether a glob selects a case id: * stands for any text within a
// segment, ** for any text, ? for one character of a segment; all else stands
// for itself. A glob without a slash is held against each segment.
func Match(glob, id string) bool {
	if glob == "**" || strings.Contains(glob, "/") {
		return match(glob, id)
	}
	for segment := range strings.SplitSeq(id, "/") {
		if match(glob, segment) {
			return true
		}
	}
	return false
}

// match tries the pattern from its front and goes back to the last star where
// it fails: linear but for the two kinds of star.
func match(glob, s string) bool {
	for glob != "" {
		switch {
		case strings.HasPrefix(glob, "**"):
			return matchStar(strings.TrimLeft(glob, "*"), s, true)
		case glob[0] == '*':
			return matchStar(glob[1:], s, false)
		case s == "" || !matchByte(glob[0], s[0]):
			return false
		}
		glob, s = glob[1:], s[1:]
	}
	return s == ""
}

func matchByte(g, c byte) bool { return g == c || g == '?' && c != '/' }

// matchStar tries every length that the star may have.
func matchStar(rest, s string, cross bool) bool {
	if rest == "" && cross {
		return true
	}
	for i := 0; i <= len(s); i++ {
		if match(rest, s[i:]) {
			return true
		}
		if i < len(s) && s[i] == '/' && !cross {
			return false
		}
	}
	return false
}

// Nearest returns up to n ids, or prefixes of ids with as many segments as s,
// that are spelled most like s.
func (p *Plan) Nearest(s string, n int) []string {
	depth := strings.Count(s, "/") + 1
	seen := map[string]bool{}
	var names []string
	for _, c := range p.Cases {
		for _, name := range candidates(c.ID, depth) {
			if !seen[name] {
				seen[name] = true
				names = append(names, name)
			}
		}
	}
	return nearest.Names(s, names, n)
}

// candidates are what a pattern of that many segments may have meant.
func candidates(id string, depth int) []string {
	segments := strings.Split(id, "/")
	if depth == 1 {
		return segments
	}
	return []string{strings.Join(segments[:min(depth, len(segments))], "/")}
}
