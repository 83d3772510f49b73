package main

import (
	"errors"
	"strings"

	"github.com/eci-conform/conform/internal/report"
)

// end keeps how the run ended and gives the exit code. A fault that came up
// while the reports were written, or behind them, is told in run.json alone.
func (j *job) end(rep *report.Report, fault error) error {
	if fault != nil {
		rep.Exit = exitFault
		for line := range strings.SplitSeq(fault.Error(), "\n") {
			rep.Notes = append(rep.Notes, printable(line))
		}
	}
	if err := errors.Join(fault, rep.WriteOutcome(j.flags.reports)); err != nil {
		return exit(exitFault, err)
	}
	if rep.Exit == exitConforms {
		return nil
	}
	return exit(rep.Exit, nil)
}

// closeRecording closes the recording, where there is one, once: behind the
// reports, or where a run did not come to these.
func (j *job) closeRecording() error {
	if j.rec == nil || j.recorded {
		return nil
	}
	j.recorded = true
	return j.rec.close(j.app)
}

// worse is the verdict, or else a fault of the harness: what the verdict says
// and what went wrong besides.
func worse(verdict, fault error) error {
	if fault == nil {
		return verdict
	}
	if coded, ok := errors.AsType[*exitError](verdict); ok && coded.err == nil {
		verdict = nil // it has been told
	}
	return exit(exitFault, errors.Join(verdict, fault))
}
