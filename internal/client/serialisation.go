package client

import (
	"context"

	"github.com/eci-conform/conform/internal/contract"
)

// Texts that are easily spoilt on the way.
const (
	reserved = `a+b%20c*d~e f/g&h=i"j\k?l#m'n,o;p:q@r$s!t(u)`
	foreign  = "é 名前 😀 \u00a0x"
)

// serialisation: every parameter arrives as it was given, alone and with all
// others, in every value that is easily spoilt, and nothing else arrives.
func serialisation(b *builder) {
	b.sends(about{"all", "every", "parameters.sent", "one call that gives every parameter"}, everything(b.op.Operation, b.floor.Region))
	b.sends(about{"none", "required", "parameters.absent", "one call that gives only what every request needs"}, b.op.required)
	for _, leaf := range b.op.Leaves() {
		if leaf.Binding == contract.RegionBinding && leaf.Parent == nil {
			continue
		}
		b.leaf(leaf)
	}
	b.lists(b.op.Parameters)
}

// leaf tests the values of one parameter.
func (b *builder) leaf(f *contract.Field) {
	b.gives(f, "value", "parameters.sent", sampleInput(f))
	switch f.Type {
	case contract.Boolean:
		b.gives(f, "false", "parameters.sent", false)
	case contract.Integer:
		b.gives(f, "zero", "parameters.sent", int64(0))
		b.gives(f, "large", "parameters.sent", largest(f))
	case contract.Map:
		b.gives(f, "reserved", "parameters.sent", input{"repoId": reserved, "repoSource": foreign})
		b.gives(f, "empty", "parameters.empty", input{"repoId": ""})
	case contract.String:
		b.texts(f)
	}
}

// largest is the largest integer that a parameter may need to carry.
func largest(f *contract.Field) int64 {
	if f.Format == "int64" {
		return 1<<53 + 1 // where a float64 begins to lose digits
	}
	return 1<<31 - 1
}

func (b *builder) texts(f *contract.Field) {
	b.gives(f, "empty", "parameters.empty", "")
	if len(f.Enum) == 0 {
		b.gives(f, "reserved", "parameters.sent", reserved)
		b.gives(f, "unicode", "parameters.sent", foreign)
	}
}

// gives makes a case that gives one parameter besides the required ones.
func (b *builder) gives(f *contract.Field, variant, keyword string, value any) {
	if variant == "value" && f.Required && f.Parent == nil {
		return // as in every case
	}
	b.sends(about{f.Path, variant, keyword, "one call that gives " + f.Path + " this value, besides what every request needs"}, b.op.with(f.Path, value))
}

// lists tests what only lists have: several elements, and none.
func (b *builder) lists(fields []*contract.Field) {
	for _, f := range fields {
		if f.Type == contract.Array {
			b.sends(about{f.Path, "several", "parameters.sent", "one call that gives a list of several elements"}, b.op.with(f.Path, sampleInput(f)))
			b.sends(about{f.Path, "emptyList", "parameters.emptyList", "one call that gives an empty list"}, b.op.with(f.Path, []any{}))
			if f.Items != nil {
				b.lists(f.Items.Members)
			}
			continue
		}
		b.lists(f.Members)
	}
}

// sends makes a case that holds what arrives against what is given.
func (b *builder) sends(a about, in input) {
	b.add(a, func(ctx context.Context, t *trial) error {
		r, err := t.carry(ctx, order{input: in, answer: t.plain})
		if err != nil {
			return err
		}
		t.sent(r, 0)
		t.one(r)
		return nil
	})
}

// plain answers every request with a success.
func (t *trial) plain(_ int, try *Try) Reaction {
	return success(try, taste{listed: 1}.sample(t.op.Response))
}

// one wants a single request for a call that is answered at once.
func (t *trial) one(r *result) {
	if n := len(r.tries); n > max(1, r.order.times) {
		t.find("retry.count", "/requests", "one request for a call that succeeds", counted(n))
	}
}
