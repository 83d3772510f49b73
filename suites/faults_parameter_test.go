package suites

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/wire"
)

// optional makes a parameter one that may be left out and be empty.
func optional(f *contract.Field) {
	f.Required = false
	delete(f.Clauses, "required")
	delete(f.Clauses, "nonEmpty")
}

// free lets a parameter hold any text.
func free(f *contract.Field) { f.Type, f.Format, f.Enum, f.Pattern = contract.String, "", nil, "" }

var parameterFaults = slices.Concat(presenceFaults, boundFaults, typeFaults, numberingFaults, valueFaults, ruleFaults)

// presenceFaults are about what must be there and what may be left out.
var presenceFaults = []fault{
	{name: "required dropped", by: "ImageCacheName/missing", family: "parameter", must: true, among: "CreateImageCache/parameter/ImageCacheName/**", edit: param("CreateImageCache", "ImageCacheName", optional)},
	{name: "required list dropped", by: "Image/missing", family: "parameter", must: true, among: "CreateImageCache/parameter/Image*/**", edit: param("CreateImageCache", "Image", optional)},
	{name: "nested required dropped", by: "Tag.N.Key/missing", family: "parameter", among: "TagResources/parameter/Tag*/**", edit: param("TagResources", "Tag.N.Key", func(f *contract.Field) {
		optional(f)
		f.MinLength = nil
	})},
	{name: "optional one required", by: "request/minimal", family: "parameter", must: true, among: "CreateImageCache/parameter/**", edit: param("CreateImageCache", "RetentionDays", func(f *contract.Field) { f.Required = true })},
	{name: "empty taken", by: "ImageCacheName/empty", family: "parameter", among: "CreateImageCache/parameter/**", edit: param("CreateImageCache", "ImageCacheName", func(f *contract.Field) {
		delete(f.Clauses, "nonEmpty")
		f.AllowEmpty = true
	})},
	{name: "default not applied", by: "Size/default", family: "parameter", must: true, among: "CreateDataCache/parameter/Size/**", edit: param("CreateDataCache", "Size", func(f *contract.Field) { f.Default = "25" })},
	{name: "default bucket another", by: "Bucket/default", family: "parameter", must: true, among: "*DataCache/parameter/Bucket/**", edit: param("CreateDataCache", "Bucket", func(f *contract.Field) { f.Default = "main" })},
	{name: "unknown parameter refused", by: "request/unknown", family: "parameter", among: "DescribeRegions/parameter/**", wrap: always(refusing(func(in *wire.Received) bool { return in.Query.Count("ConformUnknown") > 0 }))},
	{name: "names in any case", by: "request/otherCase", family: "parameter", among: "DescribeImageCaches/parameter/**", wrap: ask(asking{do: names(func(n string) string {
		if strings.EqualFold(n, "RegionId") {
			return "RegionId"
		}
		return n
	})})},
	{name: "missing with another code", by: "RegionId/missing", family: "parameter", among: "DescribeImageCaches/parameter/**", edit: func(c *contract.Contract) { c.Violation("missing").Error.Code = "Absent%s" }},
}

// boundFaults are one off a bound.
var boundFaults = []fault{
	{name: "minimum one lower", by: "Limit/minimum-1", family: "parameter", must: true, among: "DescribeDataCaches/parameter/**", edit: param("DescribeDataCaches", "Limit", func(f *contract.Field) { by(&f.Minimum, -1) })},
	{name: "minimum one higher", by: "Limit/minimum", family: "parameter", must: true, among: "DescribeDataCaches/parameter/**", edit: param("DescribeDataCaches", "Limit", func(f *contract.Field) { by(&f.Minimum, 1) })},
	{name: "maximum one lower", by: "Limit/maximum", family: "parameter", must: true, among: "DescribeDataCaches/parameter/**", edit: param("DescribeDataCaches", "Limit", func(f *contract.Field) { by(&f.Maximum, -1) })},
	{name: "maximum one higher", by: "Limit/maximum+1", family: "parameter", must: true, among: "DescribeDataCaches/parameter/**", edit: param("DescribeDataCaches", "Limit", func(f *contract.Field) { by(&f.Maximum, 1) })},
	{name: "token one longer", by: "ClientToken/maxLength+1", family: "parameter", must: true, among: "DeleteImageCache/parameter/**", edit: param("DeleteImageCache", "ClientToken", func(f *contract.Field) { by(&f.MaxLength, 1) })},
	{name: "token one shorter", by: "ClientToken/maxLength", family: "parameter", must: true, among: "DeleteImageCache/parameter/**", edit: param("DeleteImageCache", "ClientToken", func(f *contract.Field) { by(&f.MaxLength, -1) })},
	{name: "token of any characters", by: "ClientToken/pattern-accent", family: "parameter", must: true, among: "DeleteImageCache/parameter/**", edit: param("DeleteImageCache", "ClientToken", func(f *contract.Field) { f.Pattern = "" })},
	{name: "length in bytes", by: "Tag.N.Value/maxLength-wide", family: "parameter", must: true, among: "TagResources/parameter/**", wrap: always(refusing(func(in *wire.Received) bool {
		v, _ := in.Query.Get("Tag.1.Value")
		return len(v) > 128 && len([]rune(v)) <= 128
	}))},
	{name: "a registry too many", by: "AcrRegistryInfo/maxItems+1", family: "parameter", among: "CreateImageCache/parameter/AcrRegistryInfo/maxItems*", edit: param("CreateImageCache", "AcrRegistryInfo", func(f *contract.Field) { by(&f.MaxItems, 1) })},
	{name: "an element too many taken", by: "Tag/maxItems+1", family: "parameter", must: true, among: "CreateImageCache/parameter/Tag/**", edit: param("CreateImageCache", "Tag", func(f *contract.Field) { by(&f.MaxItems, 1) })},
	{name: "an element too few taken", by: "Tag/maxItems", family: "parameter", must: true, among: "CreateImageCache/parameter/Tag/**", edit: param("CreateImageCache", "Tag", func(f *contract.Field) { by(&f.MaxItems, -1) })},
}

// typeFaults are about what a value is.
var typeFaults = []fault{
	{name: "type of the source forgotten", by: "DataSource.Type/echo-NAS", family: "parameter", must: true, among: "UpdateDataCache/parameter/DataSource.Type/echo*", wrap: ask(asking{
		when: func(in *wire.Received) bool { return acting("UpdateDataCache")(in) },
		do:   dropping("DataSource.Type"),
	})},
	{name: "enum in any case", by: "ResourceType/enum-case-ImageCache", family: "parameter", must: true, among: "TagResources/parameter/ResourceType/**", wrap: ask(asking{do: values(func(name, v string) string {
		if name == "ResourceType" && strings.EqualFold(v, "imagecache") {
			return "ImageCache"
		}
		return v
	})})},
	{name: "unknown enum taken", by: "DataSource.Type/enum-unknown", family: "parameter", must: true, among: "CreateDataCache/parameter/DataSource*/**", edit: param("CreateDataCache", "DataSource.Type", free)},
	{name: "enum value missing", by: "DataSource.Type/enum-OSS", family: "parameter", must: true, among: "CreateDataCache/parameter/DataSource*/**", edit: param("CreateDataCache", "DataSource.Type", func(f *contract.Field) { f.Enum = f.Enum[:2] })},
	{name: "words for numbers", by: "RetentionDays/type-word", family: "parameter", must: true, among: "CreateImageCache/parameter/RetentionDays/**", edit: param("CreateImageCache", "RetentionDays", func(f *contract.Field) {
		free(f)
		f.Minimum, f.Maximum = nil, nil
	})},
	{name: "numbers cut to 32 bits", by: "StandardCopyCount/format-over", family: "parameter", among: "CreateImageCache/parameter/StandardCopyCount/**", wrap: ask(asking{do: values(func(name, v string) string {
		if n, err := strconv.ParseInt(v, 10, 64); err == nil && name == "StandardCopyCount" {
			return strconv.Itoa(int(uint32(n)>>1) + 1)
		}
		return v
	})})},
	{name: "hexadecimal read", by: "RetentionDays/type-hex", family: "parameter", must: true, among: "CreateImageCache/parameter/RetentionDays/**", wrap: ask(asking{do: values(func(_, v string) string {
		if v == "0x10" {
			return "16"
		}
		return v
	})})},
	{name: "yes is true", by: "Flash/type-yes", family: "parameter", must: true, among: "CreateImageCache/parameter/Flash/**", edit: param("CreateImageCache", "Flash", free)},
}

// numberingFaults are about the numbers of a list.
var numberingFaults = []fault{
	{name: "list from 0", by: "Image/index-zero", family: "parameter", among: "CreateImageCache/parameter/Image/**", wrap: ask(asking{do: dropped("Image.0")})},
	{name: "gap closed", by: "Image/index-gap", family: "parameter", among: "CreateImageCache/parameter/Image/**", wrap: ask(asking{
		when: func(in *wire.Received) bool { return in.Query.Count("Image.2") == 0 },
		do: names(func(n string) string {
			if n == "Image.3" {
				return "Image.2"
			}
			return n
		}),
	})},
	{name: "leading zero read", by: "Image/index-leadingZero", family: "parameter", among: "CreateImageCache/parameter/Image/**", wrap: ask(asking{do: names(func(n string) string { return strings.Replace(n, ".02", ".2", 1) })})},
	{name: "the last of equal names taken", by: "Image/index-duplicate", family: "parameter", among: "CreateImageCache/parameter/Image/**", wrap: ask(asking{do: func(d *wire.Draft) {
		if v, ok := d.Get("Image.1"); ok {
			d.Set("Image.1", v)
		}
	}})},
}

// valueFaults are about what becomes of a value.
var valueFaults = []fault{
	{name: "values trimmed", by: "ImageCacheName/text-outerSpaces", family: "parameter", must: true, among: "CreateImageCache/parameter/**", wrap: ask(asking{do: values(func(_, v string) string { return strings.TrimSpace(v) })})},
	{name: "values decoded twice", by: "ImageCacheName/text-escapes", family: "parameter", must: true, among: "CreateImageCache/parameter/**", wrap: ask(asking{do: values(func(_, v string) string { return strings.ReplaceAll(v, "%25", "%") })})},
	{name: "Unicode mangled", by: "ImageCacheName/text-emoji", family: "parameter", must: true, among: "CreateImageCache/parameter/**", wrap: ask(asking{do: values(func(_, v string) string {
		return strings.Map(func(r rune) rune {
			if r > 0xFFFF {
				return '?'
			}
			return r
		}, v)
	})})},
	{name: "Unicode composed", by: "Name/text-combining", family: "parameter", must: true, among: "CreateDataCache/parameter/**", wrap: ask(asking{do: values(func(_, v string) string { return strings.ReplaceAll(v, "e\u0301", "\u00e9") })})},
	{name: "markup escaped", by: "Name/text-script", family: "parameter", must: true, among: "CreateDataCache/parameter/**", wrap: always(rewritten("<script>", "&lt;script&gt;"))},
	{name: "tag value lost", by: "Tag.N.Value/echo", family: "parameter", must: true, among: "CreateDataCache/parameter/Tag*/**", wrap: ask(asking{do: dropped("Tag.1.Value")})},
	{name: "update without effect", by: "ImageCacheSize/echo", family: "parameter", must: true, among: "UpdateImageCache/parameter/ImageCacheSize/**", wrap: ask(asking{do: dropped("ImageCacheSize")})},
	{name: "password shown", by: "ImageRegistryCredential.N.Password/secret", family: "parameter", among: "CreateImageCache/parameter/ImageRegistry*/**", wrap: always(jsonBodies(func(m *wire.Map) {
		items, _ := m.Get("ImageCaches")
		list, _ := items.([]any)
		for _, item := range list {
			item.(*wire.Map).Set("Password", "conform-hidden-0x5ec7e7")
		}
	}))},
}

// ruleFaults are about several parameters, and about what they name.
var ruleFaults = []fault{
	{name: "reserved bucket taken", by: "rule.reserved-bucket/broken-eci-system", family: "parameter", must: true, among: "CreateDataCache/parameter/**", edit: func(c *contract.Contract) { c.Operation("CreateDataCache").Rules = nil }},
	{name: "reserved tag prefix taken", by: "rule.tag-prefix/broken-Tag.N.Key-acs", family: "parameter", must: true, among: "TagResources/parameter/**", edit: func(c *contract.Contract) { c.Operation("TagResources").Rules = nil }},
	{name: "both addresses taken", by: "rule.eip-exclusive/broken", family: "parameter", among: "CreateDataCache/parameter/rule*/**", edit: func(c *contract.Contract) {
		c.Operation("CreateDataCache").Rules = c.Operation("CreateDataCache").Rules[1:]
	}},
	{name: "no key is all keys", by: "All/without", family: "parameter", must: true, among: "UntagResources/parameter/All/**", wrap: ask(asking{
		when: func(in *wire.Received) bool { return acting("UntagResources")(in) && in.Query.Count("TagKey.1") == 0 },
		do:   func(d *wire.Draft) { d.Set("All", "true") },
	})},
	{name: "what is there is tagged before the refusal", by: "ResourceId/andAbsent", family: "parameter", among: "TagResources/parameter/ResourceId/*bsent", wrap: partly("TagResources", owner, dropping("ResourceId.2"))},
	{name: "the bucket does not matter", by: "request/by-Bucket-Path", family: "parameter", among: "DeleteDataCache/parameter/request/**", wrap: ask(asking{
		when: func(in *wire.Received) bool { return acting("DeleteDataCache")(in) },
		do:   dropping("Bucket"),
	})},
	{name: "one of two vSwitches alone taken", by: "VSwitchId/two-real", family: "parameter", among: "CreateImageCache/parameter/VSwitchId/**", wrap: always(refusing(func(in *wire.Received) bool {
		v, _ := in.Query.Get("VSwitchId")
		return strings.Count(v, ",") == 1
	}))},
	{name: "not found with status 400", by: "ImageCacheId/notFound", family: "parameter", among: "DeleteImageCache/parameter/**", edit: func(c *contract.Contract) {
		c.Violation("notFound").Error.Status = http.StatusBadRequest
	}},
	{name: "bad token ignored", by: "NextToken/badToken", family: "parameter", among: "DescribeImageCaches/parameter/NextToken/**", wrap: ask(asking{do: dropped("NextToken")})},
}

// dropped removes a parameter.
func dropped(name string) func(*wire.Draft) { return func(d *wire.Draft) { d.Del(name) } }
