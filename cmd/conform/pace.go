package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// defaultTimeout is of one request.
const defaultTimeout = 30 * time.Second

// Bounds of --rate: less would never come to an end.
const (
	minRate = 0.001
	maxRate = 1e9
)

// addRate adds the flag for the pace at which a target is called.
func addRate(c *cobra.Command, to *float64) {
	c.Flags().Float64Var(to, "rate", 0, "`N` requests a second at most (default: the profile's limit, or none)")
}

// checkRate refuses a rate that no target can be called at.
func checkRate(c *cobra.Command, rate float64) error {
	r := c.Flags().Lookup("rate")
	if r != nil && r.Changed && !(rate >= minRate && rate <= maxRate) {
		return usage(fmt.Errorf("%s %v: want %v to %v requests a second", label(r), rate, minRate, maxRate))
	}
	return nil
}

// addTimeout adds the flag for the patience with one request.
func addTimeout(c *cobra.Command, to *time.Duration) {
	c.Flags().DurationVar(to, "timeout", defaultTimeout, "`DURATION` of one request")
}

// checkTimeout refuses no patience at all. The flags are nil where none were read.
func checkTimeout(flags *pflag.FlagSet, timeout time.Duration) error {
	if timeout > 0 || flags == nil {
		return nil
	}
	if f := flags.Lookup("timeout"); f != nil {
		return usage(fmt.Errorf("%s %v: want more than 0", label(f), timeout))
	}
	return nil
}
