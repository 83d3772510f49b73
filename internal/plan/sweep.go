package plan

import (
	"context"
	"strings"
	"time"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/wire"
)

// Leftover is a resource that a run made and that is still there.
type Leftover struct {
	*Resource
	Name    string    // what shows that a run made it
	State   string    // as it is shown
	Created time.Time // zero where that is not shown
}

// madeBy begins the names of all that a run makes.
const madeBy = "conform-"

// Leftovers finds what runs have left of a kind in a region, as a key sees it.
func (s *Session) Leftovers(ctx context.Context, kind *contract.Resource, region string, key wire.Credentials) ([]Leftover, error) {
	var out []Leftover
	all := &Resource{Kind: kind, Region: region, credentials: key, owner: s.Case.ID}
	err := s.list(ctx, look{Resource: all, how: inPassing}, func(item *wire.Map) bool {
		if name := ourName(kind, item); name != "" {
			found := *all
			found.ID = check.Text(item, kind.IDMember)
			out = append(out, Leftover{&found, name, check.Text(item, kind.StateMember), created(kind, item)})
		}
		return false
	})
	return out, err
}

// ourName is the name in a list item that a run has made up; empty for none.
func ourName(kind *contract.Resource, item *wire.Map) string {
	for _, key := range item.Keys() {
		text := check.Text(item, key)
		if key != kind.IDMember && strings.HasPrefix(strings.TrimPrefix(text, "/"), madeBy) {
			return text
		}
	}
	return ""
}

// created is when a list item says that the resource was made.
func created(kind *contract.Resource, item *wire.Map) time.Time {
	if kind.Retention == nil {
		return time.Time{}
	}
	at, _ := check.Moment(check.Text(item, kind.Retention.Since))
	return at
}

// Remove deletes a leftover and waits until it is gone.
func (s *Session) Remove(ctx context.Context, l Leftover) error { return s.remove(ctx, l.Resource) }

// Before says whether the leftover was made before a moment. One that does not
// say when it was made is as old as any.
func (l Leftover) Before(t time.Time) bool { return l.Created.IsZero() || l.Created.Before(t) }
