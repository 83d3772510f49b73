package client

import (
	"context"
	"fmt"
	"strings"

	"github.com/eci-conform/conform/internal/wire"
)

func counted(n int) string {
	if n == 1 {
		return "1 request"
	}
	return fmt.Sprintf("%d requests", n)
}

// signing: every scheme and method, with all parameters and with what is easily
// spoilt, by lasting and by temporary keys, and fresh each time.
func signing(b *builder) {
	for _, scheme := range []wire.Scheme{wire.V1, wire.ACS3} {
		for _, method := range b.op.Methods {
			o := order{scheme: scheme, method: method, input: everything(b.op.Operation, b.floor.Region)}
			b.signs(about{string(scheme), strings.ToLower(method), "signature.right", "a call with all parameters"}, o)
			o.input = spoilt(everything(b.op.Operation, b.floor.Region)).(input)
			b.signs(about{string(scheme), strings.ToLower(method) + "-reserved", "signature.right", "a call with values that are easily spoilt"}, o)
		}
		b.signs(about{string(scheme), "sts", "signature.token", "a call with a temporary key"}, order{scheme: scheme, sts: true, input: b.op.required})
		b.signs(about{string(scheme), "fresh", "signature.nonce", "three calls"}, order{scheme: scheme, times: 3, input: b.op.required})
	}
}

// spoilt replaces the texts of an input by such as are easily spoilt.
func spoilt(v any) any {
	switch v := v.(type) {
	case string:
		return reserved + foreign
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = spoilt(v[i])
		}
		return out
	case input:
		out := input{}
		for name, member := range v {
			out[name] = spoilt(member)
		}
		return out
	}
	return v
}

// signs makes a case that holds the signature and the parameters of an order.
func (b *builder) signs(a about, o order) {
	b.add(a, func(ctx context.Context, t *trial) error {
		o.answer = t.plain
		r, err := t.carry(ctx, o)
		if err != nil {
			return err
		}
		t.sent(r, 0)
		return nil
	})
}
