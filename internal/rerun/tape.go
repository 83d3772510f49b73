package rerun

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/eci-conform/conform/internal/cassette"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/redact"
	"github.com/eci-conform/conform/internal/wire"
)

// Tape is the recording of a run in place of its target: a plan.Memory and a
// RoundTripper. It sends nothing anywhere. Safe for concurrent use.
type Tape struct {
	source  *cassette.Cassette
	session *redact.Session
	cases   map[string]*track

	mu    sync.Mutex
	lanes map[key]*queue
	miss  int
}

// track is what a recording holds of a case.
type track struct {
	first  time.Duration
	lent   []plan.Loan
	making []key // of what was to be lent and was not, so far
}

// key is what is the same of a recorded request and of the one that it answers.
type key struct {
	track string
	lane  int
	lent  bool // it is about what was to be lent
	form  [16]byte
}

// queue are the exchanges of one key, in the order of their starts.
type queue struct {
	entries []int
	next    int // how many were asked for
}

// ErrNotRun says that a recording is not one of a run.
var ErrNotRun = errors.New("it was not recorded by conform run --record: there are no cases in it")

// ErrMissing says that a recording has no answer to a request.
var ErrMissing = errors.New("the recording holds no such request")

// ErrUnread says that an answer was recorded without its body.
var ErrUnread = errors.New("the answer was not kept")

// New reads the recording of a run. Recordings of anything else are ErrNotRun.
func New(c *cassette.Cassette, rules *redact.Rules) (*Tape, error) {
	if c.Header().Run == "" {
		return nil, fmt.Errorf("read %s: %w", c.Name(), ErrNotRun)
	}
	t := &Tape{
		source: c, session: rules.Session(redact.SessionOptions{Begin: c.Header().Recorded}),
		cases: map[string]*track{}, lanes: map[key]*queue{},
	}
	for _, i := range byStart(c) {
		if err := t.add(i); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// add takes an exchange in. They come in the order of their starts.
func (t *Tape) add(i int) error {
	e := t.source.Entry(i)
	lent, ok := parse(e.Lent)
	if !ok {
		return fmt.Errorf("read %s:%d: lent=%q: want KIND:ID@REGION", t.source.Name(), e.Line, e.Lent)
	}
	k := t.cases[e.Track]
	if k == nil {
		k = &track{first: e.Start}
		t.cases[e.Track] = k
	}
	if len(lent) > 0 { // what is lent is there already
		for _, made := range k.making {
			delete(t.lanes, made)
		}
		k.lent, k.making = append(k.lent, lent...), nil
	}
	body, err := t.source.Record(i)
	if err != nil {
		return fmt.Errorf("read %s:%d: %w", t.source.Name(), e.Line, err)
	}
	at := key{e.Track, e.Lane, e.Role == redact.RoleLent, form(&body)}
	q := t.lanes[at]
	if q == nil {
		q = &queue{}
		t.lanes[at] = q
		if at.lent {
			k.making = append(k.making, at)
		}
	}
	q.entries = append(q.entries, i)
	return nil
}

// Begin is when the run began.
func (t *Tape) Begin() time.Time { return t.source.Header().Recorded }

// Case is when a case's first request was sent, and what it was lent.
func (t *Tape) Case(id string) (begin time.Time, lent []plan.Loan) {
	k := t.cases[id]
	if k == nil {
		return time.Time{}, nil
	}
	return t.Begin().Add(k.first), append([]plan.Loan(nil), k.lent...)
}

// Missed is how many requests the recording had no answer to.
func (t *Tape) Missed() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.miss
}

// placeholders are what a session of redaction puts in, with its number: the
// same value has another number in another session.
var placeholders = regexp.MustCompile(`REDACTED[A-Za-z-]*[0-9]*`)

// numbers are at the end of the names of what is made to be lent: how many a
// case made before depends on what was there to be lent.
var numbers = regexp.MustCompile(`(conform-[0-9a-z-]+-lent)[0-9]+`)

// form stands for all of a request that the client did not make up for this
// one try.
func form(r *redact.Record) (out [16]byte) {
	var b bytes.Buffer
	text := func(s string) { b.WriteString(plain(s)) }
	text(r.Operation)
	text(r.Version)
	pairs := make([]string, len(r.Params))
	for i, p := range r.Params {
		pairs[i] = plain(p.Name) + "=" + plain(p.Value)
	}
	slices.Sort(pairs) // placeholders may have changed places
	for _, p := range pairs {
		b.WriteString(p)
	}
	b.WriteString(strconv.FormatBool(r.Via.Form) + r.Via.Method + string(r.Via.Scheme))
	text(r.Via.Format)
	text(string(r.Body))
	sum := sha256.Sum256(b.Bytes())
	copy(out[:], sum[:])
	return out
}

// plain is a text, quoted, with its placeholders all alike, and names of what is
// lent.
func plain(s string) string {
	return strconv.Quote(numbers.ReplaceAllString(placeholders.ReplaceAllString(s, "REDACTED"), "$1"))
}

// RoundTrip answers from the case's own exchanges. What is asked more often than
// it was is answered as the last time.
func (t *Tape) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := bodyOf(req)
	if err != nil {
		return nil, err
	}
	asked, _ := t.session.Request(req, body) // as far as it can be read: so it was when it was recorded
	place := plan.PlaceOf(req.Context())
	i, before, ok := t.take(key{place.Case, place.Lane, place.Role == plan.RoleLent, form(&asked)})
	if !ok {
		return nil, fmt.Errorf("%w: %s of %s", ErrMissing, cmp.Or(asked.Operation, "a request"), cmp.Or(place.Case, "no case"))
	}
	r, err := t.source.Record(i)
	if err != nil {
		return nil, err
	}
	if r.UnreadAnswer.Hides() {
		return nil, fmt.Errorf("%w: exchange %d: %s", ErrUnread, r.ID, r.UnreadAnswer.Text())
	}
	written(req.Context())
	wire.Timed(req.Context(), t.Begin().Add(r.Start), r.Duration)
	if before > 0 {
		renew(&r, i, before)
	}
	return answer(req, &r)
}

func bodyOf(req *http.Request) ([]byte, error) {
	if req.Body == nil {
		return nil, nil
	}
	body, err := io.ReadAll(req.Body)
	return body, errors.Join(err, req.Body.Close())
}

// take returns the next exchange of the key, and how often it was given before.
func (t *Tape) take(k key) (entry, before int, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	q := t.lanes[k]
	if q == nil {
		t.miss++
		return 0, 0, false
	}
	last := len(q.entries) - 1
	i, before := q.entries[min(q.next, last)], max(0, q.next-last)
	q.next++
	return i, before, true
}

// requestID finds the id of a request in an answer, JSON or XML.
var requestID = regexp.MustCompile(`RequestId(?:"\s*:\s*"|>)([^"<]+)`)

// renew gives an answer that is given once more an id of its own: the same one
// twice would look like the target's doing.
func renew(r *redact.Record, entry, before int) {
	found := requestID.FindSubmatch(r.Answer)
	if found == nil {
		return
	}
	old := string(found[1])
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d %d", old, entry, before))
	id := fmt.Sprintf("%X-%X-%X-%X-%X", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
	r.Answer = bytes.ReplaceAll(r.Answer, []byte(old), []byte(id))
	r.Header = slices.Clone(r.Header)
	for i, h := range r.Header {
		r.Header[i].Value = strings.ReplaceAll(h.Value, old, id)
	}
}

// written says to who traces the request that it was sent.
func written(ctx context.Context) {
	if trace := httptrace.ContextClientTrace(ctx); trace != nil && trace.WroteRequest != nil {
		trace.WroteRequest(httptrace.WroteRequestInfo{})
	}
}

// answer is what came then: an answer, a part of one, or an error.
func answer(req *http.Request, r *redact.Record) (*http.Response, error) {
	if r.Status == 0 {
		return nil, failure(r.Failure)
	}
	resp := &http.Response{
		Status: strconv.Itoa(r.Status) + " " + http.StatusText(r.Status), StatusCode: r.Status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: req, ContentLength: int64(len(r.Answer)),
		Header: make(http.Header, len(r.Header)),
	}
	for _, h := range r.Header {
		resp.Header.Add(h.Name, h.Value)
	}
	var source io.Reader = bytes.NewReader(r.Answer)
	if r.Failure != redact.NoFailure {
		resp.ContentLength = -1
		source = io.MultiReader(source, broken{failure(r.Failure)})
	}
	resp.Body = io.NopCloser(source)
	return resp, nil
}

// broken is where a body ends in an error.
type broken struct{ err error }

// Read returns the error.
func (b broken) Read([]byte) (int, error) { return 0, b.err }

// failure is the error that a failure was recorded for.
func failure(f redact.Failure) error {
	switch f {
	case redact.Refused:
		return syscall.ECONNREFUSED
	case redact.Reset:
		return io.EOF
	case redact.Truncated:
		return io.ErrUnexpectedEOF
	case redact.Timeout:
		return context.DeadlineExceeded
	case redact.Canceled:
		return context.Canceled
	}
	return errors.New("the answer could not be read")
}
