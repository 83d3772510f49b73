package profile

import (
	"encoding/json"
	"fmt"
	"maps"

	"github.com/eci-conform/conform/internal/wire"
)

// hidden stands in a Public profile where something secret stood.
const hidden = "REDACTED"

// Public is the profile in one line that Load reads, without what is secret in
// it: to be kept with what was recorded of the target. keys are written in the
// place of its own, so they must open nothing; secret says which parameters
// are.
func (p *Profile) Public(keys map[string]wire.Credentials, secret func(parameter string) bool) (string, error) {
	text, err := json.Marshal(map[string]any{
		"endpoint": p.Endpoint, "region": p.Region, "credentials": credentials(keys),
		"bindings": open(p.Bindings, secret), "conditions": p.openConditions(secret),
		"wait": map[string]any{
			"initial": p.Wait.Initial.String(), "factor": p.Wait.Factor, "cap": p.Wait.Cap.String(), "deadline": p.Wait.Deadline.String(),
		},
	})
	if err != nil {
		return "", fmt.Errorf("write profile %s: %w", p.File, err)
	}
	return string(text), nil
}

func credentials(keys map[string]wire.Credentials) map[string]any {
	out := map[string]any{}
	for name, c := range keys {
		key := map[string]any{"accessKeyId": c.AccessKeyID, "accessKeySecret": c.AccessKeySecret}
		if c.SecurityToken != "" {
			key["securityToken"] = c.SecurityToken
		}
		out[name] = key
	}
	return out
}

func open(values map[string]string, secret func(string) bool) map[string]string {
	out := map[string]string{} // not nil, which would be no mapping
	maps.Copy(out, values)
	for name := range out {
		if secret(name) {
			out[name] = hidden
		}
	}
	return out
}

func (p *Profile) openConditions(secret func(string) bool) map[string]any {
	out := map[string]any{}
	for name, c := range p.Conditions {
		how := map[string]any{}
		if c.Credentials != "" {
			how["credentials"] = c.Credentials
		}
		if len(c.Set) > 0 {
			how["set"] = open(c.Set, secret)
		}
		if c.Unavailable != "" {
			how["unavailable"] = c.Unavailable
		}
		out[name] = how
	}
	return out
}
