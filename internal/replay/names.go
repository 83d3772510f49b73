package replay

import (
	"strings"
	"sync"

	"github.com/eci-conform/conform/internal/contract"
)

// names are what the client calls things, and what the recording calls them.
type names struct {
	mu       sync.RWMutex
	recorded map[variable]string // by the client's
	clients  map[variable]string // by the recorded
	swapped  map[string]string   // client's name by the recorded one, where they differ
	back     map[string]string   // the reverse
	// renamed is how many names and tokens differ. What stands behind
	// placeholders does not count.
	renamed int
}

func newNames() names {
	return names{
		recorded: map[variable]string{}, clients: map[variable]string{}, swapped: map[string]string{}, back: map[string]string{},
	}
}

// bind remembers that the client says value where v was recorded.
func (n *names) bind(v variable, value string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.clients[v] = value
	n.recorded[variable{v.kind, value}] = v.value
	if v.value == value || replaced(v.value) {
		return
	}
	if n.renamed++; len(v.value) < shortest || len(value) < shortest {
		return
	}
	if _, taken := n.swapped[v.value]; !taken {
		n.swapped[v.value] = value
	}
	if _, taken := n.back[value]; !taken {
		n.back[value] = v.value
	}
}

// of returns the recorded value that a client's stands for.
func (n *names) of(v variable) (recorded string, ok bool) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	recorded, ok = n.recorded[v]
	return recorded, ok
}

func (n *names) isBound(v variable) bool {
	n.mu.RLock()
	defer n.mu.RUnlock()
	_, ok := n.clients[v]
	return ok
}

// isNew says whether the client has not used a value before.
func (n *names) isNew(v variable) bool {
	_, ok := n.of(v)
	return !ok
}

// differ says whether the client has names of its own.
func (n *names) differ() bool { return n.count() > 0 }

// count is how many names and tokens the client has given another value than
// was recorded.
func (n *names) count() int {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return n.renamed
}

// toRecorded puts what was recorded in the place of a client's name. Only a
// whole text is a name: what is part of another word is another word.
func (n *names) toRecorded(text string) string {
	n.mu.RLock()
	defer n.mu.RUnlock()
	if to, ok := n.back[text]; ok {
		return to
	}
	return text
}

// toClient puts the client's name in the place of a recorded one. member is the
// name of the member that holds the text: names too short to be told from other
// words are put there only where they belong.
func (n *names) toClient(member, text string) string {
	n.mu.RLock()
	defer n.mu.RUnlock()
	if to, ok := n.clients[variable{member, text}]; ok {
		return to
	}
	if to, ok := n.swapped[text]; ok {
		return to
	}
	return text
}

// quoted puts the client's names where a row of the contract quotes them in its
// message.
func (n *names) quoted(rows []*contract.Error, code, message string) string {
	for _, row := range rows {
		for _, w := range wordings(row) {
			if parts, ok := slots(w.Message, message); ok && w.fits(code) {
				return n.fill(w.Message, parts)
			}
		}
	}
	return message
}

func (n *names) fill(template string, parts []string) string {
	var out strings.Builder
	for i, fixed := range strings.Split(template, slot) {
		if i > 0 {
			out.WriteString(n.toClient("", parts[i-1]))
		}
		out.WriteString(fixed)
	}
	return out.String()
}

// slot stands in a row for what differs each time.
const slot = "%s"

// wording is one of the texts that a row may have.
type wording struct{ Code, Message string }

func (w wording) fits(code string) bool {
	_, ok := slots(w.Code, code)
	return ok
}

func wordings(row *contract.Error) []wording {
	out := []wording{{row.Code, row.Message}}
	for _, w := range row.Wordings {
		out = append(out, wording{w.Code, w.Message})
	}
	return out
}

// slots returns what stands at the slots of a template; false where a text is
// not of the template. A template that is nothing but a slot documents no place.
func slots(template, text string) (parts []string, ok bool) {
	fixed := strings.Split(template, slot)
	rest, ok := strings.CutPrefix(text, fixed[0])
	if !ok || template == slot {
		return nil, false
	}
	last := len(fixed) - 1
	if last == 0 {
		return nil, rest == ""
	}
	for _, f := range fixed[1:last] {
		var part string
		if part, rest, ok = strings.Cut(rest, f); !ok {
			return nil, false
		}
		parts = append(parts, part)
	}
	part, ok := strings.CutSuffix(rest, fixed[last])
	return append(parts, part), ok
}
