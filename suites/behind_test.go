package suites_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	conform "github.com/eci-conform/conform"
	"github.com/eci-conform/conform/suites"
)

// behind is a server whose listing shows an image cache some time after it was
// made.
type behind struct {
	http.Handler
	by time.Duration

	mu   sync.Mutex
	made map[string]time.Time
}

func (b *behind) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rec := httptest.NewRecorder()
	b.Handler.ServeHTTP(rec, r)
	body := rec.Body.Bytes()
	var answer map[string]any
	if json.Unmarshal(body, &answer) == nil && b.hides(answer) {
		body, _ = json.Marshal(answer)
	}
	maps.Copy(w.Header(), rec.Header())
	w.Header().Del("Content-Length")
	w.WriteHeader(rec.Code)
	_, _ = w.Write(body)
}

// hides takes out of an answer what is too young, and notes what was made.
func (b *behind) hides(answer map[string]any) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if id, ok := answer["ImageCacheId"].(string); ok && b.made[id].IsZero() {
		b.made[id] = time.Now()
	}
	items, _ := answer["ImageCaches"].([]any)
	left := slices.DeleteFunc(slices.Clone(items), func(item any) bool {
		id, _ := item.(map[string]any)["ImageCacheId"].(string)
		return time.Since(b.made[id]) < b.by
	})
	if len(left) == len(items) {
		return false
	}
	answer["ImageCaches"] = left
	if total, ok := answer["TotalCount"].(float64); ok {
		answer["TotalCount"] = total - float64(len(items)-len(left))
	}
	return true
}

// A target whose listings are behind departs from nothing, be it by more than
// what is written is looked for, and whichever cases are the first to find out.
func TestListingsMayBeBehind(t *testing.T) {
	t.Parallel()
	for name, cases := range map[string][]string{
		"deeds": {"CreateImageCache/concurrency/**", "CreateImageCache/idempotency/token/**"},
		"walks": {"CreateImageCache/state/walk/*"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			handler, err := conform.NewHandler(conform.Options{Clock: time.Now})
			if err != nil {
				t.Fatal(err)
			}
			server := httptest.NewServer(&behind{Handler: handler, by: 500 * time.Millisecond, made: map[string]time.Time{}})
			t.Cleanup(server.Close)
			suites.Test(t, suites.Target{
				URL: server.URL, Clock: time.Now, Region: conform.Region,
				AccessKeyID: conform.AccessKeyID, AccessKeySecret: conform.AccessKeySecret,
				Profile:  []byte("wait: {initial: 5ms, factor: 1.5, cap: 20ms, deadline: 30s}\n"),
				Bindings: map[string]string{"SecurityGroupId": "sg-emu-main", "VSwitchId": "vsw-emu-main"},
				Jobs:     16,
				Select:   cases,
			})
		})
	}
}
