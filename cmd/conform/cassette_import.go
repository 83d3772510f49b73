package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/eci-conform/conform/internal/cassette"
	"github.com/eci-conform/conform/internal/govcr"
	"github.com/eci-conform/conform/internal/har"
	"github.com/eci-conform/conform/internal/redact"
)

// The formats that recordings are taken over from.
const (
	formatHAR   = "har"
	formatGoVCR = "go-vcr"
)

// importFlags are the flags of conform cassette import.
type importFlags struct {
	source source
	format string
}

func newImport(a *app) *cobra.Command {
	f := &importFlags{}
	c := &cobra.Command{
		Use:   "import FILE CASSETTE",
		Short: "Take a recording over from an HTTP Archive or a go-vcr cassette",
		Long: `Write the exchanges of an HTTP Archive (HAR) or of a go-vcr cassette into a new
cassette. Files of others hold secrets: they are replaced as in recording, and
the cassette is kept only if a scan finds none.

Exit codes: 0 taken over, 1 the scan found what looks like a secret, 2 a file
cannot be read or written.`,
		Example: `  conform cassette import session.har session.cassette
  conform cassette import fixtures/create.yaml create.cassette --format go-vcr`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 2 {
				return fmt.Errorf("want a file and a new cassette, got %s; see %s --help", counted(len(args), "argument"), c.CommandPath())
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error { return a.importFile(f, args[0], args[1]) },
	}
	c.Flags().StringVar(&f.format, "format", "", "`FORMAT` of FILE: har or go-vcr; by default har for .har and go-vcr for .yaml and .yml")
	closed(c, "format", []string{formatHAR, formatGoVCR})
	f.source.add(c)
	return c
}

// formatOf returns the format by the flag, or else by the file's name.
func (f *importFlags) formatOf(path string) (string, error) {
	if f.format != "" {
		return f.format, oneOf("format", f.format, formatHAR, formatGoVCR)
	}
	switch filepath.Ext(path) {
	case ".har":
		return formatHAR, nil
	case ".yaml", ".yml":
		return formatGoVCR, nil
	}
	return "", usage(fmt.Errorf("%s: want --format har or go-vcr: its name does not tell", path))
}

// foreign is a recording of another tool, secrets and all.
type foreign struct {
	begin     time.Time
	exchanges []redact.Raw
}

// readForeign reads the file. Where it does not say when it was recorded, the
// time of its last change stands for that.
func readForeign(format, path string) (*foreign, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	out := &foreign{begin: info.ModTime()}
	if format == formatGoVCR {
		out.exchanges, err = govcr.Read(path, f, out.begin)
		return out, err
	}
	begin, all, err := har.Read(path, f)
	if !begin.IsZero() {
		out.begin = begin
	}
	out.exchanges = all
	return out, err
}

// host is that of all exchanges, if they have one in common.
func (f *foreign) host() string {
	if len(f.exchanges) == 0 {
		return ""
	}
	host := f.exchanges[0].Host
	if slices.ContainsFunc(f.exchanges, func(x redact.Raw) bool { return x.Host != host }) {
		return ""
	}
	return host
}

func (a *app) importFile(f *importFlags, from, to string) error {
	format, err := f.formatOf(from)
	if err != nil {
		return err
	}
	if _, err := os.Lstat(to); err == nil {
		return usage(fmt.Errorf("%s is there already: want a new cassette", to))
	}
	c, err := f.source.sound()
	if err != nil {
		return err
	}
	in, err := readForeign(format, from)
	if err != nil {
		return usage(err)
	}
	rules := redact.NewRules(c)
	h := cassette.Header{
		Recorded: in.begin, Contract: "sha256:" + c.Digest, Policy: "sha256:" + rules.Digest(), Target: in.host(), Tool: "conform " + version, Import: format,
	}
	// The name is given only to what the scan has passed.
	part := to + ".part"
	s := rules.Session(redact.SessionOptions{Begin: h.Recorded})
	if err := writeForeign(part, h, s, in); err != nil {
		return usage(err)
	}
	seen, err := a.passes(part, to, s)
	if err != nil {
		return errors.Join(err, os.Remove(part))
	}
	if err := os.Rename(part, to); err != nil {
		return usage(errors.Join(err, os.Remove(part)))
	}
	fmt.Fprintf(a.Err, "imported %s to %s\n", counted(len(in.exchanges), "exchange"), to)
	seen.tell(a.Err)
	return nil
}

// writeForeign writes the exchanges, redacted. Where it cannot, it leaves no
// file of its own.
func writeForeign(path string, h cassette.Header, s *redact.Session, in *foreign) error {
	w, err := cassette.Create(path, h)
	if err != nil {
		return err
	}
	for i := range in.exchanges {
		if err := w.Append(s.Exchange(&in.exchanges[i])); err != nil {
			return errors.Join(fmt.Errorf("exchange %d: %w", i+1, err), w.Close(), os.Remove(path))
		}
	}
	if err := w.Close(); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

// passes looks through what was written; hits are told by the name that it
// would get.
func (a *app) passes(part, to string, s *redact.Session) (reviewed, error) {
	seen, err := review(part, s)
	if err != nil {
		return seen, usage(err)
	}
	for _, h := range seen.hits {
		fmt.Fprintln(a.Out, printable(strings.Replace(h.String(), part, to, 1)))
	}
	if seen.unsafe() {
		return seen, exit(exitDeparts, fmt.Errorf("%s is not kept: %w", to, seen.reason()))
	}
	return seen, nil
}
