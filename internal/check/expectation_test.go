package check

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/wire"
)

// answered is an Answer as Judge.Answer makes it of an error.
func answered(j *Judge, op *contract.Operation, status int, code, message string) *Answer {
	return &Answer{
		Exchange: &wire.Exchange{}, Operation: op, Status: status, OK: status < 300, Code: code, Message: message,
		Rows: j.contract.RowsLike(op, status, code),
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	c := theContract(t)
	op := c.Operation("UpdateDataCache")
	clause := &contract.Clause{ID: "clause", Level: contract.Must}
	invalid := c.Violation("maximum").Error
	missing := c.Violation("missing").Error
	arrears := op.Error("Account.Arrearage")
	nonce := c.Gateway.Error("request.nonceUsed")
	internal := c.Gateway.Error("service.internalError")
	tests := []struct {
		name    string
		status  int
		code    string
		message string
		row     *contract.Error
		args    []string
		want    []string
	}{
		{"the row itself", 400, "Account.Arrearage", "Your account has an outstanding payment.", arrears, nil, nil},
		{"any text in a place", 400, "InvalidParameter", "whatever", invalid, []string{"Size"}, nil},
		{"a code with a place", 400, "MissingRegionId", "RegionId is mandatory for this action.", missing, []string{"RegionId"}, nil},
		{"another documented wording", 400, "MissingParameter", `The input parameter "RegionId" that is mandatory for processing this request is not supplied.`, missing, []string{"RegionId"}, nil},
		{"a row that asks for a server error", 500, "InternalError", "The request processing has failed due to some unknown error.", internal, nil, nil},
		{"no row asked for", 403, "Whatever", "x", nil, nil, nil},

		{"accepted", 200, "", "", arrears, nil, []string{"clause"}},
		{"accepted, no row asked for", 200, "", "", nil, nil, []string{"clause"}},
		{"a server error", 500, "InternalError", "The request processing has failed due to some unknown error.", invalid, nil, []string{"clause"}},
		{"a redirect", 302, "", "", invalid, nil, []string{"clause"}},
		{"no Code", 400, "", "", invalid, nil, []string{"clause"}},
		{"the signature instead", 400, "SignatureDoesNotMatch", "x", invalid, nil, []string{"clause"}},
		{"the key instead", 404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.", invalid, nil, []string{"clause"}},
		{"throttling instead", 400, "Throttling.User", "Request was denied due to user flow control.", invalid, nil, []string{"clause"}},
		{"RAM instead", 403, "Forbidden.RAM", "x", invalid, nil, []string{"clause"}},
		{"RAM instead of the gateway's own", 403, "Forbidden.RAM", "x", nonce, nil, []string{"clause"}},
		{"a flaw of the gateway that stands nearby", 400, "SignatureDoesNotMatch", "x", nonce, nil, []string{nonce.Row.ID}},
		{"another row of the table", 400, "ServiceNotEnabled", "x", arrears, nil, []string{arrears.Row.ID}},
		{"a row that no table has", 400, "Nonsense", "x", arrears, nil, []string{arrears.Row.ID}},
		{"another status", 403, "Account.Arrearage", "Your account has an outstanding payment.", arrears, nil, []string{arrears.Row.ID}},
		{"another name in the code", 400, "MissingName", "Name is mandatory for this action.", missing, []string{"RegionId"}, []string{missing.Row.ID}},
		{"another text", 400, "Account.Arrearage", "Pay.", arrears, nil, []string{arrears.Text.ID}},
		{"another name in the text", 400, "MissingRegionId", "Name is mandatory for this action.", missing, []string{"RegionId"}, []string{missing.Text.ID}},
	}
	j := New(c)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := answered(j, op, tt.status, tt.code, tt.message)
			got := clauses(j.Refused(a, clause, tt.row, tt.args...))
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("Refused() mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAccepted(t *testing.T) {
	t.Parallel()
	c := theContract(t)
	j := New(c)
	clause := &contract.Clause{ID: "clause", Level: contract.Must}
	if f := j.Accepted(&Answer{Status: 200, OK: true}, clause); len(f) != 0 {
		t.Errorf("Accepted(200) = %v, want no finding", f)
	}
	for _, a := range []*Answer{{Status: 400, Code: "InvalidParameter"}, {Status: 500}, {Status: 200, OK: true, Code: "InvalidParameter"}, {}} {
		f := j.Accepted(a, clause)
		if len(f) != 1 || f[0].Clause != "clause" || f[0].Level != contract.Must {
			t.Errorf("Accepted(%s) = %v, want one finding about the clause", a.Summary(), f)
		}
	}
}

func TestRowIsNoSurerThanTheRefusal(t *testing.T) {
	t.Parallel()
	c := theContract(t)
	j := New(c)
	row := c.Gateway.Error("request.badVersion")
	if row.Level != contract.Must {
		t.Fatalf("the row is %s: want one that must be", row.Level)
	}
	a := answered(j, nil, 400, "MissingParameter", "m")
	for _, level := range []contract.Level{contract.Inferred, contract.Should, contract.Must} {
		got := j.Refused(a, &contract.Clause{ID: "order", Level: level}, row)
		if len(got) != 1 || got[0].Clause != row.Row.ID || got[0].Level != level {
			t.Errorf("Refused() for a clause that is %s = %+v, want the row at that level", level, got)
		}
	}
}

func TestFilled(t *testing.T) {
	t.Parallel()
	row := &contract.Error{Code: "Missing%s", Message: "%s of %s", Wordings: []contract.Wording{{Code: "%s", Status: 404, Message: "no %s"}}}
	got := filled(row, []string{"A"})
	want := &contract.Error{Code: "MissingA", Message: "A of %s", Wordings: []contract.Wording{{Code: "%s", Status: 404, Message: "no %s"}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("filled() mismatch (-want +got):\n%s", diff)
	}
	if got := filled(row, nil); got != row {
		t.Errorf("filled() without args = %+v, want the row itself", got)
	}
}

func TestUnfit(t *testing.T) {
	t.Parallel()
	c := theContract(t)
	j := New(c)
	op := c.Operation("CreateImageCache")
	tests := []struct {
		name, code string
		status     int
		brought    []string
		want       string
	}{
		{"no stock", "OperationDenied.NoStock", 403, nil, "zone.noStock"},
		{"quota", "QuotaExceeded", 403, nil, "account.quotaExceeded"},
		{"RAM", "Forbidden.RAM", 403, nil, "account.ramDenied"},
		{"throttled", "Throttling", 400, nil, "service.throttled"},
		{"asked for", "OperationDenied.NoStock", 403, []string{"zone.noStock"}, ""},
		{"another status than the row's", "OperationDenied.NoStock", 409, nil, ""},
		{"the request's fault", "InvalidParameter", 400, nil, ""},
		{"a state", "IncorrectStatus", 403, nil, ""},
		{"a key that the preflight used", "InvalidAccessKeyId.Inactive", 400, nil, ""},
		{"a server error", "InternalError", 500, nil, ""},
		{"in no table", "Odd", 403, nil, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := answered(j, op, tt.status, tt.code, "m")
			a.Brought = tt.brought
			got := j.Accepted(a, &contract.Clause{ID: "clause"})
			if len(got) != 1 || (got[0].Unfit == "") != (tt.want == "") || !strings.Contains(got[0].Unfit, tt.want) {
				t.Errorf("Accepted(%s) = %+v, want unfit for %q", a.Summary(), got, tt.want)
			}
		})
	}
}

func TestDistinct(t *testing.T) {
	t.Parallel()
	unlisted := Finding{Clause: "Op#error/unlisted", Pointer: "/body/Code", Got: "400 Odd: text"}
	row := Finding{Clause: "Op#error/403/Row", Pointer: "/body/Code", Got: "400 Odd: text"}
	refused := Finding{Clause: "Op#parameter/P/required", Pointer: "/status", Got: "refused for another reason: 400 Odd: text"}
	other := Finding{Clause: "Op#error/403/Row", Pointer: "/body/Code", Got: "404 Gone: text"}
	for _, tc := range []struct {
		name     string
		in, want []Finding
	}{
		{"alone", []Finding{unlisted}, []Finding{unlisted}},
		{"in place of a row", []Finding{unlisted, row}, []Finding{row}},
		{"in place of a refusal", []Finding{unlisted, refused}, []Finding{refused}},
		{"of another answer", []Finding{unlisted, other}, []Finding{unlisted, other}},
	} {
		if diff := cmp.Diff(tc.want, Distinct(tc.in)); diff != "" {
			t.Errorf("Distinct(%s) mismatch (-want +got):\n%s", tc.name, diff)
		}
	}
}
