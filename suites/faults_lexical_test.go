package suites

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/wire"
)

// lexicalFaults are servers that read more than the type of a parameter has,
// and those that show only where a profile has little to offer.
var lexicalFaults = []fault{
	{name: "blank before numbers cut", by: "RetentionDays/type-blank", family: "parameter", among: retention, wrap: read("RetentionDays", strings.TrimSpace)},
	{name: "blank behind numbers cut", by: "RetentionDays/type-trailingBlank", family: "parameter", among: retention, wrap: read("RetentionDays", strings.TrimSpace)},
	{name: "tab behind numbers cut", by: "RetentionDays/type-tab", family: "parameter", among: retention, wrap: read("RetentionDays", strings.TrimSpace)},
	{name: "size with a blank read", by: "ImageCacheSize/type-trailingBlank", family: "parameter", among: "CreateImageCache/parameter/ImageCacheSize/**", wrap: read("ImageCacheSize", strings.TrimSpace)},
	{name: "plus sign read", by: "RetentionDays/type-plus", family: "parameter", among: retention, wrap: read("RetentionDays", func(s string) string { return strings.TrimPrefix(s, "+") })},
	{name: "full-width digits read", by: "ImageCacheSize/type-fullWidth", family: "parameter", among: "CreateImageCache/parameter/ImageCacheSize/**", wrap: read("ImageCacheSize", narrowed)},
	{name: "leading zeros read", by: "RetentionDays/type-leadingZeros", family: "parameter", among: retention, wrap: read("RetentionDays", func(s string) string { return strings.TrimLeft(s, "0") })},
	{name: "fraction cut", by: "ImageCacheSize/type-decimal", family: "parameter", must: true, among: "CreateImageCache/parameter/ImageCacheSize/**", wrap: read("ImageCacheSize", func(s string) string { return strings.TrimSuffix(s, ".0") })},
	{name: "negative zero is none", by: "RetentionDays/type-negativeZero", family: "parameter", among: retention, wrap: leavingOut("RetentionDays", "-0")},
	{name: "empty number is none", by: "RetentionDays/type-empty", family: "parameter", among: retention, wrap: leavingOut("RetentionDays", "")},
	{name: "empty boolean is none", by: "Flash/type-empty", family: "parameter", among: "CreateImageCache/parameter/Flash/**", wrap: leavingOut("Flash", "")},
	{name: "blank around booleans cut", by: "Flash/type-leadingBlank", family: "parameter", among: "CreateImageCache/parameter/Flash/**", wrap: read("Flash", strings.TrimSpace)},
	{name: "BGP_PRO refused", by: "EipCreateParam.ISP/enum-BGP_PRO", family: "parameter", must: true, bare: true, among: "CreateDataCache/parameter/EipCreateParam*/**", edit: param("CreateDataCache", "EipCreateParam.ISP", func(f *contract.Field) { f.Enum = f.Enum[:1] })},
	{name: "charge type refused", by: "EipCreateParam.InternetChargeType/enum-PayByBandwidth", family: "parameter", must: true, bare: true, among: "UpdateDataCache/parameter/EipCreateParam*/**", edit: param("UpdateDataCache", "EipCreateParam.InternetChargeType", func(f *contract.Field) { f.Enum = f.Enum[1:] })},
	{name: "copy of nothing", by: "DataCacheId/missing", family: "parameter", must: true, bare: true, among: "CopyDataCache/parameter/**", wrap: always(granting(func(in *wire.Received) bool {
		action, _ := in.Common("Action")
		return action == "CopyDataCache" && in.Query.Count("DataCacheId") == 0
	}, `"DataCacheId":"edc-conform000000000000"`))},
	{name: "signature of a copy unchecked", by: "tamper/acs3-value", family: "auth", must: true, bare: true, among: "CopyDataCache/auth/tamper/**", wrap: ask(asking{always: true, when: acs3})},
	{name: "any Version of a copy taken", by: "Version/other", family: "format", must: true, bare: true, among: "CopyDataCache/format/Version/**", wrap: ask(asking{do: func(d *wire.Draft) { d.Set("Version", "2018-08-08") }})},
	{name: "registry without its instance", by: "rule.acr-instance/without-AcrRegistryInfo.N.InstanceId", family: "parameter", among: "CreateImageCache/parameter/rule*/**", edit: func(c *contract.Contract) { c.Operation("CreateImageCache").Rules = nil }},
	{name: "what the page requires is required", by: "VSwitchId/leftOut", family: "parameter", among: "CreateImageCache/parameter/VSwitchId/**", edit: param("CreateImageCache", "VSwitchId", func(f *contract.Field) { f.Required = true })},
	{name: "registry with its scheme taken", by: "rule.registry-scheme/broken-ImageRegistryCredential.N.Server-https", family: "parameter", among: "CreateImageCache/parameter/rule*/**", edit: func(c *contract.Contract) { c.Operation("CreateImageCache").Rules = nil }},
	{name: "one thing too often taken", by: "VSwitchId/maxItems+1-real", family: "parameter", among: "CreateImageCache/parameter/VSwitchId/**", edit: param("CreateImageCache", "VSwitchId", func(f *contract.Field) { by(&f.MaxItems, 1) })},
	{name: "length kept ahead of keys", by: "DataSource.Options/lengthPrefixed", family: "parameter", among: "CreateDataCache/parameter/DataSource*/**", wrap: ask(asking{do: names(func(n string) string {
		return strings.Replace(n, "#6#repoId", "#9##6#repoId", 1)
	})})},
	{name: "plus kept for space", by: "ImageCacheName/text-plusForSpace", family: "parameter", among: "CreateImageCache/parameter/ImageCacheName/**", wrap: plusKept},
	{name: "options lost", by: "DataSource.Options/echo", family: "parameter", among: "CreateDataCache/parameter/DataSource*/**", wrap: always(rewritten(`\"repoId\"`, `\"id\"`))},
}

const retention = "CreateImageCache/parameter/RetentionDays/**"

// read changes the values of one parameter.
func read(parameter string, how func(string) string) func(testing.TB) wrapper {
	return ask(asking{do: values(func(name, v string) string {
		if name == parameter {
			return how(v)
		}
		return v
	})})
}

// leavingOut takes a parameter with the value for one that is not there.
func leavingOut(parameter, value string) func(testing.TB) wrapper {
	return ask(asking{
		when: func(in *wire.Received) bool { v, ok := in.Query.Get(parameter); return ok && v == value },
		do:   dropped(parameter),
	})
}

func narrowed(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '\uff10' && r <= '\uff19' {
			return r - '\uff10' + '0'
		}
		return r
	}, s)
}

// granting answers some requests with a success by itself.
func granting(when func(*wire.Received) bool, members string) wrapper {
	return func(h http.Handler) http.Handler {
		var count atomic.Uint64
		return intercepting(h, when, func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "application/json;charset=utf-8")
			_, _ = io.WriteString(w, fmt.Sprintf(`{"RequestId":"00000000-0000-4000-8000-%012X",`, count.Add(1))+members+"}")
		})
	}
}

// plusKept reads a plus sign in a query as just that.
func plusKept(t testing.TB) wrapper {
	signed := asking{t: t, always: true}
	return func(h http.Handler) http.Handler {
		again := signed.wrap(h)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.URL.RawQuery = strings.ReplaceAll(r.URL.RawQuery, "+", "%2B")
			again.ServeHTTP(w, r)
		})
	}
}
