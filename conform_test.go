package conform_test

import (
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	conform "github.com/eci-conform/conform"
)

func TestNewServerAnswers(t *testing.T) {
	t.Parallel()
	server := conform.NewServer(t, conform.Options{Clock: time.Now, Seed: 1})
	resp, err := http.Get(server.URL + "/?Action=DescribeRegions")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusBadRequest {
		t.Errorf("an unsigned request gets %s, want 400", resp.Status)
	}
	if id := resp.Header.Get("X-Acs-Request-Id"); id == "" {
		t.Error("the answer has no request id")
	}
}

func TestServerMisbehaves(t *testing.T) {
	t.Parallel()
	server := conform.NewServer(t, conform.Options{Clock: time.Now, Seed: 1})
	ask := func() int {
		t.Helper()
		resp, err := http.Get(server.URL + "/?Action=DescribeRegions&AccessKeyId=" + server.AccessKeyID)
		if err != nil {
			return 0
		}
		defer resp.Body.Close()
		return resp.StatusCode
	}
	usual := ask()
	if err := server.Misbehave(conform.Script{Steps: []conform.Step{{Fault: conform.Unavailable, Times: 2}, {Fault: conform.HTML}}}); err != nil {
		t.Fatal(err)
	}
	got := []int{server.Pending(), ask(), ask(), ask(), server.Pending(), ask()}
	if want := []int{3, 503, 503, 502, 0, usual}; !slices.Equal(got, want) {
		t.Errorf("pending, answers, pending, answer: %v, want %v", got, want)
	}
	err := server.Misbehave(conform.Script{Steps: []conform.Step{{Fault: conform.Slow}}})
	if err == nil || !strings.Contains(err.Error(), "step 1: want a delay") {
		t.Errorf("Misbehave() error %v, want one that names the step", err)
	}
}

func TestNewHandlerWantsClock(t *testing.T) {
	t.Parallel()
	_, err := conform.NewHandler(conform.Options{})
	if err == nil || !strings.Contains(err.Error(), "Clock is missing") {
		t.Errorf("NewHandler() error %v, want one that names Clock", err)
	}
}

func TestRootHasNoGinkgo(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for _, path := range strings.Fields(string(out)) {
		if strings.HasPrefix(path, "github.com/onsi/") {
			t.Errorf("the root package depends on %s", path)
		}
	}
}
