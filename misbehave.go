package conform

import "github.com/eci-conform/conform/internal/emulator"

// Script is what happens to a client's requests: its Steps, in order, and all
// over again where Repeat is true.
type Script = emulator.Script

// Step is what happens to one or more requests: a Fault, to requests for one
// Operation or for any where that is empty. It happens Times times; zero means
// once, less than zero to all that come. Late does the work first and loses
// only the answer. RetryAfter is how long Throttle tells the client to wait, in
// whole milliseconds; Delay is how long Slow waits, a minute at most.
type Step = emulator.Step

// Fault is one way in which a server can fail a client: one of the constants.
type Fault = emulator.Fault

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
