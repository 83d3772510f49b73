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
			errs = append(errs, fmt.Errorf("pattern %q: no case matches; %s", g, p.Hint(g)))
		}
	}
	return errors.Join(errs...)
}

// Hint says what somebody may have meant by a glob that matches no case, or
// where to look.
func (p *Plan) Hint(glob string) string {
	if near := p.Nearest(glob, 3); len(near) > 0 {
		return "nearest: " + strings.Join(near, ", ")
	}
	return "see conform plan"
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

// Nearest returns up to n globs that match a case and are spelled much like s;
// none where nothing is close.
func (p *Plan) Nearest(s string, n int) []string {
	seen := map[string]bool{}
	var names []string
	for _, c := range p.Cases {
		for _, name := range slices.Concat(corrected(s, c.ID), corrected(s+deeper, c.ID)) {
			if !seen[name] && Match(name, c.ID) {
				seen[name] = true
				names = append(names, name)
			}
		}
	}
	near := nearest.Close(s, names, n)
	if !strings.HasSuffix(s, deeper) {
		near = append(near, nearest.Close(s+deeper, names, n)...)
	}
	return near[:min(n, len(near))]
}

// deeper is what a glob lacks that stops short of whole ids.
const deeper = "/**"

// corrected writes a glob so that it fits the id: what does not match is taken
// from the id, part by part; behind ** the parts are counted from the end. A
// glob of one part may stand for any part.
func corrected(glob, id string) []string {
	parts, segments := strings.Split(glob, "/"), strings.Split(id, "/")
	if len(parts) == 1 {
		return segments
	}
	deep := slices.Index(parts, "**")
	for i, part := range parts {
		at := i
		if deep >= 0 && i > deep {
			at = len(segments) - len(parts) + i
		}
		if at >= 0 && at < len(segments) && i != deep && !match(part, segments[at]) {
			parts[i] = segments[at]
		}
	}
	return []string{strings.Join(parts, "/")}
}
