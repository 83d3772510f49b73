package cassette

import (
	"bytes"
	"strconv"
	"strings"
	"time"
)

// header reads up to the first record and starts the chain.
func (s *scanner) header() error {
	line, whole, err := s.next()
	if err != nil {
		return s.failed(err)
	}
	if err := s.version(string(line), whole); err != nil {
		return err
	}
	var bad *SyntaxError
	for {
		end := s.pos
		line, whole, err := s.next()
		switch {
		case err != nil:
			return s.failed(err)
		case !whole:
			return &TruncatedError{File: s.c.name, Line: s.line}
		case s.pos > maxHeader+chunk:
			return &LimitError{"read cassette: " + s.c.name + ": header", maxHeader}
		}
		if got, ok := bytes.CutPrefix(line, []byte(endHeader)); ok {
			return s.endHeader(string(got), bad, end)
		}
		if !bytes.HasPrefix(line, []byte("#")) {
			return s.noHeader(bad)
		}
		if want := s.field(string(line[1:])); want != "" && bad == nil {
			bad = s.syntax(want)
		}
	}
}

// version reads the first line.
func (s *scanner) version(line string, whole bool) error {
	got, ok := strings.CutPrefix(line, magic)
	switch {
	case !whole && strings.HasPrefix(magic+strconv.Itoa(Format), line):
		return &TruncatedError{File: s.c.name, Line: 1}
	case !ok:
		return s.syntax("want " + magic + strconv.Itoa(Format))
	case strings.HasSuffix(got, "\r"):
		return s.syntax("the ends of lines were changed to CR LF: a cassette is kept byte for byte")
	case got == strconv.Itoa(Format):
		return nil
	}
	if n, err := strconv.ParseUint(got, 10, 16); err == nil {
		return &VersionError{File: s.c.name, Version: strconv.FormatUint(n, 10)}
	}
	return s.syntax("want a version of the format, such as " + strconv.Itoa(Format))
}

func (s *scanner) noHeader(bad *SyntaxError) error {
	if bad != nil {
		return s.edited(HeaderPart, bad.Line, bad.Want)
	}
	return s.syntax("want " + endHeader + "sha256:HEX")
}

// endHeader checks the header's digest.
func (s *scanner) endHeader(got string, bad *SyntaxError, end int) error {
	s.links.begin(s.buf[:end])
	same := got == s.links.last.String()
	switch {
	case bad != nil && same:
		return bad
	case bad != nil:
		return s.edited(HeaderPart, bad.Line, bad.Want)
	case !same:
		return s.edited(HeaderPart, s.line, "its digest is not that of its lines")
	case s.c.header.Recorded.IsZero():
		return s.syntax("want #recorded TIME before it")
	}
	return nil
}

// field reads one line and returns what it should have been.
func (s *scanner) field(line string) (want string) {
	name, rest, _ := strings.Cut(line, " ")
	set, known := headerFields[name]
	if !known {
		return "want a field of the header or " + strings.TrimSpace(endHeader)
	}
	text, ok := rest, true
	if name != "run" {
		text, ok = value(rest)
	}
	if !ok || !set(&s.c.header, text) {
		return "want #" + name + " and its value"
	}
	return ""
}

// headerFields read the value of a field, by its name.
var headerFields = map[string]func(*Header, string) bool{
	"recorded": setRecorded,
	"run":      setRun,
	"contract": func(h *Header, s string) bool { return set(&h.Contract, s) },
	"policy":   func(h *Header, s string) bool { return set(&h.Policy, s) },
	"target":   func(h *Header, s string) bool { return set(&h.Target, s) },
	"tool":     func(h *Header, s string) bool { return set(&h.Tool, s) },
	"cases":    func(h *Header, s string) bool { return set(&h.Cases, s) },
	"profile":  func(h *Header, s string) bool { return set(&h.Profile, s) },
	"import":   func(h *Header, s string) bool { return set(&h.Import, s) },
}

// set fills a field that is still empty.
func set(field *string, s string) bool {
	ok := *field == ""
	*field = s
	return ok
}

func setRecorded(h *Header, s string) bool {
	t, err := time.Parse(time.RFC3339Nano, s)
	ok := h.Recorded.IsZero() && err == nil
	h.Recorded = t.UTC()
	return ok
}

func setRun(h *Header, s string) bool {
	run, rest, ok := word(s)
	seed, more := strings.CutPrefix(rest, " seed=")
	n, err := strconv.ParseUint(seed, 10, 64)
	h.Seed = n
	return ok && more && err == nil && set(&h.Run, run)
}
