// Package rerun keeps what of a run a recording must hold so that the run can
// be judged again from it, and judges it again: each case is answered from its
// own exchanges, at the times that they had.
package rerun

import (
	"context"
	"strings"

	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/redact"
)

// PlaceOf says where in a recording the request of a run belongs.
func PlaceOf(ctx context.Context) redact.Place {
	p := plan.PlaceOf(ctx)
	return redact.Place{Track: p.Case, Role: string(p.Role), Lane: p.Lane, Lent: format(p.Lent)}
}

func format(lent []plan.Loan) string {
	var b strings.Builder
	for i, l := range lent {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(l.Kind + ":" + l.ID + "@" + l.Region)
	}
	return b.String()
}

// parse reads what format wrote, and is false for anything else.
func parse(text string) ([]plan.Loan, bool) {
	var out []plan.Loan
	for part := range strings.SplitSeq(text, ",") {
		kind, rest, named := strings.Cut(part, ":")
		at := strings.LastIndexByte(rest, '@')
		if !named || at < 0 {
			return nil, text == ""
		}
		out = append(out, plan.Loan{Kind: kind, ID: rest[:at], Region: rest[at+1:]})
	}
	return out, true
}
