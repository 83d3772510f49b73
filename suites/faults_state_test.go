package suites

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/run"
	"github.com/eci-conform/conform/internal/wire"
)

func resource(name string, do func(*contract.Resource)) func(*contract.Contract) {
	return func(c *contract.Contract) { do(c.Resource(name)) }
}

func operation(name string, do func(*contract.Operation)) func(*contract.Contract) {
	return func(c *contract.Contract) { do(c.Operation(name)) }
}

// without drops edges of a state machine.
func without(is func(contract.Transition) bool) func(*contract.Resource) {
	return func(r *contract.Resource) { r.Transitions = slices.DeleteFunc(r.Transitions, is) }
}

func edgesOn(event string) func(contract.Transition) bool {
	return func(t contract.Transition) bool { return t.On == event }
}

// acting is true of requests for the operation.
func acting(action string) func(*wire.Received) bool {
	return func(in *wire.Received) bool {
		a, _ := in.Common("Action")
		return a == action
	}
}

func put(name, value string) func(*wire.Draft) {
	return func(d *wire.Draft) { d.Set(name, value) }
}

func dropping(prefix string) func(*wire.Draft) {
	return func(d *wire.Draft) {
		for _, list := range []*wire.Params{&d.Query, &d.Form} {
			*list = slices.DeleteFunc(*list, func(p wire.Param) bool { return within(p.Name, prefix) })
		}
	}
}

// items changes the items of listings.
func items(do func(*wire.Map)) func(testing.TB) wrapper {
	return always(jsonBodies(func(m *wire.Map) {
		for _, name := range []string{"ImageCaches", "DataCaches"} {
			list, _ := m.Get(name)
			all, _ := list.([]any)
			for _, item := range all {
				do(item.(*wire.Map))
			}
		}
	}))
}

// asOther serves the requests of one key as if another had signed them.
func asOther(from, to string) func(testing.TB) wrapper {
	return func(t testing.TB) wrapper {
		key := emulatorKeys(t)[to]
		return asking{t: t, when: func(in *wire.Received) bool {
			id, _ := in.Common("AccessKeyId")
			return id == from
		}, do: func(d *wire.Draft) {
			d.Credentials = key
			d.Set("AccessKeyId", key.AccessKeyID)
		}}.wrap
	}
}

// carelessly does what a request asks although it is refused for one bad value.
func carelessly(action, parameter string) func(testing.TB) wrapper {
	return func(t testing.TB) wrapper {
		return func(h http.Handler) http.Handler {
			is := acting(action)
			cleaned := asking{t: t, do: dropping(parameter)}.wrap(h)
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				text, _ := io.ReadAll(r.Body)
				r.Body = io.NopCloser(bytes.NewReader(text))
				r.ContentLength = int64(len(text))
				in, err := wire.Receive(r, 1<<20)
				bad, _ := in.Query.Get(parameter)
				if err == nil && is(in) && bad == "abc" {
					r.Body = io.NopCloser(bytes.NewReader(text))
					cleaned.ServeHTTP(httptest.NewRecorder(), r)
				}
				r.Body = io.NopCloser(bytes.NewReader(text))
				h.ServeHTTP(w, r)
			})
		}
	}
}

// ignoring answers the operation with a success and does nothing.
func ignoring(action string) func(testing.TB) wrapper {
	var n atomic.Int64
	return always(func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Query().Get("Action") != action {
				h.ServeHTTP(w, r)
				return
			}
			w.Header().Set("Content-Type", "application/json;charset=utf-8")
			_, _ = fmt.Fprintf(w, `{"RequestId":"00000000-0000-4000-8000-%012X"}`, n.Add(1))
		})
	})
}

// nulling shows a member as null once the operation was asked for.
func nulling(action, member string) func(testing.TB) wrapper {
	var asked atomic.Bool
	shown := items(func(m *wire.Map) {
		if asked.Load() {
			m.Set(member, nil)
		}
	})
	return func(t testing.TB) wrapper {
		return func(h http.Handler) http.Handler {
			return shown(t)(asking{t: t, when: acting(action), do: func(*wire.Draft) { asked.Store(true) }}.wrap(h))
		}
	}
}

// flickering shows every other time an earlier state.
func flickering() func(testing.TB) wrapper {
	var n atomic.Int64
	return items(func(m *wire.Map) {
		if s, _ := m.Get("Status"); s == "Ready" && n.Add(1)%2 == 0 {
			m.Set("Status", "Preparing")
		}
	})
}

const (
	images = "*ImageCache*/state/**"
	tagOps = "*tagResources/state/**"
)

var stateFaults = []fault{
	{name: "update in any state", by: "ImageCache/Preparing", must: true, among: "UpdateImageCache/state/ImageCache/Preparing", edit: operation("UpdateImageCache", func(o *contract.Operation) { o.Effect.From = nil })},
	{name: "update while creating", by: "ImageCache/Creating", must: true, among: "UpdateImageCache/state/ImageCache/Creating", edit: operation("UpdateImageCache", func(o *contract.Operation) { o.Effect.From = append(o.Effect.From, "Creating") })},
	{name: "update while updating", by: "ImageCache/Updating", must: true, among: "UpdateImageCache/state/ImageCache/Updating", edit: operation("UpdateImageCache", func(o *contract.Operation) { o.Effect.From = append(o.Effect.From, "Updating") })},
	{name: "update of what failed", by: "ImageCache/Failed", must: true, among: "UpdateImageCache/state/ImageCache/Failed", edit: operation("UpdateImageCache", func(o *contract.Operation) { o.Effect.From = append(o.Effect.From, "Failed") })},
	{name: "no update after a failed one", by: "ImageCache/UpdateFailed", must: true, among: "UpdateImageCache/state/ImageCache/UpdateFailed", edit: operation("UpdateImageCache", func(o *contract.Operation) { o.Effect.From = []string{"Ready"} })},
	{name: "wrong state by another code", by: "ImageCache/Failed", must: true, among: "UpdateImageCache/state/ImageCache/Failed", edit: operation("UpdateImageCache", func(o *contract.Operation) {
		o.Error("ImageCache.IncorrectStatus").Code = "Nope"
		o.Effect.Wrong = "Nope"
	})},
	{name: "data cache updated in any state", by: "DataCache/Loading", among: "UpdateDataCache/state/DataCache/Loading", edit: operation("UpdateDataCache", func(o *contract.Operation) { o.Effect.From = nil })},
	{name: "copy of what is not there yet", by: "DataCache/Loading", among: "CopyDataCache/state/DataCache/Loading", edit: operation("CopyDataCache", func(o *contract.Operation) { o.Effect.From = nil })},
	{name: "never ready", by: "lifecycle/usable", must: true, among: "CreateImageCache/state/lifecycle/**", edit: resource("ImageCache", without(func(t contract.Transition) bool { return t.To == "Ready" }))},
	{name: "a state out of order", by: "lifecycle/usable", among: "CreateImageCache/state/lifecycle/**", edit: resource("ImageCache", func(r *contract.Resource) {
		for i := range r.Transitions {
			if r.Transitions[i].To == "Creating" {
				r.Transitions[i].To = "Updating"
			}
		}
	})},
	{name: "back to an earlier state", by: "lifecycle/usable", must: true, among: "CreateImageCache/state/lifecycle/**", wrap: flickering()},
	{name: "bad images pulled", by: "lifecycle/image.unpullable", must: true, among: "CreateImageCache/state/lifecycle/**", edit: resource("ImageCache", without(edgesOn("fail")))},
	{name: "bad data loaded", by: "lifecycle/dataSource.unreachable", must: true, among: "CreateDataCache/state/lifecycle/**", edit: resource("DataCache", without(edgesOn("fail")))},
	{name: "failed update changes values", by: "lifecycle/image.unpullable", among: "UpdateImageCache/state/lifecycle/**", wrap: items(func(m *wire.Map) {
		if s, _ := m.Get("Status"); s == "UpdateFailed" {
			m.Set("ImageCacheSize", 77)
		}
	})},
	{name: "tags lost by an update", by: "rest/ImageCacheName", among: "UpdateImageCache/state/rest/**", wrap: ask(asking{
		when: func(in *wire.Received) bool {
			return acting("UpdateImageCache")(in) && in.Query.Count("Tag.1.Key") == 0
		},
		do: put("Tag.1.Key", "other"),
	})},
	{name: "size reset by an update", by: "rest/Name", among: "UpdateDataCache/state/rest/**", wrap: ask(asking{
		when: func(in *wire.Received) bool { return acting("UpdateDataCache")(in) && in.Query.Count("Size") == 0 },
		do:   put("Size", "20"),
	})},
	{name: "a value is nothing after an update", by: "rest/Name", among: "UpdateDataCache/state/rest/Name", wrap: nulling("UpdateDataCache", "Size")},
	{name: "busy by a code of no table", by: "ImageCache/Updating", among: "UpdateImageCache/state/ImageCache/Updating", edit: operation("UpdateImageCache", func(o *contract.Operation) { o.Error("OperationConflict").Code = "Busy" })},
	{name: "nothing to do is done", by: "same/nothing", among: "UpdateImageCache/state/same/**", edit: operation("UpdateImageCache", func(o *contract.Operation) { o.Error("NoNeedUpdate").Condition = "service.degraded" })},
	{name: "unchanged images are nothing to do", by: "same/Image", must: true, among: "UpdateImageCache/state/same/**", wrap: ask(asking{when: acting("UpdateImageCache"), do: dropping("Image")})},
	{name: "refused update works all the same", by: "refused/nothingChanged", among: "UpdateImageCache/state/refused/**", wrap: carelessly("UpdateImageCache", "FlashCopyCount")},
	{name: "refused creation leaves something", by: "refused/nothingMade", must: true, among: "CreateImageCache/state/refused/**", wrap: carelessly("CreateImageCache", "FlashCopyCount")},
	{name: "delete does nothing", by: "ImageCache/Failed", must: true, among: "DeleteImageCache/state/**", wrap: ignoring("DeleteImageCache")},
	{name: "no delete while preparing", by: "ImageCache/Preparing", among: "DeleteImageCache/state/ImageCache/Preparing", edit: operation("DeleteImageCache", func(o *contract.Operation) {
		o.Errors = append(o.Errors, &contract.Error{Code: "ImageCache.IncorrectStatus", Status: 400, Message: "%s"})
		o.Effect.From, o.Effect.Wrong = []string{"Ready", "Failed", "UpdateFailed"}, "ImageCache.IncorrectStatus"
	})},
	{name: "delete by place ignored", by: "key/Bucket+Path", among: "DeleteDataCache/state/key/**", wrap: ask(asking{
		when: func(in *wire.Received) bool { return acting("DeleteDataCache")(in) && in.Query.Count("Path") > 0 },
		do:   put("Path", "/elsewhere"),
	})},
	{name: "one account for all", by: "ImageCache/otherAccount", must: true, among: "D*ImageCache*/state/ImageCache/otherAccount", wrap: asOther("emulator-secondary", "emulator-default")},
	{name: "one region for all", by: "ImageCache/otherRegion", must: true, among: "D*ImageCache*/state/ImageCache/otherRegion", wrap: ask(asking{do: put("RegionId", "cn-hangzhou")})},
	{name: "ids read up to the slash", by: "ImageCache/malformedId", must: true, among: "D*ImageCache*/state/ImageCache/malformedId", wrap: ask(asking{do: values(func(_, v string) string {
		head, _, _ := strings.Cut(v, "/../")
		return head
	})})},
	{name: "retention ignored", by: "RetentionDays/expiry", must: true, among: "Create*/state/RetentionDays/**", wrap: ask(asking{do: dropping("RetentionDays")})},
	{name: "retention of an update ignored", by: "RetentionDays/updated", must: true, among: "Update*/state/RetentionDays/**", wrap: ask(asking{
		when: func(in *wire.Received) bool { a, _ := in.Common("Action"); return strings.HasPrefix(a, "Update") },
		do:   dropping("RetentionDays"),
	})},
	{name: "retention of a copy ignored", by: "lifecycle/copied", must: true, among: "CopyDataCache/state/lifecycle/**", wrap: ask(asking{when: acting("CopyDataCache"), do: dropping("RetentionDays")})},
	{name: "one day too long", by: "RetentionDays/expiry", among: "Create*/state/RetentionDays/**", wrap: items(func(m *wire.Map) {
		if v, _ := m.Get("ExpireDateTime"); v != nil {
			at, _ := check.Moment(v.(string))
			m.Set("ExpireDateTime", at.AddDate(0, 0, 1).Format(time.RFC3339))
		}
	})},
	{name: "two days too long", by: "RetentionDays/expiry", must: true, among: "Create*/state/RetentionDays/**", wrap: items(func(m *wire.Map) {
		if v, _ := m.Get("ExpireDateTime"); v != nil {
			at, _ := check.Moment(v.(string))
			m.Set("ExpireDateTime", at.AddDate(0, 0, 2).Format(time.RFC3339))
		}
	})},
	{name: "everything ends", by: "RetentionDays/never", among: "Create*/state/RetentionDays/**", wrap: ask(asking{
		when: func(in *wire.Received) bool {
			return acting("CreateImageCache")(in) && in.Query.Count("RetentionDays") == 0
		},
		do: put("RetentionDays", "7"),
	})},
	{name: "nothing makes room", by: "EliminationStrategy/eviction", must: true, among: "CreateImageCache/state/EliminationStrategy/**", edit: resource("ImageCache", without(edgesOn("evict")))},
	{name: "copy stays at home", by: "lifecycle/copied", must: true, among: "CopyDataCache/state/lifecycle/**", wrap: ask(asking{when: acting("CopyDataCache"), do: put("DestinationRegionId", "cn-hangzhou")})},
	{name: "copy loses its name", by: "lifecycle/copied", must: true, among: "CopyDataCache/state/lifecycle/**", wrap: ask(asking{when: acting("CopyDataCache"), do: dropping("Name")})},
	{name: "all tags off", by: "ImageCache/others", must: true, among: tagOps, wrap: ask(asking{when: acting("UntagResources"), do: func(d *wire.Draft) {
		dropping("TagKey")(d)
		d.Set("All", "true")
	}})},
	{name: "no tag off", by: "DataCache/others", must: true, among: tagOps, wrap: ask(asking{when: acting("UntagResources"), do: put("TagKey.1", "nope")})},
	{name: "another tag on", by: "ImageCache/others", must: true, among: "TagResources/state/ImageCache/others", wrap: ask(asking{when: acting("TagResources"), do: put("Tag.1.Key", "conform-stays")})},
	{name: "copy loses its bucket", by: "lifecycle/copied", must: true, among: "CopyDataCache/state/lifecycle/**", wrap: ask(asking{when: acting("CopyDataCache"), do: dropping("Bucket")})},
	{name: "name reset by an update", by: "rest/without-Name", among: "UpdateDataCache/state/rest/**", wrap: ask(asking{
		when: func(in *wire.Received) bool { return acting("UpdateDataCache")(in) && in.Query.Count("Name") == 0 },
		do:   put("Name", "unnamed"),
	})},
	{name: "name wanted by an update", by: "rest/without-Name", among: "UpdateDataCache/state/rest/**", edit: param("UpdateDataCache", "Name", func(f *contract.Field) { f.Required = true })},
	{name: "no snapshot shown", by: "SnapshotId/usable", among: "Create*/state/SnapshotId/**", wrap: items(func(m *wire.Map) { drop1(m, "SnapshotId") })},
	{name: "two data caches in one place", by: "unique/Bucket+Path", among: "CreateDataCache/state/unique/**", edit: resource("DataCache", func(r *contract.Resource) { r.Unique = nil })},
}

// TestStateFaultsAreCaught holds that each fault fails its case, on a target
// whose states last long enough to be seen.
func TestStateFaultsAreCaught(t *testing.T) {
	for _, f := range stateFaults {
		f.family = "state"
		t.Run(strings.ReplaceAll(f.name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			tr := f.trial(t)
			tr.settle, tr.patient = 200*time.Millisecond, 2*time.Second
			out := tr.judge(t)
			caught := out.failed(f.family)
			if !slices.ContainsFunc(caught, func(id string) bool { return strings.HasSuffix(id, "/"+f.by) }) {
				t.Errorf("no case %s fails; those that do: %v", f.by, caught)
				for _, r := range out.results {
					t.Logf("%s %s %s", r.Case, r.Verdict, r.Reason)
				}
			}
		})
	}
}

// TestWalkShrinks holds that a walk tells a short sequence that fails.
func TestWalkShrinks(t *testing.T) {
	t.Parallel()
	tr := trial{selects: []string{"CreateImageCache/state/walk/**"}, seed: 3, strict: contract.Inferred, wrap: stateFaults[14].wrap(t)}
	for _, r := range tr.judge(t).results {
		if r.Verdict != run.Fail {
			continue
		}
		got := r.Findings[0].Got
		if n := strings.Count(got, ";"); n > 2 {
			t.Errorf("%s tells %d moves, want at most 2: %s", r.Case, n, got)
		}
		sent := 0
		for _, x := range r.Exchanges {
			if x.Operation != "DescribeImageCaches" {
				sent++
			}
		}
		_, told, _ := strings.Cut(got, "(after: ")
		if want := strings.Count(told, ";") + 1 - strings.Count(told, "wait until"); sent != want {
			t.Errorf("%s shows %d requests, want the %d that it tells of: %s", r.Case, sent, want, told)
		}
		return
	}
	t.Error("no walk fails")
}
