package main

import (
	"fmt"
	"io"

	"github.com/schollz/progressbar/v3"

	"github.com/eci-conform/conform/internal/run"
)

// progress tells on standard error how far a run is: a bar on a terminal, a
// plain line for every tenth of the cases elsewhere.
type progress struct {
	out         io.Writer
	bar         *progressbar.ProgressBar
	total, done int
	failed      int
	told        int // tenths
}

func newProgress(s System, total int) *progress {
	p := &progress{out: s.Err, total: total}
	if s.Terminal {
		p.bar = progressbar.NewOptions(total,
			progressbar.OptionSetWriter(s.Err), progressbar.OptionSetDescription("run"),
			progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionSetItsString("cases"),
			progressbar.OptionSetPredictTime(true), progressbar.OptionClearOnFinish(),
		)
	}
	return p
}

// add counts one result. A progress that cannot be shown is no reason to stop.
func (p *progress) add(r run.Result) {
	p.done++
	if r.Verdict == run.Fail {
		p.failed++
	}
	if p.bar != nil {
		if p.failed > 0 {
			p.bar.Describe(fmt.Sprintf("run, %d failed", p.failed))
		}
		_ = p.bar.Add(1)
		return
	}
	if tenth := p.done * 10 / p.total; tenth > p.told {
		p.told = tenth
		fmt.Fprintf(p.out, "run: %d of %d cases, %d failed\n", p.done, p.total, p.failed)
	}
}

// end leaves the terminal as it was.
func (p *progress) end() {
	if p.bar != nil {
		_ = p.bar.Finish()
	}
}
