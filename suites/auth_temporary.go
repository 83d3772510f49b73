package suites

import (
	"context"
	"strconv"

	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/wire"
)

// temporaryKey is the profile's entry for a key that has a security token.
const temporaryKey = "temporary"

// temporary signs with a temporary key: its token belongs to the request, and no
// other one will do.
func (a auth) temporary() {
	missing, malformed := a.row("request.missingSecurityToken"), a.row("request.malformedSecurityToken")
	forge := func(f forged) {
		f.subject, f.options, f.needs = "SecurityToken", []plan.Option{plan.As(temporaryKey)}, plan.Needs{Credentials: []string{temporaryKey}}
		a.forge(f)
	}
	forge(forged{
		variant: "right", change: "signed by a temporary key, with its token", clause: a.clause(), accept: true,
		before: []plan.Edit{{Name: "with its token", Do: func(*wire.Draft) {}}},
	})
	forge(forged{
		variant: "missing", change: "signed by a temporary key, without its token", clause: missing.Row, row: missing, args: []string{"SecurityToken"},
		before: []plan.Edit{{Name: "without its token", Do: func(d *wire.Draft) {
			d.Credentials.SecurityToken = ""
			d.Del("SecurityToken")
		}}},
	})
	forge(forged{
		variant: "wrong", change: "signed by a temporary key, with a token that is not its own", clause: malformed.Row,
		before: []plan.Edit{key("with a wrong token", func(c *wire.Credentials) { c.SecurityToken += "0" })},
	})
}

// between is how many requests come between a nonce and its second use.
const between = 64

// lateNonce uses a nonce again when many others have been used since.
func (a auth) lateNonce() {
	clause, row := a.c.Protocol.Clauses["nonce.once"], a.row("request.nonceUsed")
	base := a.base
	if limit := a.op.Effect.Limit; limit != "" {
		base = set(base, limit, "1") // an answer of one item does as well as a long one
	}
	p := a.probe(base, "with a nonce used a while before")
	p.Scheme = a.scheme.name
	a.add(&plan.Case{
		Subject: a.scheme.nonce, Variant: string(a.scheme.name) + "-reusedLate", Clause: clause, Also: also(row),
		Steps: []string{
			"send a valid " + a.op.Name, "send " + strconv.Itoa(between) + " others, each with a nonce of its own",
			"send the first again with its nonce, signed anew", "expect it to be refused" + cite(row),
		},
		Needs: a.needs(base, ""),
		Run: func(ctx context.Context, s *plan.Session) error {
			params, err := s.Bind(ctx, p.Params)
			if err != nil {
				return err
			}
			other, used := p, p
			other.Params, used.Params = params, params
			used.Before = []plan.Edit{setting("SignatureNonce", s.Token())}
			first, err := s.Probe(ctx, &used, plan.Bound())
			if err != nil || !first.OK {
				return orUnready(err, "use a nonce", first)
			}
			for range between {
				if _, err := s.Probe(ctx, &other, plan.Bound()); err != nil {
					return err
				}
			}
			again, err := s.Probe(ctx, &used, plan.Bound())
			if err == nil {
				s.Find(s.Judge.Refused(again, clause, row)...)
			}
			return err
		},
	})
}
