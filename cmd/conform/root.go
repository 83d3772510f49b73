package main

import (
	"fmt"

	"github.com/spf13/cobra"
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
	root.SetHelpCommand(newHelp())
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
