package main

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/auth/credentials"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/eci"
	"github.com/google/go-cmp/cmp"

	conform "github.com/eci-conform/conform"
)

// life makes, finds and deletes an image cache with the first SDK for Go, and
// returns what it saw.
func life(url, key, name, image string) (saw []string) {
	c, err := eci.NewClientWithOptions("cn-hangzhou", sdk.NewConfig().WithScheme("HTTP").WithAutoRetry(false),
		credentials.NewAccessKeyCredential(key, conform.AccessKeySecret))
	if err != nil {
		return []string{err.Error()}
	}
	c.Domain = strings.TrimPrefix(url, "http://")
	create := eci.CreateCreateImageCacheRequest()
	create.SecurityGroupId, create.VSwitchId, create.ImageCacheName, create.ClientToken = "sg-emu-main", "vsw-emu-main", name, "token-of-"+name
	create.Image = []string{image}
	created, err := c.CreateImageCache(create)
	if err != nil {
		return []string{err.Error()}
	}
	describe := eci.CreateDescribeImageCachesRequest()
	describe.ImageCacheId = created.ImageCacheId
	described, err := c.DescribeImageCaches(describe)
	if err != nil || len(described.ImageCaches) != 1 {
		return []string{fmt.Sprint(described, err)}
	}
	gone := eci.CreateDeleteImageCacheRequest()
	gone.ImageCacheId = created.ImageCacheId
	_, first := c.DeleteImageCache(gone)
	_, second := c.DeleteImageCache(gone)
	return []string{created.ImageCacheId, fmt.Sprint(described.ImageCaches[0].ImageCacheName == name, first, second != nil)}
}

// recordLife records one life, and returns the cassette and what it saw.
func recordLife(t *testing.T, name string) (file string, saw []string) {
	t.Helper()
	h, err := conform.NewHandler(conform.Options{Clock: time.Now, Settle: -1})
	if err != nil {
		t.Fatal(err)
	}
	target := httptest.NewServer(h)
	defer target.Close() // what comes behind has the cassette alone
	dir := t.TempDir()
	rec := startChild(t, "record", "--target", target.URL, "--record", dir, "--access-key-id", conform.AccessKeyID, "--access-key-secret", conform.AccessKeySecret)
	saw = life(rec.url, conform.AccessKeyID, name, "nginx")
	if said := rec.stop(os.Interrupt); !strings.Contains(said, "recorded 4 exchanges") || len(saw) != 2 {
		t.Fatalf("conform record says %s, the client %v", said, saw)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*")) // the pattern is well-formed
	return files[0], saw
}

// volatile is what differs between two recordings of the same: times, ids and
// digests, and what tells one request from another.
var volatile = regexp.MustCompile(`(start|first|took)=\S+|(?m)^# sha256:.*$|^#sealed.*$|^~ (SignatureNonce|Timestamp): .*$|^< (Date|Content-Length): .*$` +
	`|^~ User-Agent: .*$|[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}|\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?Z|\b(imc|eci|s)-[0-9a-z]{20}\b|127\.0\.0\.1:\d+`)

// stable is a cassette without its header and what is volatile.
func stable(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	_, records, _ := strings.Cut(string(text), "#end-header")
	_, records, _ = strings.Cut(records, "\n")
	return volatile.ReplaceAllString(records, "*")
}

// TestRecordingTwice records the same session twice: the cassettes differ in
// times, ids and the header only.
func TestRecordingTwice(t *testing.T) {
	t.Parallel()
	a, _ := recordLife(t, "the-name")
	b, _ := recordLife(t, "the-name")
	if diff := cmp.Diff(strings.Split(stable(t, a), "\n"), strings.Split(stable(t, b), "\n")); diff != "" {
		t.Errorf("recordings mismatch (-first +second):\n%s", diff)
	}
	if c, _ := recordLife(t, "another"); stable(t, a) == stable(t, c) {
		t.Error("the recording of another session is the same")
	}
}

// TestAnSDKOnTheRecording lets eight clients at once, with names and tokens of
// their own, call a recording whose target is gone.
func TestAnSDKOnTheRecording(t *testing.T) {
	t.Parallel()
	file, want := recordLife(t, "recorded-name")
	player := startChild(t, "replay", "--serve", "--require-all", file)
	var clients sync.WaitGroup
	for i := range 8 {
		clients.Go(func() {
			if got := life(player.url, fmt.Sprintf("key-of-client-%d", i), fmt.Sprintf("fresh-%d", i), "nginx"); !cmp.Equal(want, got) {
				t.Errorf("client %d saw %v, want %v", i, got, want)
			}
		})
	}
	clients.Wait()
	if saw := life(player.url, "key-of-another", "fresh", "redis"); !strings.Contains(saw[0], "Recorder.NoMatch") ||
		!strings.Contains(saw[0], `Image.1: "redis", recorded "nginx"`) {
		t.Errorf("a changed image: %v, want a miss that says so", saw)
	}
	if said := player.stop(os.Interrupt); player.cmd.ProcessState.ExitCode() != exitDeparts || !strings.Contains(said, "answered 32 of 33 requests") {
		t.Errorf("conform replay --serve exits %d and says %s", player.cmd.ProcessState.ExitCode(), said)
	}
}
