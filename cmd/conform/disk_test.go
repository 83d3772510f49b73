package main

import (
	"bufio"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/eci-conform/conform/internal/cassette"
)

// TestFullDisk records until nothing more can be written: the recorder says so
// and serves no more, and what was answered is in the cassette.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("there is no shell to set a limit with")
	}
	target := httptest.NewServer(http.HandlerFunc(echoed))
	defer target.Close()
	dir := t.TempDir()
	cmd := exec.Command(sh, "-c", `ulimit -f 8 && exec conform record --target "$0" --record "$1"`, target.URL, dir)
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	url, whole := strings.TrimSpace(strings.TrimPrefix(line, "listening on ")), 0
	for whole < 1000 && answers(url) {
		whole++
	}
	_ = cmd.Wait() // the exit code says it
	if code := cmd.ProcessState.ExitCode(); code != exitFault || strings.Count(said.String(), "\n") != 1 ||
		!strings.Contains(said.String(), "the recorder has stopped: it cannot write: ") {
		t.Errorf("conform record exits %d and says %s, want %d and why, in a line", code, &said, exitFault)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*")) // the pattern is well-formed
	if len(files) != 1 {
		t.Fatalf("the folder holds %v", files)
	}
	c, err := cassette.Open(files[0])
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if c.Len() != whole || c.Len() == 0 || c.State() != cassette.Unsealed {
		t.Errorf("the cassette holds %d exchanges and is %s; %d were answered", c.Len(), c.State(), whole)
	}
}

// answers reports whether a request is answered whole.
func answers(url string) bool {
	resp, err := http.Get(url + "/?Action=DescribeRegions&Version=2018-08-08&Format=JSON")
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return err == nil && resp.StatusCode == http.StatusOK
}

// TestNowhereToRecord: where no cassette can be made, that is said before
// anything is listened to, and nothing is left behind.
func TestNowhereToRecord(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	locked := filepath.Join(dir, "locked")
	if err := os.Mkdir(locked, 0o500); err != nil {
		t.Fatal(err)
	}
	for _, where := range []string{file, filepath.Join(file, "below"), locked} {
		if where == locked && os.Geteuid() == 0 {
			continue // nothing is locked to root
		}
		cmd := exec.Command("conform", "record", "--target", "http://127.0.0.1:9", "--record", where)
		out, _ := cmd.CombinedOutput() // the exit code says it
		if text := string(out); cmd.ProcessState.ExitCode() != exitUsage || !strings.Contains(text, "--record: ") || !strings.Contains(text, dir) || strings.Count(text, "\n") != 1 {
			t.Errorf("conform record --record %s exits %d and says %s", where, cmd.ProcessState.ExitCode(), text)
		}
	}
}
