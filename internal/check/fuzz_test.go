package check

import (
	"testing"
	"unicode/utf8"
)

// FuzzAnswer looks for an answer that cannot be judged: whatever a target
// sends, there is an Answer, its findings are complete and fit to be printed.
func FuzzAnswer(f *testing.F) {
	for _, body := range []string{goodJSON, goodXML, refusedJSON, refusedXML, "", "[", "<a/>", `{"RequestId":1}`, "\xff", `{"Code":{}}`} {
		f.Add(200, jsonType, body, "JSON")
		f.Add(400, xmlType, body, "XML")
		f.Add(302, "", body, "")
	}
	c := theContract(f)
	f.Fuzz(func(t *testing.T, status int, media, body, format string) {
		for _, op := range []string{"DescribeImageCaches", "DeleteImageCache", "none"} {
			j := New(c)
			a, found := j.Answer(reply{status, media, body, nil, nil}.exchange(), Expect{Operation: c.Operation(op), Format: format, Secrets: []string{"secret"}})
			if a == nil || a.Status != status {
				t.Fatalf("Answer() = %v", a)
			}
			found = append(found, j.Accepted(a, c.Clauses[0])...)
			found = append(found, j.Refused(a, c.Clauses[0], c.Violations[0].Error, "X")...)
			for _, x := range found {
				if x.Clause == "" || x.Pointer == "" || x.Want == "" || !utf8.ValidString(x.Got) || utf8.RuneCountInString(x.Got) > maxGot+1 {
					t.Errorf("finding %+v is not whole", x)
				}
			}
		}
	})
}
