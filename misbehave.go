package conform

import "github.com/eci-conform/conform/internal/emulator"

// Script is what happens to a client's requests, step by step. Step is what
// happens to one or more of them, and Fault is in what way.
type (
	Script = emulator.Script
	Step   = emulator.Step
	Fault  = emulator.Fault
)

// The ways in which a server can fail a client.
const (
	// Honest answers as ever: a pause between faults.
	Honest = emulator.Honest
	// Throttle refuses as too fast, with Step.RetryAfter where that is set.
	Throttle = emulator.Throttle
	// ServerError is a failure inside the service, 500.
	ServerError = emulator.ServerError
	// Unavailable is a service that is down for a moment, 503.
	Unavailable = emulator.Unavailable
	// Drop closes the connection without an answer.
	Drop = emulator.Drop
	// Slow answers as ever, Step.Delay later.
	Slow = emulator.Slow
	// Truncate cuts the body in two and sends the first half.
	Truncate = emulator.Truncate
	// WrongType sends the right body under a type that is neither JSON nor XML.
	WrongType = emulator.WrongType
	// HTML sends a page for people, as a proxy in between would.
	HTML = emulator.HTML
	// Empty sends no body.
	Empty = emulator.Empty
)
