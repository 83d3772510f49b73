package suites

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/emulator"
	"github.com/eci-conform/conform/internal/wire"
)

// TestTokenFaultsAreCaught holds that each way to get tokens wrong fails the
// case that is about it.
func TestTokenFaultsAreCaught(t *testing.T) { caught(t, tokenFaults) }

// remembering changes how a token is remembered.
func remembering(do func(a *emulator.Ask, key string, p wire.Params) (string, wire.Params)) func() *emulator.Hooks {
	return func() *emulator.Hooks { return &emulator.Hooks{Remember: do} }
}

// forgetful remembers no token.
func forgetful() *emulator.Hooks {
	var n atomic.Int64
	return &emulator.Hooks{Remember: func(_ *emulator.Ask, key string, p wire.Params) (string, wire.Params) {
		return key + strconv.FormatInt(n.Add(1), 10), p
	}}
}

// uncompared leaves a parameter out of the comparison.
func uncompared(name string) func() *emulator.Hooks {
	return remembering(func(_ *emulator.Ask, key string, p wire.Params) (string, wire.Params) {
		return key, slices.DeleteFunc(p, func(q wire.Param) bool { return within(q.Name, name) })
	})
}

func unscoped(dimension string) func(*contract.Contract) {
	return func(c *contract.Contract) {
		c.Idempotency.Scope = slices.DeleteFunc(c.Idempotency.Scope, func(s string) bool { return s == dimension })
	}
}

// tallying counts what comes by a text.
type tallying struct {
	mu   sync.Mutex
	seen map[string]int
}

func (c *tallying) add(text string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.seen == nil {
		c.seen = map[string]int{}
	}
	c.seen[text]++
	return c.seen[text]
}

func tokenOf(a *emulator.Ask) string { t, _ := a.Params.Get("ClientToken"); return t }

// aborting gives up what a client asks for that has gone away, and takes it for
// done.
func aborting() *emulator.Hooks {
	var c tallying
	return &emulator.Hooks{Work: func(_ context.Context, a *emulator.Ask, do func() *wire.Map) *wire.Map {
		if tokenOf(a) == "" || c.add(tokenOf(a)) > 1 {
			return do()
		}
		out := &wire.Map{}
		out.Set("ImageCacheId", "imc-aborted00000000000000")
		out.Set("ContainerGroupId", "eci-aborted00000000000000")
		return out
	}}
}

// undelivered forgets a token whose client does not wait for the answer.
func undelivered() *emulator.Hooks {
	var c tallying
	return &emulator.Hooks{
		Remember: func(_ *emulator.Ask, key string, p wire.Params) (string, wire.Params) {
			return key + strconv.Itoa(c.add(key)), p
		},
		Work: func(ctx context.Context, a *emulator.Ask, do func() *wire.Map) *wire.Map {
			out := do()
			if tokenOf(a) != "" && c.add("work "+tokenOf(a)) == 1 {
				<-ctx.Done() // the client is going away
			}
			return out
		},
	}
}

// hasty looks a token up and writes it down in two steps.
func hasty() *emulator.Hooks {
	var c tallying
	var all sync.WaitGroup
	all.Add(2)
	return &emulator.Hooks{
		Remember: func(_ *emulator.Ask, key string, p wire.Params) (string, wire.Params) {
			return key + strconv.Itoa(min(2, c.add(key))), p
		},
		Work: func(_ context.Context, a *emulator.Ask, do func() *wire.Map) *wire.Map {
			if tokenOf(a) != "" && c.add("work "+tokenOf(a)) <= 2 {
				all.Done()
				all.Wait()
			}
			return do()
		},
	}
}

// obliging answers a token that stood in a refused request with a success.
func obliging() *emulator.Hooks {
	var refused sync.Map
	return &emulator.Hooks{Work: func(_ context.Context, a *emulator.Ask, do func() *wire.Map) *wire.Map {
		if _, ok := refused.Load(tokenOf(a)); ok && tokenOf(a) != "" {
			return &wire.Map{}
		}
		out := do()
		if out == nil {
			refused.Store(tokenOf(a), true)
		}
		return out
	}}
}

// deleting forgets all tokens when something is deleted.
func deleting() *emulator.Hooks {
	var n atomic.Int64
	return &emulator.Hooks{
		Ask: func(a *emulator.Ask) {
			if strings.HasPrefix(a.Operation, "Delete") {
				n.Add(1)
			}
		},
		Remember: func(_ *emulator.Ask, key string, p wire.Params) (string, wire.Params) {
			return key + strconv.FormatInt(n.Load(), 10), p
		},
	}
}

// newIDs gives a repetition another id.
func newIDs() *emulator.Hooks {
	var c tallying
	return mistold("CreateImageCache", func(a *emulator.Ask, m *wire.Map) {
		if c.add(tokenOf(a)) > 1 {
			m.Set("ImageCacheId", "imc-another0000000000000")
		}
	})()
}

// droppedOnce ends the connection of a request with a token after its work, once,
// and forgets the token.
func droppedOnce() *emulator.Hooks {
	h := forgetful()
	var c tallying
	h.Around = func(_ context.Context, _ string, work func() *emulator.Answer) (*emulator.Answer, error) {
		a := work()
		if strings.Contains(string(a.Body), "ImageCacheId\":\"imc-") && strings.Contains(string(a.Body), "ContainerGroupId") && c.add("") == 1 {
			return nil, errors.New("dropped")
		}
		return a, nil
	}
	return h
}

var tokenFaults = []hooked{
	{name: "token ignored by create", must: true, by: "CreateImageCache/idempotency/replay/same", hooks: forgetful},
	{name: "token ignored by update", must: true, by: "UpdateImageCache/idempotency/replay/same", hooks: forgetful},
	{name: "token ignored by update of data", must: true, by: "UpdateDataCache/idempotency/replay/same", hooks: forgetful},
	{name: "token ignored by delete", must: true, by: "DeleteImageCache/idempotency/replay/same", hooks: forgetful},
	{name: "token ignored by delete by path", by: "DeleteDataCache/idempotency/replay/byName", hooks: forgetful},
	{name: "token ignored by untag", must: true, by: "UntagResources/idempotency/replay/same", hooks: forgetful},
	{name: "token ignored by copy", must: true, by: "CopyDataCache/idempotency/replay/same", hooks: forgetful},
	{name: "token ignored beside another transport", must: true, by: "CreateDataCache/idempotency/replay/otherTransport", hooks: remembering(func(a *emulator.Ask, key string, p wire.Params) (string, wire.Params) {
		return key + a.Method, p
	})},
	{name: "another id for a repetition", must: true, by: "CreateImageCache/idempotency/replay/same", hooks: newIDs},
	{name: "parameters not compared", must: true, by: "CreateImageCache/idempotency/ImageCacheName/changed", hooks: remembering(func(_ *emulator.Ask, key string, _ wire.Params) (string, wire.Params) {
		return key, nil
	})},
	{name: "number not compared", must: true, by: "CreateDataCache/idempotency/RetentionDays/changed", hooks: uncompared("RetentionDays")},
	{name: "secret not compared", must: true, by: "UpdateImageCache/idempotency/ImageRegistryCredential.N.Password/changed", hooks: uncompared("ImageRegistryCredential.1.Password")},
	{name: "map not compared", must: true, by: "UpdateDataCache/idempotency/DataSource.Options/changed", hooks: uncompared("DataSource.Options")},
	{name: "tags not compared", must: true, by: "CreateDataCache/idempotency/Tag.N.Value/changed", hooks: uncompared("Tag")},
	{name: "id not compared", must: true, by: "DeleteImageCache/idempotency/ImageCacheId/changed", hooks: uncompared("ImageCacheId")},
	{name: "source not compared", must: true, by: "CopyDataCache/idempotency/DataCacheId/changed", hooks: uncompared("DataCacheId")},
	{name: "key not compared", must: true, by: "UntagResources/idempotency/TagKey.N/changed", hooks: uncompared("TagKey")},
	{name: "another code for a changed request", should: true, by: "CreateImageCache/idempotency/ImageCacheSize/changed", edit: func(c *contract.Contract) { c.Idempotency.Mismatch.Code = "TokenUsed" }},
	{name: "another status for a changed request", by: "CreateImageCache/idempotency/ImageCacheSize/changed", edit: func(c *contract.Contract) { c.Idempotency.Mismatch.Status = 409 }},
	{name: "case of tokens ignored", must: true, by: "UpdateDataCache/idempotency/token/case", hooks: remembering(func(_ *emulator.Ask, key string, p wire.Params) (string, wire.Params) {
		return strings.ToLower(key), p
	})},
	{name: "tokens compared by their beginning", must: true, by: "CreateImageCache/idempotency/token/new", hooks: remembering(func(_ *emulator.Ask, key string, p wire.Params) (string, wire.Params) {
		return strings.Replace(key, "-2-2", "-2", 1), p
	})},
	{name: "what is like it taken for a repetition", must: true, by: "CreateDataCache/idempotency/token/new", hooks: remembering(func(_ *emulator.Ask, key string, _ wire.Params) (string, wire.Params) {
		return strings.Replace(key, "-2-2", "-2", 1), nil
	})},
	{name: "same request taken for a repetition", by: "UpdateDataCache/idempotency/token/none", hooks: func() *emulator.Hooks {
		var done sync.Map
		return &emulator.Hooks{Work: func(_ context.Context, a *emulator.Ask, do func() *wire.Map) *wire.Map {
			key := a.Operation + a.Params.Encode(nil)
			if out, ok := done.Load(key); ok && a.Operation == "UpdateDataCache" {
				return out.(*wire.Map)
			}
			out := do()
			if out != nil {
				done.Store(key, out)
			}
			return out
		}}
	}},
	{name: "tokens shared by accounts", by: "CreateImageCache/idempotency/scope/account", edit: unscoped("account")},
	{name: "tokens shared by regions", by: "CreateImageCache/idempotency/scope/region", edit: unscoped("region")},
	{name: "tokens shared by operations", by: "CreateImageCache/idempotency/scope/operation", edit: unscoped("operation")},
	{name: "token forgotten when nobody waits", must: true, by: "CreateImageCache/idempotency/lost/cut", hooks: undelivered},
	{name: "work given up when nobody waits", must: true, by: "CreateImageCache/idempotency/lost/unread", hooks: aborting},
	{name: "token forgotten when the answer is lost", must: true, by: "UpdateDataCache/idempotency/lost/unread", hooks: forgetful},
	{name: "connection dropped after the work", must: true, by: "CreateImageCache/idempotency/replay/same", hooks: droppedOnce},
	{name: "two at once both carried out", by: "CreateImageCache/idempotency/together/eight", hooks: hasty},
	{name: "refusal remembered as success", by: "UpdateImageCache/idempotency/refused/unknown", hooks: obliging},
	{name: "deleted thing made again", by: "CreateImageCache/idempotency/replay/afterDelete", hooks: deleting},
}
