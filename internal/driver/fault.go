package driver

import "fmt"

// FaultKind is what a driver did wrong.
type FaultKind string

// The kinds of fault.
const (
	Died      FaultKind = "died"      // it ended, or crashed, with the call under way
	Hung      FaultKind = "hung"      // no reply came in time
	Rubbish   FaultKind = "rubbish"   // it printed what is no line of the protocol
	UnknownID FaultKind = "unknownId" // it answered a call that nobody made
	Twice     FaultKind = "twice"     // it answered a call again
	NoHello   FaultKind = "noHello"   // no handshake, or a wrong one
	Lingers   FaultKind = "lingers"   // it did not end when its input did
	Gone      FaultKind = "gone"      // it failed so often that it is not started again
)

// Fault is a departure of a driver from the protocol.
type Fault struct {
	Kind FaultKind
	// Call is the id of the call that it is about, empty where it is about
	// none or nobody knows about which.
	Call   string
	Detail string // one line, without secrets
	// Company is how many other calls were under way when the driver ended:
	// with any, the call need not be what ended it.
	Company int
}

// Error says what the driver did wrong.
func (f *Fault) Error() string {
	if f.Call == "" {
		return fmt.Sprintf("driver %s", f.Detail)
	}
	return fmt.Sprintf("driver %s (call %s)", f.Detail, f.Call)
}

// of returns the same fault about a call.
func (f *Fault) of(call string, company int) *Fault {
	out := *f
	out.Call, out.Company = call, company
	return &out
}
