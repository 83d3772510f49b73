// Package check judges exchanges against the contract. It is pure: it sends
// nothing, waits for nothing and knows no target. What departs from the
// contract is a Finding, which is data; an error means that no judgement could
// be made.
package check

import "github.com/eci-conform/conform/internal/contract"

// Finding is one departure from the contract.
type Finding struct {
	Clause  string         // id of the clause that is broken
	Level   contract.Level // of that clause
	Pointer string         // where in the answer: /status, /header/Content-Type, /body/ImageCaches/0/Status
	Want    string
	Got     string
}
