package replay

import (
	"encoding/json"
	"fmt"

	"github.com/eci-conform/conform/internal/wire"
)

// accounts finds which of the recorded keys are of one account: those that saw
// or named what another of them made. What one of them changes the others see,
// so their exchanges are one recording. The result has the first key of the
// account for each.
func (p *Player) accounts(all []examined, list []int) (map[string]string, error) {
	first := map[string]string{}
	made := map[string]string{} // keys by the ids of what they made
	for _, i := range list {
		x := &all[i]
		first[x.key] = x.key
		if op := p.reader.operation(x.entry.Operation); x.entry.Status == 200 && op.touch.makes() {
			if id := member(x.answer, op.touch.made); id != "" {
				made[id] = x.key
			}
		}
	}
	if len(first) < 2 || len(made) == 0 {
		return first, nil
	}
	for _, i := range list {
		x := &all[i]
		if x.entry.Status == 0 || x.entry.Status >= 400 {
			continue
		}
		r, err := p.source.Record(i)
		if err != nil {
			return nil, fmt.Errorf("read exchange %d: %w", x.entry.ID, err)
		}
		for _, q := range r.Params {
			join(first, x.key, made[q.Value])
		}
		texts(r.Answer, func(text string) { join(first, x.key, made[text]) })
	}
	return first, nil
}

// join makes two keys those of one account. An empty key is nobody's.
func join(first map[string]string, a, b string) {
	from, to := first[a], first[b]
	if a == "" || b == "" || from == to {
		return
	}
	for key, account := range first {
		if account == from {
			first[key] = to
		}
	}
}

// texts calls see for each text in a body.
func texts(body []byte, see func(string)) {
	if v, err := wire.DecodeJSON(body); err == nil {
		textsOf(v, see)
		return
	}
	if e, err := wire.DecodeXML(body); err == nil {
		textsIn(e, see)
	}
}

func textsOf(v any, see func(string)) {
	switch v := v.(type) {
	case string:
		see(v)
	case json.Number:
	case []any:
		for _, item := range v {
			textsOf(item, see)
		}
	case *wire.Map:
		for _, name := range v.Keys() {
			member, _ := v.Get(name)
			textsOf(member, see)
		}
	}
}

func textsIn(e *wire.Element, see func(string)) {
	see(e.Text)
	for _, child := range e.Children {
		textsIn(child, see)
	}
}
