package plan

import (
	"strconv"
	"strings"
)

// Fingerprint is what the probe sends, with template values unresolved: two
// cases of a plan never share one. Parameters count in wire order, and what
// nobody set counts as its default.
func (p *Probe) Fingerprint() string {
	var b strings.Builder
	b.WriteString(p.method())
	if p.Form {
		b.WriteString(" form")
	}
	b.WriteByte(' ')
	b.WriteString(string(p.scheme()))
	b.WriteByte(' ')
	b.WriteString(p.Operation)
	if !p.NoFormat {
		b.WriteString(" Format=" + strconv.Quote(p.format()))
	}
	for _, param := range p.Params {
		b.WriteByte(' ')
		b.WriteString(strconv.Quote(param.Name) + "=" + strconv.Quote(param.Value))
	}
	writeEdits(&b, " before:", p.Before)
	writeEdits(&b, " after:", p.After)
	return b.String()
}

func writeEdits(b *strings.Builder, label string, edits []Edit) {
	for _, e := range edits {
		b.WriteString(label)
		b.WriteString(strconv.Quote(e.Name))
	}
}
