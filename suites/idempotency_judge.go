package suites

import (
	"context"
	"slices"
	"strings"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/wire"
)

// accepted holds that an answer is a success, and reports whether it is.
func (d *deed) accepted(a *check.Answer) bool {
	d.s.Find(d.s.Judge.Accepted(a, d.clause)...)
	return a.OK
}

// acceptedOrRefused holds that an answer is no failure of the target, and
// reports whether it is a success.
func (d *deed) acceptedOrRefused(a *check.Answer) bool {
	if a.Status >= 500 {
		return d.accepted(a)
	}
	return a.OK
}

// same holds an answer against the first one: all members that the contract
// knows but those that every answer has for itself.
func (d *deed) same(a *check.Answer) {
	before, _ := d.answer.Body.(*wire.Map)
	after, _ := a.Body.(*wire.Map)
	if before == nil || after == nil || d.op.Response == nil {
		return
	}
	for _, m := range d.op.Response.Members {
		if own := d.c.Envelope.Error; own != nil && own.Find(m.Name) != nil {
			continue
		}
		had, _ := before.Get(m.Name)
		has, _ := after.Get(m.Name)
		if _, same := wire.Equal(had, has); !same {
			d.s.Find(check.Found(d.clause, "/body/"+m.Name, "as in the first answer: "+valueText(had), valueText(has)))
		}
	}
}

func valueText(v any) string {
	if v == nil {
		return "nothing"
	}
	return string(wire.EncodeJSON(v))
}

// unchanged holds that what can be seen is as before.
func (d *deed) unchanged(ctx context.Context, before []string) error {
	return d.still(ctx, before, d.see)
}

// still holds that what can be seen, the way that see does it, is as before.
func (d *deed) still(ctx context.Context, before []string, see func(context.Context) ([]string, error)) error {
	if err := d.rest(ctx); err != nil {
		return err
	}
	after, err := see(ctx)
	if err == nil && !slices.Equal(before, after) {
		d.s.Find(check.Found(d.clause, "/body", "nothing done: "+seenText(before), seenText(after)))
	}
	return err
}

// rest waits until the subject, if it is still there, is at work no more.
func (d *deed) rest(ctx context.Context) error {
	if d.op.Effect.Kind != "update" {
		return nil
	}
	_, err := d.s.UsableOf(ctx, d.subject)
	return err
}

func seenText(texts []string) string {
	if len(texts) == 0 {
		return "nothing"
	}
	return strings.Join(texts, ", ")
}

// two holds that both requests made something.
func (d *deed) two(ctx context.Context, second *check.Answer) error {
	one, other := d.idIn(d.answer), d.idIn(second)
	if one == other {
		d.foundID(one, other)
		return nil
	}
	return d.shows(ctx, "both "+one+" and "+other, func(seen []string) bool {
		return slices.Contains(seen, one) && slices.Contains(seen, other)
	})
}

// idIn is the id of what the answer says was made.
func (d *deed) idIn(a *check.Answer) string {
	id, _ := memberText(a.Body, d.op.Effect.ID)
	return id
}

// foundID finds that an answer does not tell of another one than the first.
func (d *deed) foundID(was, is string) {
	d.s.Find(check.Found(d.clause, "/body/"+d.op.Effect.ID, "another one than "+was, is))
}

// shows holds that something can be seen in the end. What is written to a
// resource can be read once that is usable again; what comes or goes may take
// its time.
func (d *deed) shows(ctx context.Context, what string, f func([]string) bool) error {
	if kind := d.op.Effect.Kind; kind == "update" || kind == "untag" {
		return d.showsNow(ctx, what, f)
	}
	var last []string
	ok, err := d.s.Shows(ctx, what, func() (done bool, err error) {
		last, err = d.see(ctx)
		return err == nil && f(last), err
	})
	if err == nil && !ok {
		d.s.Find(check.Found(d.clause, "/body", what, seenText(last)))
	}
	return err
}

func (d *deed) showsNow(ctx context.Context, what string, f func([]string) bool) error {
	if err := d.rest(ctx); err != nil {
		return err
	}
	seen, err := d.see(ctx)
	if err == nil && !f(seen) {
		d.s.Find(check.Found(d.clause, "/body", what, seenText(seen)))
	}
	return err
}
