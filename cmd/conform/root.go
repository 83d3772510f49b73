package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/eci-conform/conform/internal/nearest"
)

// app is what the subcommands share.
type app struct {
	System
	env func(string) (string, bool)
}

// warn tells what is odd and hinders nothing, in a line.
func (a *app) warn(format string, args ...any) {
	fmt.Fprintf(a.Err, "conform: warning: %s\n", printable(fmt.Sprintf(format, args...)))
}

func newRoot(a *app) *cobra.Command {
	a.env = a.Lookup
	root := &cobra.Command{
		Use:   "conform",
		Short: "Judge a server by the contract of the Elastic Container Instance API",
		Long: `conform drives any server of the Alibaba Cloud Elastic Container Instance (ECI)
RPC API, version 2018-08-08, through cases derived from one contract, and says
where it departs. Without --target it judges the emulator that it carries.`,
		Example: `  conform run                                    judge the embedded emulator
  conform run --target http://127.0.0.1:8080     judge a server
  conform explain UpdateImageCache#parameter/ClientToken/maxLength
  conform serve --addr 127.0.0.1:8080            be a server, for tests`,
		SilenceErrors: true, SilenceUsage: true, DisableFlagsInUseLine: true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
		Args:              noSubcommand,
		RunE:              func(c *cobra.Command, _ []string) error { return c.Help() },
		PersistentPreRunE: func(c *cobra.Command, _ []string) error { return a.settle(c) },
	}
	root.SetHelpCommand(&cobra.Command{Hidden: true})
	root.SetFlagErrorFunc(flagError)
	root.AddCommand(
		newRun(a), newPlan(a), newExplain(a), newServe(a), newRecord(a), newReplay(a), newDiff(a), newCassette(a), newCoverage(a), newMutants(a), newSDK(a),
		newReport(a), newContract(a), newSweep(a), newVersion(a),
	)
	for _, c := range root.Commands() {
		c.Flags().SortFlags = false
	}
	return root
}

// noSubcommand refuses a word that is no command and names those that are near.
func noSubcommand(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var known []string
	for _, sub := range c.Commands() {
		if !sub.Hidden {
			known = append(known, sub.Name())
		}
	}
	return fmt.Errorf("unknown command %q, did you mean %s?", args[0],
		strings.Join(nearest.Names(args[0], known, 2), " or "))
}

// invalid says what a flag wants whose value could not be read.
func invalid(err error) error {
	var bad *pflag.InvalidValueError
	if !errors.As(err, &bad) {
		return err
	}
	want := map[string]string{
		"int": "a whole number", "uint64": "a whole number from 0", "float64": "a number",
		"duration": "a time such as 30s", "bool": "true or false",
	}[bad.GetFlag().Value.Type()]
	if want == "" {
		return err
	}
	return fmt.Errorf("--%s %q: want %s", bad.GetFlag().Name, bad.GetValue(), want)
}

// flagError names the nearest flag to an unknown one, and says what a flag
// wants.
func flagError(c *cobra.Command, err error) error {
	err = invalid(err)
	if letter, ok := strings.CutPrefix(err.Error(), "unknown shorthand flag: "); ok {
		letter, _, _ = strings.Cut(strings.Trim(letter, "'"), "'")
		return fmt.Errorf("unknown flag -%s; see %s --help", letter, c.CommandPath())
	}
	name, ok := strings.CutPrefix(err.Error(), "unknown flag: --")
	if !ok {
		return err
	}
	var known []string
	c.Flags().VisitAll(func(f *pflag.Flag) { known = append(known, f.Name) })
	near := nearest.Close(name, known, 1)
	if len(near) == 0 {
		return fmt.Errorf("unknown flag --%s; see %s --help", name, c.CommandPath())
	}
	return fmt.Errorf("unknown flag --%s, did you mean --%s? See %s --help", name, near[0], c.CommandPath())
}
