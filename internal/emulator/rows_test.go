package emulator_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eci-conform/conform/fixtures"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/wire"
	"go.yaml.in/yaml/v3"
)

// template fills in what a valid request leaves to the target.
func (b *bench) template(p map[string]string, ids map[string]string, name string) wire.Params {
	var out wire.Params
	for _, key := range slices.Sorted(maps.Keys(p)) {
		v := p[key]
		switch {
		case v == "$region":
			v = b.profile.Region
		case v == "$binding":
			v = b.profile.Bindings[key]
		case strings.HasPrefix(v, "$id:"):
			v = ids[v[len("$id:"):]]
		}
		v = strings.ReplaceAll(v, "$name", name)
		v = strings.ReplaceAll(v, "$token", "token-"+name)
		if v == "" && p[key] == "$binding" {
			continue
		}
		out = out.Set(key, v)
	}
	return out
}

// valid returns a valid request of an operation from fixtures/inputs.
func (b *bench) valid(operation, kind string, ids map[string]string, name string) wire.Params {
	b.t.Helper()
	text, err := fixtures.Inputs.ReadFile("inputs/" + operation + ".yaml")
	if err != nil {
		b.t.Fatal(err)
	}
	var in struct {
		Minimal, Maximal map[string]string
	}
	if err := yaml.Unmarshal(text, &in); err != nil {
		b.t.Fatal(err)
	}
	if kind == "maximal" {
		return b.template(in.Maximal, ids, name)
	}
	return b.template(in.Minimal, ids, name)
}

// caches makes one of each and waits for them.
func (b *bench) caches(name string) map[string]string {
	b.t.Helper()
	ids := map[string]string{
		"ImageCache": b.must("CreateImageCache", params("ImageCacheName", name, "Image.1", "nginx")).text("ImageCacheId"),
		"DataCache":  b.must("CreateDataCache", params("Name", name, "Path", "/"+name)).text("DataCacheId"),
	}
	b.clock.Add(10 * settle)
	return ids
}

// provoke sends the valid request of the operation as the profile says that a
// condition is met.
func (b *bench) provoke(op *contract.Operation, row *contract.Error, ids map[string]string) reply {
	b.t.Helper()
	how, ok := b.profile.Conditions[row.Condition]
	if !ok || how.Unavailable != "" {
		b.t.Fatalf("the profile does not bind %s", row.Condition)
	}
	p := b.valid(op.Name, "minimal", ids, "row-"+op.Name)
	for _, name := range slices.Sorted(maps.Keys(how.Set)) {
		p = p.Set(name, how.Set[name])
	}
	edit := func(*wire.Call) {}
	if how.Credentials != "" {
		edit = as(b.keys[how.Credentials])
	}
	return b.call(op.Name, p, edit)
}

func TestEveryRowOfEveryOperation(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ids := b.caches("rows")
	rows := 0
	for _, op := range b.contract.Operations {
		for _, row := range op.Errors {
			rows++
			r := b.provoke(op, row, ids)
			match := row.Match(r.status, r.text("Code"), r.text("Message"))
			if !match.Whole() || match.Wording != nil {
				t.Errorf("%s under %s = %v, want %d %s", op.Name, row.Condition, r, row.Status, row.Code)
			}
		}
	}
	if rows != 152 {
		t.Errorf("the contract has %d rows, want 152", rows)
	}
}

func TestEveryRowLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ids := b.caches("rows")
	before := []string{b.listing("DescribeImageCaches"), b.listing("DescribeDataCaches")}
	for _, op := range b.contract.Operations {
		for _, row := range op.Errors {
			b.provoke(op, row, ids)
		}
	}
	after := []string{b.listing("DescribeImageCaches"), b.listing("DescribeDataCaches")}
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("caches after all rows mismatch (-before +after):\n%s", diff)
	}
}

// listing is a list operation's answer without what differs every time.
func (b *bench) listing(operation string) string {
	b.t.Helper()
	r := b.must(operation, nil)
	r.body.Set("RequestId", "")
	return string(wire.EncodeJSON(r.body))
}

// unprovoked are the gateway's rows that no request gets, and why.
var unprovoked = map[string]string{
	"request.unknownHost":          "every host that reaches the emulator is served: it stands for all endpoints",
	"request.unsupportedParameter": "parameters that nobody knows are ignored",
}

func TestEveryGatewayRow(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	signed := func(edit ...func(*wire.Call)) func() reply {
		return func() reply { return b.call("DescribeRegions", nil, edit...) }
	}
	tampered := func(change func(*wire.Draft), edit ...func(*wire.Call)) func() reply {
		return func() reply {
			d := b.draft("DescribeRegions", nil, edit...)
			if err := d.Sign(); err != nil {
				t.Fatal(err)
			}
			change(d)
			return b.send(d)
		}
	}
	drafted := func(change func(*wire.Draft), edit ...func(*wire.Call)) func() reply {
		return func() reply {
			d := b.draft("DescribeRegions", nil, edit...)
			change(d)
			if err := d.Sign(); err != nil {
				t.Fatal(err)
			}
			return b.send(d)
		}
	}
	temporary := b.keys["temporary"]
	acs3 := func(c *wire.Call) { c.Scheme = wire.ACS3 }
	provocations := map[string]func() reply{
		"request.unknownAction":    signed(func(c *wire.Call) { c.Operation = "DescribeNothing" }),
		"request.badVersion":       signed(func(c *wire.Call) { c.Version = "2014-05-26" }),
		"request.missingCommon":    drafted(func(d *wire.Draft) { d.Del("SignatureNonce") }),
		"request.unknownAccessKey": signed(as(wire.Credentials{AccessKeyID: "nobody", AccessKeySecret: "x"})),
		"request.missingSecurityToken": signed(as(wire.Credentials{
			AccessKeyID: temporary.AccessKeyID, AccessKeySecret: temporary.AccessKeySecret})),
		"request.malformedSecurityToken": signed(as(wire.Credentials{
			AccessKeyID: temporary.AccessKeyID, AccessKeySecret: temporary.AccessKeySecret, SecurityToken: "no-token"})),
		"request.foreignSecurityToken": signed(as(wire.Credentials{
			AccessKeyID: temporary.AccessKeyID, AccessKeySecret: temporary.AccessKeySecret,
			SecurityToken: b.keys["expiredToken"].SecurityToken})),
		"request.malformedTimestamp":  drafted(func(d *wire.Draft) { d.Set("Timestamp", "2026-01-02 03:04:05") }),
		"request.expiredTimestamp":    signed(func(c *wire.Call) { c.Time = b.clock.Now().Add(-901e9) }),
		"request.badSignatureMethod":  drafted(func(d *wire.Draft) { d.Set("SignatureMethod", "HMAC-SHA256") }),
		"request.incompleteSignature": tampered(func(d *wire.Draft) { d.Header.Set("Authorization", "ACS3-HMAC-SHA256 Credential=emulator-default") }, acs3),
		"request.wrongSignature":      tampered(func(d *wire.Draft) { d.Set("RegionId", "cn-shanghai") }),
		"request.wrongSignatureAcs3":  tampered(func(d *wire.Draft) { d.Set("RegionId", "cn-shanghai") }, acs3),
		"request.nonceUsed":           signed(func(c *wire.Call) { c.Nonce = "nonce-000001" }),
		"request.badMethod":           signed(func(c *wire.Call) { c.Method = "PUT" }),
		"request.badOwnerId":          func() reply { return b.call("DescribeRegions", params("OwnerId", "1")) },
		"request.badOwnerAccount":     func() reply { return b.call("DescribeRegions", params("OwnerAccount", "x")) },
		"request.badOwner":            func() reply { return b.call("DescribeRegions", params("OwnerId", "1", "OwnerAccount", "x")) },
		"request.badContentMd5":       drafted(func(d *wire.Draft) { d.Header.Set("Content-Md5", "AAAAAAAAAAAAAAAAAAAAAA==") }),
	}
	b.must("DescribeRegions", nil) // uses up nonce-000001
	for _, row := range b.contract.Gateway.Errors {
		if unprovoked[row.Condition] != "" {
			continue
		}
		provoke := provocations[row.Condition]
		if how, ok := b.profile.Conditions[row.Condition]; ok {
			provoke = signed(as(b.keys[how.Credentials]))
		}
		if provoke == nil {
			t.Errorf("nothing provokes %s", row.Condition)
			continue
		}
		if r := provoke(); r.body == nil || !row.Match(r.status, r.text("Code"), r.text("Message")).Whole() {
			t.Errorf("%s = %v, want %d %s", row.Condition, r, row.Status, row.Code)
		}
	}
}

// TestProfileBindsEverything holds the emulator's profile against the contract:
// whatever must name a real thing has one to name, and the request that names
// them all is fine.
func TestProfileBindsEverything(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, op := range b.contract.Operations {
		for _, f := range op.Leaves() {
			name := strings.ReplaceAll(f.Path, ".N", ".1")
			if f.Binding != "" && name != "RegionId" && b.profile.Bindings[name] == "" && b.profile.Bindings[strings.TrimSuffix(name, ".1")] == "" {
				t.Errorf("%s %s names a %s and has no binding", op.Name, f.Path, f.Binding)
			}
		}
	}
	ids := b.caches("whole")
	for _, op := range b.contract.Operations {
		p := b.valid(op.Name, "maximal", ids, "whole-"+op.Name)
		if op.Effect.Kind == contract.Deletes {
			continue
		}
		b.must(op.Name, p)
		b.clock.Add(3 * settle)
	}
	for _, op := range b.contract.Operations {
		if op.Effect.Kind == contract.Deletes {
			b.must(op.Name, b.valid(op.Name, "maximal", ids, "whole-"+op.Name))
		}
	}
}
