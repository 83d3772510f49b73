package cassette

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/eci-conform/conform/internal/redact"
	"github.com/eci-conform/conform/internal/wire"
)

// The bounds of a cassette beside those of an exchange, which redact has. What is
// larger is neither written nor read.
const (
	maxHeader  = 64 << 10 // bytes of the header as text
	maxRecords = 10 << 20
	maxFile    = 1 << 40
	maxPacked  = 512 << 20 // bytes of a compressed cassette, unpacked
	// A compressed cassette may be so much larger unpacked: digests do not get
	// smaller, so a real one is by a factor of ten or twenty.
	minPacked = 16 << 20
	maxRatio  = 64
)

// The units of times.
const (
	startUnit = time.Second
	tookUnit  = time.Millisecond
)

// appendHeader writes the header with its digest, and starts the chain.
func appendHeader(dst []byte, h Header, links *chain) ([]byte, error) {
	dst = fmt.Appendf(dst, "%s%d\n", magic, Format)
	if h.Recorded.IsZero() {
		return nil, errors.New("the header has no time of recording")
	}
	field := func(name, value string) {
		if value != "" {
			dst = append(appendValue(append(append(dst, '#'), name+" "...), value), '\n')
		}
	}
	field("recorded", h.Recorded.UTC().Format(time.RFC3339Nano))
	field("contract", h.Contract)
	field("policy", h.Policy)
	field("target", h.Target)
	field("tool", h.Tool)
	if h.Run != "" {
		dst = append(appendWord(append(dst, "#run "...), h.Run), " seed="...)
		dst = append(strconv.AppendUint(dst, h.Seed, 10), '\n')
	}
	field("cases", h.Cases)
	field("profile", h.Profile)
	field("import", h.Import)
	if len(dst) > maxHeader {
		return nil, &LimitError{"header", maxHeader}
	}
	links.begin(dst)
	return append(links.last.append(append(dst, endHeader...)), '\n'), nil
}

// The fixed words of the format.
const (
	magic       = "#conform-cassette "
	endHeader   = "#end-header "
	beginRecord = "=== "
	endRecord   = "# "
	sealed      = "#sealed "
)

// appendRecord writes a record without its number at the beginning and
// without its digest at the end.
func appendRecord(dst []byte, r *redact.Record) ([]byte, error) {
	if err := fits(r); err != nil {
		return dst, err
	}
	at := len(dst)
	dst = appendFacts(dst, r)
	dst = appendPairs(dst, "> ", r.Params)
	dst = appendPairs(dst, "~ ", r.Common)
	dst = appendBlock(dst, ">> ", r.Body)
	if r.Status != 0 || len(r.Header) > 0 || len(r.Answer) > 0 {
		dst = append(strconv.AppendInt(append(dst, "< "...), int64(r.Status), 10), '\n')
	}
	dst = appendPairs(dst, "< ", r.Header)
	dst = appendBlock(dst, "<< ", r.Answer)
	if len(dst)-at > redact.MaxRecord {
		return dst[:at], &LimitError{"record", redact.MaxRecord}
	}
	return dst, nil
}

// fits refuses what would not be read back.
func fits(r *redact.Record) error {
	if len(r.Body) > redact.MaxKept {
		return &LimitError{"body of the request", redact.MaxKept}
	}
	if len(r.Answer) > redact.MaxKept {
		return &LimitError{"body of the answer", redact.MaxKept}
	}
	if r.Status != 0 && !redact.IsStatus(r.Status) {
		return fmt.Errorf("status %d: want 200 to 999, or none", r.Status)
	}
	if len(r.Params)+len(r.Common)+len(r.Header) > redact.MaxLines-8 {
		return &LimitError{"parameters and headers", redact.MaxLines - 8}
	}
	return nil
}

// appendFacts writes the rest of a record's first line. What is as usual is
// left out.
func appendFacts(dst []byte, r *redact.Record) []byte {
	dst = append(dst, ' ')
	switch r.Operation {
	case "":
		dst = append(dst, '-')
	case "-":
		dst = append(dst, `"-"`...)
	default:
		dst = appendWord(dst, r.Operation)
	}
	dst = appendFact(dst, "version", r.Version)
	dst = append(appendDuration(append(dst, " start="...), r.Start, startUnit), 's')
	dst = append(appendDuration(append(dst, " first="...), r.FirstByte, tookUnit), "ms"...)
	dst = append(appendDuration(append(dst, " took="...), r.Duration, tookUnit), "ms"...)
	dst = appendVia(append(dst, " via="...), r.Via)
	dst = appendFact(dst, "signature", r.Signature)
	dst = appendFact(dst, "track", r.Track)
	dst = appendFact(dst, "role", r.Role)
	if r.Lane != 0 {
		dst = strconv.AppendInt(append(dst, " lane="...), int64(r.Lane), 10)
	}
	dst = appendFact(dst, "lent", r.Lent)
	if r.Try != 0 && r.Try != 1 {
		dst = strconv.AppendInt(append(dst, " try="...), int64(r.Try), 10)
	}
	dst = appendFact(dst, "unread-body", string(r.UnreadBody))
	dst = appendFact(dst, "unread", string(r.UnreadAnswer))
	return append(appendFact(dst, "failure", string(r.Failure)), '\n')
}

func appendFact(dst []byte, name, value string) []byte {
	if value == "" {
		return dst
	}
	return appendWord(append(append(append(dst, ' '), name...), '='), value)
}

func appendVia(dst []byte, v redact.Via) []byte {
	dst = append(appendWord(dst, v.Method), ',')
	if v.Form {
		dst = append(dst, "form,"...)
	} else {
		dst = append(dst, "query,"...)
	}
	dst = append(appendWord(dst, string(v.Scheme)), ',')
	return appendWord(dst, v.Format)
}

func appendPairs(dst []byte, mark string, pairs wire.Params) []byte {
	for _, p := range pairs {
		dst = appendPair(append(dst, mark...), p.Name, p.Value)
	}
	return dst
}

// appendBlock writes a body under the line that tells its layout and length.
// No body is no line.
func appendBlock(dst []byte, mark string, body []byte) []byte {
	if len(body) == 0 {
		return dst
	}
	lines, l := appendBody(nil, body)
	dst = append(append(append(dst, mark...), l...), ' ')
	dst = append(strconv.AppendInt(dst, int64(len(body)), 10), '\n')
	return append(dst, lines...)
}
