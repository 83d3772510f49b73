package suites

import "slices"

// maxShrinks is how many sequences are tried in search of a shorter one that
// fails.
const maxShrinks = 24

// shrinker looks for fewer moves that lead to the same departure.
type shrinker struct {
	first *departure
	// again makes the moves anew; it returns nil where they lead to no
	// departure.
	again func([]move) *departure
	tries int // how many sequences may be tried; zero means maxShrinks
}

// shortest leaves out runs of moves, longest runs first, until no move can be
// spared or the tries are used up. A sequence that happens to fail only now and
// then may stay longer than it need be; it is never one that was not seen to
// fail.
func (s shrinker) shortest(moves []move) *departure {
	if s.tries == 0 {
		s.tries = maxShrinks
	}
	moves = moves[:min(len(moves), len(s.first.steps)-1)]
	for run := len(moves); run > 0 && s.tries > 0; {
		fewer, shrunk := s.without(moves, run)
		moves = fewer
		if !shrunk || run > len(moves) {
			run = min(run/2, len(moves))
		}
	}
	return s.first
}

// without leaves out every run of moves of the length that can be spared.
func (s *shrinker) without(moves []move, run int) (fewer []move, shrunk bool) {
	for at := 0; at+run <= len(moves) && s.tries > 0; {
		s.tries--
		fewer := slices.Delete(slices.Clone(moves), at, at+run)
		d := s.again(fewer)
		if !s.first.same(d) {
			at++
			continue
		}
		moves, s.first, shrunk = fewer[:min(len(fewer), len(d.steps)-1)], d, true
	}
	return moves, shrunk
}
