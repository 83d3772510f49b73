package main

import (
	"bufio"
	"cmp"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/eci-conform/conform/internal/cassette"
	"github.com/eci-conform/conform/internal/har"
	"github.com/eci-conform/conform/internal/secretscan"
)

func newCassette(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "cassette",
		Short: "Work on recordings",
		Example: `  conform cassette scan cassettes
  conform cassette export run.cassette --output run.har`,
		Args: noSubcommand,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newScan(a), newExport(a), newImport(a), newVerify(a))
	for _, sub := range c.Commands() {
		sub.Flags().SortFlags = false
	}
	return c
}

func newScan(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "scan PATH...",
		Short: "Look for secrets in cassettes, reports and any other files",
		Long: `Look for secrets in files, and in all files of folders: keys, tokens, signatures
and private keys by their shape, and values of fields whose names say that they
are secret, also where they are encoded. What takes secrets out of recordings has
rules of its own; this command shares none of them. A file that ends in .gz is
unpacked. Hits are printed as FILE:LINE:COLUMN: KIND: HINT, one a line, without
any of the secret.

Exit codes: 0 nothing found, 1 hits, 2 a file cannot be read.`,
		Example: `  conform cassette scan run.cassette
  conform cassette scan cassettes reports/out`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return fmt.Errorf("want files or folders; see %s --help", c.CommandPath())
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error { return a.scan(args) },
	}
}

// scan prints the hits in all files, and goes on past a file that it cannot
// read.
func (a *app) scan(paths []string) error {
	out := bufio.NewWriter(a.Out)
	files, hits := 0, 0
	var unread []error
	for _, path := range paths {
		err := filepath.WalkDir(path, func(file string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || file != path && !d.Type().IsRegular() {
				return err
			}
			found, err := scanFile(file)
			files, hits = files+1, hits+len(found)
			for _, h := range found {
				fmt.Fprintln(out, printable(h.String()))
			}
			unread = append(unread, err)
			return nil
		})
		unread = append(unread, err)
	}
	if hits == 0 {
		fmt.Fprintf(out, "%s, nothing that looks like a secret\n", counted(files, "file"))
	}
	if err := cmp.Or(out.Flush(), errors.Join(unread...)); err != nil {
		return usage(err)
	}
	if hits > 0 {
		return exit(exitDeparts, fmt.Errorf("%s in %s", counted(hits, "hit"), counted(files, "file")))
	}
	return nil
}

// scanFile looks through one file, unpacked.
func scanFile(path string) ([]secretscan.Hit, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("scan: %w", err)
	}
	defer f.Close()
	var in io.Reader = f
	if strings.HasSuffix(path, ".gz") {
		if in, err = gzip.NewReader(f); err != nil {
			return nil, fmt.Errorf("scan %s: %w", path, err)
		}
	}
	return secretscan.Scan(path, in)
}

func newExport(a *app) *cobra.Command {
	var output string
	c := &cobra.Command{
		Use:   "export CASSETTE",
		Short: "Give a cassette out as an HTTP Archive",
		Long: `Write the exchanges of a cassette as an HTTP Archive (HAR 1.2), which browsers,
proxies and editors read. The archive is a lossy copy: it has neither digests nor
all that a cassette says of an exchange, and bodies only as text or base64. A
cassette in which the scan finds what may be secret is not given out.

Exit codes: 0 given out, 1 the scan found what looks like a secret, 2 the
cassette cannot be read, or FILE is there.`,
		Example: `  conform cassette export run.cassette --output run.har
  conform cassette export run.cassette | jq .log.entries[].request.url`,
		Args: exactlyOne("a cassette"),
		RunE: func(_ *cobra.Command, args []string) error { return a.export(args[0], output) },
	}
	c.Flags().StringVar(&output, "output", "", "`FILE` to write, which must not exist, in place of standard output")
	return c
}

func (a *app) export(path, output string) error {
	c, err := a.openCassette(path)
	if err != nil {
		return err
	}
	defer c.Close()
	hits, err := scanFile(c.Name())
	if err != nil {
		return usage(err)
	}
	if len(hits) > 0 {
		return exit(exitDeparts, fmt.Errorf("%s: %s may be secret, the first on line %d: nothing is given out; conform cassette scan shows where",
			path, counted(len(hits), "text"), hits[0].Line))
	}
	if output == "" {
		if err := har.Write(a.Out, c); err != nil {
			return exit(exitFault, err)
		}
		return nil
	}
	f, err := os.OpenFile(output, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return usage(fmt.Errorf("--output: %w", err))
	}
	if err := errors.Join(har.Write(f, c), f.Close()); err != nil {
		return exit(exitFault, err)
	}
	fmt.Fprintf(a.Err, "exported %s to %s\n", counted(c.Len(), "exchange"), output)
	return nil
}

// openCassette reads a cassette, or the one in a folder, and says so where it is not complete. What is
// wrong with it is a usage error.
func (a *app) openCassette(path string) (*cassette.Cassette, error) {
	c, err := openCassette(path)
	if err != nil {
		return nil, err
	}
	switch {
	case c.Torn() > 0:
		fmt.Fprintf(a.Err, "%s: recording was cut off: %d bytes at the end are no whole exchange, and left out\n", printable(c.Name()), c.Torn())
	case c.State() != cassette.Sealed:
		fmt.Fprintf(a.Err, "%s: recording was not closed: exchanges may be missing at the end\n", printable(c.Name()))
	}
	return c, nil
}
