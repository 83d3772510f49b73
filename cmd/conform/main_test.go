package main

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/eci-conform/conform/fixtures"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/emulator"
	"github.com/eci-conform/conform/spec"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"conform": main})
}

// TestScripts runs testdata/*.txtar. Each script has four servers to judge:
// $SERVER keeps the contract, $LEAKY refuses to delete, $PARROT repeats what it
// hears, $UNTAGGED has no operations for tags yet.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			serve(e, "SERVER", newEmulator(t))
			serve(e, "LEAKY", keepAll(newEmulator(t)))
			serve(e, "UNTAGGED", tagNothing(newEmulator(t)))
			seen := &sightings{}
			serve(e, "PARROT", seen.parrot(newEmulator(t)))
			e.Values[seenKey{}] = seen
			e.Setenv("HOME", e.WorkDir)
			return nil
		},
		Condition: func(name string) (bool, error) {
			_, err := os.Stat("/dev/full")
			return map[string]bool{"root": os.Geteuid() == 0, "full": err == nil}[name], nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":     exits,
			"edit":      edit,
			"unseal":    unseal,
			"contract":  contractFile,
			"profile":   profileFile,
			"interrupt": func(ts *testscript.TestScript, _ bool, args []string) { signalled(ts, os.Interrupt, args) },
			"killed": func(ts *testscript.TestScript, _ bool, args []string) {
				signalled(ts, os.Kill, append([]string{"-1"}, args...))
			},
			"oneline":  oneLine,
			"nosecret": noSecret,
		},
	})
}

func serve(e *testscript.Env, name string, h http.Handler) {
	s := httptest.NewServer(h)
	e.Defer(s.Close)
	e.Setenv(name, s.URL)
}

func newEmulator(t *testing.T) *emulator.Emulator {
	t.Helper()
	c, err := contract.Load(spec.Name, spec.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	e, err := emulator.New(emulator.Options{Contract: c, World: fixtures.World, Clock: time.Now, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// tagNothing is a server that does not know the operations for tags.
func tagNothing(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(strings.ToLower(r.URL.Query().Get("Action")), "tagresources") {
			w.Header().Set("Content-Type", "application/json;charset=utf-8")
			w.WriteHeader(http.StatusNotFound)
			io.WriteString(w, `{"RequestId":"4A0C2A5B-0C3B-4B0E-8F4B-0F0F0F0F0F0F","HostId":"eci.test","Code":"InvalidAction.NotFound",`+
				`"Message":"Specified api is not found, please check your url and method."}`)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// keepAll is a server on which deleting never works.
func keepAll(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Query().Get("Action"), "Delete") {
			http.Error(w, "out of order", http.StatusInternalServerError)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// exits CODE PROGRAM ARGS: runs the program, which must end with the code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARGS")
	}
	err := ts.Exec(args[1], args[2:]...)
	got := 0
	if e, ok := errors.AsType[*exec.ExitError](err); ok {
		got = e.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if want, _ := strconv.Atoi(args[0]); got != want {
		ts.Fatalf("%s exits %d, want %d", strings.Join(args[1:], " "), got, want)
	}
}

// oneline: what the last program said on standard error is one clear line.
func oneLine(ts *testscript.TestScript, neg bool, _ []string) {
	text := strings.TrimSuffix(ts.ReadFile("stderr"), "\n")
	if text == "" || strings.Contains(text, "\n") != neg {
		ts.Fatalf("standard error is not one line:\n%s", text)
	}
}

// contract FILE: writes the contract to the file.
func contractFile(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), spec.OpenAPI, 0o644))
}

// profile FILE URL: writes the emulator's profile with the URL as endpoint and
// a short patience.
func profileFile(ts *testscript.TestScript, _ bool, args []string) {
	text, err := fixtures.Targets.ReadFile("targets/emulator.yaml")
	ts.Check(err)
	text = bytes.Replace(text, []byte("http://127.0.0.1:8080\nregion"), []byte(args[1]+"\nregion"), 1)
	text = regexp.MustCompile(`deadline: \w+`).ReplaceAll(text, []byte("deadline: 1s"))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), text, 0o644))
}

// edit FILE OLD NEW: replaces the first OLD in the file; \n is a line break.
func edit(ts *testscript.TestScript, _ bool, args []string) {
	old, replacement := strings.ReplaceAll(args[1], `\n`, "\n"), strings.ReplaceAll(args[2], `\n`, "\n")
	path := ts.MkAbs(args[0])
	text, err := os.ReadFile(path)
	ts.Check(err)
	if !strings.Contains(string(text), old) {
		ts.Fatalf("%s has no %q", args[0], old)
	}
	ts.Check(os.WriteFile(path, []byte(strings.Replace(string(text), old, replacement, 1)), 0o644))
}

// interrupt CODE FILE PROGRAM ARGS: starts the program, interrupts it once the
// file holds something, and wants the exit code. What the program says goes to
// the files interrupted.out and interrupted.err. killed FILE PROGRAM ARGS is the
// same for a program that gets no chance to say anything.
func signalled(ts *testscript.TestScript, by os.Signal, args []string) {
	path, err := exec.LookPath(args[2])
	if err != nil {
		path = filepath.Join(filepath.SplitList(ts.Getenv("PATH"))[0], args[2])
	}
	cmd := exec.Command(path, args[3:]...)
	cmd.Dir = ts.MkAbs(".")
	cmd.Env = append(os.Environ(), "PATH="+ts.Getenv("PATH"), "HOME="+ts.Getenv("HOME"))
	out, errs := create(ts, "interrupted.out"), create(ts, "interrupted.err")
	defer out.Close()
	defer errs.Close()
	cmd.Stdout, cmd.Stderr = out, errs
	ts.Check(cmd.Start())
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	waitFor(ts, done, ts.MkAbs(args[1]))
	ts.Check(cmd.Process.Signal(by))
	<-done
	if want, _ := strconv.Atoi(args[0]); cmd.ProcessState.ExitCode() != want {
		ts.Fatalf("exits %d, want %d\n%s", cmd.ProcessState.ExitCode(), want, ts.ReadFile("interrupted.err"))
	}
}

func create(ts *testscript.TestScript, name string) *os.File {
	f, err := os.Create(ts.MkAbs(name))
	ts.Check(err)
	return f
}

// waitFor returns once the file holds something, and fails if the program ends
// before that.
func waitFor(ts *testscript.TestScript, done <-chan error, file string) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-done:
			ts.Fatalf("the program ended before %s was written: %v", file, err)
		case <-tick.C:
			if info, err := os.Stat(file); err == nil && info.Size() > 0 {
				return
			}
		}
	}
}
