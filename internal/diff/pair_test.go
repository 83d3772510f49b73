package diff

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eci-conform/conform/internal/compare"
	"github.com/eci-conform/conform/internal/redact"
	"github.com/eci-conform/conform/internal/wire"
)

// pair compares two recordings in memory.
func pair(t *testing.T, a, b memory) *Report {
	t.Helper()
	r, err := Recordings(load0(t), Recording{Source: a}, Recording{Source: b})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestTheSameSessionTwiceIsTheSame(t *testing.T) {
	t.Parallel()
	c := load0(t)
	a := record(t, "monday")
	b := newClient(t, c, sound(t, options(c, 7)), "fri").life()
	r := pair(t, a, b)
	if r.Differs() || r.Compared+r.Polls != len(a) || r.Values < 50 {
		t.Errorf("compared %d, polls %d, of %d, differences %+v, unmatched %+v", r.Compared, r.Polls, len(a), r.Differences, r.Unmatched)
	}
}

func TestRecordingsOfDifferentServers(t *testing.T) {
	t.Parallel()
	c := load0(t)
	a := record(t, "monday")
	b := newClient(t, c, broken(t, c, "error/UpdateImageCache/Zone.NotOnSale/message"), "friday").life()
	r := pair(t, a, b)
	if len(r.Differences) != 1 || r.Differences[0].Grade != compare.Value || r.Differences[0].Path != "/Message" {
		t.Errorf("differences %+v", r.Differences)
	}
}

func TestRequestsWithoutACounterpart(t *testing.T) {
	t.Parallel()
	a := record(t, "whole")
	without := func(m memory, op string) memory {
		return slices.DeleteFunc(slices.Clone(m), func(r redact.Record) bool { return r.Operation == op })
	}
	for name, test := range map[string]struct {
		a, b memory
		want []Exchange
	}{
		"A has more": {a, without(a, "ListUsage"), []Exchange{{Side: "A", Operation: "ListUsage"}}},
		"B has more": {without(a, "ListUsage"), a, []Exchange{{Side: "B", Operation: "ListUsage"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := pair(t, test.a, test.b)
			for i := range r.Unmatched {
				r.Unmatched[i].ID = 0
			}
			if diff := cmp.Diff(test.want, r.Unmatched); diff != "" || !r.Differs() {
				t.Errorf("unmatched mismatch (-want +got):\n%s", diff)
			}
		})
	}
	if r := pair(t, a, memory{}); r.Compared != 0 || !r.Differs() {
		t.Errorf("against nothing: compared %d, differs %v", r.Compared, r.Differs())
	}
	if r := pair(t, memory{}, memory{}); r.Compared != 0 || r.Differs() {
		t.Errorf("nothing against nothing: compared %d, differs %v", r.Compared, r.Differs())
	}
}

func TestTracksAreApart(t *testing.T) {
	t.Parallel()
	usage := record(t, "track")
	usage = slices.DeleteFunc(usage, func(r redact.Record) bool { return r.Operation != "ListUsage" })
	on := func(track string) memory {
		r := usage[0]
		r.Track = track
		return memory{r}
	}
	if r := pair(t, on("one"), on("two")); len(r.Unmatched) != 2 || r.Compared != 0 {
		t.Errorf("unmatched %+v", r.Unmatched)
	}
}

func TestOverlappingRequestsAreNotCompared(t *testing.T) {
	t.Parallel()
	a := record(t, "parallel")
	b := slices.Clone(a)
	i := slices.IndexFunc(b, func(r redact.Record) bool { return r.Operation == "DeleteImageCache" })
	b[i].Duration += 1 << 40 // it goes on during the rest
	b[len(b)-1].Answer = []byte(`{"RequestId":"x","Other":1}`)
	r := pair(t, a, b)
	if r.Differs() || !slices.ContainsFunc(r.Skipped, func(c Count) bool { return c.Why == string(Overlap) && c.Count >= 2 }) {
		t.Errorf("differences %+v, skipped %+v", r.Differences, r.Skipped)
	}
}

func TestLoansAreBound(t *testing.T) {
	t.Parallel()
	loan := func(id string, size string) memory {
		r := redact.Record{
			ID: 1, Operation: "DescribeImageCaches", Version: "2018-08-08", Via: redact.Via{Method: "POST", Scheme: wire.V1, Format: "JSON"}, Status: 200,
			Place:  redact.Place{Track: "case", Lent: "ImageCache:" + id + "@cn-hangzhou"},
			Params: wire.Params{{Name: "ImageCacheId", Value: id}, {Name: "RegionId", Value: "cn-hangzhou"}},
			Header: wire.Params{{Name: "Content-Type", Value: "application/json"}},
			Answer: []byte(`{"RequestId":"AAAA","ImageCaches":[{"ImageCacheId":"` + id + `","ImageCacheSize":` + size + `}],"TotalCount":1}`),
		}
		return memory{r}
	}
	if r := pair(t, loan("imc-aaaaaa1", "20"), loan("imc-bbbbbb2", "30")); r.Differs() || r.Compared != 1 {
		t.Errorf("compared %d, differences %+v, unmatched %+v", r.Compared, r.Differences, r.Unmatched)
	}
}
