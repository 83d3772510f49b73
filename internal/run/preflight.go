package run

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/profile"
	"github.com/eci-conform/conform/internal/wire"
)

// preflightTime is how long Preflight may take altogether.
const preflightTime = 4500 * time.Millisecond

// Preflight sends one signed request that changes nothing and says within five
// seconds whether there is a target to judge. Its errors wrap ErrUnreachable,
// ErrCredentials or ErrRegion, or ctx's cause. A panic ends as an error that
// wraps ErrPanic.
func Preflight(ctx context.Context, o Options) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", ErrPanic, p)
		}
		if err != nil {
			err = fmt.Errorf("preflight %s: %w", o.Profile.Endpoint, err)
		}
	}()
	op := regionsOperation(o.Contract)
	if op == nil {
		return errors.New("the contract has no operation that lists regions")
	}
	a, err := knock(ctx, o, op)
	if err != nil {
		return err
	}
	if err := refused(o.Contract, a); err != nil {
		return err
	}
	return elsewhere(op, a, o.Profile.Region)
}

// knock sends the request and returns its answer.
func knock(ctx context.Context, o Options, op *contract.Operation) (*check.Answer, error) {
	limited, cancel := context.WithTimeout(ctx, preflightTime)
	defer cancel()
	o = o.withDefaults()
	o.Run = NameAt(o.Clock(), ^o.Seed) // whose nonces are not the run's
	env := plan.NewEnvironment(o.target(nil))
	s := env.Session(&plan.Case{ID: "run/preflight"})
	p := &plan.Probe{Operation: op.Name, Params: requiredRegion(op, o.Profile.Region), Method: http.MethodPost}
	a, err := s.Probe(limited, p, plan.Bound(), plan.Throttling())
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case limited.Err() != nil:
		return nil, fmt.Errorf("%w: no answer in %v", ErrUnreachable, preflightTime)
	case err != nil:
		return nil, fmt.Errorf("%w: %s", ErrUnreachable, o.Redactor.String(err.Error()))
	}
	return a, nil
}

func regionsOperation(c *contract.Contract) *contract.Operation {
	for _, op := range c.Operations {
		if op.Effect.Kind == contract.ListsRegions {
			return op
		}
	}
	return nil
}

// elsewhere says that the target has no such region. A target that lists none
// has not said so: its answer is for the cases to judge.
func elsewhere(op *contract.Operation, a *check.Answer, region string) error {
	known := regionsIn(op, a)
	if len(known) == 0 || slices.Contains(known, region) {
		return nil
	}
	slices.Sort(known)
	return fmt.Errorf("%w %q: it has %s", ErrRegion, region, strings.Join(known, ", "))
}

// regionsIn are the ids of the regions that the answer lists: the member of each
// item that is named like the parameter which a region is bound to.
func regionsIn(op *contract.Operation, a *check.Answer) []string {
	if !a.OK {
		return nil
	}
	at := slices.IndexFunc(op.Parameters, func(f *contract.Field) bool { return f.Binding == contract.RegionBinding })
	items, _ := check.Lookup(a.Body, "/"+op.Effect.Items)
	list, ok := items.([]any)
	if !ok || at < 0 {
		return nil
	}
	var out []string
	for _, item := range list {
		m, _ := item.(*wire.Map)
		if id := check.Text(m, op.Parameters[at].Name); id != "" && profile.IsKey(id) && len(id) <= maxRegion {
			out = append(out, id)
		}
		if len(out) == maxRegions {
			break
		}
	}
	return out
}

// Bounds of what is said about the regions of a target.
const (
	maxRegion  = 64  // characters of an id
	maxRegions = 100 // ids
)

// requiredRegion fills in what the operation cannot do without.
func requiredRegion(op *contract.Operation, region string) wire.Params {
	var out wire.Params
	for _, f := range op.Parameters {
		if f.Required && f.Binding == contract.RegionBinding {
			out = append(out, wire.Param{Name: f.Name, Value: region})
		}
	}
	return out
}

// refused says whether the answer means that nothing can be judged: whoever
// signs is not let in, so every case would end the same way. All else that may
// be wrong with it is for the cases to find.
func refused(c *contract.Contract, a *check.Answer) error {
	if a.Status == http.StatusUnauthorized {
		return fmt.Errorf("%w: %s", ErrCredentials, a.Summary())
	}
	for _, row := range a.Rows {
		condition := c.Condition(row.Condition)
		if condition != nil && (condition.Class == contract.ClassKey || condition.Class == contract.ClassSignature) {
			return fmt.Errorf("%w: %d %s%s", ErrCredentials, a.Status, a.Code, clocks(a.Exchange))
		}
	}
	body, _ := a.Body.(*wire.Map) // a page may read as XML
	if _, ok := body.Get("RequestId"); !ok && a.Exchange.RespHeader.Get("X-Acs-Request-Id") == "" && isPage(a) {
		return fmt.Errorf("%w: it answers %d with a web page", ErrUnreachable, a.Status)
	}
	return nil
}

// clocks says how far the target's clock is from ours, where that may be why a
// request is refused.
func clocks(x *wire.Exchange) string {
	date, err := http.ParseTime(x.RespHeader.Get("Date"))
	ahead := date.Sub(x.Start.Add(x.Duration)).Round(time.Second)
	switch {
	case err != nil || ahead.Abs() < time.Minute:
		return ""
	case ahead < 0:
		return fmt.Sprintf("; its clock is %v behind ours", -ahead)
	}
	return fmt.Sprintf("; its clock is %v ahead of ours", ahead)
}

// isPage says whether the answer is a page for people: what listens there is
// another kind of server.
func isPage(a *check.Answer) bool {
	return strings.HasPrefix(a.Exchange.RespHeader.Get("Content-Type"), "text/html")
}
