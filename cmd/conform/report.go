package main

import (
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/eci-conform/conform/internal/report"
)

// formats are what a report can be rendered as.
var formats = []string{"text", "ndjson", "junit", "markdown", "html"}

func newReport(a *app) *cobra.Command {
	var format string
	var verbose bool
	c := &cobra.Command{
		Use:   "report FILE",
		Short: "Render a result file again",
		Long:  `Render results.ndjson of an earlier run, whole or cut off by a kill.`,
		Example: `  conform report reports/out/results.ndjson
  conform report reports/out/results.ndjson --format markdown
  conform report - --format junit <results.ndjson`,
		Args: exactlyOne("a result file, or - for standard input"),
		RunE: func(c *cobra.Command, args []string) error {
			return a.report(args[0], c.InOrStdin(), format, verbose)
		},
	}
	c.Flags().StringVar(&format, "format", "text", list(formats))
	c.Flags().BoolVarP(&verbose, "verbose", "v", false, "print every failing case in full")
	return c
}

func (a *app) report(file string, in io.Reader, format string, verbose bool) error {
	if err := oneOf("format", format, formats...); err != nil {
		return err
	}
	rep, err := readResults(file, in)
	if err != nil {
		return usage(err)
	}
	if !slices.Contains(noting, format) {
		a.noteResults(file, rep)
	}
	if err := render(rep, format, a.System, verbose); err != nil {
		return exit(exitFault, err)
	}
	return nil
}

// noting are the formats in which a report tells what is missing itself.
var noting = []string{"text", "markdown", "html"}

// readResults reads a result file; - stands for in.
func readResults(name string, in io.Reader) (*report.Report, error) {
	if name == "-" {
		return report.Read(name, in)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("read results: %w", err)
	}
	defer f.Close()
	return report.Read(name, f)
}

// readResults reads a result file that is shown in no report, and tells what is
// missing in it.
func (a *app) readResults(name string) (*report.Report, error) {
	rep, err := readResults(name, nil)
	if err == nil {
		a.noteResults(name, rep)
	}
	return rep, err
}

func (a *app) noteResults(name string, rep *report.Report) {
	for _, note := range rep.Notes {
		fmt.Fprintf(a.Err, "conform: %s: %s\n", printable(name), note)
	}
}

// render writes the report to standard output.
func render(rep *report.Report, format string, s System, verbose bool) error {
	switch format {
	case formatGinkgo:
		return nil // it has been shown while the run went on
	case "ndjson":
		return rep.NDJSON(s.Out)
	case "junit":
		return rep.JUnit(s.Out)
	case "markdown":
		return rep.Summary(s.Out)
	case "html":
		return rep.HTML(s.Out)
	default:
		return rep.Console(s.Out, report.Style{Color: s.Color, Verbose: verbose})
	}
}
