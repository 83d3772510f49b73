package suites

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/run"
	"github.com/eci-conform/conform/internal/wire"
)

// TestEveryRowIsProvoked holds that each row of each table answers the case
// that is about it, on a target that has all conditions.
func TestEveryRowIsProvoked(t *testing.T) {
	t.Parallel()
	c, p := loadPlan(t)
	out := trial{seed: 3, strict: contract.Inferred, selects: []string{"*/error/**"}}.judge(t)
	out.green(t)
	verdicts := map[string]run.Verdict{}
	for _, r := range out.results {
		verdicts[r.Case] = r.Verdict
	}
	rows := ErrorTable(c, p, func(plan.Needs) string { return "" })
	if len(rows) != 152 {
		t.Errorf("ErrorTable() has %d rows, want 152", len(rows))
	}
	for _, r := range rows {
		if verdicts[r.Case] != run.Pass || r.Reason != "" {
			t.Errorf("%s: verdict %q, reason %q, want a pass", r.Case, verdicts[r.Case], r.Reason)
		}
	}
}

func TestErrorTableSaysWhyNot(t *testing.T) {
	t.Parallel()
	c, p := loadPlan(t)
	left := map[string]string{}
	unmet := func(n plan.Needs) string {
		if len(n.Conditions) > 0 && n.Conditions[0] != "image.unpullable" {
			return "no " + n.Conditions[0]
		}
		return ""
	}
	for _, r := range ErrorTable(c, p, unmet) {
		left[r.Operation.Name+" "+r.Row.Code] = r.Reason
	}
	for row, want := range map[string]string{
		"CreateImageCache Account.Arrearage":          "no account.arrears",
		"CreateImageCache EipAddressPoolIpNotEnough":  "no eipPool.exhausted (the contract notes: no parameter here names an address pool; provoked by the account alone)",
		"UpdateImageCache ImageCache.IncorrectStatus": "",
		"UpdateImageCache NoNeedUpdate":               "",
		"TagResources NumberExceed.Tags":              "",
	} {
		if left[row] != want {
			t.Errorf("ErrorTable() %s: reason %q, want %q", row, left[row], want)
		}
	}
}

// provoking are the cases that provoke a row of an operation.
func provoking(operation, code string) string { return operation + "/error/*." + code + "/*" }

// withoutRow is a contract without a row of an operation's table.
func withoutRow(operation, code string) func(*contract.Contract) {
	return func(c *contract.Contract) {
		op := c.Operation(operation)
		op.Errors = slices.DeleteFunc(op.Errors, func(e *contract.Error) bool { return e.Code == code })
	}
}

func rowEdit(operation, code string, do func(*contract.Error)) func(*contract.Contract) {
	return func(c *contract.Contract) { do(c.Operation(operation).Error(code)) }
}

// reorderedStages is a contract whose gateway looks at one stage ahead of
// another.
func reorderedStages(early, late string) func(*contract.Contract) {
	return func(c *contract.Contract) {
		order := slices.DeleteFunc(c.Gateway.Order, func(s string) bool { return s == early })
		c.Gateway.Order = slices.Insert(order, slices.Index(order, late), early)
	}
}

// anyway does what was refused, as the account that owns the resources, and tells
// of the refusal.
func anyway(action string, key string) func(testing.TB) wrapper {
	return partly(action, key, func(d *wire.Draft) { d.Del("DryRun") })
}

// partly does of what was refused what a change leaves of it.
func partly(action string, key string, change func(*wire.Draft)) func(testing.TB) wrapper {
	return func(t testing.TB) wrapper {
		keys := emulatorKeys(t)
		return func(h http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				text, _ := io.ReadAll(r.Body)
				body := func() { r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text)) }
				body()
				in, err := wire.Receive(r, 1<<20)
				body()
				rec := httptest.NewRecorder()
				h.ServeHTTP(rec, r)
				if got, _ := in.Common("Action"); err == nil && got == action && rec.Code >= 400 && rec.Code < 500 {
					body()
					a := asking{t: t, do: func(d *wire.Draft) {
						d.Set("AccessKeyId", keys[key].AccessKeyID)
						prolong(d, "SignatureNonce")
						change(d)
					}}
					h.ServeHTTP(httptest.NewRecorder(), a.resigned(r, in, keys[key]))
				}
				for name, values := range rec.Header() {
					w.Header()[name] = values
				}
				w.WriteHeader(rec.Code)
				_, _ = w.Write(rec.Body.Bytes())
			})
		}
	}
}

const owner = "emulator-default"

var errorFaults = []fault{
	{name: "a row of an account's standing forgotten", must: true, among: provoking("CreateDataCache", "Forbidden.RiskControl"), edit: withoutRow("CreateDataCache", "Forbidden.RiskControl")},
	{name: "a row about another's resource forgotten", among: provoking("UpdateDataCache", "Forbidden.RiskControl"), edit: withoutRow("UpdateDataCache", "Forbidden.RiskControl")},
	{name: "a row of the world forgotten", must: true, among: provoking("CreateImageCache", "InvalidVSwitchId.IpNotEnough"), edit: withoutRow("CreateImageCache", "InvalidVSwitchId.IpNotEnough")},
	{name: "a row that no parameter causes forgotten", among: provoking("CopyDataCache", "Zone.NotOnSale"), edit: withoutRow("CopyDataCache", "Zone.NotOnSale")},
	{name: "dry run forgotten", among: provoking("CreateDataCache", "DryRun.Success"), edit: withoutRow("CreateDataCache", "DryRun.Success")},
	{name: "another code", must: true, among: provoking("UpdateImageCache", "Account.Arrearage"), edit: rowEdit("UpdateImageCache", "Account.Arrearage", func(e *contract.Error) { e.Code = "Account.Arrears" })},
	{name: "another status", must: true, among: provoking("CreateDataCache", "QuotaExceeded"), edit: rowEdit("CreateDataCache", "QuotaExceeded", func(e *contract.Error) { e.Status = 400 })},
	{name: "another message", must: true, among: provoking("DescribeImageCaches", "NoPermission"), edit: rowEdit("DescribeImageCaches", "NoPermission", func(e *contract.Error) { e.Message = "No." })},
	{name: "the message of another table", must: true, among: provoking("CreateImageCache", "OperationConflict"), edit: func(c *contract.Contract) {
		c.Operation("CreateImageCache").Error("OperationConflict").Message = c.Operation("UpdateImageCache").Error("OperationConflict").Message
	}},
	{name: "half of a template", must: true, among: provoking("CreateImageCache", "QuotaExceeded"), edit: rowEdit("CreateImageCache", "QuotaExceeded", func(e *contract.Error) { e.Message = "%s quota" })},
	{name: "a place left open", among: provoking("CreateImageCache", "ServiceNotEnabled"), wrap: always(answering(func(_ *http.Request, rec *httptest.ResponseRecorder) {
		if strings.Contains(rec.Body.String(), "ServiceNotEnabled") {
			text := strings.Replace(rec.Body.String(), `"Message":"`, `"Message":"%s`, 1)
			rec.Body.Reset()
			rec.Body.WriteString(text)
		}
	}))},
	{name: "two rows exchanged", must: true, among: "CreateDataCache/error/*/account.*", edit: func(c *contract.Contract) {
		op := c.Operation("CreateDataCache")
		a, b := op.Error("Forbidden.RiskControl"), op.Error("Forbidden.SubUser")
		a.Condition, b.Condition = b.Condition, a.Condition
	}},
	{name: "any state may be updated", must: true, among: "UpdateImageCache/error/*/imageCache.incorrectStatus", edit: func(c *contract.Contract) { c.Operation("UpdateImageCache").Effect.From = nil }},
	{name: "a cache that failed may be updated", among: "UpdateImageCache/error/*/imageCache.incorrectStatus", edit: func(c *contract.Contract) {
		op := c.Operation("UpdateImageCache")
		op.Effect.From = append(op.Effect.From, "Failed")
	}},
	{name: "an update of nothing taken", among: "UpdateImageCache/error/*/imageCache.unchanged", edit: withoutRow("UpdateImageCache", "NoNeedUpdate")},
	{name: "an update of nothing taken without what is hidden", must: true, among: "UpdateImageCache/error/*/imageCache.unchanged", edit: func(c *contract.Contract) {
		withoutRow("UpdateImageCache", "NoNeedUpdate")(c)
		for _, name := range []string{"SecurityGroupId", "VSwitchId"} {
			c.Operation("UpdateImageCache").Parameter(name).Required = false
		}
	}},
	{name: "tags without end", must: true, among: "TagResources/error/**", edit: func(c *contract.Contract) {
		field := c.Operation("TagResources").Parameter("Tag")
		field.MaxItems = nil
		withoutRow("TagResources", "NumberExceed.Tags")(c)
	}},
	{name: "tags that fit are set before the refusal", must: true, among: "TagResources/error/*/request.tooManyTags-inAll", wrap: partly("TagResources", owner, dropping("Tag.2"))},
	{name: "a refused update is done", must: true, among: "UpdateImageCache/error/*/account.*", wrap: anyway("UpdateImageCache", owner)},
	{name: "a refused deletion is done", among: "DeleteDataCache/error/*/account.*", wrap: anyway("DeleteDataCache", owner)},
	{name: "refused tags are set", must: true, among: "TagResources/error/*/account.*", wrap: anyway("TagResources", owner)},
	{name: "refused tags are taken off", must: true, among: "UntagResources/error/*/account.*", wrap: anyway("UntagResources", owner)},
	{name: "a rehearsed creation is done", among: "CreateDataCache/error/*/request.dryRun", wrap: anyway("CreateDataCache", owner)},
	{name: "the gateway lets one operation through", among: "DeleteImageCache/error/*/account.ramDenied", wrap: func(t testing.TB) wrapper {
		good := emulatorKeys(t)[owner]
		return asking{t: t, when: func(in *wire.Received) bool {
			action, _ := in.Common("Action")
			return action == "DeleteImageCache"
		}, do: func(d *wire.Draft) { d.Credentials = good; d.Set("AccessKeyId", good.AccessKeyID) }}.wrap
	}},
	{name: "permissions before the parameters", among: "UpdateDataCache/error/precedence/*", edit: reorderedStages("ram", "parameters")},
	{name: "the product before permissions", among: "UpdateDataCache/error/precedence/*", edit: reorderedStages("product", "ram")},
	{name: "throttling before the signature", among: "UpdateDataCache/error/precedence/*", edit: reorderedStages("throttling", "signature")},
}

func TestErrorFaultsAreCaught(t *testing.T) {
	t.Parallel()
	for _, f := range errorFaults {
		t.Run(strings.ReplaceAll(f.name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			if caught := f.trial(t).judge(t).failed("error"); len(caught) == 0 {
				t.Error("no case of the family error fails")
			}
		})
	}
}

// TestBusyIsNoExcuse holds that an update while another is worked on may be
// refused by any row about that, but not break the server.
func TestBusyIsNoExcuse(t *testing.T) {
	t.Parallel()
	tr := trial{
		bare: true, settle: 300 * time.Millisecond, seed: 5, strict: contract.Must, selects: []string{"UpdateImageCache/error/*/imageCache.conflict"},
		edit: rowEdit("UpdateImageCache", "OperationConflict", func(e *contract.Error) { e.Status = http.StatusInternalServerError }),
	}
	out := tr.judge(t)
	if len(out.failed("error")) != 1 {
		t.Errorf("want the second update's 500 to fail the case, got %+v", out.summary)
	}
	tr.edit = rowEdit("UpdateImageCache", "OperationConflict", func(e *contract.Error) { e.Condition = "imageCache.incorrectStatus" })
	tr.judge(t).green(t)
}

// TestOrderIsInferred holds that a server that checks in another order does not
// fail an ordinary run: no page gives the order.
func TestOrderIsInferred(t *testing.T) {
	t.Parallel()
	for _, edit := range []func(*contract.Contract){
		reorderedStages("parameters", "accessKey"), reorderedStages("common", "action"), reorderedStages("method", "version"),
		reorderedStages("product", "ram"), reorderedStages("ram", "parameters"), reorderedStages("signature", "timestamp"),
	} {
		out := trial{edit: edit, strict: contract.Must, seed: 4, selects: []string{"*/auth/precedence/*", "*/error/precedence/*"}}.judge(t)
		out.green(t)
		if out.summary.Observed == 0 {
			t.Error("no case observed another order")
		}
	}
}

// TestUnknownErrorIsSaidOnce holds that an answer from no table, in place of a
// row, is one finding, about the row.
func TestUnknownErrorIsSaidOnce(t *testing.T) {
	t.Parallel()
	among := "CreateImageCache/error/400.Account.Arrearage/*"
	edit := rowEdit("CreateImageCache", "Account.Arrearage", func(e *contract.Error) { e.Code = "Odd" })
	out := trial{edit: edit, strict: contract.Must, seed: 4, selects: []string{among}}.judge(t)
	for _, r := range out.results {
		if len(r.Findings) != 1 || r.Findings[0].Clause != "CreateImageCache#error/400/Account.Arrearage" {
			t.Errorf("%s: findings %v, want one about the row", r.Case, r.Findings)
		}
	}
}
