package main

import (
	"fmt"
	"io"
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
		Long: `Render results.ndjson of an earlier run, whole or cut off by a kill. FILE may be
its folder. The verdict is the run's, which stands in run.json beside the
results; without that file, as of a run that was killed, the report says that
there is none. The exit code is 0 when the report could be rendered, whatever
the verdict, 2 when the file cannot be read.`,
		Example: `  conform report reports/out
  conform report reports/out/results.ndjson --verbose
  conform report reports/out/results.ndjson --format markdown
  conform report - --format junit <results.ndjson`,
		Args: exactlyOne("a result file or its folder, or - for standard input"),
		RunE: func(c *cobra.Command, args []string) error {
			return a.report(args[0], c.InOrStdin(), format, verbose)
		},
	}
	addFormat(c, &format, formats...)
	c.Flags().BoolVarP(&verbose, "verbose", "v", false, "print every failing case in full")
	return c
}

func (a *app) report(file string, in io.Reader, format string, verbose bool) error {
	if err := oneOf("format", format, formats...); err != nil {
		return err
	}
	rep, err := readReport(file, in)
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

// readReport reads a result file or report folder, or standard input.
func readReport(file string, in io.Reader) (*report.Report, error) {
	if file == "-" {
		return report.Read("standard input", in)
	}
	return report.ReadFile(file)
}

// readResults reads a result file or report folder that is shown in no report,
// and tells what is missing in it.
func (a *app) readResults(name string) (*report.Report, error) {
	rep, err := report.ReadFile(name)
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
