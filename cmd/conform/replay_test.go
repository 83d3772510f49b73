package main

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	conform "github.com/eci-conform/conform"
	"github.com/eci-conform/conform/internal/cassette"
	"github.com/eci-conform/conform/internal/redact"
	"github.com/eci-conform/conform/internal/wire"
)

// TestReplay runs testdata/replay/*.txtar: scripts that record with tape and
// play back with session.
func TestReplay(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: "testdata/replay", RequireExplicitExec: true, RequireUniqueNames: true, UpdateScripts: *update,
		Condition: func(string) (bool, error) { return os.Geteuid() == 0, nil }, // [root]
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "oneline": oneLine, "tape": tape, "session": session, "edit": edit, "all": all, "spoil": spoil,
		},
	})
}

// asks reads requests: a line each, the operation and NAME=VALUE parameters.
func asks(ts *testscript.TestScript, file string) []wire.Call {
	var out []wire.Call
	for line := range strings.Lines(ts.ReadFile(file)) {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		c := wire.Call{
			Operation: words[0], Version: "2018-08-08", Format: "JSON", Form: true, Host: "eci.example.com", Nonce: fmt.Sprint(len(out), time.Now().UnixNano()),
			Time: time.Now(), Credentials: wire.Credentials{AccessKeyID: conform.AccessKeyID, AccessKeySecret: conform.AccessKeySecret},
		}
		for _, w := range words[1:] {
			name, value, _ := strings.Cut(w, "=")
			c.Params = append(c.Params, wire.Param{Name: name, Value: value})
		}
		out = append(out, c)
	}
	return out
}

// send sends a request over the network.
func send(ts *testscript.TestScript, c wire.Call, url string) *wire.Exchange {
	d := wire.NewDraft(c)
	ts.Check(d.Sign())
	x := wire.Do(context.Background(), d, wire.Route{Transport: http.DefaultTransport, Endpoint: url, Clock: time.Now})
	ts.Check(x.Err)
	return x
}

// tape CASSETTE REQUESTS: records what an emulator answers to the requests.
func tape(ts *testscript.TestScript, _ bool, args []string) {
	h, err := conform.NewHandler(conform.Options{Clock: time.Now, Settle: -1})
	ts.Check(err)
	s := httptest.NewServer(h)
	defer s.Close()
	c, err := source{}.load()
	ts.Check(err)
	w, err := cassette.Create(ts.MkAbs(args[0]), cassette.Header{Recorded: time.Now(), Contract: "sha256:" + c.Digest})
	ts.Check(err)
	clean := redact.NewRules(c).Session(redact.SessionOptions{Begin: time.Now()})
	for _, call := range asks(ts, args[1]) {
		x := send(ts, call, s.URL)
		ts.Check(w.Append(clean.Exchange(&redact.Raw{
			Method: x.Method, Target: "/", Host: x.Host, Header: x.Header, Body: x.Body,
			Status: x.Status, RespHeader: x.RespHeader, RespBody: x.RespBody, Start: x.Start, FirstByte: x.Duration, Duration: x.Duration,
		})))
	}
	ts.Check(w.Close())
}

// session CODE REQUESTS PROGRAM ARGS: starts the program, sends the requests
// where it says that it listens, interrupts it and wants the exit code. The
// answers go to answers.out, what the program says to session.err.
func session(ts *testscript.TestScript, _ bool, args []string) {
	cmd := exec.Command(filepath.Join(filepath.SplitList(ts.Getenv("PATH"))[0], args[2]), args[3:]...)
	cmd.Dir, cmd.Env = ts.MkAbs("."), append(os.Environ(), "HOME="+ts.Getenv("HOME"))
	out, err := cmd.StdoutPipe()
	ts.Check(err)
	errs, answers := create(ts, "session.err"), create(ts, "answers.out")
	defer errs.Close()
	defer answers.Close()
	cmd.Stderr = errs
	ts.Check(cmd.Start())
	lines := bufio.NewScanner(out)
	if lines.Scan() {
		url := strings.TrimPrefix(lines.Text(), "listening on ")
		for _, call := range asks(ts, args[1]) {
			x := send(ts, call, url)
			fmt.Fprintf(answers, "%s %d %s\n", call.Operation, x.Status, x.RespBody)
		}
		ts.Check(cmd.Process.Signal(os.Interrupt))
	}
	for lines.Scan() {
		ts.Fatalf("the program says more: %s", lines.Text())
	}
	_ = cmd.Wait() // the exit code says it
	if want, _ := strconv.Atoi(args[0]); cmd.ProcessState.ExitCode() != want {
		ts.Fatalf("exits %d, want %d\n%s", cmd.ProcessState.ExitCode(), want, ts.ReadFile("session.err"))
	}
}
