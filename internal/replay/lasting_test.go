package replay

import "testing"

// What is asked more often than it was is answered by how things were seen
// last, not by a fault that happened to come after.
func TestAFaultDoesNotLast(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		lines []line
		want  string
	}{
		{"an answer, a fault", []line{{ask: byID}, {ask: byID, status: 503, answer: `"Code":"ServiceUnavailable"`}}, "ABAA"},
		{"an answer, a lost one", []line{{ask: byID}, {ask: byID, status: -1}}, "AxAA"},
		{"two answers", []line{{ask: byID}, {ask: byID}}, "ABBB"},
		{"nothing but a refusal", []line{{ask: byID, status: 400, answer: `"Code":"InvalidParameter"`}}, "AAAA"},
	} {
		p, err := New(written(tc.lines...), Options{Contract: theContract(t)})
		if err != nil {
			t.Fatal(err)
		}
		if got := told(t, p, byID, byID, byID, byID); got != tc.want {
			t.Errorf("%s: answers %s, want %s", tc.name, got, tc.want)
		}
	}
}
