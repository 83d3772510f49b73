package check

import (
	"fmt"
	"strings"

	"github.com/eci-conform/conform/internal/contract"
)

// Accepted wants a success; the finding, if any, is about the clause. Where the
// refusal tells of the target's standing rather than of the request, the
// finding says so in Unfit.
func (j *Judge) Accepted(a *Answer, clause *contract.Clause) []Finding {
	if a.OK && a.Code == "" {
		return nil
	}
	f := Found(clause, "/status", "2xx: the request is accepted", a.Summary())
	f.Unfit = j.Unfit(a)
	return []Finding{f}
}

// Refused wants a refusal for the row's reason: that it is refused with 4xx is
// promised by the clause, the status and code by the row, and the text by the
// row's message. Args fill the row's templates in order; with none, %s stands
// for any text. A nil row asks for nothing but the refusal. That it is this row
// is never surer than that there is a refusal: with two faults in a request, the
// row is as sure as the order of the checks.
func (j *Judge) Refused(a *Answer, clause *contract.Clause, row *contract.Error, args ...string) []Finding {
	want, m := compared(a, row, args)
	if got := j.notRefused(a, row, m); got != "" {
		return []Finding{Found(clause, "/status", wantRefusal(want), got)}
	}
	switch {
	case row == nil:
	case !m.Formed() && row.Row != nil:
		return []Finding{atMost(clause.Level, Found(row.Row, "/body/Code", rowName(want), a.Summary()))}
	case m.Formed() && !m.Message && row.Text != nil:
		return []Finding{atMost(clause.Level, Found(row.Text, "/body/Message", want.Message, a.Message))}
	}
	return nil
}

func atMost(level contract.Level, f Finding) Finding {
	f.Level = min(f.Level, level)
	return f
}

// notRefused says why the answer is not the refusal that was asked for; empty
// means that it is.
func (j *Judge) notRefused(a *Answer, row *contract.Error, m contract.Match) string {
	switch {
	case !a.OK && m.Formed():
		return ""
	case a.Status < 400 || a.Status > 499:
		return a.Summary()
	case a.Code == "":
		return a.Summary() + " without an error's Code"
	case j.elsewhere(a.Rows, row):
		return "refused for another reason: " + a.Summary()
	}
	return ""
}

func wantRefusal(row *contract.Error) string {
	if row == nil {
		return "4xx: the request is refused"
	}
	return "4xx: the request is refused, as with " + rowName(row)
}

func rowName(row *contract.Error) string { return fmt.Sprintf("%d %s", row.Status, row.Code) }

// compared fills the row's places and compares the answer with it.
func compared(a *Answer, row *contract.Error, args []string) (*contract.Error, contract.Match) {
	if row == nil {
		return nil, contract.Match{}
	}
	want := filled(row, args)
	return want, want.Match(a.Status, a.Code, a.Message)
}

// filled returns the row with args in its places. What stands in the places of
// another wording's message is not documented, so any text does there.
func filled(row *contract.Error, args []string) *contract.Error {
	if len(args) == 0 {
		return row
	}
	out := *row
	out.Code, out.Message = filledIn(row.Code, args), filledIn(row.Message, args)
	out.Wordings = make([]contract.Wording, len(row.Wordings))
	for i, w := range row.Wordings {
		w.Code = filledIn(w.Code, args)
		out.Wordings[i] = w
	}
	return &out
}

// place is what stands in a template for any text.
const place = "%s"

// filledIn fills a template; places beyond the args stay. A template that is
// nothing but a place says nothing about its text.
func filledIn(template string, args []string) string {
	if template == place {
		return template
	}
	for range strings.Count(template, place) - len(args) {
		args = append(args[:len(args):len(args)], place)
	}
	text, _ := (&contract.Error{Code: template}).Fill(args...)
	return text
}
