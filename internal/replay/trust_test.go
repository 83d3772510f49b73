package replay

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eci-conform/conform/internal/redact"
	"github.com/eci-conform/conform/internal/wire"
)

// What a placeholder stands for is open in the exchange that has it, and
// nowhere else.
func TestPlaceholders(t *testing.T) {
	t.Parallel()
	const (
		tag     = "TagResources ResourceType=ImageCache ResourceId.1=imc-1 Tag.1.Key=k Tag.1.Value="
		list    = "ListTagResources ResourceType=ImageCache Strange="
		foreign = "DescribeContainerGroups Name="
	)
	for name, test := range map[string]struct {
		recorded, asks []string
		want           string
	}{
		"a value beside a placeholder is compared": {[]string{tag + "plain", tag + "REDACTED-0001"}, []string{tag + "plain", tag + "other", tag + "third"}, "AB-"},
		"in any order":                              {[]string{tag + "REDACTED-0001", tag + "plain"}, []string{tag + "REDACTED-0001", tag + "plain"}, "AB"},
		"what was recorded is behind nothing":       {[]string{byID + " Strange=plain", byID + " Strange=REDACTED-text-0001"}, []string{byID + " Strange=plain", byID + " Strange=plain", byID + " Strange=x"}, "AAB"},
		"one placeholder is one value":              {[]string{list + "REDACTED-text-0001", list + "REDACTED-text-0002"}, []string{list + "x", list + "x", list + "y", list + "x", list + "z"}, "AABA-"},
		"a placeholder that comes back is itself":   {[]string{list + "REDACTED-text-0001", list + "REDACTED-text-0002"}, []string{list + "REDACTED-text-0002", list + "x"}, "BA"},
		"around a placeholder all is compared":      {[]string{list + "a=REDACTED-0001;b=1"}, []string{list + "a=x;b=2", list + "a=x;b=1"}, "-A"},
		"within JSON too":                           {[]string{list + `{"a":"REDACTED-0001","b":1}`}, []string{list + `{"b":2,"a":"x"}`, list + `{"b":1,"a":"x","c":1}`, list + `{"b":1,"a":"x"}`}, "--A"},
		"an unknown value that was kept":            {[]string{list + "true", list + "false"}, []string{list + "false", list + "true", list + "x"}, "BA-"},
		"of an unknown operation":                   {[]string{foreign + "REDACTED-text-0001", foreign + "REDACTED-text-0002"}, []string{foreign + "x", foreign + "x", foreign + "y", foreign + "x B=1", "DescribeContainerGroups"}, "AAB--"},
		"a name that was replaced is any, but one":  {[]string{byID + " REDACTED-name-0001=REDACTED-text-0001"}, []string{byID, byID + " odd/name=x", byID + " a/b=x c/d=y", byID + " odd/name=x"}, "-A-A"},
		"a name beside one that was replaced":       {[]string{byID + " Known=true REDACTED-name-0001=true"}, []string{byID + " a/b=true c/d=true", byID + " Known=true a/b=true"}, "-A"},
		"two in one request are two, or the same":   {[]string{foreign + "REDACTED-text-0001 A.1=REDACTED-text-0002 A.2=REDACTED-text-0003"}, []string{foreign + "n A.1=x A.2=x", foreign + "n A.1=x A.2=y"}, "-A"},
		"an empty value is not behind it":           {[]string{list, list + "REDACTED-text-0001"}, []string{list, list + "x"}, "AB"},
		"nor is there any where none was recorded ": {[]string{list + "REDACTED-text-0001"}, []string{"ListTagResources ResourceType=ImageCache", list + "x Other=y"}, "--"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := told(t, play(t, written(asked1(test.recorded...)...)), test.asks...); got != test.want {
				t.Errorf("answers %s, want %s", got, test.want)
			}
		})
	}
}

func TestUncomparedIsTold(t *testing.T) {
	t.Parallel()
	rec := record(t)
	c := rec.client()
	c.create("recorded-name", "recorded-token")
	c.must("DescribeImageCaches", "Strange", "something-nobody-knows")
	p := play(t, rec)
	c = rec.client().of(p)
	c.create("another-name", "another-token")
	c.do("DescribeImageCaches", "Strange", "another-thing")
	c.do("DescribeImageCaches", "Strange", "another-thing")
	want := []Uncompared{
		{"CreateImageCache", "ImageRegistryCredential.N.Password", 1},
		{"DescribeImageCaches", "Strange", 2},
	}
	if diff := cmp.Diff(want, p.Report().Uncompared); diff != "" {
		t.Errorf("Uncompared mismatch (-want +got):\n%s", diff)
	}
	has(t, p.Report().String(), "matched without comparing: Strange of DescribeImageCaches, 2 times")
	clean(t, p)
	has(t, c.missed("DescribeImageCaches", "Strange", "a-third"), "Strange: not the value that stands for", "so far")
}

// An operation that the contract does not know may change anything.
func TestUnknownChange(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		recorded, asks []string
		want           string
	}{
		"before a read by id":      {[]string{byID, "RestartContainerGroup", byID}, []string{byID, byID, "RestartContainerGroup", byID}, "AABC"},
		"before a listing":         {[]string{"DescribeImageCaches", "Restart", "DescribeImageCaches"}, []string{"Restart", "DescribeImageCaches"}, "BC"},
		"before an unknown read":   {[]string{"QueryThings", "Restart", "QueryThings"}, []string{"QueryThings", "QueryThings", "Restart", "QueryThings"}, "AABC"},
		"a read that is unknown":   {[]string{byID, "GetThings", byID}, []string{byID, byID, byID}, "ACC"},
		"asked for once too often": {[]string{"Restart"}, []string{"Restart", "Restart"}, "A-"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := told(t, play(t, written(asked1(test.recorded...)...)), test.asks...); got != test.want {
				t.Errorf("answers %s, want %s", got, test.want)
			}
		})
	}
}

// What is read of a thing is not answered before it is made.
func TestNotBeforeItIsMade(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		recorded, asks []string
		want           string
	}{
		"made in the recording":        {[]string{make1, byID}, []string{byID, make1, byID}, "-AB"},
		"there from the start":         {[]string{byID}, []string{byID}, "A"},
		"asked for before":             {[]string{byID, make1, byID}, []string{byID, byID, make1, byID}, "AABC"},
		"deleted before it is made":    {[]string{make1, gone1}, []string{gone1, make1, gone1}, "-AB"},
		"tagged before it is made":     {[]string{make1, tagA}, []string{tagA, make1, tagA}, "-AB"},
		"made twice under one key":     {[]string{data1, drop1, data1}, []string{data1, data1, drop1, data1}, "A-BC"},
		"changed by nobody knows what": {[]string{data1, path1, "UpdateDataCache Name=n", seen1}, []string{data1, seen1, "UpdateDataCache Name=n", path1, seen1}, "A-C-D"},
		"deleted by its name":          {[]string{data1, seen1, drop1, seen1}, []string{data1, seen1, seen1, drop1, seen1}, "ABBCD"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := told(t, play(t, written(asked1(test.recorded...)...)), test.asks...); got != test.want {
				t.Errorf("answers %s, want %s", got, test.want)
			}
		})
	}
}

// A refusal for how things were is not the answer to the same request later.
func TestRefusedChangesHaveTheirTime(t *testing.T) {
	t.Parallel()
	const again = "UpdateImageCache ImageCacheId=imc-1 ImageCacheName=recorded"
	l := asked1(make1, again, tagA, again)
	l[1].status, l[1].answer = 400, `"Code":"NoNeedUpdate","Message":"There are no changes to be updated for current resource."`
	if got := told(t, play(t, written(l...)), make1, tagA, again, again); got != "ACD-" {
		t.Errorf("answers %s, want ACD-", got)
	}
	const bad = "CreateImageCache Flash=maybe"
	l = asked1(make1, bad)
	l[1].status, l[1].answer = 400, `"Code":"InvalidParameter","Message":"Flash"`
	if got := told(t, play(t, written(l...)), bad, make1); got != "BA" {
		t.Errorf("answers %s, want BA: what is wrong with a request is wrong at any time", got)
	}
	l[1].status, l[1].answer = 403, `"Code":"QuotaExceeded","Message":"image cache quota exceeded."`
	if got := told(t, play(t, written(l...)), bad, make1, bad); got != "-AB" {
		t.Errorf("answers %s, want -AB: there was room at first", got)
	}
}

// Whole values are names, and never a part of a word.
func TestNoWordIsRewritten(t *testing.T) {
	t.Parallel()
	l := asked1("CreateImageCache ImageCacheName=webserver", byID)
	l[1].answer = `"ImageCaches":[{"ImageCacheName":"webserver","Images":["webserver","webserver-2","my/webserver:1","cobwebserver"],` +
		`"Tags":[{"Key":"webserver","Value":"a webserver"}],"Status":"webserver"}]`
	p := play(t, written(l...))
	c := &client{t: t, by: p, clock: newClock(), key: first, format: "JSON", nonces: &counter{}}
	c.send(c.plain("CreateImageCache", params("ImageCacheName", "invented")))
	x := c.send(c.plain("DescribeImageCaches", params("ImageCacheId", "imc-1")))
	want := `{"RequestId":"B","ImageCaches":[{"ImageCacheName":"invented","Images":["invented","webserver-2","my/webserver:1","cobwebserver"],` +
		`"Tags":[{"Key":"invented","Value":"a webserver"}],"Status":"webserver"}]}`
	if diff := cmp.Diff(want, string(x.RespBody)); diff != "" {
		t.Errorf("answer mismatch (-want +got):\n%s", diff)
	}
}

// Of two accounts whose recordings begin alike, none is guessed.
func TestAmbiguousAccount(t *testing.T) {
	t.Parallel()
	second := strings.NewReplacer("imc-1", "imc-2").Replace
	m := written(asked1(make1, byID, make1, second(byID), second(gone1))...)
	m.entries[0].Answer = []byte(`{"RequestId":"A","ImageCacheId":"imc-1"}`)
	m.entries[2].Answer = []byte(`{"RequestId":"C","ImageCacheId":"imc-2"}`)
	for i, key := range []string{"one", "one", "two", "two", "two"} {
		m.entries[i].Common = params("AccessKeyId", "REDACTED-"+key)
	}
	p := play(t, m)
	if got := told(t, p, make1); got != "-" {
		t.Errorf("answers %s, want a miss", got)
	}
	has(t, p.Report().Unmatched[0].Why, "recorded with several keys and answered otherwise for each", "REDACTED-one, REDACTED-two")
	if _, err := New(m, Options{Contract: theContract(t), Accounts: map[string]string{"x": "three"}}); err == nil {
		t.Error("an account that is not recorded is taken")
	} else {
		has(t, err.Error(), `account "three" is not recorded: want one of REDACTED-one, REDACTED-two`)
	}
	for account, want := range map[string]string{"REDACTED-one": "AB--", "REDACTED-two": "C-DE"} {
		p := play(t, m, func(o *Options) { o.Accounts = map[string]string{first.AccessKeyID: account} })
		if got := told(t, p, make1, byID, second(byID), second(gone1)); got != want {
			t.Errorf("%s: answers %s, want %s", account, got, want)
		}
	}
}

// Who has no key, or one that nobody has, is refused as by the gateway.
func TestWhoAsks(t *testing.T) {
	t.Parallel()
	stranger := wire.Credentials{AccessKeyID: "LTAI5tNobodyHasThisKeyXX", AccessKeySecret: "x"}
	for way, edit := range ways {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			rec := record(t)
			rec.client().must("DescribeRegions")
			p := play(t, rec)
			c := rec.client().with(edit).of(p)
			c.t = t
			refused(t, c.with(func(c *client) { c.key = stranger }).do("DescribeRegions"), http.StatusNotFound, "InvalidAccessKeyId.NotFound")
			refused(t, c.send(keylessDraft(c)), http.StatusBadRequest, "MissingAccessKeyId")
			r := p.Report()
			if len(r.Unmatched) != 2 || r.Unmatched[0].Why != string(whyUnknownKey) || r.Unmatched[1].Why != string(whyKeyless) {
				t.Errorf("want two refusals:\n%s", r)
			}
			p = play(t, rec, func(o *Options) { o.Keys = nil })
			refused(t, c.of(p).send(keylessDraft(c)), http.StatusBadRequest, "MissingAccessKeyId")
		})
	}
}

func refused(t *testing.T, x *wire.Exchange, status int, code string) {
	t.Helper()
	if got := text(decode(t, x.RespBody), "Code"); got != code || x.Status != status {
		t.Errorf("status %d, code %s, want %d %s", x.Status, got, status, code)
	}
}

// keylessDraft is a request that names no key.
func keylessDraft(c *client) *wire.Draft {
	d := c.draft("DescribeRegions")
	d.Del("AccessKeyId")
	d.Header.Del("Authorization")
	return d
}

// What was recorded of such requests replays, and is nobody else's answer.
func TestRecordedRefusalsOfWhoAsks(t *testing.T) {
	t.Parallel()
	rec := record(t)
	stranger := wire.Credentials{AccessKeyID: "LTAI5tNobodyHasThisKeyXX", AccessKeySecret: "x"}
	session := func(c *client) (ids []string) {
		c.must("DescribeRegions")
		d := c.draft("DescribeRegions")
		for _, x := range []*wire.Exchange{
			c.send(keylessDraft(c)), c.with(func(c *client) { c.key = stranger }).do("DescribeRegions"), c.send(d), c.send(d),
		} {
			ids = append(ids, text(decode(c.t, x.RespBody), "RequestId"))
		}
		return ids
	}
	want := session(rec.client())
	p := play(t, rec)
	if diff := cmp.Diff(want, session(rec.client().of(p))); diff != "" {
		t.Errorf("request ids mismatch (-want +got):\n%s", diff)
	}
	clean(t, p)
	p = play(t, rec)
	c := rec.client().of(p)
	for range 4 { // never the answer to a stranger, or to a nonce that came before
		c.must("DescribeRegions")
	}
}

func TestRefusedConnectionChangesNothing(t *testing.T) {
	t.Parallel()
	m := written(asked1(byID, gone1, byID)...)
	m.entries[1].Failure, m.entries[1].Status, m.entries[1].Answer = redact.Refused, 0, nil
	if got := told(t, play(t, m), byID, byID, gone1); got != "ACx" {
		t.Errorf("answers %s, want ACx", got)
	}
}

// Two keys of one account see what the other one does.
func TestTwoKeysOfOneAccount(t *testing.T) {
	t.Parallel()
	rec := record(t)
	one := rec.client()
	two := rec.client().with(func(c *client) { c.key, c.prefix = second, "two" })
	two.must("DescribeImageCaches")
	id := one.create("recorded-name", "recorded-token")
	two.must("DescribeImageCaches")
	two.must("DeleteImageCache", "ImageCacheId", id)
	one.must("DescribeImageCaches")

	p := play(t, rec)
	x, y := one.of(p), two.of(p)
	if got := stateOf(y.must("DescribeImageCaches")); got != "" {
		t.Errorf("state %q before anything is made", got)
	}
	x.create("another-name", "another-token")
	if got := stateOf(y.must("DescribeImageCaches")); got != "Preparing" {
		t.Errorf("the other key sees state %q, want Preparing", got)
	}
	y.must("DeleteImageCache", "ImageCacheId", id)
	if got := stateOf(x.must("DescribeImageCaches")); got != "" {
		t.Errorf("state %q after the other key deleted it", got)
	}
	clean(t, p)
	if _, err := New(rec, Options{Contract: theContract(t), Accounts: map[string]string{"x": rec.entries[1].Record.KeyID()}}); err != nil {
		t.Error(err)
	}
}
