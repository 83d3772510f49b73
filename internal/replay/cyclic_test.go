package replay

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/eci-conform/conform/internal/redact"
)

// Names, ids and tokens that go by one another: there is one right answer, or
// none.
func TestBindingsInCircles(t *testing.T) {
	t.Parallel()
	create := func(name, id string) line {
		return line{ask: "CreateImageCache ImageCacheName=" + name, answer: `"ImageCacheId":"` + id + `"`}
	}
	see := func(id, name string) line {
		return line{ask: "DescribeImageCaches ImageCacheId=" + id, answer: `"ImageCaches":[{"ImageCacheId":"` + id + `","ImageCacheName":"` + name + `"}]`}
	}
	// Each thing has the name of the other's id.
	knot := []line{create("imc-bbbbbb", "imc-aaaaaa"), create("imc-aaaaaa", "imc-bbbbbb"), see("imc-aaaaaa", "imc-bbbbbb"), see("imc-bbbbbb", "imc-aaaaaa")}
	ask := func(l line) string { return l.ask }
	for name, test := range map[string]struct {
		recorded []line
		asks     []string
		want     string
	}{
		"as recorded":             {knot, []string{ask(knot[0]), ask(knot[1]), ask(knot[2]), ask(knot[3])}, "ABCD"},
		"under other names":       {knot, []string{"CreateImageCache ImageCacheName=fresh-1", "CreateImageCache ImageCacheName=fresh-2", ask(knot[2]), ask(knot[3])}, "ABCD"},
		"under each other's":      {knot, []string{ask(knot[1]), ask(knot[0]), ask(knot[2]), ask(knot[3])}, "BACD"},
		"a name that is taken":    {knot, []string{"CreateImageCache ImageCacheName=fresh-1", "CreateImageCache ImageCacheName=imc-bbbbbb"}, "A-"},
		"not before it is made":   {knot, []string{ask(knot[3]), ask(knot[0]), ask(knot[3]), ask(knot[2])}, "-A-C"},
		"an id that is its name":  {[]line{create("imc-cccccc", "imc-cccccc"), see("imc-cccccc", "imc-cccccc")}, []string{"CreateImageCache ImageCacheName=fresh-1", "DescribeImageCaches ImageCacheId=imc-cccccc"}, "AB"},
		"an id that is its token": {[]line{{ask: "CreateImageCache ClientToken=imc-dddddd", answer: `"ImageCacheId":"imc-dddddd"`}, see("imc-dddddd", "n")}, []string{"CreateImageCache ClientToken=fresh-1", "DescribeImageCaches ImageCacheId=imc-dddddd"}, "AB"},
		"one id for two":          {[]line{create("recorded-1", "imc-eeeeee"), create("recorded-2", "imc-eeeeee"), see("imc-eeeeee", "recorded-2")}, []string{"CreateImageCache ImageCacheName=fresh-1", "DescribeImageCaches ImageCacheId=imc-eeeeee", "CreateImageCache ImageCacheName=fresh-2", "DescribeImageCaches ImageCacheId=imc-eeeeee"}, "A-BC"},
		"asked for before it is made, and gone before": {
			[]line{{ask: gone1, status: 404, answer: `"Code":"InvalidParameter.NotFound","Message":"x"`}, {ask: byID}, {ask: make1, answer: `"ImageCacheId":"imc-1"`}, {ask: byID}, {ask: gone1}, {ask: byID}},
			[]string{gone1, byID, make1, byID, gone1, byID, gone1}, "ABCDEF-"},
		"a thing that makes itself again": {
			[]line{{ask: make1, answer: `"ImageCacheId":"imc-1"`}, {ask: gone1}, {ask: make1, answer: `"ImageCacheId":"imc-1"`}, {ask: byID}}, []string{make1, gone1, byID, make1, byID}, "AB-CD"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := told(t, play(t, written(test.recorded...)), test.asks...); got != test.want {
				t.Errorf("answers %s, want %s", got, test.want)
			}
		})
	}
}

// A name that was recorded as an id, and is bound, stands for itself only where
// names stand.
func TestIDsStayWhenNamesLikeThemAreBound(t *testing.T) {
	t.Parallel()
	l := []line{
		{ask: "CreateImageCache ImageCacheName=imc-aaaaaa", answer: `"ImageCacheId":"imc-aaaaaa"`},
		{ask: "DescribeImageCaches ImageCacheId=imc-aaaaaa", answer: `"ImageCaches":[{"ImageCacheId":"imc-aaaaaa","ImageCacheName":"imc-aaaaaa"}]`},
	}
	p := play(t, written(l...))
	c := &client{t: t, by: p, clock: newClock(), key: first, format: "JSON", nonces: &counter{}}
	c.send(c.plain("CreateImageCache", params("ImageCacheName", "fresh-name")))
	x := c.send(c.plain("DescribeImageCaches", params("ImageCacheId", "imc-aaaaaa")))
	want := `{"RequestId":"B","ImageCaches":[{"ImageCacheId":"imc-aaaaaa","ImageCacheName":"fresh-name"}]}`
	if diff := cmp.Diff(want, string(x.RespBody)); diff != "" {
		t.Errorf("answer mismatch (-want +got):\n%s", diff)
	}
}

// Whatever a recording holds, even what no service would answer, what comes
// again as it was is answered as it was.
func TestWhatComesAgainIsAnsweredAgain(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		lines := rapid.SliceOfN(rapid.Custom(drawLine), 1, 25).Draw(r, "lines")
		var asks []string
		want := ""
		for i, l := range lines {
			asks = append(asks, l.ask)
			want += map[bool]string{true: string(rune('A' + i)), false: "x"}[l.status >= 0]
		}
		p := play(t, written(lines...), func(o *Options) { o.MissStatus = DefaultMissStatus })
		if got := told(t, p, asks...); got != want {
			r.Fatalf("answers %s, want %s\n%s\n%s", got, want, strings.Join(asks, "\n"), p.Report())
		}
	})
}

// drawLine draws an exchange from few values, that stand for names, ids and
// tokens alike.
func drawLine(r *rapid.T) line {
	value := func(label string) string {
		return rapid.SampledFrom([]string{"imc-aaaaaa", "imc-bbbbbb", "REDACTED-0001", "REDACTED-text-0002", "short"}).Draw(r, label)
	}
	l := line{ask: rapid.SampledFrom([]string{
		"CreateImageCache", "DescribeImageCaches", "UpdateImageCache", "DeleteImageCache", "CreateDataCache", "CopyDataCache", "DescribeDataCaches",
		"DeleteDataCache", "TagResources", "ListTagResources", "ListUsage", "DescribeRegions", "RestartContainerGroup", "DescribeContainerGroups",
	}).Draw(r, "operation")}
	for _, name := range []string{"ImageCacheName", "ImageCacheId", "ClientToken", "DataCacheId", "Bucket", "Path", "ResourceId.1", "Tag.1.Value", "Strange", "REDACTED-name-0001"} {
		if rapid.IntRange(0, 3).Draw(r, name) == 0 {
			l.ask += " " + name + "=" + value("value")
		}
	}
	l.answer = `"ImageCacheId":"` + value("made") + `","DataCacheId":"` + value("made") + `"`
	switch l.status = rapid.SampledFrom([]int{200, 200, 200, 400, 404, 500, -1}).Draw(r, "status"); {
	case l.status >= 400:
		l.answer = `"Code":"` + rapid.SampledFrom([]string{"InvalidParameter", "InvalidParameter.NotFound", "QuotaExceeded", "Odd"}).Draw(r, "code") + `","Message":"x"`
	case l.status < 0:
		l.answer = ""
	}
	l.sign = redact.SignatureOK
	return l
}
