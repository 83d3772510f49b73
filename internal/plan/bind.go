package plan

import (
	"context"
	"crypto/sha256"
	"strconv"
	"strings"

	"github.com/eci-conform/conform/internal/wire"
)

// Bind replaces template values and leaves out parameters whose binding the
// profile does not have. $name and $token are fresh at every call, the resource
// of $id:NAME is the same for the whole case.
//
//	$region                the profile's region
//	$name, $name:N         a unique name; of exactly N characters
//	$token, $token:N       a unique ClientToken; of exactly N characters
//	$binding               the profile's value for this wire name
//	$binding:NAME          the profile's value for that wire name
//	$bindingOr:TEXT        the profile's value for this wire name, or else TEXT
//	$id:RESOURCE           a usable resource leased for the case
//	${name}, ${token:N}, … name, token and region stand within a text, too,
//	                       and ${binding:NAME}
func (s *Session) Bind(ctx context.Context, p wire.Params) (wire.Params, error) {
	out := make(wire.Params, 0, len(p))
	b := &binder{session: s, lent: ctx.Value(lentKey{}) != nil}
	for _, param := range p {
		if strings.IndexByte(param.Value, '$') < 0 {
			out = append(out, param)
			continue
		}
		value, ok, err := b.value(ctx, param)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, wire.Param{Name: param.Name, Value: value})
		}
	}
	return out, nil
}

// binder holds the values that are fresh for one call of Bind.
type binder struct {
	session     *Session
	lent        bool // it is about a resource that the pool lends
	name, token string
}

// fresh is a new name. Those of lent resources are counted apart, so that a
// case's own are the same whether what it was lent was there or had to be made.
func (b *binder) fresh() string {
	if b.lent {
		return b.session.lentName()
	}
	return b.session.Name()
}

// value returns what a parameter with a $ in it stands for; false leaves it
// out.
func (b *binder) value(ctx context.Context, p wire.Param) (value string, ok bool, err error) {
	s := b.session
	if !strings.HasPrefix(p.Value, "$") {
		return b.within(p.Value), true, nil
	}
	word, arg, _ := strings.Cut(p.Value[1:], ":")
	switch word {
	case "binding":
		if arg == "" {
			arg = p.Name
		}
		value, ok = s.Binding(arg)
		return value, ok, nil
	case "bindingOr":
		if value, ok = s.Binding(p.Name); !ok {
			value = arg
		}
		return value, true, nil
	case "id":
		r, err := s.leased(ctx, arg)
		if err != nil {
			return "", false, err
		}
		return r.ID, true, nil
	}
	if text, ok := b.word(word, arg); ok {
		return text, true, nil
	}
	return b.within(p.Value), true, nil
}

// word returns the value of a template that may stand within a text.
func (b *binder) word(word, arg string) (text string, ok bool) {
	switch word {
	case "region":
		return b.session.Region, arg == ""
	case "name":
		if b.name == "" {
			b.name = b.fresh()
		}
		return sized(b.name, arg, nameDigits)
	case "binding":
		return b.session.Binding(arg)
	case "token":
		if b.token == "" {
			b.token = b.session.Token()
		}
		return sized(b.token, arg, tokenDigits)
	}
	return "", false
}

// Characters of a text that is too short to hold a unique one. A name starts
// with one of the first 26.
const (
	nameDigits  = "abcdefghijklmnopqrstuvwxyz0123456789"
	tokenDigits = nameDigits + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
)

// sized brings a unique text to the length that arg says. Where it must be
// shorter it is a digest, so that another run most likely has another.
func sized(s, arg, digits string) (string, bool) {
	if arg == "" {
		return s, true
	}
	n, err := strconv.Atoi(arg)
	if err != nil || n < 0 {
		return "", false
	}
	if len(s) <= n {
		return s + strings.Repeat("x", n-len(s)), true
	}
	const letters = 26
	sum := sha256.Sum256([]byte(s))
	out := make([]byte, n)
	for i := range out {
		choice := digits
		if i == 0 && digits == nameDigits {
			choice = digits[:letters]
		}
		out[i] = choice[int(sum[i%len(sum)])%len(choice)]
	}
	return string(out), true
}

// within replaces ${name}, ${token} and ${region}; all else that looks like a
// template stands for itself.
func (b *binder) within(s string) string {
	var out strings.Builder
	for {
		head, tail, ok := strings.Cut(s, "${")
		if !ok {
			break
		}
		inner, rest, closed := strings.Cut(tail, "}")
		word, arg, _ := strings.Cut(inner, ":")
		text, known := b.word(word, arg)
		if !closed || !known {
			out.WriteString(head + "${")
			s = tail
			continue
		}
		out.WriteString(head + text)
		s = rest
	}
	out.WriteString(s)
	return out.String()
}

// leased returns the resource that $id stands for in this case.
func (s *Session) leased(ctx context.Context, resource string) (*Resource, error) {
	s.leasing.Lock()
	defer s.leasing.Unlock()
	if r := s.leases[resource]; r != nil {
		return r, nil
	}
	r, err := s.Lease(ctx, resource)
	if err == nil {
		s.leases[resource] = r
	}
	return r, err
}
