package suites

import (
	"strconv"
	"strings"

	"github.com/eci-conform/conform/internal/contract"
)

// lengths sends texts around each bound of their length, which counts
// characters: the longest text is also sent in characters of several bytes.
func (b *builder) lengths(f *contract.Field) {
	b.length(f, "minLength", f.MinLength)
	b.length(f, "maxLength", f.MaxLength)
	if f.MaxLength == nil {
		return
	}
	if f.MinLength == nil {
		for _, n := range []int{0, 1} {
			b.sized(f, "length-"+strconv.Itoa(n), n, capped(f.Clauses["type"], contract.Inferred))
		}
	}
	wide := strings.Repeat("中", *f.MaxLength)
	b.right(f, value{variant: "maxLength-wide", text: wide, say: strconv.Itoa(*f.MaxLength) + " characters of several bytes"}, f.Clauses["maxLength"])
}

func (b *builder) length(f *contract.Field, keyword string, at *int) {
	if at == nil {
		return
	}
	for i, suffix := range []string{"-1", "", "+1"} {
		if n := *at + i - 1; n > 0 || keyword == "minLength" && n == 0 {
			b.sized(f, keyword+suffix, n, f.Clauses[keyword])
		}
	}
}

// sized sends a text of n characters. A text that must be unique stays so as
// far as its length lets it.
func (b *builder) sized(f *contract.Field, variant string, n int, clause *contract.Clause) {
	plain := strings.Repeat("a", n)
	name := first(f.Path)
	base := b.around(f.Path)
	text := plain
	if now, _ := base.Get(name); n > 0 && (now == "$name" || now == "$token") {
		text = now + ":" + strconv.Itoa(n)
	}
	c := single{
		subject: f.Path, variant: variant, params: base.Clone().Set(name, text), path: f.Path,
		change: "with " + name + " of " + strconv.Itoa(n) + " characters",
	}
	if b.isToken(f) {
		c.busy = []*contract.Error{b.c.Idempotency.Mismatch, b.c.Idempotency.Processing}
	}
	if keyword := f.Check(plain); keyword != "" {
		c.unlessSent = true
		b.violated(c, f.Clauses[keyword], b.kindOf(keyword), name)
		return
	}
	b.acceptedOnce(c, clause)
}

func (b *builder) isToken(f *contract.Field) bool {
	return b.op.Idempotency != nil && b.op.Idempotency.Parameter == f.Path
}

// misfits are texts that patterns commonly forbid.
var misfits = []value{
	{variant: "pattern-word", text: "abc", say: "a word"},
	{variant: "pattern-sign", text: "-1", say: "a sign"},
	{variant: "pattern-point", text: "1.5", say: "a point"},
	{variant: "pattern-accent", text: "caf\u00e9", say: "an accented letter"},
	{variant: "pattern-chinese", text: "缓存", say: "Chinese characters"},
	{variant: "pattern-emoji", text: "\U0001f600", say: "an emoji"},
	{variant: "pattern-space", text: "a b", say: "a space"},
	{variant: "pattern-slash", text: "a/b", say: "a slash"},
	{variant: "pattern-scheme", text: "http://example.com", say: "a URL"},
	{variant: "pattern-secureScheme", text: "https://example.com", say: "a secure URL"},
	{variant: "pattern-vendor", text: "aliyun-conform", say: "a reserved prefix"},
	{variant: "pattern-vendorColon", text: "acs:conform", say: "a reserved prefix"},
	{variant: "pattern-underscore", text: "_conform", say: "a leading underscore"},
}

// patterns sends texts that the pattern does not fit.
func (b *builder) patterns(f *contract.Field) {
	if f.Pattern == "" {
		return
	}
	for _, v := range misfits {
		if f.Check(v.text) == "pattern" {
			b.wrong(f, []value{v})
		}
	}
}

// options sends a map in its other encoding: keys with their length in front,
// which are the same keys where they are shown.
func (b *builder) options(f *contract.Field) {
	if f.Type != contract.Map {
		return
	}
	base := b.around(f.Path)
	name := first(f.Path)
	keyed := base.Clone()
	for i, p := range keyed {
		if key, ok := strings.CutPrefix(p.Name, name+"."); ok {
			keyed[i].Name = name + ".#" + strconv.Itoa(len(key)) + "#" + key
		}
	}
	if sameOnWire(keyed, base) {
		return
	}
	change := "with the keys of " + name + " behind their length"
	if e := b.echoOf(f); e != nil && b.reads() {
		b.echo(e, echoed{variant: "lengthPrefixed", params: keyed, change: change + ", and read them again", accepted: capped(f.Clauses["type"], contract.Should)})
		return
	}
	b.acceptedOnce(single{
		subject: f.Path, variant: "lengthPrefixed", params: keyed, path: f.Path, change: change,
	}, capped(f.Clauses["type"], contract.Should))
}
