package client

import (
	"context"
	"encoding/json"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/wire"
)

// deserialisation: every member of an answer reaches the user, and what is
// absent, empty or new does no harm.
func deserialisation(b *builder) {
	response := b.op.Response
	for _, format := range []string{formatJSON, formatXML} {
		b.reads(about{subject: format, variant: "every", keyword: "response.values"}, format, taste{listed: listed}.sample(response))
	}
	values := func(subject, variant string, like taste) {
		b.reads(about{subject: subject, variant: variant, keyword: "response.values"}, "", like.sample(response))
	}
	values("body", "one", taste{listed: 1})
	values("body", "emptyLists", taste{})
	values("body", "unicode", taste{listed: 1, text: reserved + foreign})
	if anyField(response, func(f *contract.Field) bool { return f.Type == contract.Integer && f.Maximum == nil }) {
		values("body", "largeIntegers", taste{listed: 1, large: true})
	}
	if anyField(response, func(f *contract.Field) bool { return f.Class == contract.ClassTime }) {
		values("time", "minutes", taste{listed: 1, time: "2026-01-02T03:04Z"})
		values("time", "seconds", taste{listed: 1, time: "2026-01-02T03:04:05Z"})
	}
	b.reads(about{subject: "body", variant: "minimal", keyword: "response.absent"}, "", taste{minimal: true}.sample(response))
	b.reads(about{subject: "body", variant: "nulls", keyword: "response.null"}, formatJSON, taste{nulls: true}.sample(response))
	b.unknown(response)
}

func anyField(f *contract.Field, is func(*contract.Field) bool) bool {
	for _, leaf := range f.Leaves() {
		if is(leaf) {
			return true
		}
	}
	return false
}

// reads makes a case that answers the body and holds the result against it.
func (b *builder) reads(a about, format string, body any) {
	a.does = "a call that is answered by such a body"
	b.add(a, func(ctx context.Context, t *trial) error {
		r, err := t.carry(ctx, order{
			input: t.op.required, format: format,
			answer: func(_ int, try *Try) Reaction { return success(try, body) },
		})
		if err != nil {
			return err
		}
		if t.succeeded(r, a.keyword) {
			t.values(r, body)
		}
		return nil
	})
}

// unknown answers with members that no client knows.
func (b *builder) unknown(response *contract.Field) {
	body, ok := taste{listed: 1}.sample(response).(*wire.Map)
	if !ok {
		return
	}
	known := taste{listed: 1}.sample(response)
	more := &wire.Map{}
	more.Set("Deep", []any{json.Number("1"), "two"})
	body.Set("NewMember", "new")
	body.Set("NewStruct", more)
	b.add(about{"body", "unknownMembers", "response.unknown", "a call that is answered with members of a later version"}, func(ctx context.Context, t *trial) error {
		r, err := t.carry(ctx, order{input: t.op.required, answer: func(_ int, try *Try) Reaction { return success(try, body) }})
		if err != nil || !t.succeeded(r, "response.unknown") {
			return err
		}
		out := &wire.Map{} // the new ones may be kept or not
		for _, key := range r.reply().Output.Keys() {
			if _, later := body.Get(key); !later || key != "NewMember" && key != "NewStruct" {
				v, _ := r.reply().Output.Get(key)
				out.Set(key, v)
			}
		}
		r.replies[0].Output = out
		t.values(r, known)
		return nil
	})
}
