package contract

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eci-conform/conform/spec"
)

func loaded(t *testing.T) *Contract {
	t.Helper()
	c, err := Load(spec.Name, spec.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// conditions are those of rows.
func conditions(rows []*Error) []string {
	var out []string
	for _, row := range rows {
		out = append(out, row.Condition)
	}
	return out
}

func TestRowsFor(t *testing.T) {
	t.Parallel()
	c := loaded(t)
	op := c.Operation("UpdateImageCache")
	shared := len(c.Gateway.Errors) + len(c.Violations) + 2
	rows := c.RowsFor(op)
	if len(rows) != len(op.Errors)+shared || !slices.Equal(rows[:len(op.Errors)], op.Errors) {
		t.Errorf("RowsFor(%s) has %d rows, want its own %d first and then %d", op.Name, len(rows), len(op.Errors), shared)
	}
	for _, row := range []*Error{c.Gateway.Errors[0], c.Violation("type").Error, c.Idempotency.Mismatch, c.Idempotency.Processing} {
		if !slices.Contains(rows, row) || !slices.Contains(c.RowsFor(nil), row) {
			t.Errorf("RowsFor leaves out %s", row.Row.ID)
		}
	}
	clear(rows)
	if again := c.RowsFor(op); again[0] == nil {
		t.Error("RowsFor gives away the contract's own list")
	}
	all := shared
	for _, op := range c.Operations {
		all += len(op.Errors)
	}
	if got := len(c.Rows()); got != all || len(c.RowsFor(nil)) != shared {
		t.Errorf("Rows() has %d rows, RowsFor(nil) %d, want %d and %d", got, len(c.RowsFor(nil)), all, shared)
	}
}

func TestRowsLike(t *testing.T) {
	t.Parallel()
	c := loaded(t)
	for _, tt := range []struct {
		op            string
		status        int
		code, message string
		like, worded  []string // conditions
	}{
		{"UpdateImageCache", 400, "NoNeedUpdate", "x", []string{"imageCache.unchanged"}, []string{"imageCache.unchanged"}},
		{"ListUsage", 400, "NoNeedUpdate", "x", nil, nil},
		{"UpdateImageCache", 403, "NoNeedUpdate", "x", nil, nil},
		{"Unheard", 403, "LastTokenProcessing", "x", []string{"state.tokenInWork"}, []string{"state.tokenInWork"}},
		{"ListUsage", 400, "MissingSecurityToken", "SecurityToken is mandatory for this action.",
			[]string{"request.missingSecurityToken", "request.missingCommon", "request.missing", "request.empty"},
			[]string{"request.missingSecurityToken", "request.missingCommon", "request.missing", "request.empty"}},
		{"ListUsage", 400, "SignatureDoesNotMatch", "Specified signature does not match our calculation. server string to sign is:x",
			[]string{"request.wrongSignature", "request.wrongSignatureAcs3"}, []string{"request.wrongSignature"}},
		{"ListUsage", 400, "", "", nil, nil},
	} {
		like := c.RowsLike(c.Operation(tt.op), tt.status, tt.code)
		got := [][]string{conditions(like), conditions(Worded(like, tt.status, tt.code, tt.message))}
		if diff := cmp.Diff([][]string{tt.like, tt.worded}, got); diff != "" {
			t.Errorf("%s: rows like %d %s, and those worded so, mismatch (-want +got):\n%s", tt.op, tt.status, tt.code, diff)
		}
	}
}

func TestClassOfARow(t *testing.T) {
	t.Parallel()
	c := loaded(t)
	for want, row := range map[string]*Error{
		ClassBusy: c.Idempotency.Processing, "": c.Idempotency.Mismatch, ClassQuota: c.Operation("CreateImageCache").Error("QuotaExceeded"),
	} {
		if got := c.Class(row); got != want {
			t.Errorf("Class(%s) = %q, want %q", row.Code, got, want)
		}
	}
}

func TestThrottled(t *testing.T) {
	t.Parallel()
	c := loaded(t)
	for _, tt := range []struct {
		status int
		code   string
		want   bool
	}{
		{400, "Throttling", true}, {503, "Throttling", true}, {400, "Throttling.User", true}, {400, "Throttling.Burst", true},
		{400, "Degrade.Api", true}, {400, "Degrade", false}, {400, "ThrottlingBurst", false}, {429, "", true}, {429, "Quota", true}, {400, "", false},
		{403, "Forbidden.RAM", false}, {503, "ServiceUnavailable", false},
	} {
		if got := c.Throttled(tt.status, tt.code); got != tt.want {
			t.Errorf("Throttled(%d, %q) = %v", tt.status, tt.code, got)
		}
	}
	if !c.GatewayRefuses(ClassPermission, "NoPermission") || c.GatewayRefuses(ClassKey, "NoPermission") {
		t.Error("GatewayRefuses does not know the other form of Forbidden.RAM")
	}
}
