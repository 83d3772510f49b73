package main

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/eci-conform/conform/internal/contract"
)

// version is the tool's.
const version = "0.1.0"

func newVersion(a *app) *cobra.Command {
	var s source
	c := &cobra.Command{
		Use:     "version",
		Short:   "Print the versions of tool, contract and suite",
		Example: `  conform version`,
		Args:    noWords,
		RunE: func(*cobra.Command, []string) error {
			c, err := s.load()
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(a.Out, "conform %s (%s, %s/%s)\ncontract %s\nsuite %s\n",
				version, runtime.Version(), runtime.GOOS, runtime.GOARCH, contractVersion(c), suiteVersion())
			return err
		},
	}
	s.add(c)
	return c
}

// contractVersion is the API's version and the start of the text's digest.
func contractVersion(c *contract.Contract) string {
	return fmt.Sprintf("%s %s", c.Version, c.Digest[:min(12, len(c.Digest))])
}

// suiteVersion is the suite's, which is released with the tool.
func suiteVersion() string { return version }
