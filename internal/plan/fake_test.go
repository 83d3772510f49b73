package plan

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	answers "github.com/eci-conform/conform/internal/fake"
	"github.com/eci-conform/conform/internal/wire"
	"github.com/eci-conform/conform/spec"
)

var load = sync.OnceValues(func() (*contract.Contract, error) { return contract.Load(spec.Name, spec.OpenAPI) })

func theContract(t testing.TB) *contract.Contract {
	t.Helper()
	c, err := load()
	if err != nil {
		t.Fatalf("Load: %v", err)
	}
	return c
}

// fake is a target that keeps image caches and answers other operations with a
// bare success.
type fake struct {
	mu       sync.Mutex
	requests int
	state    string            // of what is made
	live     map[string]string // id → region
	made     int
	most     int // most that lived at once
	calls    []string
	seen     []url.Values
	// before may answer in the fake's place: status 0 leaves it to the fake.
	before func(n int, action string) (status int, body string, err error)
}

func newFake() *fake { return &fake{live: map[string]string{}, state: "Ready"} }

func (f *fake) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	q := r.URL.Query()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.requests++
	f.calls = append(f.calls, q.Get("Action"))
	f.seen = append(f.seen, q)
	if f.before != nil {
		status, body, err := f.before(f.requests, q.Get("Action"))
		if err != nil || status != 0 {
			return answers.Answer(f.requests, status, body), err
		}
	}
	status, body := f.answer(q)
	return answers.Answer(f.requests, status, body), nil
}

func (f *fake) answer(q url.Values) (int, string) {
	switch q.Get("Action") {
	case "CreateImageCache":
		f.made++
		id := fmt.Sprintf("imc-%d", f.made)
		f.live[id] = q.Get("RegionId")
		f.most = max(f.most, len(f.live))
		return 200, fmt.Sprintf(`"ImageCacheId":%q,"ContainerGroupId":"eci-1"`, id)
	case "DescribeImageCaches":
		id := q.Get("ImageCacheId")
		if f.live[id] == "" {
			return 200, `"ImageCaches":[],"TotalCount":0`
		}
		return 200, fmt.Sprintf(`"ImageCaches":[{"ImageCacheId":%q,"Status":%q}],"TotalCount":1`, id, f.state)
	case "ListUsage":
		return 200, `"Attributes":{"UsedCpu":0,"MaxCpu":1,"UsedImageCacheCount":0,"MaxImageCacheCount":1,"UsedAutoImageCacheCount":0,"MaxAutoImageCacheCount":1,"UsedDataCacheCount":0,"MaxDataCacheCount":1}`
	case "DeleteImageCache":
		delete(f.live, q.Get("ImageCacheId"))
	}
	return 200, ""
}

func inputs(op string) (wire.Params, bool) {
	switch op {
	case "CreateImageCache":
		return wire.Params{{Name: "RegionId", Value: "$region"}, {Name: "ImageCacheName", Value: "$name"}, {Name: "Image.1", Value: "nginx"}, {Name: "VSwitchId", Value: "$binding"}}, true
	}
	return nil, false
}

func testTarget(t testing.TB, f http.RoundTripper) Target {
	c := theContract(t)
	return Target{
		Contract: c, Judge: check.New(c), Transport: f, Endpoint: "http://fake", Region: "cn-hangzhou",
		Credentials: map[string]wire.Credentials{
			"default": {AccessKeyID: "id", AccessKeySecret: "default-secret"},
			"arrears": {AccessKeyID: "poor", AccessKeySecret: "arrears-secret"},
		},
		Bindings: map[string]string{"VSwitchId": "vsw-1", "Image.1": "bound-image"},
		Conditions: map[string]Condition{
			"account.arrears":   {Credentials: "arrears"},
			"vswitch.exhausted": {Set: map[string]string{"VSwitchId": "vsw-full"}},
			"zone.noStock":      {Unavailable: "not here"},
		},
		Wait:    Wait{Initial: time.Millisecond, Factor: 2, Cap: 4 * time.Millisecond, Deadline: 100 * time.Millisecond},
		Timeout: time.Second, Inputs: inputs, Clock: time.Now, Seed: 7, Run: "t",
	}
}

func testSession(t testing.TB, f http.RoundTripper) (*Environment, *Session) {
	e := NewEnvironment(testTarget(t, f))
	return e, e.Session(&Case{ID: "Op/family/subject/variant"})
}

func regions() *Probe {
	return &Probe{Operation: "ListUsage", Params: wire.Params{{Name: "RegionId", Value: "$region"}}}
}

func mustProbe(t *testing.T, s *Session, p *Probe, o ...Option) *check.Answer {
	t.Helper()
	a, err := s.Probe(context.Background(), p, o...)
	if err != nil {
		t.Fatalf("Probe(%s): %v", p.Operation, err)
	}
	return a
}
