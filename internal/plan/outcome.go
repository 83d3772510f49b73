package plan

import (
	"errors"
	"fmt"
)

// outcome ends a case early without a fault of the harness.
type outcome struct {
	reason  string
	skip    bool
	timeout bool
	over    bool // a wait ran out, be it given up early
	cause   error
}

func (o *outcome) Error() string { return o.reason }
func (o *outcome) Unwrap() error { return o.cause }

// Skip ends a case that does not apply to the target.
func Skip(reason string) error { return &outcome{reason: reason, skip: true} }

// Inconclusive ends a case that could not be judged.
func Inconclusive(reason string) error { return &outcome{reason: reason} }

// IsSkip returns the reason of a Skip in err's chain.
func IsSkip(err error) (reason string, ok bool) {
	o, ok := errors.AsType[*outcome](err)
	if !ok || !o.skip {
		return "", false
	}
	return err.Error(), true
}

// IsInconclusive returns the reason of an Inconclusive in err's chain.
func IsInconclusive(err error) (reason string, ok bool) {
	o, ok := errors.AsType[*outcome](err)
	if !ok || o.skip {
		return "", false
	}
	return err.Error(), true
}

// IsTimeout says whether err is that Eventually ran out of time.
func IsTimeout(err error) bool {
	o, ok := errors.AsType[*outcome](err)
	return ok && o.timeout
}

// isOver says whether err is that a wait ran out, or was given up early.
func isOver(err error) bool {
	o, ok := errors.AsType[*outcome](err)
	return ok && o.over
}

// Unmet says which of the case's needs the target does not meet, empty when it
// meets all.
func (e *Environment) Unmet(n Needs) string {
	for _, name := range n.Credentials {
		if _, ok := e.Credentials[name]; !ok {
			return fmt.Sprintf("the profile has no credentials %q", name)
		}
	}
	for _, name := range n.Bindings {
		if _, ok := e.Bindings[name]; !ok {
			return fmt.Sprintf("the profile has no binding for %s", name)
		}
	}
	for _, name := range n.Conditions {
		if c, ok := e.Conditions[name]; !ok || c.Unavailable != "" {
			return unmet(name, c)
		}
	}
	return ""
}

// Unmet says which of the needs the target does not meet, empty when it meets
// all.
func (s *Session) Unmet(n Needs) string { return s.env.Unmet(n) }

func unmet(name string, c Condition) string {
	if c.Unavailable != "" {
		return fmt.Sprintf("condition %s cannot be met: %s", name, c.Unavailable)
	}
	return fmt.Sprintf("the profile does not say how to meet condition %s", name)
}
