package check

import (
	"fmt"
	"slices"

	"github.com/eci-conform/conform/internal/contract"
)

// condition is the row's condition, an empty one where it has none.
func (j *Judge) condition(e *contract.Error) *contract.Condition {
	if c := j.contract.Condition(e.Condition); c != nil {
		return c
	}
	return &contract.Condition{}
}

// gateway says whether the row is one of the gateway's.
func (j *Judge) gateway(e *contract.Error) bool { return slices.Contains(j.contract.Gateway.Errors, e) }

// turnedAway says that the row refuses a request for what it comes with, or
// for the service's own trouble, rather than for what it is; so the refusal says
// nothing about it.
func (j *Judge) turnedAway(e *contract.Error) bool {
	c := j.condition(e)
	return c.Kind == "service" || c.Class == contract.ClassThrottling || c.Class == contract.ClassPermission
}

// elsewhere says that every row of an answer belongs to a stage that has
// nothing to do with the row that was asked for: the request was refused, but
// not for the reason that the case is about.
func (j *Judge) elsewhere(found []*contract.Error, row *contract.Error) bool {
	if len(found) == 0 || row == nil {
		return false
	}
	for _, f := range found {
		switch {
		case f == row || !j.gateway(f):
			return false
		case j.gateway(row) && !j.turnedAway(f):
			return false
		}
	}
	return true
}

// standing are the kinds of conditions that a request meets rather than causes.
var standing = map[string]bool{"account": true, "world": true, "service": true}

// Unfit says why the refusal of a valid request tells of the target's standing
// and not of the request: its row is one of account, world or service that the
// case did not ask for. Empty means that the refusal counts. A row that the
// gateway gives counts unless it turns away whatever comes; and a server error
// is none of these, for nothing excuses one.
func (j *Judge) Unfit(a *Answer) string {
	if a.Status < 400 || a.Status > 499 || len(a.Rows) == 0 {
		return ""
	}
	rows := contract.Worded(a.Rows, a.Status, a.Code, a.Message)
	for _, row := range rows {
		kind := j.condition(row).Kind
		if !standing[kind] || slices.Contains(a.Brought, row.Condition) || j.gateway(row) && !j.turnedAway(row) {
			return ""
		}
	}
	return fmt.Sprintf("the target is not in a state to be judged: %s (%s)", a.Summary(), rows[0].Condition)
}
