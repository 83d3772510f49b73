package suites

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/wire"
)

// setSize is how many resources the cases about listings share.
const setSize = 5

func trimID(template string) string { return strings.TrimPrefix(template, "$id:") }

// itemSet is what the shared resources look like.
type itemSet struct {
	mark wire.Params // that selects them in the listing of their kind
	ids  []string
	// items are their items in the listing of their kind.
	items []*wire.Map
}

// catalog is the set as one case sees it through the operation under test.
type catalog struct {
	*lister
	s    *plan.Session
	set  *itemSet
	own  wire.Params // a request that selects the set
	rows []*wire.Map // what it shows, each once
}

// open gives the set, made where no case has made it yet, and the request for
// it. What that shows is not known before look.
func (l *lister) open(ctx context.Context, s *plan.Session) (*catalog, error) {
	v, err := s.Share(ctx, "listing/"+l.kind.Name, l.makeSet)
	if err != nil {
		return nil, err
	}
	k := &catalog{lister: l, s: s, set: v.(*itemSet)}
	if k.own, err = s.Bind(ctx, l.base); err != nil {
		return nil, err
	}
	if l.op.Effect.Resource != "" {
		k.own = merge(k.own, k.set.mark)
		return k, nil
	}
	for i, id := range k.set.ids {
		k.own = append(k.own, wire.Param{Name: l.filters[l.own].nth(i + 1), Value: id})
	}
	return k, nil
}

// look fills in what the request for the set shows. That of a listing of
// resources is known from making them; of others it is read.
func (k *catalog) look(ctx context.Context) (err error) {
	if k.op.Effect.Resource != "" {
		k.rows = k.set.items
		return nil
	}
	k.rows, err = walkPages(ctx, k.s, &plan.Probe{Operation: k.op.Name, Params: k.own})
	return err
}

// makeSet makes the resources, side by side, and waits until they are listed.
func (l *lister) makeSet(ctx context.Context, s *plan.Session) (any, error) {
	stem, value := s.Name(), s.Name()
	made, errs := make([]*plan.Resource, setSize), make([]error, setSize)
	var all sync.WaitGroup
	for i := range setSize {
		all.Go(func() { made[i], errs[i] = s.Create(ctx, l.kind.Name, l.member(i, stem, value)) })
	}
	all.Wait()
	set := &itemSet{}
	for i, r := range made {
		if errs[i] != nil {
			return nil, errs[i]
		}
		item, found, err := s.ReadOf(ctx, r)
		if err != nil || !found {
			return nil, errOr(err, plan.Inconclusive("prepare: "+r.ID+" is not listed"))
		}
		set.ids, set.items = append(set.ids, r.ID), append(set.items, item)
	}
	tags := l.tagged(value, 1)
	for from, to := range l.mark.filter {
		text, _ := tags.Get(from)
		set.mark = append(set.mark, wire.Param{Name: to, Value: text})
	}
	slices.SortFunc(set.mark, func(a, b wire.Param) int { return strings.Compare(a.Name, b.Name) })
	return set, l.appear(ctx, s, set)
}

func errOr(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

// appear waits until the mark selects all of the set. Where it never does, the
// cases find out what is wrong.
func (l *lister) appear(ctx context.Context, s *plan.Session, set *itemSet) error {
	list := s.Contract.Operation(l.kind.List)
	params := merge(wire.Params{{Name: regionNames(list)[0], Value: s.Region}}, set.mark)
	err := s.Listed(ctx, "the marked resources to be listed", func() (bool, error) {
		items, err := walkPages(ctx, s, &plan.Probe{Operation: list.Name, Params: params})
		seen := identities(l.kind, items)
		return err == nil && !slices.ContainsFunc(set.ids, func(id string) bool { return !slices.Contains(seen, id) }), err
	})
	if reason, ok := plan.IsInconclusive(err); ok && reason != "" && ctx.Err() == nil {
		return nil
	}
	return err
}

func identities(kind *contract.Resource, items []*wire.Map) []string {
	var out []string
	for _, item := range items {
		out = append(out, check.Text(item, kind.IDMember))
	}
	return out
}

// member returns what tells member i of the set from the others, besides the
// minimal parameters: one name that begins like all others, two that have a
// thing in common, lists with one element in common, and further tags.
func (l *lister) member(i int, stem, value string) wire.Params {
	out := l.tagged(value, 1)
	if i < 3 {
		out = append(out, l.renamedTag(2, "stage", "stage-"+strconv.Itoa(i/2))...)
	}
	for _, name := range l.nameParameters() {
		now, _ := l.create.input().Minimal.Get(name)
		text := stem
		if i > 0 {
			text += "-" + string(rune('v'+i))
		}
		out = append(out, wire.Param{Name: name, Value: strings.NewReplacer("${name}", text, "$name", text).Replace(now)})
	}
	for _, e := range l.create.op.Effect.Echo {
		out = append(out, l.varied(e, i)...)
	}
	return out
}

// nameParameters are those of the creating operation whose values are unique.
func (l *lister) nameParameters() []string {
	var out []string
	for _, p := range l.create.input().Minimal {
		if strings.Contains(p.Value, "$name") || strings.Contains(p.Value, "${name}") {
			out = append(out, p.Name)
		}
	}
	return out
}

// varied returns the values of an echoed parameter for member i where they may
// differ: lists get other elements, two members name a bound thing.
func (l *lister) varied(e contract.Echo, i int) wire.Params {
	f := l.create.op.Parameter(e.Parameter)
	given := below(l.create.input().Maximal, top(e.Parameter))
	switch {
	case f == nil || len(given) == 0 || top(e.Parameter) == l.mark.group || !l.selects(e.Member):
		return nil
	case strings.HasSuffix(e.Parameter, ".N") && len(given) > 1:
		return elements(given, i)
	case f.Binding != "" && f.Binding != contract.RegionBinding && i < 2:
		return given
	}
	return nil
}

// elements gives the first, the second or both elements of a list in turn.
func elements(given wire.Params, i int) wire.Params {
	switch i % 3 {
	case 0:
		return given[:1]
	case 1:
		return wire.Params{{Name: given[0].Name, Value: given[1].Value}}
	}
	return given[:2]
}

func (l *lister) selects(member string) bool {
	list := l.b.c.Operation(l.kind.List)
	return slices.ContainsFunc(list.Effect.Filters, func(f contract.Filter) bool { return f.Member == member })
}

// tagged returns the mark of the set, as its n-th tag.
func (l *lister) tagged(value string, n int) wire.Params {
	key := ""
	for name := range l.mark.filter {
		if text, _ := l.create.input().Maximal.Get(name); name != l.mark.value {
			key = text
		}
	}
	return l.renamedTag(n, key, value)
}

// renamedTag returns the n-th tag of a creating request.
func (l *lister) renamedTag(n int, key, value string) wire.Params {
	var out wire.Params
	for name := range l.mark.filter {
		text := key
		if name == l.mark.value {
			text = value
		}
		out = append(out, wire.Param{Name: strings.Replace(name, ".1.", "."+strconv.Itoa(n)+".", 1), Value: text})
	}
	slices.SortFunc(out, func(a, b wire.Param) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// list sends a listing and returns its answer.
func (k *catalog) list(ctx context.Context, params wire.Params, o ...plan.Option) (*check.Answer, error) {
	p := &plan.Probe{Operation: k.op.Name, Params: params, Method: http.MethodPost, Scheme: wire.V1, Format: "JSON"}
	return k.s.Probe(ctx, p, append(o, plan.Bound())...)
}

// limited returns the request for pages of at most so many items.
func (k *catalog) limited(limit string) wire.Params { return set(k.own, k.op.Effect.Limit, limit) }

// identity tells one row of the listing from another: the id of a resource, or
// all of a row that has none.
func (k *catalog) identity(row *wire.Map) string {
	if k.op.Effect.Resource != "" {
		return check.Text(row, k.kind.IDMember)
	}
	var parts []string
	for _, g := range k.filters {
		for _, f := range g.members {
			parts = append(parts, strings.Join(texts(row, strings.Split(f.Member, ".")), "+"))
		}
	}
	return strings.Join(parts, " ")
}

func (k *catalog) identities(rows []*wire.Map) []string {
	out := make([]string, len(rows))
	for i, row := range rows {
		out[i] = k.identity(row)
	}
	return out
}
