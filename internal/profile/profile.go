// Package profile reads target profiles: the one YAML file that says all there
// is to know about a target.
package profile

import (
	"time"

	"github.com/eci-conform/conform/internal/contract"
)

// Profile is everything about one target.
type Profile struct {
	File        string // where it was read from
	Endpoint    string // http://HOST:PORT or https://HOST
	Region      string
	Credentials map[string]Credential // by entry; default is always there once resolved
	Bindings    map[string]string     // by wire name
	Conditions  map[string]Condition  // by the contract's condition names
	Wait        Wait
	Limits      Limits
	Baseline    string // path of the baseline, relative to the profile; empty for none

	bound map[string]contract.Place // where the bindings stand
}

// Credential is one entry of credentials: a literal key, or where to find one.
type Credential struct {
	AccessKeyID     string
	AccessKeySecret string
	SecurityToken   string
	Profile         string // a named profile of the SDK's shared credentials file
	Env             bool   // the SDK's credential chain
	Place           contract.Place
}

// Condition is how a condition of the contract is met on the target.
type Condition struct {
	Credentials string            // entry of credentials; empty for default
	Set         map[string]string // parameters by wire name
	Unavailable string            // why it cannot be met; empty where it can
	Place       contract.Place
}

// Wait is the policy of every wait for a state.
type Wait struct {
	Initial  time.Duration // before the second look
	Factor   float64       // by which each pause grows
	Cap      time.Duration // the longest pause
	Deadline time.Duration // of the whole wait
}

// Limits are what the target can bear. Zero means no limit.
type Limits struct {
	Rate         float64 // requests a second
	Concurrency  int     // cases at once
	MaxResources int     // live resources at once
}
