package run

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/wire"
)

// preflightTime is how long Preflight may take altogether.
const preflightTime = 4500 * time.Millisecond

// Preflight sends one signed request that changes nothing and says within five
// seconds whether there is a target to judge. Its errors wrap ErrUnreachable or
// ErrCredentials, or ctx's cause.
func Preflight(ctx context.Context, o Options) error {
	op := regionsOperation(o.Contract)
	if op == nil {
		return fmt.Errorf("preflight %s: the contract has no operation that lists regions", o.Profile.Endpoint)
	}
	limited, cancel := context.WithTimeout(ctx, preflightTime)
	defer cancel()
	o = o.withDefaults()
	env := plan.NewEnvironment(o.target(nil))
	s := env.Session(&plan.Case{ID: "run/preflight"})
	p := &plan.Probe{Operation: op.Name, Params: requiredRegion(op, o.Profile.Region), Method: http.MethodPost}
	a, err := s.Probe(limited, p, plan.Bound(), plan.Throttling())
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("preflight %s: %w", o.Profile.Endpoint, context.Cause(ctx))
	case limited.Err() != nil:
		return fmt.Errorf("preflight %s: %w: no answer in %v", o.Profile.Endpoint, ErrUnreachable, preflightTime)
	case err != nil:
		return fmt.Errorf("preflight %s: %w: %s", o.Profile.Endpoint, ErrUnreachable, o.Redactor.String(err.Error()))
	}
	return refused(o.Profile.Endpoint, a)
}

func regionsOperation(c *contract.Contract) *contract.Operation {
	for _, op := range c.Operations {
		if op.Effect.Kind == "regions" {
			return op
		}
	}
	return nil
}

// requiredRegion fills in what the operation cannot do without.
func requiredRegion(op *contract.Operation, region string) wire.Params {
	var out wire.Params
	for _, f := range op.Parameters {
		if f.Required && f.Binding == "region" {
			out = append(out, wire.Param{Name: f.Name, Value: region})
		}
	}
	return out
}

// keyConditions are the conditions of a request whose key or clock the target
// does not accept: every case would end the same way.
var keyConditions = map[string]bool{
	"request.unknownAccessKey": true, "account.keyDisabled": true,
	"request.missingSecurityToken": true, "request.malformedSecurityToken": true,
	"request.expiredSecurityToken": true, "request.foreignSecurityToken": true,
	"request.wrongSignature": true, "request.wrongSignatureAcs3": true, "request.incompleteSignature": true,
	"request.expiredTimestamp": true,
}

// refused says whether the answer means that nothing can be judged. All else
// that may be wrong with it is for the cases to find.
func refused(endpoint string, a *check.Answer) error {
	if a.Status == http.StatusUnauthorized {
		return fmt.Errorf("preflight %s: %w: %s", endpoint, ErrCredentials, a.Summary())
	}
	for _, row := range a.Rows {
		if keyConditions[row.Condition] {
			return fmt.Errorf("preflight %s: %w: %d %s", endpoint, ErrCredentials, a.Status, a.Code)
		}
	}
	body, _ := a.Body.(*wire.Map) // a page may read as XML
	if _, ok := body.Get("RequestId"); !ok && a.Exchange.RespHeader.Get("X-Acs-Request-Id") == "" && isPage(a) {
		return fmt.Errorf("preflight %s: %w: it answers %d with a web page", endpoint, ErrUnreachable, a.Status)
	}
	return nil
}

// isPage says whether the answer is a page for people: what listens there is
// another kind of server.
func isPage(a *check.Answer) bool {
	return strings.HasPrefix(a.Exchange.RespHeader.Get("Content-Type"), "text/html")
}
