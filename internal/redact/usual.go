package redact

import (
	"strings"

	"github.com/eci-conform/conform/internal/contract"
)

// huntLength is the number of bytes from which on a secret is looked for
// everywhere: a shorter one is too usual a text, and is replaced only where
// it stands.
const huntLength = 6

// maxNumber is how many digits a number of the API may have: one of no more is
// not looked for either, since counts, sizes and ports look the same.
const maxNumber = 9

// everyday are words that are in the traffic of everybody. Who takes one for a
// password gets it replaced where it stands, and keeps a recording that can be
// read.
var everyday = setOf("admin1 administrator alibaba aliyun amd64 anonymous backup basic bearer bucket busybox changeme cluster " +
	"container containers default deploy develop developer development docker dockerhub enabled disabled example " +
	"failed golang internal kubernetes latest library linux localhost master monitor network nginx normal password private production " +
	"public readonly redis registry release running secret service staging standard started status stopped storage " +
	"success system testing testuser ubuntu unknown update username version warning windows")

func setOf(words string) map[string]bool {
	out := map[string]bool{}
	for word := range strings.FieldsSeq(words) {
		out[word] = true
	}
	return out
}

// isUsual reports whether a value cannot be told from other text: to look for
// it everywhere would replace what is no secret.
func (r *Rules) isUsual(value string) bool {
	return len(value) < huntLength || len(value) <= maxNumber && isNumber(value) || everyday[strings.ToLower(value)] || r.isWord(value)
}

// isWord reports whether a value is part of what the contract says itself: to
// look for it everywhere would replace the contract's own words.
func (r *Rules) isWord(value string) bool { return strings.Contains(r.words, value) }

// isOpen reports whether the request gives the value as an id, a kind or a
// number of its own too: then it is that wherever else it stands.
func (p *pass) isOpen(value string) bool {
	action, _ := p.in.Common("Action")
	n := p.rules.request(p.rules.operation(action))
	for _, sent := range p.in.API(func(name string) bool { return p.rules.common[name] != nil }) {
		if sent.Value != value {
			continue
		}
		if known := n.find(sent.Name); known.scalar() && (known.class == contract.ClassID || known.class == contract.ClassEnum || known.class == contract.ClassNumber) {
			return true
		}
	}
	return false
}

// overlook counts a secret that is not looked for.
func (s *Session) overlook(value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.overlooked[value] = true
}

// Overlooked returns how many secrets are too usual to be looked for: they were
// replaced where they stood, and nowhere else.
func (s *Session) Overlooked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.overlooked)
}
