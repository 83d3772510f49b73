package mutant

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/emulator"
	"github.com/eci-conform/conform/internal/wire"
)

// orderMutants take a stage out of the gateway's order, or put a late one ahead
// of an early one.
func orderMutants(g *generator) {
	for _, stage := range g.c.Gateway.Order {
		if clause := skipped[stage]; clause != "" {
			g.add(Mutant{
				ID: "common/" + stage + "/skipped", Clause: clause, Summary: "The gateway does not look at the " + stage + ".",
				edit: func(c *contract.Contract) { c.Gateway.Order = without(c.Gateway.Order, stage) },
			})
		}
	}
	order := slices.DeleteFunc(slices.Clone(g.c.Gateway.Order), func(s string) bool { return !failing[s] })
	for i, early := range order {
		for _, late := range order[i+1:] {
			if !masks(early, late) {
				g.swap(early, late)
			}
		}
	}
}

// skipped is which clause a gateway without the stage breaks. Of the others one
// cannot tell by the gateway alone.
var skipped = map[string]string{
	"action":        "common#protocol/action.unknown",
	"version":       "common#protocol/version.unknown",
	"common":        "common#parameter/SignatureMethod/required",
	"accessKey":     "common#gateway/InvalidAccessKeyId.NotFound",
	"securityToken": "common#gateway/InvalidSecurityToken.Malformed",
	"timestamp":     "common#protocol/timestamp.window",
	"signature":     "common#protocol/signature.v1",
	"nonce":         "common#protocol/nonce.once",
	"ram":           "common#gateway/Forbidden.RAM",
	"throttling":    "common#gateway/Throttling.User",
}

// failing are the stages that a request can fail whatever the others say.
var failing = map[string]bool{
	"action": true, "version": true, "common": true, "accessKey": true,
	"timestamp": true, "signature": true, "method": true, "parameters": true,
}

// masks says whether a request that fails the early stage has nothing that the
// late one could look at, so that their order cannot be seen.
func masks(early, late string) bool {
	return early == "action" && (late == "method" || late == "parameters") || early == "accessKey" && late == "signature"
}

func without(order []string, stage string) []string {
	return slices.DeleteFunc(slices.Clone(order), func(s string) bool { return s == stage })
}

func (g *generator) swap(early, late string) {
	g.add(Mutant{
		ID: "common/order/" + late + "-before-" + early, Clause: g.c.Gateway.Clause.ID,
		Summary: "The gateway looks at the " + late + " before the " + early + ".",
		edit: func(c *contract.Contract) {
			order := without(c.Gateway.Order, late)
			c.Gateway.Order = slices.Insert(order, slices.Index(order, early), late)
		},
	})
}

// commonMutants let common parameters be left out or have any value. Action and
// Version are looked at by stages of their own, with the same answers.
func commonMutants(g *generator) {
	for _, f := range g.c.Protocol.Common {
		name := f.Name
		find := func(c *contract.Contract) *contract.Field {
			i := slices.IndexFunc(c.Protocol.Common, func(f *contract.Field) bool { return f.Name == name })
			return c.Protocol.Common[i]
		}
		if f.Required && f.Clauses["required"] != nil && name != "Action" && name != "Version" {
			g.add(Mutant{
				ID: "common/" + name + "/optional", Clause: f.Clauses["required"].ID, Summary: name + " may be left out.",
				edit: func(c *contract.Contract) { find(c).Required = false },
			})
		}
		if f.Clauses["enum"] != nil && strings.HasPrefix(name, "Signature") {
			g.add(Mutant{
				ID: "common/" + name + "/anyValue", Clause: f.Clauses["enum"].ID, Summary: name + " may have any value.",
				edit: func(c *contract.Contract) { find(c).Enum = nil },
			})
		}
	}
	for _, by := range []int{-90, 90} {
		g.add(Mutant{
			ID: "common/window/" + signed(by) + "s", Clause: "common#protocol/timestamp.window", Summary: "The window of a timestamp is moved by " + signed(by) + " seconds.",
			edit: func(c *contract.Contract) { c.Protocol.Skew += by },
		})
	}
}

// authHand are the errors of letting in that no edit of the contract makes.
func authHand(g *generator) {
	g.verifiers()
	g.nonces()
	g.add(Mutant{
		ID: "common/AccessKeyId/disabled", Clause: "common#gateway/InvalidAccessKeyId.Inactive", Summary: "A disabled key is let in.",
		world: []string{", disabled: true", ""},
	})
	g.add(Mutant{
		ID: "common/SecurityToken/expired", Clause: "common#gateway/InvalidSecurityToken.Expired", Summary: "A security token never expires.",
		world: []string{", expired: true", ""},
	})
	g.add(Mutant{
		ID: "common/Signature/secretShown", Clause: "common#protocol/secrets.echo", Summary: "The answer to a wrong signature shows the secret of the key.",
		hooks: showSecret,
	})
}

func (g *generator) verifiers() {
	for _, v := range []struct {
		id, clause, summary string
		verify              func(in *wire.Received, secret string) error
	}{
		{"v1/unchecked", "signature.v1", "A signature v1 is not compared.", unless(wire.V1)},
		{"acs3/unchecked", "signature.acs3", "A signature ACS3 is not compared.", unless(wire.ACS3)},
		{"v1/methodUnsigned", "signature.v1", "The signature v1 does not cover the method.", anyMethod(wire.V1)},
		{"acs3/methodUnsigned", "signature.acs3", "The signature ACS3 does not cover the method.", anyMethod(wire.ACS3)},
		{"v1/moreParameters", "signature.v1", "A parameter may be added to what signature v1 covers.", oneLess(wire.V1)},
		{"acs3/moreParameters", "signature.acs3", "A parameter may be added to what signature ACS3 covers.", oneLess(wire.ACS3)},
		{"v1/longerSecret", "signature.v1", "A secret may be longer than it is, under signature v1.", longer(wire.V1)},
		{"acs3/longerSecret", "signature.acs3", "A secret may be longer than it is, under signature ACS3.", longer(wire.ACS3)},
	} {
		g.add(Mutant{
			ID: "common/" + v.id, Clause: "common#protocol/" + v.clause, Summary: v.summary,
			hooks: func(*tools) *emulator.Hooks { return &emulator.Hooks{Verify: v.verify} },
		})
	}
	g.add(Mutant{
		ID: "common/v1/plusIsNoSpace", Clause: "common#protocol/signature.encoding", Summary: "A space written as + does not verify.",
		wrap: plusIsPlus,
	})
}

type verifier = func(in *wire.Received, secret string) error

func unless(s wire.Scheme) verifier {
	return func(in *wire.Received, secret string) error {
		if in.Scheme == s {
			return nil
		}
		return in.Verify(secret)
	}
}

// trying takes a signature that fits one of the variants of a request.
func trying(s wire.Scheme, variants func(in *wire.Received) []wire.Received) verifier {
	return func(in *wire.Received, secret string) error {
		err := in.Verify(secret)
		if err == nil || in.Scheme != s {
			return err
		}
		for _, v := range variants(in) {
			if v.Verify(secret) == nil {
				return nil
			}
		}
		return err
	}
}

func anyMethod(s wire.Scheme) verifier {
	return trying(s, func(in *wire.Received) []wire.Received {
		var out []wire.Received
		for _, method := range []string{"GET", "POST", "PUT"} {
			out = append(out, *in)
			out[len(out)-1].Method = method
		}
		return out
	})
}

func oneLess(s wire.Scheme) verifier {
	return trying(s, func(in *wire.Received) []wire.Received {
		var out []wire.Received
		for _, p := range in.Query {
			v := *in
			v.Query = v.Query.Clone().Del(p.Name)
			out = append(out, v)
		}
		for _, p := range in.Form {
			v := *in
			v.Form = v.Form.Clone().Del(p.Name)
			out = append(out, v)
		}
		return out
	})
}

func longer(s wire.Scheme) verifier {
	return func(in *wire.Received, secret string) error {
		err := in.Verify(secret)
		if err != nil && in.Scheme == s && in.Verify(secret+"0") == nil {
			return nil
		}
		return err
	}
}

func (g *generator) nonces() {
	fresh := func(s wire.Scheme) func(*tools) *emulator.Hooks {
		return func(*tools) *emulator.Hooks {
			var n atomic.Int64
			return &emulator.Hooks{Nonce: func(a *emulator.Ask, nonce string) string {
				if a.Scheme != s {
					return nonce
				}
				return nonce + "#" + signed(n.Add(1))
			}}
		}
	}
	g.add(Mutant{
		ID: "common/nonce/v1Unchecked", Clause: "common#protocol/nonce.once", Summary: "A nonce may come again under signature v1.", hooks: fresh(wire.V1),
	})
	g.add(Mutant{
		ID: "common/nonce/acs3Unchecked", Clause: "common#protocol/nonce.once", Summary: "A nonce may come again under signature ACS3.", hooks: fresh(wire.ACS3),
	})
	g.add(Mutant{
		ID: "common/nonce/prefix", Clause: "common#protocol/nonce.once", Summary: "Two nonces count as one when their first 16 characters are equal.",
		hooks: func(*tools) *emulator.Hooks {
			return &emulator.Hooks{Nonce: func(_ *emulator.Ask, nonce string) string { return nonce[:min(16, len(nonce))] }}
		},
	})
}

// showSecret remembers what signatures were held against and tells it.
func showSecret(*tools) *emulator.Hooks {
	var secrets sync.Map // by *wire.Received
	return &emulator.Hooks{
		Verify: func(in *wire.Received, secret string) error {
			secrets.Store(in, secret)
			return in.Verify(secret)
		},
		Tell: func(a *emulator.Ask, status int, body *wire.Map) int {
			secret, ok := secrets.LoadAndDelete(a.In)
			if message, failed := body.Get("Message"); failed && ok {
				body.Set("Message", message.(string)+" "+secret.(string))
			}
			return status
		},
	}
}
