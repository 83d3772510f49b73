package drift

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/redact"
	"github.com/eci-conform/conform/internal/wire"
	"github.com/eci-conform/conform/spec"
)

// exchange is an accepted listing of one image cache.
func exchange(params wire.Params, status int, answer string) *redact.Record {
	return &redact.Record{
		Operation: "DescribeImageCaches", Version: "2018-08-08", Via: redact.Via{Method: "POST"}, Status: status, Answer: []byte(answer), Params: params,
		Header: wire.Params{{Name: "Content-Type", Value: "application/json;charset=utf-8"}},
	}
}

const good = `{"RequestId":"a","ImageCaches":[{"ImageCacheId":"imc-1","Status":"Ready","ImageCacheSize":20}],"TotalCount":1}`

func TestCheck(t *testing.T) {
	t.Parallel()
	sound, err := contract.Load(spec.Name, spec.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	region := wire.Params{{Name: "RegionId", Value: "cn-hangzhou"}, {Name: "Limit", Value: "10"}}
	refused := `{"RequestId":"a","Code":"Account.Arrearage","Message":"m"}`
	for name, test := range map[string]struct {
		record *redact.Record
		change func(*contract.Contract) // of the contract since then
		want   []Misfit
	}{
		"fits": {record: exchange(region, 200, good)},
		"fits in XML": {record: func() *redact.Record {
			r := exchange(region, 200, `<R><RequestId>a</RequestId><ImageCaches><ImageCacheId>i</ImageCacheId><ImageCacheSize>1</ImageCacheSize></ImageCaches></R>`)
			r.Header = wire.Params{{Name: "content-type", Value: "text/xml"}}
			return r
		}()},
		"no answer": {record: &redact.Record{Operation: "Gone", Failure: redact.Reset}},
		"operation gone": {record: exchange(region, 200, good), change: func(c *contract.Contract) {
			c.Operations = slices.DeleteFunc(c.Operations, func(o *contract.Operation) bool { return o.Name == "DescribeImageCaches" })
			c.Reindex()
		}, want: []Misfit{{Operation, "DescribeImageCaches", "the contract has no such operation"}}},
		"version": {record: exchange(region, 200, good), change: func(c *contract.Contract) { c.Version = "2030-01-01" },
			want: []Misfit{{Version, "2018-08-08", "the contract is of 2030-01-01"}}},
		"parameter gone": {record: exchange(region, 200, good), change: func(c *contract.Contract) {
			op := c.Operation("DescribeImageCaches")
			op.Parameters = slices.DeleteFunc(op.Parameters, func(f *contract.Field) bool { return f.Name == "Limit" })
		}, want: []Misfit{{Parameter, "Limit", "the contract does not know it"}}},
		"parameter of another type": {record: exchange(region, 200, good), change: func(c *contract.Contract) {
			c.Operation("DescribeImageCaches").Parameter("Limit").Type = contract.Boolean
		}, want: []Misfit{{Parameter, "Limit", "its value is not allowed: type"}}},
		"parameter out of bounds": {record: exchange(region, 200, good), change: func(c *contract.Contract) {
			most := int64(5)
			c.Operation("DescribeImageCaches").Parameter("Limit").Maximum = &most
		}, want: []Misfit{{Parameter, "Limit", "its value is not allowed: maximum"}}},
		"a parameter that was unknown then": {record: exchange(append(region.Clone(), wire.Param{Name: "Other", Value: "REDACTED-text-0001"}), 200, good)},
		"a parameter that was refused":      {record: exchange(wire.Params{{Name: "Limit", Value: "many"}}, 400, `{"Code":"InvalidParameter","Message":"m"}`)},
		"member unknown": {record: exchange(region, 200, `{"RequestId":"a","ImageCaches":[{"New":1},{"New":2}],"Newer":{}}`),
			want: []Misfit{{Member, "/ImageCaches/N/New", "the contract does not know it"}, {Member, "/Newer", "the contract does not know it"}}},
		"member of another type": {record: exchange(region, 200, `{"RequestId":"a","ImageCaches":[{"ImageCacheSize":"20"}]}`),
			want: []Misfit{{Member, "/ImageCaches/N/ImageCacheSize", "it is of another type"}}},
		"state gone": {record: exchange(region, 200, good), change: func(c *contract.Contract) {
			kind := c.Resource("ImageCache")
			kind.States = slices.DeleteFunc(kind.States, func(s contract.State) bool { return s.Name == "Ready" })
		}, want: []Misfit{{State, "Ready", "an ImageCache has no such state"}}},
		"row": {record: exchange(region, 400, refused)},
		"row gone": {record: exchange(region, 400, refused), change: func(c *contract.Contract) {
			op := c.Operation("DescribeImageCaches")
			op.Errors = slices.DeleteFunc(op.Errors, func(e *contract.Error) bool { return e.Code == "Account.Arrearage" })
		}, want: []Misfit{{Error, "400 Account.Arrearage", "no row of the contract has this status and code"}}},
		"row of another status": {record: exchange(region, 404, refused),
			want: []Misfit{{Error, "404 Account.Arrearage", "no row of the contract has this status and code"}}},
		"row of the gateway": {record: exchange(region, 400, `{"Code":"MissingAccessKeyId","Message":"m"}`)},
		"no body":            {record: exchange(region, 200, ``), want: []Misfit{{Body, "", "the answer is neither JSON nor XML"}}},
		"no error body":      {record: exchange(region, 502, `<html>`), want: []Misfit{{Body, "", "the answer of status 502 is neither JSON nor XML"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := sound.Clone()
			if test.change != nil {
				test.change(c)
			}
			if diff := cmp.Diff(test.want, Check(c, test.record)); diff != "" {
				t.Errorf("Check() mismatch (-want +got):\n%s", diff)
			}
		})
	}
}
