package wire

import (
	"encoding/json"
	"math/big"
)

// maxNumber is how long a number is that NumberText reads, in bytes: an exponent
// may ask for any amount of memory.
const maxNumber = 24

// NumberText returns a whole number in plain digits, however JSON writes it: 20
// for 20, 20.0 and 2e1. Any other number stays as it is written.
func NumberText(n json.Number) string {
	text := n.String()
	if len(text) > maxNumber {
		return text
	}
	f, _, err := big.ParseFloat(text, 10, 256, big.ToNearestEven)
	if err != nil || !f.IsInt() || f.MantExp(nil) > 64 {
		return text
	}
	whole, _ := f.Int(nil)
	return whole.String()
}
