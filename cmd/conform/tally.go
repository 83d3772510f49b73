package main

import (
	"fmt"
	"io"

	"github.com/schollz/progressbar/v3"

	"github.com/eci-conform/conform/internal/mutant/matrix"
)

// tally tells on standard error how far the mutants are: a bar on a terminal, a
// plain line for every tenth elsewhere.
type tally struct {
	out               io.Writer
	bar               *progressbar.ProgressBar
	total, done, open int
	told              int // tenths
}

func newTally(s System, total int) *tally {
	t := &tally{out: s.Err, total: total}
	if s.Terminal {
		t.bar = progressbar.NewOptions(total,
			progressbar.OptionSetWriter(s.Err), progressbar.OptionSetDescription("mutants"),
			progressbar.OptionShowCount(), progressbar.OptionSetPredictTime(true), progressbar.OptionClearOnFinish(),
		)
	}
	return t
}

// add counts one mutant. Progress that cannot be shown is no reason to stop.
func (t *tally) add(r matrix.Row) {
	t.done++
	if !r.Verdict.Fine() {
		t.open++
	}
	if t.bar != nil {
		_ = t.bar.Add(1)
		return
	}
	if tenth := t.done * 10 / t.total; tenth > t.told {
		t.told = tenth
		fmt.Fprintf(t.out, "mutants: %d of %d, %d not killed\n", t.done, t.total, t.open)
	}
}

// end leaves the terminal as it was.
func (t *tally) end() {
	if t.bar != nil {
		_ = t.bar.Finish()
	}
}
