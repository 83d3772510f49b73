package wire

// Get returns the first value of the name and whether there is one.
func (p Params) Get(name string) (value string, ok bool) {
	for i := range p {
		if p[i].Name == name {
			return p[i].Value, true
		}
	}
	return "", false
}

// Count returns how often the name occurs.
func (p Params) Count(name string) int {
	n := 0
	for i := range p {
		if p[i].Name == name {
			n++
		}
	}
	return n
}

// Set replaces the first value of the name and drops further ones, or appends
// the parameter. It returns the result, which may share p's memory.
func (p Params) Set(name, value string) Params {
	for i := range p {
		if p[i].Name == name {
			p[i].Value = value
			return append(p[:i+1], p[i+1:].Del(name)...)
		}
	}
	return append(p, Param{name, value})
}

// Del drops every parameter of the name. It returns the result, which shares
// p's memory.
func (p Params) Del(name string) Params {
	kept := p[:0]
	for _, q := range p {
		if q.Name != name {
			kept = append(kept, q)
		}
	}
	return kept
}

// Clone returns a copy that shares nothing with p; nil stays nil.
func (p Params) Clone() Params {
	if p == nil {
		return nil
	}
	return append(make(Params, 0, len(p)), p...)
}

// Encode returns the list as a query or form body in list order, each name
// and value through escape; nil escapes like PercentEncode.
func (p Params) Encode(escape func(string) string) string {
	return string(p.appendEncoded(nil, escape))
}

func (p Params) appendEncoded(dst []byte, escape func(string) string) []byte {
	for i, q := range p {
		if i > 0 {
			dst = append(dst, '&')
		}
		if escape == nil {
			dst = append(appendPercent(dst, q.Name), '=')
			dst = appendPercent(dst, q.Value)
			continue
		}
		dst = append(append(dst, escape(q.Name)...), '=')
		dst = append(dst, escape(q.Value)...)
	}
	return dst
}
