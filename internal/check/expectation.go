package check

import (
	"fmt"
	"strings"

	"github.com/eci-conform/conform/internal/contract"
)

// Accepted wants a success; the finding, if any, is about the clause.
func (j *Judge) Accepted(a *Answer, clause *contract.Clause) []Finding {
	if a.OK && a.Code == "" {
		return nil
	}
	return []Finding{Found(clause, "/status", "2xx: the request is accepted", a.Summary())}
}

// Refused wants a refusal for the row's reason: that it is refused with 4xx is
// promised by the clause, the status and code by the row, and the text by the
// row's message. Args fill the row's templates in order; with none, %s stands
// for any text. A nil row asks for nothing but the refusal.
func (j *Judge) Refused(a *Answer, clause *contract.Clause, row *contract.Error, args ...string) []Finding {
	if got := j.notRefused(a, row, args); got != "" {
		return []Finding{Found(clause, "/status", wantRefusal(row, args), got)}
	}
	if row == nil {
		return nil
	}
	if !hasForm(row, a, args) {
		if row.Row == nil {
			return nil
		}
		return []Finding{Found(row.Row, "/body/Code", rowName(row, args), a.Summary())}
	}
	if row.Text != nil && !hasText(row, a, args) {
		return []Finding{Found(row.Text, "/body/Message", fill(row.Message, args), a.Message)}
	}
	return nil
}

// notRefused says why the answer is not the refusal that was asked for; empty
// means that it is.
func (j *Judge) notRefused(a *Answer, row *contract.Error, args []string) string {
	switch {
	case row != nil && !a.OK && hasForm(row, a, args):
		return ""
	case a.Status < 400 || a.Status > 499:
		return a.Summary()
	case a.Code == "":
		return a.Summary() + " without an error's Code"
	case j.rows.elsewhere(a.Rows, row):
		return "refused for another reason: " + a.Summary()
	}
	return ""
}

func wantRefusal(row *contract.Error, args []string) string {
	if row == nil {
		return "4xx: the request is refused"
	}
	return "4xx: the request is refused, as with " + rowName(row, args)
}

func rowName(row *contract.Error, args []string) string {
	return fmt.Sprintf("%d %s", row.Status, fill(row.Code, args))
}

// hasForm says whether status and code are the row's or one of its wordings'.
func hasForm(row *contract.Error, a *Answer, args []string) bool {
	if a.Status == row.Status && filledFits(row.Code, a.Code, args) {
		return true
	}
	for _, w := range row.Wordings {
		if a.Status == w.Status && filledFits(w.Code, a.Code, args) {
			return true
		}
	}
	return false
}

// hasText says whether the message belongs to the status and code that came:
// to the row's, or to a wording's. What stands in a wording's places is not
// documented, so any text does.
func hasText(row *contract.Error, a *Answer, args []string) bool {
	if a.Status == row.Status && filledFits(row.Code, a.Code, args) && filledFits(row.Message, a.Message, args) {
		return true
	}
	for _, w := range row.Wordings {
		if a.Status == w.Status && filledFits(w.Code, a.Code, args) && fits(w.Message, a.Message) {
			return true
		}
	}
	return false
}

// filledFits compares a text with a template whose places are filled. A
// template that is nothing but a place says nothing about its text.
func filledFits(template, text string, args []string) bool {
	if template == "%s" {
		return true
	}
	return fits(fill(template, args), text)
}

// fill puts args into the template's places; places beyond the args stay.
func fill(template string, args []string) string {
	for _, arg := range args {
		template = strings.Replace(template, "%s", arg, 1)
	}
	return template
}
