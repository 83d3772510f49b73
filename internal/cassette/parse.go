package cassette

import (
	"bytes"
	"strconv"
	"strings"
	"time"

	"github.com/eci-conform/conform/internal/redact"
	"github.com/eci-conform/conform/internal/wire"
)

// block is where a body is in the file.
type block struct {
	layout  layout
	size    int   // of the body
	at, end int64 // of its lines
	line    int   // on which it is announced
}

// stage is how far into a record its lines have come.
type stage int

const (
	inFacts stage = iota
	inParams
	inCommon
	inBody
	inStatus
	inHeader
	inAnswer
)

// parser reads one record after another. Its methods return what was expected
// in place of the line, and nothing when the line is right.
type parser struct {
	names map[string]string // of parameters and headers: most come often
	id    int
	entry Entry
	stage stage
	lines int
	at    int    // the number of the line that is read
	open  *block // whose lines come now
	// The pairs of all stages in their order, and their values in one piece:
	// that is two allocations for a record instead of one for each line.
	pairs  []valueAt
	values []byte
	count  [inAnswer]int
}

// valueAt is a name and where its value is.
type valueAt struct {
	name    string
	at, end int
}

// reset makes the parser ready for a record that begins on a line.
func (p *parser) reset(id, line int) {
	*p = parser{names: p.names, id: id, pairs: p.pairs[:0], values: p.values[:0]}
	p.entry.Line = line
}

// finish returns the entry of a record that was read without an error.
func (p *parser) finish() Entry {
	values, all := string(p.values), make(wire.Params, len(p.pairs))
	for i, v := range p.pairs {
		all[i] = wire.Param{Name: v.name, Value: values[v.at:v.end]}
	}
	p.entry.Params, all = split(all, p.count[inParams])
	p.entry.Common, all = split(all, p.count[inCommon])
	p.entry.Header, _ = split(all, p.count[inHeader])
	return p.entry
}

// split takes the first n; of none is nil.
func split(all wire.Params, n int) (first, rest wire.Params) {
	if n == 0 {
		return nil, all
	}
	return all[:n:n], all[n:]
}

// begin reads the first line.
func (p *parser) begin(line []byte) (want string) {
	text, ok := strings.CutPrefix(string(line), beginRecord)
	if !ok {
		return `want "=== NUMBER OPERATION" or the seal`
	}
	number, rest, ok := strings.Cut(text, " ")
	if id := strconv.Itoa(p.id); !ok || number != id {
		return "want record " + id + ": one is missing, or out of place"
	}
	p.entry.ID, p.entry.Try = p.id, 1
	if facts, none := strings.CutPrefix(rest, "- "); none {
		return p.facts(" " + facts)
	}
	if p.entry.Operation, rest, ok = word(rest); !ok || p.entry.Operation == "" {
		return "want the name of an operation, or -"
	}
	return p.facts(rest)
}

// facts reads NAME=VALUE up to the end of the line.
func (p *parser) facts(s string) (want string) {
	last := -1
	for s != "" {
		name, rest, ok := strings.Cut(s, "=")
		i := factIndex(strings.TrimPrefix(name, " "))
		if !ok || i < 0 || !strings.HasPrefix(name, " ") {
			return "want a fact such as took=3ms"
		}
		if i <= last {
			return "the fact" + name + " is out of order"
		}
		last = i
		if s, ok = facts[i].set(&p.entry, rest); !ok {
			return "want" + name + "=" + facts[i].want
		}
	}
	return ""
}

func factIndex(name string) int {
	for i := range facts {
		if facts[i].name == name {
			return i
		}
	}
	return -1
}

// facts are what a record's first line may say, in order. set reads a value
// and returns what follows it.
var facts = []struct {
	name, want string
	set        func(e *Entry, s string) (rest string, ok bool)
}{
	{"version", "WORD", func(e *Entry, s string) (string, bool) { return setWord(&e.Version, s) }},
	{"start", "SECONDSs", func(e *Entry, s string) (string, bool) { return setTime(&e.Start, s, startUnit, "s") }},
	{"first", "MILLISECONDSms", func(e *Entry, s string) (string, bool) { return setTime(&e.FirstByte, s, tookUnit, "ms") }},
	{"took", "MILLISECONDSms", func(e *Entry, s string) (string, bool) { return setTime(&e.Duration, s, tookUnit, "ms") }},
	{"via", "METHOD,form|query,SCHEME,FORMAT", setVia},
	{"signature", "WORD", func(e *Entry, s string) (string, bool) { return setWord(&e.Signature, s) }},
	{"track", "WORD", func(e *Entry, s string) (string, bool) { return setWord(&e.Track, s) }},
	{"role", "WORD", func(e *Entry, s string) (string, bool) { return setWord(&e.Role, s) }},
	{"lane", "NUMBER", func(e *Entry, s string) (string, bool) { return setInt(&e.Lane, s) }},
	{"lent", "WORD", func(e *Entry, s string) (string, bool) { return setWord(&e.Lent, s) }},
	{"try", "NUMBER", func(e *Entry, s string) (string, bool) { return setInt(&e.Try, s) }},
	{"unread-body", "REASON", func(e *Entry, s string) (string, bool) { return setUnread(&e.UnreadBody, s) }},
	{"unread", "REASON", func(e *Entry, s string) (string, bool) { return setUnread(&e.UnreadAnswer, s) }},
	{"failure", "WORD", func(e *Entry, s string) (string, bool) { return setWord((*string)(&e.Failure), s) }},
}

func setWord(dst *string, s string) (rest string, ok bool) {
	*dst, rest, ok = word(s)
	return rest, ok
}

func setUnread(dst *redact.Unread, s string) (rest string, ok bool) {
	rest, ok = setWord((*string)(dst), s)
	return rest, ok && *dst != redact.Read && dst.Known()
}

func setInt(dst *int, s string) (rest string, ok bool) {
	w, rest, ok := word(s)
	n, err := strconv.Atoi(w)
	*dst = n
	return rest, ok && err == nil
}

func setTime(dst *time.Duration, s string, unit time.Duration, suffix string) (rest string, ok bool) {
	w, rest, ok := word(s)
	w, cut := strings.CutSuffix(w, suffix)
	d, read := duration(w, unit)
	*dst = d
	return rest, ok && cut && read
}

func setVia(e *Entry, s string) (rest string, ok bool) {
	var part [4]string
	for i := range part {
		if i > 0 {
			if s, ok = strings.CutPrefix(s, ","); !ok {
				return s, false
			}
		}
		if part[i], s, ok = word(s); !ok {
			return s, false
		}
	}
	e.Via = redact.Via{Method: part[0], Form: part[1] == "form", Scheme: wire.Scheme(part[2]), Format: part[3]}
	return s, e.Via.Form || part[1] == "query"
}

// line reads a line that is neither the first nor the last, which lies between
// two offsets.
func (p *parser) line(line []byte, at, end int64) (want string) {
	if !marked(line) {
		if p.open == nil {
			return "want a line that begins with >, ~, < or #"
		}
		return ""
	}
	p.endBlock(at)
	if p.lines++; p.lines > redact.MaxLines {
		return "want fewer lines"
	}
	switch mark, rest, _ := bytes.Cut(line, []byte(" ")); string(mark) {
	case ">":
		return p.pair(inParams, rest)
	case "~":
		return p.pair(inCommon, rest)
	case ">>":
		return p.begins(inBody, &p.entry.body, rest, end)
	case "<":
		if p.stage < inStatus {
			return p.status(rest)
		}
		return p.pair(inHeader, rest)
	case "<<":
		return p.begins(inAnswer, &p.entry.answer, rest, end)
	}
	return "want >, ~, >>, <, << or the digest"
}

// marked says that a line does not belong to a body.
func marked(line []byte) bool {
	if len(line) == 0 {
		return true // no body has such a line
	}
	switch line[0] {
	case '=', '>', '~', '<', '#':
		return true
	}
	return false
}

// reach says whether a stage may come now, and again if so.
func (p *parser) reach(s stage, again bool) bool {
	if s < p.stage || s == p.stage && !again {
		return false
	}
	p.stage = s
	return true
}

const outOfOrder = "the line is out of order: want >, ~, >>, <, <<"

func (p *parser) pair(s stage, line []byte) (want string) {
	if !p.reach(s, true) {
		return outOfOrder
	}
	quoted, val, ok := pair(line)
	at := len(p.values)
	if ok {
		p.values, ok = appendUnquoted(p.values, val)
	}
	name, read := p.name(quoted)
	if !ok || !read {
		return "want NAME: VALUE"
	}
	p.pairs = append(p.pairs, valueAt{name, at, len(p.values)})
	p.count[s]++
	return ""
}

// maxNames bounds what is remembered.
const maxNames = 10000

// name returns a name that may be quoted, each one once.
func (p *parser) name(text []byte) (string, bool) {
	if known, ok := p.names[string(text)]; ok {
		return known, true
	}
	name, ok := value(string(text))
	if ok && len(p.names) < maxNames {
		p.names[string(text)] = name
	}
	return name, ok
}

func (p *parser) status(line []byte) (want string) {
	n, err := strconv.Atoi(string(line))
	if err != nil || n != 0 && !redact.IsStatus(n) {
		return "want a status such as 200"
	}
	p.stage, p.entry.Status = inStatus, n
	return ""
}

// begins reads the line above a body, which begins at an offset.
func (p *parser) begins(s stage, b *block, line []byte, at int64) (want string) {
	if !p.reach(s, false) || s == inAnswer && b.size > 0 {
		return outOfOrder
	}
	name, size, _ := strings.Cut(string(line), " ")
	n, err := strconv.Atoi(size)
	if _, known := unpackers[layout(name)]; !known || err != nil || n < 1 || n > redact.MaxKept {
		return "want LAYOUT LENGTH, such as json-min 94"
	}
	*b = block{layout: layout(name), size: n, at: at, end: at, line: p.at}
	p.open = b
	return ""
}

// endBlock ends the body, if one is open, at an offset.
func (p *parser) endBlock(at int64) {
	if p.open != nil {
		p.open.end = at
		p.open = nil
	}
}
