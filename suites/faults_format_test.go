package suites

import (
	"regexp"
	"strings"
)

const richAnswers = "DescribeImageCaches/format/answer/**"

// xmlFaults are what XML alone gets wrong, of things with much to show.
var xmlFaults = []fault{
	{name: "blanks at the ends lost in XML", by: "answer/sameTree", family: "format", must: true, among: richAnswers, wrap: always(inXML(func(s string) string {
		return regexp.MustCompile(`>\s*([^<>]*[^<>\s])\s*</`).ReplaceAllString(s, `>$1</`)
	}))},
	{name: "blanks within taken for one in XML", by: "answer/sameTree", family: "format", must: true, among: richAnswers, wrap: always(inXML(func(s string) string {
		return regexp.MustCompile(` {2,}`).ReplaceAllString(s, " ")
	}))},
	{name: "escaped twice in XML", by: "answer/sameTree", family: "format", must: true, among: richAnswers, wrap: always(inXML(func(s string) string {
		return strings.ReplaceAll(s, "&", "&amp;")
	}))},
	{name: "other letters lost in XML", by: "answer/sameTree", family: "format", must: true, among: richAnswers, wrap: always(inXML(func(s string) string {
		return regexp.MustCompile(`[^\x00-\x7F]`).ReplaceAllString(s, "?")
	}))},
	{name: "the second of a list lost in XML", by: "answer/sameTree", family: "format", must: true, among: richAnswers, wrap: always(inXML(func(s string) string {
		return regexp.MustCompile(`(<Images>[^<]*</Images>)<Images>[^<]*</Images>`).ReplaceAllString(s, "$1")
	}))},
	{name: "tags lost in XML", by: "answer/sameTree", family: "format", must: true, among: richAnswers, wrap: always(inXML(func(s string) string {
		return regexp.MustCompile(`<Tags>.*?</Tags>`).ReplaceAllString(s, "")
	}))},
}

// inXML changes answers in XML.
func inXML(do func(string) string) wrapper {
	return bodies(func(s string) string {
		if strings.HasPrefix(s, "<") {
			return do(s)
		}
		return s
	})
}
