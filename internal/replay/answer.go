package replay

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/eci-conform/conform/internal/redact"
)

// answer is what goes out.
type answer struct {
	status  int
	header  http.Header
	body    []byte
	failure redact.Failure
	first   time.Duration // from the request to the head of the answer
	rest    time.Duration // from there to its end
	// announced is the length that a truncated answer claims to have.
	announced int
}

// maxKept is how many bytes of answers one generation holds in memory.
const maxKept = 128 << 20

// answers reads recorded answers and keeps those that were asked for. Two
// generations make forgetting cheap.
type answers struct {
	source Source

	mu       sync.RWMutex
	now, old map[int]*answer
	size     int
}

func newAnswers(s Source) *answers {
	return &answers{source: s, now: map[int]*answer{}}
}

// get returns the answer of exchange i as it was recorded. It must not be
// changed.
func (a *answers) get(i int) (*answer, error) {
	a.mu.RLock()
	kept := a.now[i]
	if kept == nil {
		kept = a.old[i]
	}
	a.mu.RUnlock()
	if kept != nil {
		return kept, nil
	}
	r, err := a.source.Record(i)
	if err != nil {
		return nil, err
	}
	kept = newAnswer(&r)
	a.keep(i, kept)
	return kept, nil
}

func (a *answers) keep(i int, kept *answer) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.size > maxKept {
		a.old, a.now, a.size = a.now, map[int]*answer{}, 0
	}
	a.now[i] = kept
	a.size += len(kept.body) + 512
}

func newAnswer(r *redact.Record) *answer {
	a := &answer{
		status: r.Status, header: make(http.Header, len(r.Header)+1), body: r.Answer, failure: r.Failure,
		first: r.FirstByte, rest: max(r.Duration-r.FirstByte, 0),
	}
	for _, h := range r.Header {
		name := http.CanonicalHeaderKey(h.Name)
		switch {
		case name == "Content-Length":
			a.announced, _ = strconv.Atoi(h.Value)
		case !ofConnection[name]:
			a.header[name] = append(a.header[name], h.Value)
		}
	}
	if r.Status == 0 {
		a.first = r.Duration
		a.rest = 0
	}
	return a
}

// ofConnection are headers about how an answer travelled.
var ofConnection = map[string]bool{
	"Connection": true, "Keep-Alive": true, "Proxy-Authenticate": true, "Proxy-Connection": true,
	"Te": true, "Trailer": true, "Transfer-Encoding": true, "Upgrade": true,
}

// like says whether two answers are the same but for the id of the request.
func (a *answer) like(b *answer) bool {
	return a.status == b.status && a.failure == b.failure && bytes.Equal(a.anonymous(), b.anonymous())
}

// anonymous is the body without the id of the request.
func (a *answer) anonymous() []byte {
	id := member(a.body, "RequestId")
	if id == "" {
		return a.body
	}
	return bytes.ReplaceAll(a.body, []byte(id), nil)
}

// forClient is the answer with the client's names in it.
func (a *answer) forClient(op *operation, n *names) *answer {
	if len(a.body) == 0 || !n.differ() || a.header.Get("Content-Encoding") != "" {
		return a
	}
	skip, swap := op.leaves, n.toClient
	if a.status >= 300 {
		skip, swap = op.errors, a.message(op, n)
	}
	out := *a
	if strings.Contains(a.header.Get("Content-Type"), "xml") {
		out.body = rewriteXML(a.body, skip, swap)
	} else {
		out.body = rewriteJSON(a.body, skip, swap)
	}
	return &out
}

// message swaps the names that a refusal quotes.
func (a *answer) message(op *operation, n *names) swapper {
	return func(name, text string) string {
		if name != "Message" {
			return text
		}
		return n.quoted(op.rows, member(a.body, "Code"), text)
	}
}
