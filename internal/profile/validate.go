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

// Validate holds the profile against the contract: condition names. All errors
// come at once, each with file:line and the nearest known name.
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
	}
	return errors.Join(errs...)
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
