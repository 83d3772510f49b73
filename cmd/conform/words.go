package main

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/nearest"
)

// newHelp is for those who ask for help as for a command.
func newHelp() *cobra.Command {
	return &cobra.Command{
		Use:    "help [COMMAND]",
		Hidden: true,
		RunE: func(c *cobra.Command, args []string) error {
			about, rest, err := c.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return noSubcommand(c.Root(), args)
			}
			return about.Help()
		},
	}
}

// noWords refuses any argument. A level is one that --strict was to have.
func noWords(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if level, err := contract.ParseLevel(args[0]); err == nil && level != contract.Must && c.Flags().Lookup("strict") != nil {
		return fmt.Errorf("unexpected argument %q; did you mean --strict=%s?", args[0], args[0])
	}
	return fmt.Errorf("unexpected argument %q: want flags only; see %s --help", args[0], c.CommandPath())
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
	if near := nearest.Close(args[0], known, 2); len(near) > 0 {
		return fmt.Errorf("unknown command %q, did you mean %s?", args[0], strings.Join(near, " or "))
	}
	return fmt.Errorf("unknown command %q; see %s --help", args[0], c.CommandPath())
}

// invalid says what a flag wants whose value could not be read; name is how the
// flag is called.
func invalid(name string, f *pflag.Flag, value string) error {
	want := map[string]string{
		"int": "a whole number", "uint64": "a whole number from 0", "float64": "a number",
		"duration": "a time such as 30s", "bool": "true or false",
	}[f.Value.Type()]
	return fmt.Errorf("%s %q: want %s", name, value, cmp.Or(want, "another value"))
}

// flagError says which flag was meant, or what a flag wants.
func flagError(c *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var bare *pflag.ValueRequiredError
	var bad *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown):
		return unknownFlag(c, unknown)
	case errors.As(err, &bare):
		return fmt.Errorf("--%s: want a value; see %s --help", bare.GetFlag().Name, c.CommandPath())
	case errors.As(err, &bad):
		return invalid("--"+bad.GetFlag().Name, bad.GetFlag(), bad.GetValue())
	}
	return err
}

func unknownFlag(c *cobra.Command, unknown *pflag.NotExistError) error {
	name := unknown.GetSpecifiedName()
	if unknown.GetSpecifiedShortnames() != "" {
		return fmt.Errorf("unknown flag -%s; see %s --help", name, c.CommandPath())
	}
	if name == "version" {
		return errors.New("unknown flag --version; see conform version")
	}
	var known []string
	c.Flags().VisitAll(func(f *pflag.Flag) { known = append(known, f.Name) })
	if near := nearest.Close(name, known, 1); len(near) > 0 {
		return fmt.Errorf("unknown flag --%s, did you mean --%s? See %s --help", name, near[0], c.CommandPath())
	}
	return fmt.Errorf("unknown flag --%s; see %s --help", name, c.CommandPath())
}
