package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/eci-conform/conform/internal/baseline"
	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/profile"
	"github.com/eci-conform/conform/internal/run"
)

// baselineFlags say which departures are known, and where to write those that
// are found.
type baselineFlags struct {
	file  string
	write string
	force bool
}

func (f *baselineFlags) add(c *cobra.Command) {
	s := c.Flags()
	s.StringVar(&f.file, "baseline", "", "`FILE` of known departures, besides the profile's own")
	s.StringVar(&f.write, "write-baseline", "", "`FILE` to write what fails to, as a baseline")
	s.BoolVar(&f.force, "force", false, "let --write-baseline replace a file that is not the --baseline")
}

// known is what is known about a target, and what a run adds to it.
type known struct {
	flags baselineFlags
	all   *baseline.Baseline // what excuses findings
	base  *baseline.Baseline // what a new file starts from
	plan  *plan.Plan         // whole
	// judged is what the run says so far.
	judged []baseline.Judged
}

// load reads the baselines of profile and flag, holds them against the whole
// plan, and makes sure that the file to be written may be. It writes nothing. An
// entry that fits nothing has the exit code of a stale baseline.
func (f baselineFlags) load(p *profile.Profile, whole *plan.Plan, c *contract.Contract) (*known, error) {
	k := &known{flags: f, plan: whole}
	own := ""
	if p.Baseline != "" {
		own = p.Baseline
		if !filepath.IsAbs(own) {
			own = filepath.Join(filepath.Dir(p.File), own)
		}
	}
	given, err := readBaseline(f.file)
	if err != nil {
		return nil, err
	}
	k.all, k.base = given, given
	if own != "" && !sameFile(own, f.file) {
		profiles, err := readBaseline(own)
		if err != nil {
			return nil, fmt.Errorf("%s: baseline: %w", p.File, err)
		}
		k.all = baseline.Join(given, profiles)
		if sameFile(own, f.write) {
			k.base = k.all
		}
	}
	if err := f.writable(own); err != nil {
		return nil, err
	}
	if err := k.all.Check(whole, c); err != nil {
		return nil, exit(exitStale, err)
	}
	return k, nil
}

func readBaseline(file string) (*baseline.Baseline, error) {
	if file == "" {
		return nil, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read baseline: %w", err)
	}
	return baseline.Load(file, text)
}

// sameFile says whether both names lead to one file that is there.
func sameFile(a, b string) bool {
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	return errX == nil && errY == nil && os.SameFile(x, y)
}

// writable refuses a file that must not be replaced or cannot be written.
func (f baselineFlags) writable(own string) error {
	if f.write == "" {
		if f.force {
			return errors.New("--force: want --write-baseline FILE with it")
		}
		return nil
	}
	info, err := os.Stat(f.write)
	switch {
	case err == nil && !info.Mode().IsRegular():
		return fmt.Errorf("--write-baseline %s: not a file", f.write)
	case err == nil && !f.force && !sameFile(f.write, f.file) && !sameFile(f.write, own):
		return fmt.Errorf("--write-baseline %s: the file is there and is not the --baseline: want another name, or --force", f.write)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("--write-baseline: %w", err)
	}
	temp, err := os.CreateTemp(filepath.Dir(f.write), ".conform-")
	if err != nil {
		return fmt.Errorf("--write-baseline %s: cannot write there: %w", f.write, errors.Unwrap(err))
	}
	return errors.Join(temp.Close(), os.Remove(temp.Name()))
}

// add takes what became of a case.
func (k *known) add(res run.Result, strict contract.Level) {
	j := baseline.Judged{Case: res.Case, Fixed: res.Verdict == run.Fixed}
	if res.Verdict == run.Fail {
		for _, f := range res.Findings {
			if open(f, strict) {
				j.Open = append(j.Open, f)
			}
		}
	}
	if j.Fixed || len(j.Open) > 0 {
		k.judged = append(k.judged, j)
	}
}

func open(f check.Finding, strict contract.Level) bool { return f.Level >= strict && f.Known == "" }

// save writes the baseline if one was asked for, and says so. A run that did
// not come to its end has not seen enough to write one.
func (k *known) save(sum run.Summary, target string, now time.Time) (note string, err error) {
	switch {
	case k.flags.write == "":
		return "", nil
	case sum.Interrupted || sum.Unreachable != "" || sum.Faults > 0:
		return "baseline: not written, for the run did not come to its end", nil
	}
	revised := k.base.Revised(k.plan, k.judged, now)
	text, err := revised.Encode(target)
	if err != nil {
		return "", err
	}
	if err := replaceFile(k.flags.write, text); err != nil {
		return "", fmt.Errorf("write baseline: %w", err)
	}
	noun := "entries"
	if len(revised.Entries) == 1 {
		noun = "entry"
	}
	return fmt.Sprintf("baseline: %d %s written to %s", len(revised.Entries), noun, k.flags.write), nil
}

// replaceFile puts a whole file in place, or leaves what was there.
func replaceFile(path string, text []byte) error {
	temp, err := os.CreateTemp(filepath.Dir(path), ".conform-")
	if err != nil {
		return err
	}
	_, err = temp.Write(text)
	err = errors.Join(err, temp.Chmod(0o644), temp.Close())
	if err == nil {
		err = os.Rename(temp.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temp.Name()))
	}
	return nil
}
