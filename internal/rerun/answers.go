package rerun

import (
	"sync"

	"github.com/eci-conform/conform/internal/cassette"
	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/redact"
)

// answers reads recorded answers, without judging them. Its judge is its own:
// that it sees an answer twice is of no matter to the one that judges. It keeps
// those that it read last, since a page of a listing is part of as many stories
// as it has items. It is safe for concurrent use.
type answers struct {
	c     *cassette.Cassette
	of    *contract.Contract
	judge *check.Judge

	mu   sync.Mutex
	kept map[int]*check.Answer
	last []int // in the order in which they were read
}

// keptAnswers is how many answers are kept.
const keptAnswers = 256

func newAnswers(c *cassette.Cassette, of *contract.Contract) *answers {
	return &answers{c: c, of: of, judge: check.New(of), kept: map[int]*check.Answer{}}
}

// read returns the answer of a record, nil where there was no whole one.
func (a *answers) read(i int) *check.Answer {
	a.mu.Lock()
	got, ok := a.kept[i]
	a.mu.Unlock()
	if ok {
		return got
	}
	got = a.parse(i)
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, ok := a.kept[i]; !ok {
		a.kept[i], a.last = got, append(a.last, i)
	}
	if len(a.last) > keptAnswers {
		delete(a.kept, a.last[0])
		a.last = a.last[1:]
	}
	return got
}

func (a *answers) parse(i int) *check.Answer {
	rec, err := a.c.Record(i)
	if err != nil || rec.Failure != redact.NoFailure {
		return nil
	}
	e := check.Expect{Operation: a.of.Operation(rec.Operation), Scheme: rec.Via.Scheme}
	e.Format, e.Keyword = expected(a.of, &rec)
	answer, _ := a.judge.Answer(exchange(&rec, a.c.Header()), e)
	return answer
}
