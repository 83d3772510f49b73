// Package compare says in what two answers to the same request differ: status
// and code first, then members that one of them lacks, types, what kind of value
// it is, values and order. What the service invents anew each time, ids, times
// and request ids, is compared by its shape; what a client invented is compared
// as the two sides name it. It is pure: it sends nothing, and what it leaves out
// it counts.
package compare

import (
	"strings"

	"github.com/eci-conform/conform/internal/contract"
)

// Grade is how much a difference weighs.
type Grade string

// The grades, heaviest first.
const (
	Status  Grade = "status"  // of HTTP, or that there is an answer at all
	Code    Grade = "code"    // of an error
	Missing Grade = "missing" // B lacks what A has
	Added   Grade = "added"   // B has what A lacks
	Type    Grade = "type"    // of JSON, or of the body
	Class   Grade = "class"   // the value is of another kind: a time in another form
	Value   Grade = "value"
	Order   Grade = "order"
	Latency Grade = "latency" // of an operation as a whole; no two answers have it
)

// Grades lists the grades, heaviest first.
func Grades() []Grade {
	return []Grade{Status, Code, Missing, Added, Type, Class, Value, Order, Latency}
}

// Why is the reason for which something was not compared.
type Why string

// The reasons.
const (
	Moving   Why = "it changes by itself"
	Foreign  Why = "it belongs to what the recording did not make"
	Paged    Why = "it depends on what else is listed"
	Account  Why = "it counts what the account has"
	Own      Why = "it names the target itself"
	Wording  Why = "nobody documents its words"
	Secret   Why = "it is not recorded"
	Unknown  Why = "the contract does not know it"
	Volatile Why = "it differs between two equal requests"
)

// Finding is one difference.
type Finding struct {
	Grade   Grade  `json:"grade"`
	Pointer string `json:"pointer"` // JSON pointer into the body, or /status, /header/…; of A's unless A lacks it
	Path    string `json:"path"`    // the pointer without indexes, N for each
	Want    string `json:"want"`    // what A has
	Got     string `json:"got"`     // what B has
}

// Answer is an answer without secrets.
type Answer struct {
	Status      int    // 0 when there was none
	Failure     string // why there was no whole answer; empty for none
	ContentType string
	Body        []byte
}

// Result is what came of comparing two answers.
type Result struct {
	Findings []Finding
	Values   int         // how many single values were compared
	Left     map[Why]int // how many were not
	// Unsettled says that B is still at work, or does not show yet what A
	// shows: asked later it may answer alike.
	Unsettled bool
}

// Pair is two answers to one request, with what is known about it.
type Pair struct {
	Operation string
	A, B      Answer
	// Names are what the two sides call things. Ids that are new in the
	// answers of the pair are added.
	Names *Names
	// Sent is what B was asked for in the place of what A was, by A's values.
	Sent map[string]string
	// Strangers are A's ids of what each side made for other ends: what there
	// is to see of it is not compared.
	Strangers map[string]bool
	// Bound says that only things whose ids are bound are the same on both
	// sides, whatever their ids are, and that neither side waited for the
	// other: what is at work on one of them, and the order of a listing, are
	// not compared.
	Bound bool
	// Same says of two texts that differ whether they count as the same; nil
	// for none.
	Same func(a, b string) bool
	// Paged says that the request asked for a part of a list.
	Paged bool
}

// Comparer compares the answers of one contract's operations. It is not safe
// for concurrent use.
type Comparer struct {
	contract *contract.Contract
	volatile map[string]bool // by operation and path
}

// New returns a Comparer that has learned nothing.
func New(c *contract.Contract) *Comparer {
	return &Comparer{contract: c, volatile: map[string]bool{}}
}

// Answers compares two answers.
func (c *Comparer) Answers(p Pair) Result {
	w := &walk{Comparer: c, Pair: p, op: c.contract.Operation(p.Operation), out: Result{Left: map[Why]int{}}}
	w.out.Values++
	if p.A.Status != p.B.Status || p.A.Failure != p.B.Failure {
		w.differ(Status, at{}.to("status"), w.summary(p.A), w.summary(p.B))
		return w.out
	}
	if p.A.Failure == "" && p.A.Status != 0 {
		w.whole()
	}
	return w.out
}

// Learn remembers the values that differ between two answers of one side to the
// same read: they say nothing. Structure is never learned.
func (c *Comparer) Learn(operation string, first, second Answer) {
	same := NewNames()
	r := (&Comparer{contract: c.contract, volatile: map[string]bool{}}).Answers(Pair{Operation: operation, A: first, B: second, Names: same})
	for _, f := range r.Findings {
		if f.Grade == Class || f.Grade == Value || f.Grade == Order {
			c.volatile[operation+f.Path] = true
		}
	}
}

// Varies says whether the values at a path are known to say nothing.
func (c *Comparer) Varies(operation, path string) bool { return c.volatile[operation+path] }

// Learned is the number of places whose values are known to say nothing.
func (c *Comparer) Learned() int { return len(c.volatile) }

// at is a place in a body.
type at struct{ pointer, path string }

func (a at) to(name string) at {
	name = escape.Replace(name)
	return at{a.pointer + "/" + name, a.path + "/" + name}
}

func (a at) item(index string) at { return at{a.pointer + "/" + index, a.path + "/N"} }

var escape = strings.NewReplacer("~", "~0", "/", "~1")
