package conform_test

import (
	"net/http"
	"os/exec"
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
