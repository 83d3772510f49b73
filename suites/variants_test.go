package suites

import (
	"bytes"
	"encoding/json"
	"math"
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/run"
	"github.com/eci-conform/conform/internal/wire"
)

// variants are targets that keep every must clause and do the rest in another
// way than the emulator: an ordinary run must not fail them.
var variants = []struct {
	name string
	edit func(*contract.Contract)
	wrap wrapper
	ask  func(testing.TB) wrapper // in place of wrap
	// selects are globs of the cases that apply; none for all.
	selects []string
	ahead   time.Duration // of its clock before ours
}{
	{name: "a clock six minutes ahead", ahead: 6 * time.Minute, selects: []string{"**/auth/**"}},
	{name: "a clock six minutes behind", ahead: -6 * time.Minute, selects: []string{"**/auth/**"}},
	{name: "an unsigned content type is incomplete", selects: []string{"**/auth/tamper/**"}, wrap: refusingAs(unsignedType,
		http.StatusBadRequest, "IncompleteSignature", "The request signature does not conform to Alibaba Cloud standards.")},
	{name: "what no listing shows is a change each time", wrap: intoChange("VSwitchId"), selects: []string{"UpdateImageCache/**", "CreateImageCache/state/**"}},
	{name: "keys in another order", wrap: bodies(reordered)},
	{name: "more members", wrap: func(h http.Handler) http.Handler {
		return bodies(func(s string) string {
			return regexp.MustCompile(`(</[A-Za-z]*(Response|Error)>)$`).ReplaceAllString(s, "<Extra>1</Extra><ExtraList>1</ExtraList>$1")
		})(jsonBodies(func(m *wire.Map) { m.Set("Extra", json.Number("1")); m.Set("ExtraList", []any{json.Number("1")}) })(h))
	}},
	{name: "indented JSON", wrap: bodies(func(s string) string {
		if !strings.HasPrefix(s, "{") {
			return s
		}
		return strings.ReplaceAll(s, `{"RequestId"`, "{\n  \"RequestId\"") + "\n"
	})},
	{name: "chunked", wrap: chunked},
	{name: "other ids", edit: func(c *contract.Contract) {
		c.Resource("ImageCache").IDPrefix, c.Resource("DataCache").IDPrefix = "cache_i_", "cache_d_"
	}},
	{name: "application/xml", wrap: answering(func(_ *http.Request, rec *httptest.ResponseRecorder) {
		if strings.Contains(rec.Header().Get("Content-Type"), "xml") {
			rec.Header().Set("Content-Type", "application/xml")
		}
	})},
	{name: "bare content type", wrap: answering(func(_ *http.Request, rec *httptest.ResponseRecorder) {
		ct, _, _ := strings.Cut(rec.Header().Get("Content-Type"), ";")
		rec.Header().Set("Content-Type", ct)
	})},
	{name: "no header of ours", wrap: answering(func(_ *http.Request, rec *httptest.ResponseRecorder) { rec.Header().Del("X-Acs-Request-Id") })},
	{name: "empty members left out of JSON", wrap: bodies(func(s string) string {
		return regexp.MustCompile(`"[A-Za-z]+":(\[\]|""),|,"[A-Za-z]+":(\[\]|"")`).ReplaceAllString(s, "")
	})},
	{name: "empty members left out of XML", wrap: bodies(func(s string) string {
		return regexp.MustCompile(`<[A-Za-z]+></[A-Za-z]+>|<[A-Za-z]+/>`).ReplaceAllString(s, "")
	})},
	{name: "options wrapped as in the sample", wrap: bodies(wrappedOptions)},
	{name: "what the pages require is required", edit: func(c *contract.Contract) {
		for op, names := range map[string][]string{
			"CreateImageCache": {"SecurityGroupId", "VSwitchId"}, "UpdateImageCache": {"SecurityGroupId", "VSwitchId", "ImageCacheName"},
			"CreateDataCache": {"Path", "Name"}, "UpdateDataCache": {"Name"}, "DeleteDataCache": {"DataCacheId"}, "ListTagResources": {"ResourceId"},
		} {
			for _, name := range names {
				c.Operation(op).Parameter(name).Required = true
			}
		}
	}},
	{name: "a bucket that is left out selects nothing", edit: func(c *contract.Contract) {
		c.Operation("DescribeDataCaches").Parameter("Bucket").HasDefault = false
	}},
	{name: "paths and images are cleaned", selects: []string{"*/parameter/Path/**", "*/parameter/Image.N/**"}, ask: cleaned},
	{name: "a match count needs images", selects: []string{"DescribeImageCaches/**"}, wrap: refusing(func(in *wire.Received) bool {
		return in.Query.Count("ImageFullMatch")+in.Query.Count("ImageMatchCountRequest") > 0 && in.Query.Count("MatchImage.1") == 0
	})},
	{name: "empty numbers are none", ask: emptyNumbers},
	{name: "short tokens used before", wrap: shortTokens(5)},
	{name: "whole numbers with a fraction", wrap: bodies(func(s string) string {
		return regexp.MustCompile(`"(ImageCacheSize|Size)":(\d+)`).ReplaceAllString(s, `"$1":$2.0`)
	})},
	{name: "times that are not there are empty", wrap: jsonBodies(func(m *wire.Map) {
		list, _ := m.Get("ImageCaches")
		items, _ := list.([]any)
		for _, item := range items {
			if cache := item.(*wire.Map); slices.Index(cache.Keys(), "ExpireDateTime") < 0 {
				cache.Set("ExpireDateTime", "")
			}
		}
	})},
	{name: "conflicts for a while after an update", wrap: conflicting(20 * time.Millisecond), selects: []string{"CreateImageCache/state/walk/**", "UpdateImageCache/state/ImageCache/**", "UpdateImageCache/idempotency/token/**"}},
	{name: "the first update of each conflicts", wrap: firstConflicts(), selects: []string{
		"UpdateImageCache/parameter/*/echo", "UpdateImageCache/parameter/*/given", "UpdateImageCache/auth/control/**", "UpdateImageCache/format/signature/acs3Post", "UpdateImageCache/format/method/get",
		"UpdateImageCache/state/RetentionDays/**", "UpdateImageCache/state/same/**", "UpdateImageCache/state/rest/**",
	}},
	{name: "nonces before signatures", wrap: nonceFirst, selects: []string{"*/auth/tamper/**"}},
	{name: "no Recommend", wrap: jsonBodies(func(m *wire.Map) { drop1(m, "Recommend") })},
	{name: "other words for bad parameters", edit: func(c *contract.Contract) {
		for _, v := range c.Violations {
			v.Error.Message = "The value of %s is wrong."
		}
	}},
	{name: "other codes for bad parameters", edit: func(c *contract.Contract) {
		for _, v := range c.Violations {
			v.Error.Code = "InvalidParameterValue"
		}
	}},
	{name: "documented wordings of the gateway", edit: func(c *contract.Contract) {
		for _, e := range c.Gateway.Errors {
			if len(e.Wordings) > 0 {
				w := e.Wordings[0]
				e.Code, e.Status, e.Message = w.Code, w.Status, w.Message
			}
		}
	}},
	{name: "no bounds but the documented ones", edit: withoutInferredBounds},
	{name: "metadata's list limits", edit: func(c *contract.Contract) {
		f := c.Operation("CreateImageCache").Parameter("ImageRegistryCredential")
		by(&f.MaxItems, 1)
	}},
	{name: "unknown parameters refused", wrap: refusing(func(in *wire.Received) bool {
		return in.Query.Count("ConformUnknown")+in.Query.Count("ConformSpaced") > 0
	})},
	{name: "names of letters only", wrap: refusing(func(in *wire.Received) bool {
		v, _ := in.Query.Get("ImageCacheName")
		return v != "" && !regexp.MustCompile(`^[A-Za-z0-9._-]+$`).MatchString(v)
	})},
}

func TestVariantsAreGreen(t *testing.T) {
	for _, v := range variants {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			wrap := v.wrap
			if v.ask != nil {
				wrap = v.ask(t)
			}
			trial{edit: v.edit, wrap: wrap, seed: 3, strict: contract.Must, selects: v.selects, ahead: v.ahead}.judge(t).green(t)
		})
	}
}

// unsignedType reports whether a body comes with a content type that the
// signature does not cover.
func unsignedType(in *wire.Received) bool {
	signed := in.Header.Get("Authorization")
	return signed != "" && in.Header.Get("Content-Type") != "" && len(in.Form) > 0 && !strings.Contains(signed, "content-type")
}

// intoChange accepts what asks for nothing new but for the parameter.
func intoChange(parameter string) wrapper {
	return answering(func(r *http.Request, rec *httptest.ResponseRecorder) {
		if in, err := wire.Receive(r, 1<<20); err != nil || in.Query.Count(parameter)+in.Form.Count(parameter) == 0 || !strings.Contains(rec.Body.String(), "NoNeedUpdate") {
			return
		}
		rec.Code = http.StatusOK
		rec.Body = bytes.NewBufferString(`{"RequestId":"` + rec.Header().Get("X-Acs-Request-Id") + `"}`)
	})
}

// wrappedOptions shows the options of a data source within another object, in
// both formats.
func wrappedOptions(s string) string {
	s = regexp.MustCompile(`"Options":"((?:[^"\\]|\\.)*)"`).ReplaceAllString(s, `"Options":"{\"options\":$1,\"type\":\"URL\"}"`)
	return regexp.MustCompile(`<Options>([^<]*)</Options>`).ReplaceAllString(s, `<Options>{"options":$1,"type":"URL"}</Options>`)
}

// emptyNumbers takes numbers and booleans without a value for none.
func emptyNumbers(t testing.TB) wrapper {
	numbers := map[string]bool{
		"ImageCacheSize": true, "RetentionDays": true, "StandardCopyCount": true, "FlashCopyCount": true, "Size": true,
		"AutoMatchImageCache": true, "Flash": true, "All": true, "ImageFullMatch": true, "ImageMatchCountRequest": true,
		"EipCreateParam.Bandwidth": true,
	}
	return asking{t: t, do: func(d *wire.Draft) {
		d.Query = slices.DeleteFunc(d.Query, func(p wire.Param) bool { return p.Value == "" && numbers[p.Name] })
	}}.wrap
}

// cleaned brings paths and images into a form of its own.
func cleaned(t testing.TB) wrapper {
	return asking{t: t, do: func(d *wire.Draft) {
		for i, p := range d.Query {
			switch {
			case p.Name == "Path" && p.Value != "":
				d.Query[i].Value = strings.Join(strings.Fields(path.Clean(p.Value)), " ")
			case strings.HasPrefix(p.Name, "Image.") && p.Value != "":
				d.Query[i].Value = strings.Join(strings.Fields(p.Value), " ")
			}
		}
	}}.wrap
}

// conflicting refuses updates that come soon after another one.
func conflicting(window time.Duration) wrapper {
	var mu sync.Mutex
	last := map[string]time.Time{}
	return refusingAs(func(in *wire.Received) bool {
		if action, _ := in.Common("Action"); action != "UpdateImageCache" {
			return false
		}
		id, _ := slices.Concat(in.Query, in.Form).Get("ImageCacheId")
		mu.Lock()
		defer mu.Unlock()
		soon := time.Since(last[id]) < window
		if !soon {
			last[id] = time.Now()
		}
		return soon
	}, http.StatusBadRequest, "OperationConflict", "Request was denied due to conflict with a previous request.")
}

// firstConflicts turns away what updates an image cache for the first time.
func firstConflicts() wrapper {
	var seen sync.Map
	return refusingAs(func(in *wire.Received) bool {
		if !acting("UpdateImageCache")(in) {
			return false
		}
		id, _ := slices.Concat(in.Query, in.Form).Get("ImageCacheId")
		_, again := seen.LoadOrStore(id, true)
		return !again
	}, http.StatusBadRequest, "OperationConflict", "Request was denied due to conflict with a previous request.")
}

// nonceFirst refuses a nonce that any request had before, rightly signed or not.
func nonceFirst(h http.Handler) http.Handler {
	var seen sync.Map
	return refusingAs(func(in *wire.Received) bool {
		nonce, _ := in.Common("SignatureNonce")
		_, used := seen.LoadOrStore(nonce, true)
		return used && nonce != ""
	}, http.StatusBadRequest, "SignatureNonceUsed", "The request signature nonce has been used.")(h)
}

// shortTokens says of the first so many tokens of one character that they were
// used before.
func shortTokens(n int64) wrapper {
	return func(h http.Handler) http.Handler {
		var seen atomic.Int64
		return refusingAs(func(in *wire.Received) bool {
			token, _ := in.Query.Get("ClientToken")
			return len(token) == 1 && seen.Add(1) <= n
		}, http.StatusForbidden, "IdempotentParameterMismatch", "The specified clientToken is used.")(h)
	}
}

// TestUsedUpTokens holds that a target on which all short tokens were used is
// not judged by them.
func TestUsedUpTokens(t *testing.T) {
	t.Parallel()
	out := trial{wrap: shortTokens(math.MaxInt64), selects: []string{"*/parameter/ClientToken/length-1"}, strict: contract.Inferred}.judge(t)
	for _, r := range out.results {
		if want := "30 times that the value was used before"; r.Verdict != run.Skip || !strings.Contains(r.Reason, want) {
			t.Errorf("%s: %s, %q, want it skipped, and %q", r.Case, r.Verdict, r.Reason, want)
		}
	}
	if len(out.results) == 0 {
		t.Error("no case sends a token of one character")
	}
}

// reordered turns the members of a JSON object around, at every depth.
func reordered(s string) string {
	v, err := wire.DecodeJSON([]byte(s))
	if err != nil {
		return s
	}
	return string(wire.EncodeJSON(turned(v)))
}

func turned(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = turned(v[i])
		}
	case *wire.Map:
		out := &wire.Map{}
		keys := slices.Clone(v.Keys())
		slices.Sort(keys)
		slices.Reverse(keys)
		for _, k := range keys {
			member, _ := v.Get(k)
			out.Set(k, turned(member))
		}
		return out
	}
	return v
}

func drop1(m *wire.Map, key string) {
	out := wire.Map{}
	for _, k := range m.Keys() {
		if k != key {
			v, _ := m.Get(k)
			out.Set(k, v)
		}
	}
	*m = out
}

func chunked(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, r)
		for name, values := range rec.Header() {
			w.Header()[name] = values
		}
		w.Header().Del("Content-Length")
		w.WriteHeader(rec.Code)
		for _, b := range rec.Body.Bytes() {
			_, _ = w.Write([]byte{b})
			if b == ',' {
				_ = http.NewResponseController(w).Flush()
			}
		}
	})
}

func withoutInferredBounds(c *contract.Contract) {
	for _, op := range c.Operations {
		for _, f := range everyField(op.Parameters) {
			weak := func(keyword string) bool {
				clause := f.Clauses[keyword]
				return clause != nil && clause.Level < contract.Must
			}
			if weak("minimum") {
				f.Minimum = nil
			}
			if weak("maximum") {
				f.Maximum = nil
			}
			if weak("nonEmpty") {
				delete(f.Clauses, "nonEmpty")
			}
		}
	}
}
