package diff

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eci-conform/conform/internal/compare"
	"github.com/eci-conform/conform/internal/emulator"
	"github.com/eci-conform/conform/internal/redact"
	"github.com/eci-conform/conform/internal/wire"
)

// watcher counts what a server is asked for.
type watcher struct {
	next http.Handler
	mu   sync.Mutex
	ops  map[string]int
	text strings.Builder
}

func watch(next http.Handler) *watcher { return &watcher{next: next, ops: map[string]int{}} }

func (w *watcher) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	b, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(b))
	form, _ := url.ParseQuery(string(b))
	op := r.Header.Get("X-Acs-Action") + r.URL.Query().Get("Action") + form.Get("Action")
	w.mu.Lock()
	w.ops[op]++
	w.text.WriteString(r.URL.RawQuery + "\n" + string(b) + "\n")
	w.mu.Unlock()
	w.next.ServeHTTP(rw, r)
}

func (w *watcher) count(prefixes ...string) int {
	n := 0
	for op, times := range w.ops {
		if slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(op, p) }) {
			n += times
		}
	}
	return n
}

func TestASoundTargetIsTheSame(t *testing.T) {
	t.Parallel()
	for _, scheme := range []wire.Scheme{wire.V1, wire.ACS3} {
		for _, format := range []string{"JSON", "XML"} {
			t.Run(string(scheme)+format, func(t *testing.T) {
				t.Parallel()
				c := load0(t)
				k := newClient(t, c, sound(t, options(c, 1)), "first")
				k.scheme, k.format = scheme, format
				tape := k.life()
				w := watch(sound(t, options(c, 2)))
				r := resend(t, tape, w, nil)
				if len(r.Differences) > 0 || len(r.Leaks) > 0 || len(r.Skipped) > 0 {
					t.Errorf("differences %+v, leaks %v, skipped %v", r.Differences, r.Leaks, r.Skipped)
				}
				if r.Compared+r.Polls != len(tape) || r.Same != r.Compared || r.Made != 2 || r.Values < 50 {
					t.Errorf("compared %d, polls %d, same %d, made %d, values %d of %d exchanges", r.Compared, r.Polls, r.Same, r.Made, r.Values, len(tape))
				}
				for _, name := range []string{"cache-of-first", "next-of-first", "data-of-first", "token-of-first"} {
					if strings.Contains(w.text.String(), name) {
						t.Errorf("%s of the recording was sent", name)
					}
				}
			})
		}
	}
}

// tell is a sound emulator whose answers are changed.
func tell(t *testing.T, change func(operation string, body *wire.Map)) http.Handler {
	o := options(load0(t), 2)
	o.Hooks = &emulator.Hooks{Tell: func(a *emulator.Ask, status int, body *wire.Map) int {
		change(a.Operation, body)
		return status
	}}
	return sound(t, o)
}

// each calls visit with each item of a list of resources.
func each(body *wire.Map, list string, visit func(*wire.Map)) {
	v, _ := body.Get(list)
	all, _ := v.([]any)
	for _, item := range all {
		visit(item.(*wire.Map))
	}
}

func TestEachGradeIsSeen(t *testing.T) {
	t.Parallel()
	c := load0(t)
	tape := record(t, "graded")
	for name, test := range map[string]struct {
		target http.Handler
		want   compare.Finding // without values
		op     string
	}{
		"status": {broken(t, c, "error/UpdateImageCache/NoNeedUpdate/ignored"), compare.Finding{Grade: compare.Status, Path: "/status"}, "UpdateImageCache"},
		"code":   {broken(t, c, "error/CreateDataCache/Zone.NotOnSale/code"), compare.Finding{Grade: compare.Code, Path: "/Code"}, "CreateDataCache"},
		"message": {broken(t, c, "error/UpdateImageCache/Zone.NotOnSale/message"),
			compare.Finding{Grade: compare.Value, Path: "/Message"}, "UpdateImageCache"},
		"missing": {broken(t, c, "format/CreateImageCache/ContainerGroupId/missing"),
			compare.Finding{Grade: compare.Missing, Path: "/ContainerGroupId"}, "CreateImageCache"},
		"missing item": {broken(t, c, "parameter/TagResources/Tag/firstOnly"),
			compare.Finding{Grade: compare.Missing, Path: "/TagResources/N"}, "ListTagResources"},
		"type": {broken(t, c, "format/DescribeImageCaches/TotalCount/otherType"),
			compare.Finding{Grade: compare.Type, Path: "/TotalCount"}, "DescribeImageCaches"},
		"added": {tell(t, func(op string, body *wire.Map) {
			if op == "CreateDataCache" {
				body.Set("Extra", "value")
			}
		}), compare.Finding{Grade: compare.Added, Path: "/Extra"}, "CreateDataCache"},
		"class": {tell(t, func(op string, body *wire.Map) {
			each(body, "ImageCaches", func(item *wire.Map) { item.Set("CreationTime", "yesterday") })
		}), compare.Finding{Grade: compare.Class, Path: "/ImageCaches/N/CreationTime"}, "DescribeImageCaches"},
		"value": {tell(t, func(op string, body *wire.Map) {
			each(body, "ImageCaches", func(item *wire.Map) { item.Set("ImageCacheSize", json.Number("1")) })
		}), compare.Finding{Grade: compare.Value, Path: "/ImageCaches/N/ImageCacheSize"}, "DescribeImageCaches"},
		"order": {tell(t, func(op string, body *wire.Map) {
			v, _ := body.Get("Regions")
			if all, ok := v.([]any); ok {
				slices.Reverse(all)
			}
		}), compare.Finding{Grade: compare.Order, Path: "/Regions"}, "DescribeRegions"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := resend(t, tape, test.target, nil)
			if len(r.Leaks) > 0 || !r.Differs() {
				t.Errorf("leaks %v, differs %v", r.Leaks, r.Differs())
			}
			if !slices.ContainsFunc(r.Differences, func(d Difference) bool {
				return d.Operation == test.op && d.Grade == test.want.Grade && d.Path == test.want.Path
			}) {
				t.Errorf("no %s at %s of %s in %+v", test.want.Grade, test.want.Path, test.op, r.Differences)
			}
			if len(r.Differences) > 0 && r.Differences[0].Grade != test.want.Grade {
				t.Errorf("the heaviest difference is %+v", r.Differences[0])
			}
		})
	}
}

func TestWithoutWritesNoneReachesTheTarget(t *testing.T) {
	t.Parallel()
	w := watch(sound(t, options(load0(t), 2)))
	r := resend(t, record(t, "reader"), w, func(o *Options) { o.Writes = false })
	if n := w.count("Create", "Update", "Delete", "Copy", "Tag", "Untag"); n > 0 {
		t.Errorf("%d changes were sent: %v", n, w.ops)
	}
	if n := w.count("Describe", "List"); n == 0 || r.Compared == 0 || r.Differs() {
		t.Errorf("%d reads were sent, %d compared, %+v", n, r.Compared, r.Differences)
	}
	skipped := map[Why]bool{}
	for _, s := range r.Skipped {
		skipped[Why(s.Why)] = s.Count > 0
	}
	if diff := cmp.Diff(map[Why]bool{Write: true, Unmade: true}, skipped); diff != "" {
		t.Errorf("skipped mismatch (-want +got):\n%s", diff)
	}
}

func TestTwinsTeachWhatVaries(t *testing.T) {
	t.Parallel()
	tape := record(t, "twin")
	n := 0
	var mu sync.Mutex
	target := func() http.Handler {
		return tell(t, func(op string, body *wire.Map) {
			mu.Lock()
			defer mu.Unlock()
			n++
			each(body, "Regions", func(item *wire.Map) { item.Set("RegionEndpoint", strings.Repeat("x", n)) })
		})
	}
	if r := resend(t, tape, target(), nil); r.Differs() || r.Learned != 1 {
		t.Errorf("with twins: %d learned, differences %+v", r.Learned, r.Differences)
	}
	if r := resend(t, tape, target(), func(o *Options) { o.Twin = false }); !r.Differs() || r.Learned != 0 {
		t.Errorf("without twins: %d learned, differences %+v", r.Learned, r.Differences)
	}
}

func TestWhatIsLeftIsRemoved(t *testing.T) {
	t.Parallel()
	tape := record(t, "leaver")
	tape = slices.DeleteFunc(slices.Clone(tape), func(r redact.Record) bool { return strings.HasPrefix(r.Operation, "Delete") })
	tape = tape[:len(tape)-1] // the look at what was deleted
	h := sound(t, options(load0(t), 2))
	w := watch(h)
	r := resend(t, tape, w, nil)
	if len(r.Leaks) > 0 || r.Made != 2 || w.count("Delete") != 2 || r.Differs() {
		t.Errorf("made %d, leaks %v, deletions %d, differences %+v", r.Made, r.Leaks, w.count("Delete"), r.Differences)
	}
	left := newClient(t, load0(t), h, "looker")
	for op, list := range map[string]string{"DescribeImageCaches": "ImageCaches", "DescribeDataCaches": "DataCaches"} {
		each(left.call(op), list, func(item *wire.Map) { t.Errorf("%s is left", wire.EncodeJSON(item)) })
	}
}

func TestWhatCannotBeRemovedIsALeak(t *testing.T) {
	t.Parallel()
	h := sound(t, options(load0(t), 2))
	refuse := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(b))
		if strings.Contains(r.URL.RawQuery+string(b), "Action=Delete") {
			http.Error(w, "out of order", http.StatusInternalServerError)
			return
		}
		h.ServeHTTP(w, r)
	})
	r := resend(t, record(t, "leaker"), refuse, nil)
	var kinds []string
	for _, l := range r.Leaks {
		kinds = append(kinds, l.Resource)
	}
	if diff := cmp.Diff([]string{"DataCache", "ImageCache"}, kinds); diff != "" {
		t.Errorf("leaks mismatch (-want +got):\n%s", diff)
	}
}

// TestWhatALostAnswerMadeIsRemoved has a target that makes things and cuts the
// line before it says so.
func TestWhatALostAnswerMadeIsRemoved(t *testing.T) {
	t.Parallel()
	h := sound(t, options(load0(t), 2))
	cut := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(b))
		if strings.Contains(r.URL.RawQuery+string(b), "Action=CreateImageCache") {
			h.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		}
		h.ServeHTTP(w, r)
	})
	r := resend(t, record(t, "cutter"), cut, nil)
	if r.Made != 2 || len(r.Leaks) > 0 || !r.Differs() || r.Differences[0].Grade != compare.Status {
		t.Errorf("made %d, leaks %v, differences %+v", r.Made, r.Leaks, r.Differences)
	}
	left := newClient(t, load0(t), h, "looker")
	each(left.call("DescribeImageCaches"), "ImageCaches", func(item *wire.Map) { t.Errorf("%s is left", wire.EncodeJSON(item)) })
}

func TestWhatIsNotSentAgain(t *testing.T) {
	t.Parallel()
	tape := record(t, "odd")
	for name, test := range map[string]struct {
		change func(*redact.Record)
		want   Why
	}{
		"failure":   {func(r *redact.Record) { r.Status, r.Failure = 0, redact.Reset }, Unanswered},
		"operation": {func(r *redact.Record) { r.Operation = "RunInstances" }, Strange},
		"signature": {func(r *redact.Record) { r.Signature = redact.SignatureBad }, Unsigned},
		"nonce":     {func(r *redact.Record) { r.Common = r.Common.Clone().Del("SignatureNonce") }, Unusual},
		"late":      {func(r *redact.Record) { r.Common = r.Common.Clone().Set("Timestamp", "2001-01-01T00:00:00Z") }, Unusual},
		"offset":    {func(r *redact.Record) { r.Common = r.Common.Clone().Set("Timestamp", begin.Format(time.RFC3339Nano)) }, Unusual},
		"method":    {func(r *redact.Record) { r.Via.Method = "PUT" }, Unusual},
		"hash":      {func(r *redact.Record) { r.Common = r.Common.Clone().Set("SignatureMethod", "HMAC-SHA2") }, Unusual},
		"version":   {func(r *redact.Record) { r.Version = "2014-05-26" }, Unusual},
		"secret": {func(r *redact.Record) {
			r.Params = append(r.Params.Clone(), wire.Param{Name: "ResourceGroupId", Value: "REDACTED-0001"})
		}, Hidden},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			one := memory{tape[0]}
			test.change(&one[0])
			w := watch(sound(t, options(load0(t), 2)))
			r := resend(t, one, w, nil)
			if diff := cmp.Diff([]Count{{string(test.want), 1}}, r.Skipped); diff != "" || r.Compared != 0 || len(w.ops) > 0 {
				t.Errorf("skipped mismatch (-want +got):\n%s\nsent %v", diff, w.ops)
			}
		})
	}
}

// TestWhatIsSomebodysIsLeftAlone has a recording that deletes, changes and tags a
// thing that it did not make, and that is there on the target.
func TestWhatIsSomebodysIsLeftAlone(t *testing.T) {
	t.Parallel()
	c := load0(t)
	first := newClient(t, c, sound(t, options(c, 1)), "owner")
	id := member(first.call("CreateImageCache", "Image.1=nginx", "SecurityGroupId=sg-emu-main", "VSwitchId=vsw-emu-main", "ImageCacheName=mine"), "ImageCacheId")
	first.call("CreateDataCache", "Name=mine", "Path=/mine", "DataSource.Type=URL", "DataSource.Options.repoSource=HuggingFace/Model", "DataSource.Options.repoId=some/model")
	made := len(first.tape)
	first.until("DescribeImageCaches", "ImageCacheId", id, "Ready")
	read := len(first.tape)
	first.call("TagResources", "ResourceType=ImageCache", "ResourceId.1="+id, "Tag.1.Key=a", "Tag.1.Value=b")
	first.call("UntagResources", "ResourceType=ImageCache", "ResourceId.1="+id, "TagKey.1=a")
	first.call("UpdateImageCache", "ImageCacheId="+id) // lacks what is required: another server may not mind
	first.call("DeleteDataCache", "Path=/mine")
	first.call("DeleteImageCache", "ImageCacheId="+id)
	first.call("DeleteImageCache", "ImageCacheId="+id) // gone there, and perhaps not here
	first.call("DeleteImageCache", "ImageCacheId=imc-neverwasanysuchthing")
	writes := first.tape[read:]
	if writes[0].Status != 200 || writes[3].Status != 200 || made != 2 {
		t.Fatalf("statuses %d, %d", writes[0].Status, writes[3].Status)
	}
	w := watch(sound(t, options(c, 2)))
	r := resend(t, slices.Clone(writes), w, nil)
	if diff := cmp.Diff([]Count{{string(Alien), 6}}, r.Skipped); diff != "" || r.Compared != 1 {
		t.Errorf("compared %d, skipped mismatch (-want +got):\n%s", r.Compared, diff)
	}
	if diff := cmp.Diff(map[string]int{"DeleteImageCache": 1}, w.ops); diff != "" { // the one of what never was
		t.Errorf("sent mismatch (-want +got):\n%s", diff)
	}
}

// TestAnInterruptClearsAway ends the context once the first thing is made.
func TestAnInterruptClearsAway(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	h := sound(t, options(load0(t), 2))
	w := watch(h)
	stop := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.ServeHTTP(rw, r)
		if w.count("CreateImageCache") == 1 {
			cancel()
		}
	})
	got, err := resendIn(ctx, t, record(t, "interrupted"), stop, nil)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if got.Made+len(got.Leaks) == 0 || len(got.Leaks) > 0 || w.count("CreateDataCache") > 0 {
		t.Errorf("made %d, leaks %v, sent %v", got.Made, got.Leaks, w.ops)
	}
	left := newClient(t, load0(t), h, "looker")
	each(left.call("DescribeImageCaches"), "ImageCaches", func(item *wire.Map) { t.Errorf("%s is left", wire.EncodeJSON(item)) })
}
