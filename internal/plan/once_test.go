package plan

import (
	"context"
	"io"
	"sync"
	"testing"
	"testing/synctest"
)

func TestOnceIsNotSentAgain(t *testing.T) {
	t.Parallel()
	f := newFake()
	f.before = func(n int, _ string) (int, string, error) {
		if n == 1 {
			return 0, "", io.ErrUnexpectedEOF
		}
		return 503, `"Code":"ServiceUnavailable"`, nil
	}
	_, s := testSession(t, f)
	for i, want := range []int{0, 503} {
		a, err := s.Probe(context.Background(), regions(), Once())
		if err != nil || a.Status != want || f.requests != i+1 {
			t.Errorf("Probe() = %+v, %v after %d requests, want status %d after %d", a, err, f.requests, want, i+1)
		}
	}
}

func TestOnceWaitsThrottlingOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.before = func(n int, _ string) (int, string, error) {
			if n == 1 {
				return 400, `"Code":"Throttling"`, nil
			}
			return 0, "", nil
		}
		_, s := testSession(t, f)
		if a := mustProbe(t, s, regions(), Once()); !a.OK || f.requests != 2 {
			t.Errorf("Probe() = %d after %d requests, want a success after 2", a.Status, f.requests)
		}
	})
}

func TestCreatingAtOnceDoesNotWaitForItself(t *testing.T) {
	t.Parallel()
	f := newFake()
	target := testTarget(t, f)
	target.MaxResources = 1
	e := NewEnvironment(target)
	s := e.Session(&Case{ID: "a"})
	s.Anew(t.Context())
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			params, _ := inputs("CreateImageCache")
			mustProbe(t, s, &Probe{Operation: "CreateImageCache", Params: params}, Once())
		})
	}
	wg.Wait()
	s.Close(t.Context())
	if leaks := e.Close(t.Context()); len(leaks) > 0 || e.pool.live != 0 {
		t.Errorf("Close() = %v with %d places taken, want nothing left", leaks, e.pool.live)
	}
}
