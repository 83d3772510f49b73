package main

import (
	"bufio"
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/eci-conform/conform/internal/cassette"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/drift"
)

// verifyFlags are the flags of conform cassette verify.
type verifyFlags struct {
	source source
	format string
}

func newVerify(a *app) *cobra.Command {
	f := &verifyFlags{}
	c := &cobra.Command{
		Use:   "verify CASSETTE",
		Short: "Say which recorded exchanges no longer fit the contract, and why",
		Long: `Hold the exchanges of a cassette against today's contract: operations that are
gone, parameters that are unknown or whose values are not allowed any more,
members of answers and states that the contract does not have, errors without a
row. Whether a target keeps the contract is for conform replay to judge.

Exit codes: 0 all fit, 1 some do not, 2 the cassette or the contract cannot be
read.`,
		Example: `  conform cassette verify session.cassette
  conform cassette verify session.cassette --contract next.yaml --format json`,
		Args: exactlyOne("a cassette"),
		RunE: func(_ *cobra.Command, args []string) error { return a.verify(f, args[0]) },
	}
	addFormat(c, &f.format, diffFormats...)
	f.source.add(c)
	return c
}

// misfits are the exchanges of an operation that do not fit in the same way.
type misfits struct {
	Operation string `json:"operation"`
	drift.Misfit
	Exchanges []int `json:"exchanges"` // their numbers
	line      int   // of the first
}

// verification is what a cassette holds that fits no longer.
type verification struct {
	Recorded  time.Time  `json:"recorded"`
	Age       string     `json:"age"`
	Then      string     `json:"contractThen"` // digests
	Now       string     `json:"contractNow"`
	Exchanges int        `json:"exchanges"`
	Fit       int        `json:"fit"`
	Misfits   []*misfits `json:"misfits"`
}

func (a *app) verify(f *verifyFlags, name string) error {
	if err := oneOf("format", f.format, diffFormats...); err != nil {
		return err
	}
	c, err := f.source.sound()
	if err != nil {
		return err
	}
	tape, err := a.openCassette(name)
	if err != nil {
		return err
	}
	defer tape.Close()
	v, err := verified(tape, c)
	if err != nil {
		return usage(err)
	}
	v.Age = days(a.Now().Sub(v.Recorded))
	out := bufio.NewWriter(a.Out)
	if f.format == "json" {
		err = writeJSON(out, v)
	} else {
		v.tell(&diffText{out: out}, name)
	}
	if err := cmp.Or(err, out.Flush()); err != nil {
		return exit(exitFault, err)
	}
	if v.Fit < v.Exchanges {
		return exit(exitDeparts, nil)
	}
	return nil
}

// verified holds all exchanges against a contract.
func verified(tape *cassette.Cassette, c *contract.Contract) (*verification, error) {
	h := tape.Header()
	v := &verification{Recorded: h.Recorded, Then: h.Contract, Now: "sha256:" + c.Digest, Exchanges: tape.Len(), Misfits: []*misfits{}}
	groups := map[misfitKey]*misfits{}
	for i := range tape.Len() {
		r, err := tape.Record(i)
		if err != nil {
			return nil, fmt.Errorf("read exchange %d: %w", i+1, err)
		}
		all := drift.Check(c, &r)
		if len(all) == 0 {
			v.Fit++
		}
		for _, m := range all {
			key := misfitKey{r.Operation, m}
			if groups[key] == nil {
				groups[key] = &misfits{Operation: r.Operation, Misfit: m, line: tape.Entry(i).Line}
				v.Misfits = append(v.Misfits, groups[key])
			}
			groups[key].Exchanges = append(groups[key].Exchanges, r.ID)
		}
	}
	slices.SortStableFunc(v.Misfits, func(x, y *misfits) int {
		return cmp.Or(cmp.Compare(x.Operation, y.Operation), cmp.Compare(x.Kind, y.Kind), cmp.Compare(x.Subject, y.Subject))
	})
	return v, nil
}

// misfitKey tells groups of misfits apart.
type misfitKey struct {
	operation string
	drift.Misfit
}

func (v *verification) tell(t *diffText, file string) {
	for _, m := range v.Misfits {
		t.line("%s:%d: %s: %s %s: %s (%s)", file, m.line, cmp.Or(m.Operation, "no operation"), m.Kind, m.Subject, m.Why, counted(len(m.Exchanges), "exchange"))
	}
	t.line("recorded %s, %s ago", v.Recorded.UTC().Format("2006-01-02 15:04 MST"), v.Age)
	switch v.Then {
	case v.Now:
		t.line("by today's contract, %s", v.Now)
	default:
		t.line("by contract %s; today's is %s", cmp.Or(v.Then, "that it does not name"), v.Now)
	}
	t.line("%s: %d fit, %d do not", counted(v.Exchanges, "exchange"), v.Fit, v.Exchanges-v.Fit)
}
