package client_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/eci-conform/conform/internal/client"
	"github.com/eci-conform/conform/internal/driver"
)

// envDriver makes this test's binary a driver of the sound client.
const envDriver = "CONFORM_TEST_SOUND_DRIVER"

func TestMain(m *testing.M) {
	if os.Getenv(envDriver) == "" {
		os.Exit(m.Run())
	}
	c, err := loaded()
	if err != nil {
		os.Exit(1)
	}
	s := &sdk{contract: c, run: "child", http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}}
	if err := driver.Serve(context.Background(), os.Stdin, os.Stdout, driver.Program{Hello: s.hello(), Do: s.call}); err != nil {
		os.Exit(1)
	}
}

// child starts this test's binary as a driver.
func child(tb testing.TB) driver.Driver {
	tb.Helper()
	d, err := driver.Start(tb.Context(), driver.Command{Path: os.Args[0], Env: append(os.Environ(), envDriver+"=1")})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = d.Close() })
	return d
}

// many makes calls with keys of their own, 16 at once, and holds that every
// request arrives at the desk of its call.
func many(tb testing.TB, b *client.Bench, d driver.Driver, endpoint string, calls int) {
	tb.Helper()
	const atOnce = 16
	numbers := make(chan int)
	var wg sync.WaitGroup
	for range atOnce {
		wg.Go(func() {
			for n := range numbers {
				one(tb, b, d, endpoint, n)
			}
		})
	}
	for i := range calls {
		numbers <- i
	}
	close(numbers)
	wg.Wait()
	if n := b.Strays(); n > 0 {
		tb.Errorf("%d requests came with a key of nobody", n)
	}
}

func one(tb testing.TB, b *client.Bench, d driver.Driver, endpoint string, n int) {
	name := "call" + strconv.Itoa(n)
	desk := b.Open(name, false, func(int, *client.Try) client.Reaction {
		return client.Reaction{Status: http.StatusOK, Type: "application/json", Body: []byte(`{"RequestId":"` + name + `"}`)}
	})
	defer desk.Close()
	r, err := d.Call(tb.Context(), driver.Call{
		ID: desk.Key.AccessKeyID, Operation: "DescribeRegions", Endpoint: endpoint, Credentials: desk.Key, Signature: "v1",
		Input: map[string]any{"RegionId": name},
	})
	if err != nil || r.Output == nil {
		tb.Errorf("%s: %+v, %v", name, r.Error, err)
		return
	}
	tries := desk.Tries()
	if id, _ := r.Output.Get("RequestId"); id != name || len(tries) != 1 {
		tb.Errorf("%s: got the answer of %v, and %d requests", name, id, len(tries))
		return
	}
	if got, _ := tries[0].Params.Get("RegionId"); got != name || tries[0].Signature != nil {
		tb.Errorf("%s: the request of %s came, signature: %v", name, got, tries[0].Signature)
	}
}

// TestManyCalls: 2,000 calls at 16 at once through one child, nothing is taken
// for another's.
func TestManyCalls(t *testing.T) {
	t.Parallel()
	b, endpoint := openBench(t)
	many(t, b, child(t), endpoint, 2000)
}

// BenchmarkManyCalls is TestManyCalls against the clock.
func BenchmarkManyCalls(b *testing.B) {
	bench, endpoint := openBench(b)
	d := child(b)
	for b.Loop() {
		many(b, bench, d, endpoint, 2000)
	}
}

func openBench(tb testing.TB) (b *client.Bench, endpoint string) {
	tb.Helper()
	c, err := loaded()
	if err != nil {
		tb.Fatal(err)
	}
	b = client.NewBench(client.BenchOptions{Contract: c, Clock: time.Now, Salt: strings.ToLower(tb.Name())})
	server := httptest.NewServer(b)
	tb.Cleanup(server.Close)
	return b, server.URL
}
