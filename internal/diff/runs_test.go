package diff

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eci-conform/conform/internal/redact"
	"github.com/eci-conform/conform/internal/wire"
)

// act is an exchange of a case: OPERATION NAME=VALUE…, and its answer. In all of
// it MARK and ID… stand for what each run calls it.
type act struct {
	ask    string
	answer string
	status int // 0 means 200
	place  redact.Place
}

// run plays acts, a second each, with the run's own names.
func run(mark string, acts []act) Recording {
	own := strings.NewReplacer("MARK", "conform-"+mark+"-", "ID", "imc-"+mark+mark+mark)
	var m memory
	for i, a := range acts {
		words := strings.Fields(own.Replace(a.ask))
		var params wire.Params
		for _, w := range words[1:] {
			name, value, _ := strings.Cut(w, "=")
			params = append(params, wire.Param{Name: name, Value: value})
		}
		a.place.Lent = own.Replace(a.place.Lent)
		if a.place.Track == "" {
			a.place.Track = "case"
		}
		m = append(m, redact.Record{
			ID: i + 1, Place: a.place, Operation: words[0], Version: "2018-08-08", Params: params, Status: max(a.status, 200),
			Common: wire.Params{{Name: "SignatureNonce", Value: fmt.Sprint(mark, i)}}, Signature: redact.SignatureOK,
			Header: wire.Params{{Name: "Content-Type", Value: "application/json"}}, Answer: []byte(own.Replace(a.answer)),
			Start: time.Duration(i) * time.Second, Duration: time.Millisecond,
		})
	}
	return Recording{Source: m, Mark: "conform-" + mark + "-"}
}

func makes(id string) act {
	return act{ask: "CreateImageCache ImageCacheName=MARK1", answer: `{"RequestId":"1","ImageCacheId":"` + id + `"}`}
}

// shown is a read of a thing.
func shown(id, members string) act {
	return act{ask: "DescribeImageCaches ImageCacheId=" + id, answer: `{"RequestId":"1","ImageCaches":[{"ImageCacheId":"` + id + `",` + members + `}]}`}
}

func (a act) at(p redact.Place) act { a.place = p; return a }

func (a act) answered(status int, code string) act { return a.refused(status, code, "x") }

func (a act) refused(status int, code, message string) act {
	a.status, a.answer = status, `{"RequestId":"1","Code":"`+code+`","Message":"`+message+`"}`
	return a
}

const ready, other = `"Status":"Ready","ImageCacheSize":20`, `"Status":"Ready","ImageCacheSize":25`

func TestRunsAreComparedCaseByCase(t *testing.T) {
	t.Parallel()
	update := act{ask: "UpdateImageCache ImageCacheId=ID1 ImageCacheName=MARK2", answer: `{"RequestId":"1"}`}
	lane := func(a act, n int) act { return a.at(redact.Place{Lane: n}) }
	lent := func(a act) act { return a.at(redact.Place{Lent: "ImageCache:ID7@cn-hangzhou"}) }
	for name, test := range map[string]struct {
		a, b []act
		want string // grades of the differences, - for a request without a counterpart
		why  Why    // something was not compared for
	}{
		"the same":        {[]act{makes("ID1"), shown("ID1", ready)}, []act{makes("ID1"), shown("ID1", ready)}, "", ""},
		"another value":   {[]act{makes("ID1"), shown("ID1", ready)}, []act{makes("ID1"), shown("ID1", other)}, "value", ""},
		"another request": {[]act{makes("ID1"), shown("ID1", ready)}, []act{makes("ID1")}, "-", ""},
		"it chose by what it saw": {
			[]act{{ask: "ListTagResources ResourceType=ImageCache Tag.1.Key=a", answer: `{"RequestId":"1"}`}}, []act{{ask: "ListTagResources ResourceType=ImageCache Tag.1.Key=b", answer: `{"RequestId":"1"}`}, {ask: "ListUsage Tag.1.Key=a", answer: `{"RequestId":"1"}`}}, "-", Lonely},
		"it began again":        {[]act{makes("ID1"), shown("ID1", other), makes("ID2"), shown("ID2", ready)}, []act{makes("ID1"), shown("ID1", ready)}, "", Again},
		"the other began again": {[]act{makes("ID1"), shown("ID1", ready)}, []act{makes("ID1"), shown("ID1", other), makes("ID2"), shown("ID2", ready)}, "", ""},
		"it was lent what the other made": {
			[]act{lent(shown("ID7", ready)), shown("ID7", ready)}, []act{makes("ID1"), shown("ID1", ready)}, "", ""},
		"one was done with what it was told": {
			[]act{makes("ID1"), update, shown("ID1", ready)}, []act{makes("ID1"), update.answered(400, "ImageCache.IncorrectStatus"), shown("ID1", other)}, "", Apart},
		"one was refused for good": {
			[]act{makes("ID1"), update}, []act{makes("ID1"), update.answered(403, "Forbidden.SubUser")}, "status", ""},
		"two of its clients at a time": {
			[]act{makes("ID1"), lane(update, 1), lane(update, 2), shown("ID1", ready)},
			[]act{makes("ID1"), lane(update, 2), lane(update, 1), shown("ID1", other)}, "", Overlap},
		"one is still at work": {
			[]act{makes("ID1"), shown("ID1", ready)}, []act{makes("ID1"), shown("ID1", `"Status":"Creating","ImageCacheSize":20`)}, "", ""},
		"other things with the same ids": {
			[]act{{ask: "DescribeImageCaches", answer: `{"RequestId":"1","ImageCaches":[{"ImageCacheId":"imc-0",` + ready + `}]}`}},
			[]act{{ask: "DescribeImageCaches", answer: `{"RequestId":"1","ImageCaches":[{"ImageCacheId":"imc-0",` + other + `}]}`}}, "", ""},
		"a value of the run's own in a strange place": {
			[]act{{ask: "DescribeRegions RegionId=54d6bdfa", answer: `{"RequestId":"1"}`}}, []act{{ask: "DescribeRegions RegionId=0123abcd", answer: `{"RequestId":"1"}`}}, "", ""},
		"a part of an id": {
			[]act{makes("ID1"), {ask: "TagResources ResourceId.1=ID1/../*", answer: `{"RequestId":"1"}`}},
			[]act{makes("ID1"), {ask: "TagResources ResourceId.1=ID1/../*", answer: `{"RequestId":"1"}`}}, "", ""},
		"the name of something lent": {
			[]act{makes("ID1"), shown("ID1", ready+`,"ImageCacheName":"MARKx-lent1"`)}, []act{makes("ID1"), shown("ID1", ready+`,"ImageCacheName":"MARKy-lent2"`)}, "", ""},
		"a name in upper case": {
			[]act{{ask: "DescribeImageCaches ImageCacheName=CONFORM-AAA-1", answer: `{"RequestId":"1","ImageCaches":[]}`}},
			[]act{{ask: "DescribeImageCaches ImageCacheName=CONFORM-BBB-1", answer: `{"RequestId":"1","ImageCaches":[]}`}}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := Recordings(load0(t), run("aaa", test.a), run("bbb", test.b))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, d := range r.Differences {
				got = append(got, string(d.Grade))
			}
			for range r.Unmatched {
				got = append(got, "-")
			}
			if diff := cmp.Diff(test.want, strings.Join(got, " ")); diff != "" {
				t.Errorf("differences mismatch (-want +got):\n%s\n%+v %+v", diff, r.Differences, r.Unmatched)
			}
			found := test.why == ""
			for _, c := range r.Skipped {
				found = found || c.Why == string(test.why)
			}
			if !found {
				t.Errorf("not compared for %+v, want one for %q", r.Skipped, test.why)
			}
		})
	}
}

// Names of parameters that were replaced are numbered in each recording.
func TestHiddenNamesAreAlike(t *testing.T) {
	t.Parallel()
	with := func(params ...string) memory {
		r := redact.Record{ID: 1, Operation: "ListUsage", Version: "2018-08-08", Status: 200, Answer: []byte(`{"RequestId":"1"}`),
			Header: wire.Params{{Name: "Content-Type", Value: "application/json"}}}
		for _, p := range params {
			r.Params = append(r.Params, wire.Param{Name: p, Value: "REDACTED-text-0001"})
		}
		return memory{r}
	}
	if r := pair(t, with("REDACTED-name-0001", "RegionId"), with("REDACTED-name-0007", "RegionId")); r.Compared != 1 || r.Differs() {
		t.Errorf("compared %d, unmatched %+v", r.Compared, r.Unmatched)
	}
	if r := pair(t, with("REDACTED-name-0001"), with("REDACTED-name-0001", "REDACTED-name-0002")); r.Compared != 0 {
		t.Error("another number of parameters is taken for the same request")
	}
}
