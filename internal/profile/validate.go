package profile

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/nearest"
	"github.com/eci-conform/conform/internal/wire"
)

// Validate holds the profile against the contract: names of conditions, and
// wire names of bindings. All errors come at once, each with file:line and the
// nearest known name.
func (p *Profile) Validate(c *contract.Contract) error {
	known := make([]string, 0, len(c.Conditions))
	for _, condition := range c.Conditions {
		known = append(known, condition.Name)
	}
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(p.Conditions)) {
		if !slices.Contains(known, name) {
			errs = append(errs, fmt.Errorf("%s: conditions: unknown condition %q; %s",
				p.Conditions[name].Place, name, hint(name, known)))
		}
		errs = append(errs, p.checkSet(c, name)...)
	}
	return errors.Join(append(errs, p.checkBindings(c)...)...)
}

// checkSet finds parameters of a condition that are known by another spelling.
// What nobody knows may be what the condition is about.
func (p *Profile) checkSet(c *contract.Contract, condition string) []error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(p.Conditions[condition].Set)) {
		if slices.ContainsFunc(c.Operations, func(op *contract.Operation) bool { return takes(op, name) }) {
			continue
		}
		if meant := spelled(c, name); meant != "" {
			errs = append(errs, fmt.Errorf("%s: conditions.%s.set: no operation has a parameter %q, did you mean %q?",
				p.Conditions[condition].Place, condition, name, meant))
		}
	}
	return errs
}

// spelled returns the parameter that differs from the name in case alone.
func spelled(c *contract.Contract, name string) string {
	path := contract.Generic(name)
	for _, op := range c.Operations {
		for _, f := range op.Leaves() {
			if strings.EqualFold(f.Path, path) {
				return f.Path
			}
		}
	}
	return ""
}

// checkBindings finds bindings that no operation has a parameter for.
func (p *Profile) checkBindings(c *contract.Contract) []error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(p.Bindings)) {
		takes := func(op *contract.Operation) bool { return takes(op, name) }
		if !slices.ContainsFunc(c.Operations, takes) {
			errs = append(errs, fmt.Errorf("%s: bindings: no operation has a parameter %q; %s", p.bound[name], name, hint(name, bindable(c))))
		}
	}
	return errs
}

// takes says whether the operation has a parameter of the wire name: a value, or
// a key of a map.
func takes(op *contract.Operation, name string) bool {
	path := contract.Generic(name)
	if f := op.Parameter(path); f != nil {
		return f.Type != contract.Object && f.Type != contract.Array && f.Type != contract.Map
	}
	i := strings.LastIndexByte(path, '.')
	if i < 0 {
		return false
	}
	f := op.Parameter(path[:i])
	return f != nil && f.Type == contract.Map
}

// bindable are the wire names that a real thing is most often bound to.
func bindable(c *contract.Contract) []string {
	var out []string
	for _, op := range c.Operations {
		for _, f := range op.Leaves() {
			name := strings.ReplaceAll(f.Path, ".N", ".1")
			if f.Binding != "" && !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	return out
}

// Lookups resolve credentials that the profile does not hold itself. A nil
// function means that there is no such source.
type Lookups struct {
	// Profile reads a named profile of the SDK's shared credentials file.
	Profile func(name string) (wire.Credentials, error)
	// Env asks the SDK's credential chain.
	Env func() (wire.Credentials, error)
}

// Resolve returns the credentials by entry. Its errors name the entry and its
// place and hold no secret.
func (p *Profile) Resolve(l Lookups) (map[string]wire.Credentials, error) {
	out := make(map[string]wire.Credentials, len(p.Credentials))
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(p.Credentials)) {
		c := p.Credentials[name]
		resolved, err := c.resolve(l)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: credentials.%s: %w", c.Place, name, err))
			continue
		}
		out[name] = resolved
	}
	return out, errors.Join(errs...)
}

func (c Credential) resolve(l Lookups) (wire.Credentials, error) {
	switch {
	case c.Profile != "" && l.Profile != nil:
		return l.Profile(c.Profile)
	case c.Env && l.Env != nil:
		return l.Env()
	case c.Profile != "" || c.Env:
		return wire.Credentials{}, errors.New("no credential chain here: want accessKeyId and accessKeySecret")
	}
	return wire.Credentials{
		AccessKeyID:     c.AccessKeyID,
		AccessKeySecret: c.AccessKeySecret,
		SecurityToken:   c.SecurityToken,
	}, nil
}

// String returns the id or where the key comes from, never the secret.
func (c Credential) String() string {
	return cmp.Or(c.AccessKeyID, c.Profile, "env")
}

// GoString is String, so that no format verb prints the secret.
func (c Credential) GoString() string { return "profile.Credential{" + c.String() + "}" }

// hint names the known names that are spelled most like s.
func hint(s string, known []string) string {
	if len(known) == 0 {
		return "there are none"
	}
	return "nearest: " + strings.Join(nearest.Names(s, known, 3), ", ")
}
