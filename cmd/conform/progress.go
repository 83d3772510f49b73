package main

import (
	"fmt"
	"io"

	"github.com/schollz/progressbar/v3"
)

// progress tells on standard error how far some work is: a bar on a terminal, a
// plain line for every tenth elsewhere.
type progress struct {
	work
	out              io.Writer
	bar              *progressbar.ProgressBar
	total, done, bad int
	told             int // tenths
}

// work is how progress speaks of it.
type work struct {
	name string // run
	unit string // cases; empty where the name says it
	bad  string // failed
}

func newProgress(s System, w work, total int) *progress {
	p := &progress{work: w, out: s.Err, total: total}
	if s.Terminal {
		options := []progressbar.Option{
			progressbar.OptionSetWriter(s.Err), progressbar.OptionSetDescription(w.name), progressbar.OptionShowCount(),
			progressbar.OptionSetPredictTime(true), progressbar.OptionClearOnFinish(),
		}
		if w.unit != "" {
			options = append(options, progressbar.OptionShowIts(), progressbar.OptionSetItsString(w.unit))
		}
		p.bar = progressbar.NewOptions(total, options...)
	}
	return p
}

// add counts one piece of the work, good or bad. A progress that cannot be
// shown is no reason to stop.
func (p *progress) add(bad bool) {
	p.done++
	if bad {
		p.bad++
	}
	if p.bar != nil {
		if bad {
			p.bar.Describe(fmt.Sprintf("%s, %d %s", p.name, p.bad, p.work.bad))
		}
		_ = p.bar.Add(1)
		return
	}
	if tenth := p.done * 10 / p.total; tenth > p.told {
		p.told = tenth
		unit := ""
		if p.unit != "" {
			unit = " " + p.unit
		}
		fmt.Fprintf(p.out, "%s: %d of %d%s, %d %s\n", p.name, p.done, p.total, unit, p.bad, p.work.bad)
	}
}

// end leaves the terminal as it was.
func (p *progress) end() {
	if p.bar != nil {
		_ = p.bar.Finish()
	}
}
