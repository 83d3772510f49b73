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
			errs = append(errs, set(c, f, name, v))
			return
		}
		values := file.values[f.Name]
		if _, several := f.Value.(pflag.SliceValue); len(values) > 1 && !several {
			errs = append(errs, fmt.Errorf("%s: %s: want one value", file.place(values[1]), f.Name))
			return
		}
		for _, v := range values {
			errs = append(errs, set(c, f, file.place(v), v.Value))
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
	known := []string{debugging}
	for _, name := range flagNames(root) {
		known = append(known, variable(name))
	}
	for _, entry := range slices.Sorted(slices.Values(a.Environ)) {
		name, value, _ := strings.Cut(entry, "=")
		if value != "" && strings.HasPrefix(name, variables) && !slices.Contains(known, name) {
			a.warn("unknown variable %s, did you mean %s?", name, strings.Join(nearest.Names(name, known, 1), ""))
		}
	}
}

// flagNames are the names of all flags of all commands.
func flagNames(root *cobra.Command) []string {
	var out []string
	for _, c := range root.Commands() {
		c.Flags().VisitAll(func(f *pflag.Flag) { out = append(out, f.Name) })
	}
	return out
}

func set(c *cobra.Command, f *pflag.Flag, place, value string) error {
	if err := c.Flags().Set(f.Name, value); err != nil {
		return fmt.Errorf("%s: %s: %w", place, f.Name, invalid(err))
	}
	return nil
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
		return s, fmt.Errorf("read settings %s: %w", file, err)
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
			errs = append(errs, fmt.Errorf("%s: unknown setting %q, did you mean %q?", s.place(k),
				k.Value, strings.Join(nearest.Names(k.Value, known, 1), "")))
		}
	}
	return errors.Join(errs...)
}
