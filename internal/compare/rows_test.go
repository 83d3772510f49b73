package compare

import "testing"

// Two answers of one row are alike, whichever of its texts each has: the rows of
// tokens and of bad parameters are rows like any other.
func TestWordsOfOneRow(t *testing.T) {
	t.Parallel()
	says := func(status int, code, message string) Answer {
		return failed(status, `{"Code":"`+code+`","Message":"`+message+`"}`)
	}
	const updated, used, mine = "The request is retried with updated parameters.", "The specified clientToken is used.", "No such thing."
	answers(t, map[string]pairing{
		"of a token":           {op: creation, a: says(400, "IdempotentParameterMismatch", updated), b: says(400, "IdempotentParameterMismatch", used)},
		"of none":              {op: creation, a: says(400, "IdempotentParameterMismatch", updated), b: says(400, "IdempotentParameterMismatch", mine), want: []seen{{Value, "/Message"}}},
		"of a bad parameter":   {op: creation, a: says(404, "InvalidParameter.NotFound", "a"), b: says(404, "InvalidParameter.NotFound", "b")},
		"of the gateway":       {op: "Unheard", a: says(400, "Throttling", "Request was denied due to request throttling."), b: says(400, "Throttling", "Request was denied due to flow control.")},
		"of another operation": {op: list, a: says(400, "NoNeedUpdate", updated), b: says(400, "NoNeedUpdate", used), want: []seen{{Value, "/Message"}}},
	})
}
