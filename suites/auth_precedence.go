package suites

import (
	"net/http"
	"slices"
	"time"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/wire"
)

// stageFault is what makes a request fail at one stage of the gateway.
type stageFault struct {
	say       string
	condition string
	args      []string
	edit      plan.Edit
	late      bool
}

// stageFaults are the stages at which one request can be made to fail by
// itself. The rows are those of signature v1.
var stageFaults = map[string]stageFault{
	"action":    {say: "an unknown Action", condition: "request.unknownAction", edit: setting("Action", "ConformNoSuchAction")},
	"version":   {say: "an unknown Version", condition: "request.badVersion", edit: setting("Version", "1999-09-09")},
	"common":    {say: "no SignatureNonce", condition: "request.missingCommon", args: []string{"SignatureNonce"}, edit: deletion("SignatureNonce")},
	"accessKey": {say: "a key of nobody", condition: "request.unknownAccessKey", edit: key("of nobody", func(c *wire.Credentials) { c.AccessKeyID = "conformUnknownKeyId" })},
	"timestamp": {say: "an old time", condition: "request.expiredTimestamp", edit: clock(-2 * time.Hour)},
	"signature": {say: "a wrong signature", condition: "request.wrongSignature", late: true, edit: plan.Edit{Name: "signature flipped", Do: func(d *wire.Draft) {
		text, _ := d.Get("Signature")
		d.Set("Signature", flipped(text))
	}}},
	"method": {say: "a method that no operation takes", condition: "request.badMethod", edit: plan.Edit{Name: "PUT", Do: func(d *wire.Draft) { d.Method = http.MethodPut }}},
}

// precedence puts two faults into one request, for every two stages: the one
// that the gateway looks at first decides the answer.
func (b *builder) precedence() {
	order := slices.DeleteFunc(slices.Clone(b.c.Gateway.Order), func(s string) bool { return stageFaults[s].condition == "" })
	for i, early := range order {
		for _, late := range order[i+1:] {
			b.two(early, late)
		}
		if f := firstRequired(b.op); f != nil {
			b.fails(early, "parameters", drop(b.input().Minimal, f.Name), "a required parameter missing")
		}
	}
}

func firstRequired(op *contract.Operation) *contract.Field {
	for _, f := range op.Parameters {
		if f.Required {
			return f
		}
	}
	return nil
}

func (b *builder) two(early, late string) {
	b.fails(early, late, b.input().Minimal, stageFaults[late].say)
}

func (b *builder) fails(early, late string, params wire.Params, second string) {
	first := stageFaults[early]
	b.single(single{
		subject: "precedence", variant: early + "-" + late, params: params, change: "with " + first.say + " and " + second,
		expect: expectation{clause: b.c.Gateway.Clause, row: b.row(first.condition), args: first.args, refuse: true},
		shape: func(p *plan.Probe) {
			for _, stage := range []string{early, late} {
				f, ok := stageFaults[stage]
				switch {
				case !ok:
				case f.late:
					p.After = append(p.After, f.edit)
				default:
					p.Before = append(p.Before, f.edit)
				}
			}
		},
	})
}
