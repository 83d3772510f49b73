package check

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/eci-conform/conform/internal/contract"
)

// rows finds error rows by what an answer says.
type rows struct {
	common    *table
	operation map[*contract.Operation]*table
	// gateway are the rows of the gateway, shared those of parameters and
	// tokens; both are in common.
	gateway, shared map[*contract.Error]bool
	conditions      map[string]*contract.Condition
	classes         map[string]map[string]bool // class → codes of its rows
}

// table is rows by code. A code with %s in it is a template.
type table struct {
	exact     map[string][]entry
	templates []entry
}

// entry is one documented form of a row.
type entry struct {
	row    *contract.Error
	status int
	code   string
}

func indexRows(c *contract.Contract) *rows {
	r := &rows{
		common: newTable(), operation: map[*contract.Operation]*table{},
		gateway: map[*contract.Error]bool{}, shared: map[*contract.Error]bool{},
		conditions: map[string]*contract.Condition{}, classes: map[string]map[string]bool{},
	}
	for _, condition := range c.Conditions {
		r.conditions[condition.Name] = condition
	}
	for _, e := range c.Gateway.Errors {
		r.gateway[e] = true
		r.common.add(e)
		r.classify(e)
	}
	for _, v := range c.Violations {
		r.share(v.Error)
	}
	r.share(c.Idempotency.Mismatch)
	r.share(c.Idempotency.Processing)
	for _, op := range c.Operations {
		t := newTable()
		for _, e := range op.Errors {
			t.add(e)
		}
		r.operation[op] = t
	}
	return r
}

func (r *rows) share(e *contract.Error) {
	if e == nil {
		return
	}
	r.shared[e] = true
	r.common.add(e)
}

func newTable() *table { return &table{exact: map[string][]entry{}} }

func (t *table) add(e *contract.Error) {
	t.addForm(entry{e, e.Status, e.Code})
	for _, w := range e.Wordings {
		t.addForm(entry{e, w.Status, w.Code})
	}
}

func (t *table) addForm(n entry) {
	if strings.Contains(n.code, "%s") {
		t.templates = append(t.templates, n)
		return
	}
	t.exact[n.code] = append(t.exact[n.code], n)
}

// find returns the rows with this status and code, the operation's own first,
// each once.
func (r *rows) find(op *contract.Operation, status int, code string) []*contract.Error {
	if code == "" {
		return nil
	}
	var out []*contract.Error
	if t := r.operation[op]; t != nil {
		out = t.find(out, status, code)
	}
	return r.common.find(out, status, code)
}

func (t *table) find(out []*contract.Error, status int, code string) []*contract.Error {
	for _, n := range t.exact[code] {
		out = appendRow(out, n, status)
	}
	for _, n := range t.templates {
		if formed(n.row.Match(status, code, "")) {
			out = appendRow(out, n, status)
		}
	}
	return out
}

func appendRow(out []*contract.Error, n entry, status int) []*contract.Error {
	if n.status != status || len(out) > 0 && out[len(out)-1] == n.row {
		return out
	}
	return append(out, n.row)
}

// classify notes the codes, of the row and of its other wordings, that tell
// its condition's class.
func (r *rows) classify(e *contract.Error) {
	class := r.condition(e).Class
	if r.classes[class] == nil {
		r.classes[class] = map[string]bool{}
	}
	r.classes[class][e.Code] = true
	for _, w := range e.Wordings {
		r.classes[class][w.Code] = true
	}
}

// condition is the row's condition, an empty one where it has none.
func (r *rows) condition(e *contract.Error) *contract.Condition {
	if c := r.conditions[e.Condition]; c != nil {
		return c
	}
	return &contract.Condition{}
}

// classed says whether the code is that of a gateway's row of the class.
func (r *rows) classed(class, code string) bool { return r.classes[class][code] }

// throttled says whether the request came too fast: by the status that HTTP has
// for it, or by a code of the class or one that is more special (CODE.Reason).
func (r *rows) throttled(a *Answer) bool {
	if a.Status == http.StatusTooManyRequests || r.classed(contract.ClassThrottling, a.Code) {
		return true
	}
	family, _, special := strings.Cut(a.Code, ".")
	return special && r.classed(contract.ClassThrottling, family)
}

// turnedAway says that the row refuses a request for what it comes with, or
// for the service's own trouble, rather than for what it is; so the refusal says
// nothing about it.
func (r *rows) turnedAway(e *contract.Error) bool {
	c := r.condition(e)
	return c.Kind == "service" || c.Class == contract.ClassThrottling || c.Class == contract.ClassPermission
}

// elsewhere says that every row of an answer belongs to a stage that has
// nothing to do with the row that was asked for: the request was refused, but
// not for the reason that the case is about.
func (r *rows) elsewhere(found []*contract.Error, row *contract.Error) bool {
	if len(found) == 0 || row == nil {
		return false
	}
	for _, f := range found {
		switch {
		case f == row || !r.gateway[f]:
			return false
		case r.gateway[row] && !r.turnedAway(f):
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
	rows := worded(a)
	for _, row := range rows {
		kind := j.rows.condition(row).Kind
		if !standing[kind] || slices.Contains(a.Brought, row.Condition) || j.rows.gateway[row] && !j.rows.turnedAway(row) {
			return ""
		}
	}
	return fmt.Sprintf("the target is not in a state to be judged: %s (%s)", a.Summary(), rows[0].Condition)
}

// worded are the answer's rows whose message it has, or all where none has it.
func worded(a *Answer) []*contract.Error {
	var out []*contract.Error
	for _, row := range a.Rows {
		if row.Match(a.Status, a.Code, a.Message).Whole() {
			out = append(out, row)
		}
	}
	if len(out) == 0 {
		return a.Rows
	}
	return out
}
