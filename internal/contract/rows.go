package contract

import (
	"net/http"
	"slices"
	"strings"
)

// RowsFor returns the rows that may answer a request for the operation: those of
// its own table first, and then those that all operations share, of the gateway,
// of bad parameters and of tokens. nil stands for an operation that the contract
// does not know, which the shared ones answer. The list is the caller's.
func (c *Contract) RowsFor(op *Operation) []*Error {
	var out []*Error
	if op != nil {
		out = slices.Clone(op.Errors)
	}
	out = append(out, c.Gateway.Errors...)
	for _, v := range c.Violations {
		out = append(out, v.Error)
	}
	for _, row := range []*Error{c.Idempotency.Mismatch, c.Idempotency.Processing} {
		if row != nil {
			out = append(out, row)
		}
	}
	return out
}

// Rows returns all rows of the contract: the shared ones, and those of each
// operation's own table. The list is the caller's.
func (c *Contract) Rows() []*Error {
	out := c.RowsFor(nil)
	for _, op := range c.Operations {
		out = append(out, op.Errors...)
	}
	return out
}

// RowsLike returns the rows that may answer the operation and have this status
// and code in one of their forms: those that spell the code out ahead of those
// that it fits with a name filled in, and of either the operation's own first.
func (c *Contract) RowsLike(op *Operation, status int, code string) []*Error {
	var spelt, filled []*Error
	for _, row := range c.RowsFor(op) {
		switch {
		case row.has(status, func(form string) bool { return form == code }):
			spelt = append(spelt, row)
		case row.has(status, func(form string) bool { return fits(form, code) }):
			filled = append(filled, row)
		}
	}
	return append(spelt, filled...)
}

// has says whether a form of the row has the status and such a code.
func (e *Error) has(status int, code func(form string) bool) bool {
	return e.Status == status && code(e.Code) ||
		slices.ContainsFunc(e.Wordings, func(w Wording) bool { return w.Status == status && code(w.Code) })
}

// Worded returns those of the rows that have the answer's message beside its
// status and code, or all where none has.
func Worded(rows []*Error, status int, code, message string) []*Error {
	var out []*Error
	for _, row := range rows {
		if row.Match(status, code, message).Whole() {
			out = append(out, row)
		}
	}
	if len(out) == 0 {
		return rows
	}
	return out
}

// Class returns the class of the row's condition, empty for none. The row that
// answers a token whose first request is still at work is one of ClassBusy
// whatever its condition.
func (c *Contract) Class(row *Error) string {
	if condition := c.Condition(row.Condition); condition != nil && condition.Class != "" {
		return condition.Class
	}
	if row == c.Idempotency.Processing {
		return ClassBusy
	}
	return ""
}

// RowOf returns the first row of the operation's table whose condition is of
// the class, or nil.
func (c *Contract) RowOf(o *Operation, class string) *Error {
	for _, row := range o.Errors {
		if c.Class(row) == class {
			return row
		}
	}
	return nil
}

// GatewayRefuses reports whether the code is that of a row of the gateway, in any
// of its forms, whose condition is of the class.
func (c *Contract) GatewayRefuses(class, code string) bool {
	return slices.ContainsFunc(c.Gateway.Errors, func(row *Error) bool {
		return c.Class(row) == class &&
			(row.Code == code || slices.ContainsFunc(row.Wordings, func(w Wording) bool { return w.Code == code }))
	})
}

// Throttled reports whether an answer turns its request away for coming too
// fast: by the status that HTTP has for it, or by a code of ClassThrottling or
// one that is more special (CODE.Reason).
func (c *Contract) Throttled(status int, code string) bool {
	if status == http.StatusTooManyRequests {
		return true
	}
	family, _, _ := strings.Cut(code, ".")
	return c.GatewayRefuses(ClassThrottling, code) || c.GatewayRefuses(ClassThrottling, family)
}
