package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"

	"github.com/eci-conform/conform/internal/nearest"
)

// settingsFile holds flags by name, in the working directory.
const settingsFile = "conform.yaml"

// settle gives flags that are not on the command line their value from the
// environment, CONFORM_NAME, or else from conform.yaml.
func (a *app) settle(c *cobra.Command) error {
	file, err := readSettings(settingsFile)
	if err != nil {
		return usage(err)
	}
	a.unknownVariables(c.Root())
	errs := []error{file.unknown(c.Root())}
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Changed || f.Name == "help" {
			return
		}
		name := variable(f.Name)
		if v, ok := a.env(name); ok && v != "" {
			errs = append(errs, set(c, f, given{name, v}))
			return
		}
		values := file.values[f.Name]
		if _, several := f.Value.(pflag.SliceValue); len(values) > 1 && !several {
			errs = append(errs, fmt.Errorf("%s: %s: want one value", file.place(values[1]), f.Name))
			return
		}
		for _, v := range values {
			errs = append(errs, set(c, f, given{file.place(v), v.Value}))
		}
	})
	if err := errors.Join(errs...); err != nil {
		return usage(err)
	}
	return nil
}

// variables begin with it.
const variables = "CONFORM_"

// variable is the variable that stands for a flag.
func variable(flag string) string {
	return variables + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// unknownVariables warns of variables that no command has a flag for. They are
// no error: others may use the prefix as well.
func (a *app) unknownVariables(root *cobra.Command) {
	known := []string{strings.TrimPrefix(debugging, variables)}
	for _, name := range flagNames(root) {
		known = append(known, strings.TrimPrefix(variable(name), variables))
	}
	for _, entry := range slices.Sorted(slices.Values(a.Environ)) {
		name, value, _ := strings.Cut(entry, "=")
		what, ours := strings.CutPrefix(name, variables)
		if value != "" && ours && !slices.Contains(known, what) {
			a.warn("unknown variable %s%s", name, meant(what, known, variables))
		}
	}
}

// meant is the end of a message: the name that somebody meant, behind its
// prefix, or that there is none.
func meant(name string, known []string, prefix string) string {
	if near := nearest.Close(name, known, 1); len(near) > 0 {
		return ", did you mean " + prefix + near[0] + "?"
	}
	return ": no command has such a flag"
}

// flagNames are the names of all flags of all commands.
func flagNames(root *cobra.Command) []string {
	var out []string
	eachFlag(root, func(f *pflag.Flag) { out = append(out, f.Name) })
	return out
}

// eachFlag visits the flags of all commands.
func eachFlag(c *cobra.Command, visit func(*pflag.Flag)) {
	for _, sub := range c.Commands() {
		sub.Flags().VisitAll(visit)
		eachFlag(sub, visit)
	}
}

// given is a value of a flag and where it stands, if not on the command line.
type given struct{ place, value string }

// set gives a flag its value from elsewhere than the command line. A word that
// is meant for another command's flag of this name is passed over.
func set(c *cobra.Command, f *pflag.Flag, g given) error {
	if foreign, err := g.foreign(c, f); foreign || err != nil {
		return err
	}
	if err := c.Flags().Set(f.Name, g.value); err != nil {
		return invalid(g.place+": "+f.Name, f, g.value)
	}
	return c.Flags().SetAnnotation(f.Name, setElsewhere, []string{g.place})
}

// foreign says whether the word is one of another command's flag and none of
// this one's. One that no command knows is an error.
func (g given) foreign(c *cobra.Command, f *pflag.Flag) (bool, error) {
	allowed, closed := f.Annotations[allowedWords]
	if !closed || slices.Contains(allowed, g.value) {
		return false, nil
	}
	var known []string
	eachFlag(c.Root(), func(other *pflag.Flag) {
		if other.Name == f.Name {
			known = append(known, other.Annotations[allowedWords]...)
		}
	})
	if slices.Contains(known, g.value) {
		return true, nil
	}
	return false, fmt.Errorf("%s: %s %q: want %s", g.place, f.Name, g.value, list(allowed))
}

// The annotations of flags.
const (
	allowedWords = "words" // the values that the flag knows, where it is a closed list
	setElsewhere = "place" // where the value stands, unless on the command line
)

// addFormat adds the flag for the format of what is asked for.
func addFormat(c *cobra.Command, to *string, allowed ...string) {
	c.Flags().StringVar(to, "format", "text", "`FORMAT` of standard output: "+list(allowed))
	closed(c, "format", allowed)
}

// closed says that a flag takes a word of a list.
func closed(c *cobra.Command, name string, allowed []string) {
	if f := c.Flags().Lookup(name); f != nil {
		f.Annotations = map[string][]string{allowedWords: allowed}
	}
}

// typed says whether a flag stands on the command line: what is set elsewhere
// is meant for the commands and targets that it concerns.
func typed(c *cobra.Command, name string) bool {
	f := c.Flags().Lookup(name)
	return f != nil && f.Changed && f.Annotations[setElsewhere] == nil
}

// label is how a message names a flag: by the place where its value stands.
func label(f *pflag.Flag) string {
	if f.Annotations[setElsewhere] == nil {
		return "--" + f.Name
	}
	return f.Annotations[setElsewhere][0] + ": " + f.Name
}

// settings is conform.yaml: values by flag name, several for a repeatable one.
type settings struct {
	file   string
	keys   []*yaml.Node
	values map[string][]*yaml.Node
}

func (s settings) place(n *yaml.Node) string { return fmt.Sprintf("%s:%d", s.file, n.Line) }

func readSettings(file string) (settings, error) {
	s := settings{file: file, values: map[string][]*yaml.Node{}}
	text, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return s, fmt.Errorf("read settings: %w", err)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return s, fmt.Errorf("%s%s", file, yamlFault(err))
	}
	if len(doc.Content) == 0 {
		return s, nil
	}
	top := doc.Content[0]
	if top.Kind != yaml.MappingNode {
		return s, fmt.Errorf("%s:%d: want flags by name, such as target: emulator", file, top.Line)
	}
	for i := 0; i+1 < len(top.Content); i += 2 {
		s.keys = append(s.keys, top.Content[i])
		if _, twice := s.values[top.Content[i].Value]; twice {
			return s, fmt.Errorf("%s: setting %q is given twice", s.place(top.Content[i]), top.Content[i].Value)
		}
		values, err := s.texts(top.Content[i+1])
		if err != nil {
			return s, err
		}
		s.values[top.Content[i].Value] = values
	}
	return s, nil
}

// yamlFault says, behind a file's name, where a text is no YAML and why.
func yamlFault(err error) string {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	if at, ok := strings.CutPrefix(text, "line "); ok {
		return ":" + at
	}
	return ": " + text
}

// texts returns the values of a setting: one, or those of a list.
func (s settings) texts(n *yaml.Node) ([]*yaml.Node, error) {
	nodes := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		nodes = n.Content
	}
	for _, v := range nodes {
		if v.Kind != yaml.ScalarNode {
			return nil, fmt.Errorf("%s: want one value, or a list of them", s.place(v))
		}
	}
	return nodes, nil
}

// unknown names the settings that no command has a flag for.
func (s settings) unknown(root *cobra.Command) error {
	known := flagNames(root)
	var errs []error
	for _, k := range s.keys {
		if !slices.Contains(known, k.Value) {
			errs = append(errs, fmt.Errorf("%s: unknown setting %q%s", s.place(k), k.Value, meant(k.Value, known, "")))
		}
	}
	return errors.Join(errs...)
}
