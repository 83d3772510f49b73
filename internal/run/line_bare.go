package run

import "strconv"

// bare appends the line of a result that has nothing but plain members, as most
// have: what encoding/json writes, at a fraction of its cost.
func (r Result) bare(b []byte) ([]byte, error) {
	b = append(b, '{')
	for _, m := range [...]struct{ name, value string }{
		{"case", r.Case}, {"operation", r.Operation}, {"family", r.Family}, {"clause", r.Clause},
		{"level", r.Level.String()}, {"verdict", string(r.Verdict)}, {"reason", r.Reason},
	} {
		b = append(b, '"')
		b = append(b, m.name...)
		b = append(b, `":`...)
		var err error
		if b, err = AppendText(b, m.value); err != nil {
			return nil, err
		}
		b = append(b, ',')
	}
	if r.Fault {
		b = append(b, `"fault":true,`...)
	}
	b = append(b, `"findings":[],"exchanges":[],"requests":`...)
	b = strconv.AppendInt(b, int64(r.Requests), 10)
	b = append(b, `,"start":`...)
	b, err := r.Start.AppendText(append(b, '"'))
	if err != nil {
		return nil, err
	}
	b = append(b, `","durationMs":`...)
	b = strconv.AppendFloat(b, millis(r.Duration), 'f', -1, 64) // too coarse for an exponent
	b = append(b, `,"seed":`...)
	return append(strconv.AppendUint(b, r.Seed, 10), '}'), nil
}

// AppendText appends a text as JSON has it.
func AppendText(b []byte, s string) ([]byte, error) {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			quoted, err := encoded(s)
			return append(b, quoted...), err
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"'), nil
}
