package emulator_test

import (
	"slices"
	"testing"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/emulator"
	"github.com/eci-conform/conform/internal/wire"
)

// edit is a change of the contract that changes an answer.
type edit struct {
	edit        func(*contract.Contract)
	ask         func(*bench) reply
	want, after string // code before and after the edit
}

var created = params("ImageCacheName", "a", "Image.1", "nginx")

func with(p wire.Params, pairs ...string) wire.Params { return append(p.Clone(), params(pairs...)...) }

var edits = map[string]edit{
	"no signature stage": {
		func(c *contract.Contract) { without(c, "signature") },
		func(b *bench) reply {
			return b.call("DescribeRegions", nil, as(wire.Credentials{AccessKeyID: "emulator-default", AccessKeySecret: "wrong"}))
		}, "SignatureDoesNotMatch", "",
	},
	"no nonce stage": {
		func(c *contract.Contract) { without(c, "nonce") },
		func(b *bench) reply {
			again := func(c *wire.Call) { c.Nonce = "again" }
			b.must("DescribeRegions", nil, again)
			return b.call("DescribeRegions", nil, again)
		}, "SignatureNonceUsed", "",
	},
	"wider clock": {
		func(c *contract.Contract) { c.Protocol.Skew *= 2 },
		func(b *bench) reply {
			return b.call("DescribeRegions", nil, func(c *wire.Call) { c.Time = c.Time.Add(-1000e9) })
		}, "InvalidTimeStamp.Expired", "",
	},
	"optional name": {
		func(c *contract.Contract) {
			c.Operation("CreateImageCache").Parameter("ImageCacheName").Required = false
		},
		func(b *bench) reply { return b.call("CreateImageCache", params("Image.1", "nginx")) }, "MissingImageCacheName", "",
	},
	"moved bound": {
		func(c *contract.Contract) { *c.Operation("DescribeDataCaches").Parameter("Limit").Maximum++ },
		func(b *bench) reply { return b.call("DescribeDataCaches", params("Limit", "21")) }, "InvalidParameter", "",
	},
	"other code": {
		func(c *contract.Contract) {
			c.Operation("CreateImageCache").Error("InvalidVSwitchId.IpNotEnough").Code = "Other"
		},
		func(b *bench) reply {
			return b.call("CreateImageCache", with(created, "VSwitchId", "vsw-emu-exhausted"))
		}, "InvalidVSwitchId.IpNotEnough", "Other",
	},
	"no row": {
		func(c *contract.Contract) { c.Operation("CreateImageCache").Errors = nil },
		func(b *bench) reply { return b.call("CreateImageCache", created, as(b.keys["arrears"])) }, "Account.Arrearage", "",
	},
	"any state": {
		func(c *contract.Contract) { c.Operation("UpdateDataCache").Effect.From = nil },
		func(b *bench) reply {
			id := b.must("CreateDataCache", params("Path", "/a")).text("DataCacheId")
			return b.call("UpdateDataCache", params("DataCacheId", id, "Name", "b"))
		}, "IncorrectStatus", "",
	},
	"forgotten token": {
		func(c *contract.Contract) { c.Operation("CreateImageCache").Idempotency = nil },
		func(b *bench) reply {
			b.must("CreateImageCache", with(created, "ClientToken", "t"))
			return b.call("CreateImageCache", with(created, "ClientToken", "t", "RetentionDays", "1"))
		}, "IdempotentParameterMismatch", "",
	},
	"dropped rule": {
		func(c *contract.Contract) { c.Operation("CreateDataCache").Rules = nil },
		func(b *bench) reply {
			return b.call("CreateDataCache", params("Path", "/a", "Bucket", "eci-system"))
		}, "InvalidParameter", "",
	},
}

// TestEmulatorObeysAnEditedContract holds that what the emulator does is read
// off the contract: each edit changes an answer.
func TestEmulatorObeysAnEditedContract(t *testing.T) {
	t.Parallel()
	for name, c := range edits {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			edited := theContract(t).Clone()
			c.edit(edited)
			broken := newBench(t, func(o *emulator.Options) { o.Contract = edited })
			if got := c.ask(newBench(t)).text("Code"); got != c.want {
				t.Errorf("code by the contract = %q, want %q", got, c.want)
			}
			if got := c.ask(broken).text("Code"); got != c.after {
				t.Errorf("code by the edited contract = %q, want %q", got, c.after)
			}
		})
	}
}

func without(c *contract.Contract, stage string) {
	c.Gateway.Order = slices.DeleteFunc(c.Gateway.Order, func(s string) bool { return s == stage })
}
