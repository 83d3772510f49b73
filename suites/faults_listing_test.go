package suites

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/emulator"
	"github.com/eci-conform/conform/internal/wire"
)

// TestListingFaultsAreCaught holds that each way to get a listing wrong fails
// the case that is about it.
func TestListingFaultsAreCaught(t *testing.T) { caught(t, listingFaults) }

// unfiltered makes the emulator ignore a filter.
func unfiltered(operation, parameter string) func(*contract.Contract) {
	return func(c *contract.Contract) {
		op := c.Operation(operation)
		op.Effect.Filters = slices.DeleteFunc(op.Effect.Filters, func(f contract.Filter) bool { return f.Parameter == parameter })
	}
}

// lists is true of a request that lists.
func lists(a *emulator.Ask) bool {
	return strings.HasPrefix(a.Operation, "Describe") || strings.HasPrefix(a.Operation, "List")
}

// without1 drops parameters of listings.
func without1(names ...string) func() *emulator.Hooks {
	return misasked(func(a *emulator.Ask) {
		if _, several := a.Params.Get("ResourceId.2"); several || !lists(a) {
			return
		}
		for _, name := range names {
			a.Params = a.Params.Del(name)
		}
	})
}

// onlyWith drops a filter where another one stands beside it.
func onlyWith(filter, beside string) func() *emulator.Hooks {
	return misasked(func(a *emulator.Ask) {
		if _, ok := a.Params.Get(beside); ok {
			a.Params = a.Params.Del(filter)
		}
	})
}

// paged changes the items of a page.
func paged(operation, items string, do func(a *emulator.Ask, m *wire.Map, list []any) []any) func() *emulator.Hooks {
	return mistold(operation, func(a *emulator.Ask, m *wire.Map) {
		v, _ := m.Get(items)
		list, _ := v.([]any)
		m.Set(items, do(a, m, list))
	})
}

// refiltered selects by a name in its own way.
func refiltered(parameter, member string, match func(shows, wants string) bool) wrapper {
	return func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			text, _ := io.ReadAll(r.Body)
			r.Body = io.NopCloser(bytes.NewReader(text))
			r.ContentLength = int64(len(text))
			wants := r.URL.Query().Get(parameter)
			if wants == "" || !strings.HasPrefix(r.URL.Query().Get("Action"), "Describe") {
				h.ServeHTTP(w, r)
				return
			}
			jsonBodies(func(m *wire.Map) {
				v, ok := m.Get("ImageCaches")
				if !ok {
					return
				}
				m.Set("ImageCaches", slices.DeleteFunc(v.([]any), func(item any) bool {
					shows, _ := memberText(item, member)
					return !match(shows, wants)
				}))
			})(h).ServeHTTP(w, r)
		})
	}
}

// matching drops the filter in the emulator, so that the wrapper's counts.
func matching(operation, parameter, member string, match func(shows, wants string) bool) (func(*contract.Contract), wrapper) {
	return unfiltered(operation, parameter), refiltered(parameter, member, match)
}

var (
	prefixEdit, prefixWrap = matching("DescribeImageCaches", "ImageCacheName", "ImageCacheName", strings.HasPrefix)
	foldEdit, foldWrap     = matching("DescribeImageCaches", "ImageCacheName", "ImageCacheName", strings.EqualFold)
)

// counting gives pages by an offset into the listing as it is now.
func counting(newestFirst bool) wrapper {
	return func(h http.Handler) http.Handler {
		return answering(func(r *http.Request, rec *httptest.ResponseRecorder) {
			q := r.URL.Query()
			limit, err := strconv.Atoi(q.Get("Limit"))
			v, _ := wire.DecodeJSON(rec.Body.Bytes())
			m, _ := v.(*wire.Map)
			if err != nil || m == nil || rec.Code != http.StatusOK || q.Get("Action") != "DescribeImageCaches" {
				return
			}
			list, _ := m.Get("ImageCaches")
			all := list.([]any)
			if newestFirst {
				slices.Reverse(all)
			}
			from, _ := strconv.Atoi(q.Get("NextToken"))
			to := min(from+limit, len(all))
			m.Set("ImageCaches", all[min(from, to):to])
			if to < len(all) {
				m.Set("NextToken", strconv.Itoa(to))
			}
			rec.Body.Reset()
			rec.Body.Write(wire.EncodeJSON(m))
		})(h)
	}
}

// pageTokens remembers which page tokens were given out and sent.
func pageTokens(ask func(a *emulator.Ask, token string, given, sent bool)) func() *emulator.Hooks {
	return func() *emulator.Hooks {
		var given, sent sync.Map
		return &emulator.Hooks{
			Ask: func(a *emulator.Ask) {
				token, ok := a.Params.Get("NextToken")
				if !ok || token == "" {
					return
				}
				_, known := given.Load(token)
				_, again := sent.LoadOrStore(token, true)
				ask(a, token, known, again)
			},
			Tell: func(_ *emulator.Ask, status int, body *wire.Map) int {
				if token, ok := memberText(body, "NextToken"); ok {
					given.Store(token, true)
				}
				return status
			},
		}
	}
}

func firstPageInstead(when func(a *emulator.Ask, given, sent bool) bool) func() *emulator.Hooks {
	return pageTokens(func(a *emulator.Ask, _ string, given, sent bool) {
		if when(a, given, sent) {
			a.Params = a.Params.Del("NextToken")
		}
	})
}

const (
	imageList = "DescribeImageCaches/listing/"
	dataList  = "DescribeDataCaches/listing/"
	tagList   = "ListTagResources/listing/"
)

var listingFaults = slices.Concat(filterFaults, pageFaults, scopeFaults)

// filterFaults are about what a listing selects.
var filterFaults = []hooked{
	{name: "id ignored", must: true, by: imageList + "ImageCacheId/each", edit: unfiltered("DescribeImageCaches", "ImageCacheId")},
	{name: "name ignored", must: true, by: imageList + "ImageCacheName/alone", edit: unfiltered("DescribeImageCaches", "ImageCacheName")},
	{name: "name ignored among others", must: true, by: imageList + "ImageCacheName/other", edit: unfiltered("DescribeImageCaches", "ImageCacheName")},
	{name: "snapshot ignored", must: true, by: imageList + "SnapshotId/each", edit: unfiltered("DescribeImageCaches", "SnapshotId")},
	{name: "image ignored", must: true, by: imageList + "Image/each", edit: unfiltered("DescribeImageCaches", "Image")},
	{name: "resource group ignored", must: true, by: imageList + "ResourceGroupId/each", edit: unfiltered("DescribeImageCaches", "ResourceGroupId")},
	{name: "value of tags ignored", must: true, by: imageList + "Tag/other", edit: unfiltered("DescribeImageCaches", "Tag.N.Value")},
	{name: "ids ignored", must: true, by: dataList + "DataCacheId/each", edit: unfiltered("DescribeDataCaches", "DataCacheId.N")},
	{name: "path ignored", must: true, by: dataList + "Path/each", edit: unfiltered("DescribeDataCaches", "Path")},
	{name: "bucket ignored", must: true, by: dataList + "Bucket/other", edit: unfiltered("DescribeDataCaches", "Bucket")},
	{name: "resource ids of tags ignored", must: true, by: tagList + "ResourceId/each", hooks: without1("ResourceId.1")},
	{name: "tag ignored by the list of tags", must: true, by: tagList + "Tag/each", hooks: misasked(func(a *emulator.Ask) {
		if a.Operation == "ListTagResources" {
			a.Params = a.Params.Del("Tag.1.Key").Del("Tag.1.Value")
		}
	})},
	{name: "image ignored beside a name", must: true, by: imageList + "ImageCacheName/withImage", hooks: onlyWith("Image", "ImageCacheName")},
	{name: "name ignored beside an id", must: true, by: imageList + "ImageCacheId/withImageCacheName", hooks: onlyWith("ImageCacheName", "ImageCacheId")},
	{name: "bucket ignored beside all others", must: true, by: dataList + "DataCacheId/withPath", hooks: onlyWith("Path", "DataCacheId.1")},
	{name: "name taken for a prefix", by: imageList + "ImageCacheName/prefix", edit: prefixEdit, wrap: prefixWrap},
	{name: "case of names ignored", by: imageList + "ImageCacheName/case", edit: foldEdit, wrap: foldWrap},
}

// pageFaults are about pages and their tokens.
var pageFaults = []hooked{
	{name: "Limit ignored", must: true, by: imageList + "Limit/pages-2", hooks: without1("Limit")},
	{name: "one more than Limit", must: true, by: dataList + "Limit/pages-3", hooks: misasked(func(a *emulator.Ask) {
		if limit, ok := a.Params.Get("Limit"); ok && limit == "3" {
			a.Params = a.Params.Set("Limit", "4")
		}
	})},
	{name: "NextToken ignored", must: true, by: imageList + "Limit/pages-2", hooks: without1("NextToken")},
	{name: "item lost between pages", must: true, by: dataList + "Limit/pages-2", hooks: paged("DescribeDataCaches", "DataCaches", func(_ *emulator.Ask, m *wire.Map, list []any) []any {
		if _, more := m.Get("NextToken"); more {
			return list[:len(list)-1]
		}
		return list
	})},
	{name: "item twice", must: true, by: tagList + "Limit/pages-3", hooks: paged("ListTagResources", "TagResources", func(a *emulator.Ask, _ *wire.Map, list []any) []any {
		if _, later := a.Params.Get("NextToken"); later && len(list) > 1 {
			return append(list[:len(list)-1:len(list)-1], list[0])
		}
		return list
	})},
	{name: "no NextToken at all", must: true, by: imageList + "Limit/pages-1", hooks: mistold("DescribeImageCaches", func(_ *emulator.Ask, m *wire.Map) { drop1(m, "NextToken") })},
	{name: "NextToken on the last page", by: imageList + "Limit/pages-20", hooks: mistold("DescribeImageCaches", func(a *emulator.Ask, m *wire.Map) {
		if _, ok := m.Get("NextToken"); !ok {
			m.Set("NextToken", "AAAA")
		}
	})},
	{name: "tags without an end", must: true, by: tagList + "NextToken/ends", hooks: mistold("ListTagResources", func(_ *emulator.Ask, m *wire.Map) {
		if _, ok := m.Get("NextToken"); !ok {
			m.Set("NextToken", "AAAA")
		}
	})},
	{name: "empty pages of tags for ever", must: true, by: tagList + "NextToken/ends", hooks: func() *emulator.Hooks {
		return &emulator.Hooks{
			Ask: func(a *emulator.Ask) {
				if token, _ := a.Params.Get("NextToken"); token == "AAAA" {
					a.Params = a.Params.Del("NextToken")
				}
			},
			Tell: func(a *emulator.Ask, status int, body *wire.Map) int {
				if a.Operation == "ListTagResources" && status == http.StatusOK {
					body.Set("TagResources", []any{})
					body.Set("NextToken", "AAAA")
				}
				return status
			},
		}
	}},
	{name: "pages by count, one removed", by: imageList + "NextToken/removed", hooks: without1("Limit", "NextToken"), wrap: counting(false)},
	{name: "pages by count, newest first, one added", by: imageList + "NextToken/added", hooks: without1("Limit", "NextToken"), wrap: counting(true)},
	{name: "altered token is the first page", by: imageList + "NextToken/altered", hooks: firstPageInstead(func(_ *emulator.Ask, given, _ bool) bool { return !given })},
	{name: "invented token is the first page", by: tagList + "NextToken/invented", hooks: firstPageInstead(func(_ *emulator.Ask, given, _ bool) bool { return !given })},
	{name: "token good for any account", by: dataList + "NextToken/otherAccount", hooks: firstPageInstead(func(a *emulator.Ask, given, _ bool) bool { return a.Account == "secondary" })},
	{name: "token good in any region", by: dataList + "NextToken/otherRegion", hooks: firstPageInstead(func(a *emulator.Ask, _, _ bool) bool {
		region, _ := a.Params.Get("RegionId")
		return region == "cn-shanghai"
	})},
	{name: "token good for any operation", by: imageList + "NextToken/otherOperation", hooks: firstPageInstead(func(a *emulator.Ask, _, _ bool) bool { return a.Operation == "DescribeDataCaches" })},
	{name: "token used up", by: imageList + "NextToken/reused", hooks: firstPageInstead(func(_ *emulator.Ask, _, sent bool) bool { return sent })},
	{name: "wrong TotalCount", by: imageList + "TotalCount/count", hooks: mistold("DescribeImageCaches", func(_ *emulator.Ask, m *wire.Map) { m.Set("TotalCount", number(7)) })},
	{name: "TotalCount by two readings", by: dataList + "TotalCount/count", hooks: mistold("DescribeDataCaches", func(a *emulator.Ask, m *wire.Map) {
		if _, ok := a.Params.Get("Limit"); !ok {
			m.Set("TotalCount", number(2))
		}
	})},
}

// scopeFaults are about whose things are listed and counted.
var scopeFaults = []hooked{
	{name: "fewer used than there are", by: "ListUsage/listing/UsedDataCacheCount/counts", hooks: mistold("ListUsage", func(_ *emulator.Ask, m *wire.Map) {
		v, _ := m.Get("Attributes")
		counts := v.(*wire.Map)
		n, _ := counts.Get("UsedDataCacheCount")
		i, _ := strconv.Atoi(fmt.Sprint(n))
		counts.Set("UsedDataCacheCount", json.Number(strconv.Itoa(i-1000)))
	})},
	{name: "other accounts shown", must: true, by: imageList + "scope/account", hooks: misasked(func(a *emulator.Ask) {
		if lists(a) {
			a.Account = "default"
		}
	})},
	{name: "other regions shown", must: true, by: dataList + "scope/region", hooks: misasked(func(a *emulator.Ask) {
		if lists(a) {
			a.Params = a.Params.Set("RegionId", "cn-hangzhou")
		}
	})},
	{name: "resource without its tags", must: true, by: tagList + "scope/own", hooks: paged("ListTagResources", "TagResources", func(_ *emulator.Ask, _ *wire.Map, list []any) []any {
		first, _ := memberText(list[0], "ResourceId")
		return slices.DeleteFunc(list, func(row any) bool { id, _ := memberText(row, "ResourceId"); return id == first && len(list) > 1 })
	})},
}
