package emulator

import (
	"net/http"

	"github.com/eci-conform/conform/internal/contract"
)

// refusal is the error that answers a request.
type refusal struct {
	status  int
	code    string
	message string
}

// refuse answers with a row of a table, its %s filled with args.
func refuse(row *contract.Error, args ...string) *refusal {
	if row == nil {
		return internalFault()
	}
	code, message := row.Fill(args...)
	return &refusal{status: row.Status, code: code, message: message}
}

// internalFault answers what no table has a row for: a contract without the
// row that is needed, which is a defect of the contract. The gateway's own row
// for that is filled in when the answer is rendered.
func internalFault() *refusal {
	return &refusal{status: http.StatusInternalServerError}
}

// gatewayRow returns the gateway's row for the first of the conditions that
// has one.
func (e *Emulator) gatewayRow(conditions ...string) *contract.Error {
	for _, c := range conditions {
		if row := e.contract.Gateway.Error(c); row != nil {
			return row
		}
	}
	return nil
}

// violation answers a bad parameter. The name is put where the row asks for
// one; text says what is wrong where the row leaves room for it. Neither holds
// the value: it may be a secret.
func (e *Emulator) violation(kind, name string) *refusal {
	v := e.contract.Violation(kind)
	if v == nil {
		return internalFault()
	}
	if v.Error.Message == "%s" {
		return refuse(v.Error, violationText(kind, name))
	}
	return refuse(v.Error, name)
}

func violationText(kind, name string) string {
	if text := violationTexts[kind]; text != "" {
		return "The parameter " + name + " " + text + "."
	}
	return "The parameter " + name + " is not valid."
}

// violationTexts are the words for what nobody documents a wording of.
var violationTexts = map[string]string{
	"missing":       "is required",
	"empty":         "must not be empty",
	"type":          "has a value of another type",
	"enum":          "is none of the values that it may have",
	"minimum":       "is too small",
	"maximum":       "is too large",
	"minLength":     "is too short",
	"maxLength":     "is too long",
	"pattern":       "has a value of another form",
	"maxItems":      "has too many elements",
	"index":         "is numbered wrongly: elements count from 1 without gaps",
	"duplicate":     "is given more than once",
	"rule":          "does not go with the other parameters",
	"unknownRegion": "names no region",
	"notFound":      "names nothing that exists",
	"badToken":      "is not a token of this listing",
}
