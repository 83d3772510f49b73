package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/rogpeppe/go-internal/testscript"
)

// all CASSETTE REGEXP: every command that reads a cassette refuses this one,
// in a line that matches, with exit code 2.
func all(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: all CASSETTE REGEXP")
	}
	want := regexp.MustCompile(args[1])
	for _, command := range [][]string{
		{"replay"}, {"replay", "--serve"}, {"run", "--target"}, {"cassette", "export"},
	} {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		cmd := exec.CommandContext(ctx, "conform", append(command, args[0])...)
		cmd.Dir = ts.MkAbs(".")
		var said strings.Builder
		cmd.Stderr = &said
		_ = cmd.Run() // the exit code says it
		cancel()
		line := strings.TrimSuffix(said.String(), "\n")
		if cmd.ProcessState.ExitCode() != exitUsage || strings.Contains(line, "\n") || !want.MatchString(line) {
			ts.Fatalf("conform %v %s exits %d and says:\n%.1000s", command, args[0], cmd.ProcessState.ExitCode(), line)
		}
	}
}

// spoil CASSETTE: makes bad ones of a good one, in the same folder.
func spoil(ts *testscript.TestScript, _ bool, args []string) {
	text := []byte(ts.ReadFile(args[0]))
	second := bytes.Index(text, []byte("\n=== 2 ")) + 1
	seal := bytes.Index(text, []byte("\n#sealed")) + 1
	first := bytes.Index(text, []byte("\n=== 1 ")) + 1
	wide := make([]byte, 0, 2*len(text))
	for _, u := range utf16.Encode([]rune(string(text))) {
		wide = append(wide, byte(u), byte(u>>8))
	}
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	_, err := io.CopyN(z, zeros{}, 1<<30)
	ts.Check(err)
	ts.Check(z.Close())
	var realBomb bytes.Buffer
	z = gzip.NewWriter(&realBomb)
	_, err = io.Copy(z, io.MultiReader(bytes.NewReader(text[:first]), io.LimitReader(zeros{}, 600<<20)))
	ts.Check(err)
	ts.Check(z.Close())
	ts.Check(os.Symlink("loop.cassette", filepath.Join(ts.MkAbs("."), "loop.cassette")))
	for name, bad := range map[string][]byte{
		"cut.cassette":      concat(text[:second], text[seal:]),
		"headless.cassette": text[:first-20],
		"utf16.cassette":    append([]byte{0xff, 0xfe}, wide...),
		"crlf.cassette":     bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n")),
		"longline.cassette": concat(text[:first], bytes.Repeat([]byte("="), 80<<20), text[first:]),
		"swapped.cassette":  concat(text[:first], text[second:seal], text[first:second], text[seal:]),
		"bomb.cassette.gz":  bomb.Bytes(),
		"real.cassette.gz":  realBomb.Bytes(),
		"bom.cassette":      append([]byte("\ufeff"), text...),
		"zeros.cassette":    concat(text[:first], make([]byte, 100), text[first:]),
		"status.cassette":   resealed(ts, text, "\n< 200\n", "\n< 42\n"),
		"count.cassette":    bytes.Replace(text, []byte("#sealed n="), []byte("#sealed n=99999999999999999999"), 1),
		"twin.cassette":     concat(text[:second], text[first:second], text[second:]),
	} {
		ts.Check(os.WriteFile(filepath.Join(ts.MkAbs("."), name), bad, 0o600))
	}
}

func concat(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// resealed changes the first record, and makes the digests right again: who
// writes a cassette by hand can do so too.
func resealed(ts *testscript.TestScript, text []byte, from, to string) []byte {
	begin, record, ok := bytes.Cut(text, []byte("\n=== 1 "))
	record, _, whole := bytes.Cut(record, []byte("\n# sha256:"))
	if !ok || !whole || !bytes.Contains(record, []byte(from)) {
		ts.Fatalf("the first record has no %q", from)
	}
	record = append([]byte("=== 1 "), bytes.Replace(append(record, '\n'), []byte(from), []byte(to), 1)...)
	last, err := hex.DecodeString(string(begin[bytes.LastIndexByte(begin, ':')+1:]))
	ts.Check(err)
	sum := sha256.Sum256(append(last, record...))
	return fmt.Appendf(nil, "%s\n%s# sha256:%x\n#sealed n=1 root=sha256:%x\n", begin, record, sum, sum)
}
