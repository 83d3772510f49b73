package driver_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eci-conform/conform/internal/driver"
	"github.com/eci-conform/conform/internal/wire"
)

func TestReplies(t *testing.T) {
	t.Parallel()
	d := start(t, command("sound"))
	c := call("1", "Echo")
	c.Input = map[string]any{"A": json.Number("9007199254740993"), "B": []any{map[string]any{"C": "<&>"}}}
	r, err := d.Call(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(wire.EncodeJSON(r.Output)), `{"Input":{"A":9007199254740993,"B":[{"C":"<&>"}]}}`; got != want {
		t.Errorf("output = %s, want %s", got, want)
	}
	r, err = d.Call(t.Context(), call("2", "Fail"))
	if err != nil {
		t.Fatal(err)
	}
	want := driver.Reply{Error: &driver.Error{Code: "Bad", Message: "no", Status: 400, RequestID: "r"}}
	if diff := cmp.Diff(want, r); diff != "" {
		t.Errorf("Call() mismatch (-want +got):\n%s", diff)
	}
	if err := d.Close(); err != nil || len(d.Faults()) > 0 {
		t.Errorf("Close() = %v, faults %v, want neither", err, d.Faults())
	}
}

func TestHandshakes(t *testing.T) {
	t.Parallel()
	for mode, want := range map[string]string{
		"mute":      "did not say hello within 300ms",
		"mumbles":   `said "Welcome to my driver"`,
		"future":    "protocol 2: want 1",
		"stillborn": "Cannot find module 'sdk'",
		"boasts":    `signatures "v9": want some of ["v1" "acs3"]`,
		"garbles":   `said "\x00\xff\xfe\x80"`,
		"stammers":  `(exit status 0) behind the line without an end "{\"hello\":{\"prot"`,
		"shouts":    "a line of more than",
		"shuts":     "closed its standard output and did not end",
		"panics":    "panic: no key",
	} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			o := command(mode)
			if mode == "mute" {
				o.Handshake = 300 * time.Millisecond
			}
			o.Grace = 200 * time.Millisecond // for the one that shuts its output
			_, err := driver.Start(t.Context(), o)
			if f := fault(t, err, driver.NoHello); !strings.Contains(f.Detail, want) {
				t.Errorf("detail = %q, want %q in it", f.Detail, want)
			}
		})
	}
	if _, err := driver.Start(t.Context(), driver.Command{Path: "./no-such-driver"}); err == nil {
		t.Error("Start() of a missing file = nil, want an error")
	}
}

// TestFaults: each ends its call with what went wrong, and the driver that is
// started again works.
func TestFaults(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		operation string
		kind      driver.FaultKind
		want      string
	}{
		{"Die", driver.Died, "ended (exit status 3)"},
		{"Hang", driver.Hung, "gave no reply within 300ms"},
		{"Rubbish", driver.Rubbish, "DeprecationWarning"},
		{"Neither", driver.Rubbish, "either output or error"},
		{"Misspelt", driver.Rubbish, "request_id"},
		{"Huge", driver.Rubbish, "a line of more than"},
		{"Binary", driver.Rubbish, `printed "\x00\xff\xfe\x80"`},
		{"Number", driver.Rubbish, "cannot unmarshal number"},
		{"List", driver.Rubbish, "output: want an object"},
		{"Half", driver.Died, "ended (exit status 4) behind the line without an end \"{\\\"id\\\":\\\"1\\\",\\\"outp\"; on its standard error: \"out of memory\""},
		{"Babble", driver.Rubbish, "answered what nobody asked 100 times"},
		{"Shut", driver.Died, "closed its standard output and did not end"},
	} {
		t.Run(tt.operation, func(t *testing.T) {
			t.Parallel()
			o := command("sound")
			switch tt.operation {
			case "Hang":
				o.Patience = 300 * time.Millisecond
			case "Shut":
				o.Grace = 200 * time.Millisecond
			}
			d := start(t, o)
			_, err := d.Call(t.Context(), call("1", tt.operation))
			f := fault(t, err, tt.kind)
			if !strings.Contains(f.Detail, tt.want) || f.Call != "1" || f.Company != 0 {
				t.Errorf("fault = %+v, want %q about call 1 alone", f, tt.want)
			}
			if strings.Contains(f.Detail, "very-secret-key") {
				t.Errorf("fault %q shows a secret", f.Detail)
			}
			if _, err := d.Call(t.Context(), call("2", "Any")); err != nil && tt.kind != driver.Hung {
				t.Errorf("next Call() = %v, want a reply", err)
			}
		})
	}
}

// TestStrangeAnswers: what no call's error tells is kept.
func TestStrangeAnswers(t *testing.T) {
	t.Parallel()
	for operation, kind := range map[string]driver.FaultKind{"Twice": driver.Twice, "Stranger": driver.UnknownID} {
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			d := start(t, command("sound"))
			for i, op := range []string{operation, "Any"} {
				if _, err := d.Call(t.Context(), call(strconv.Itoa(i), op)); err != nil {
					t.Fatal(err)
				}
			}
			if err := d.Close(); err != nil {
				t.Fatal(err)
			}
			faults := d.Faults()
			if len(faults) != 1 || faults[0].Kind != kind {
				t.Errorf("Faults() = %v, want one of kind %s", faults, kind)
			}
		})
	}
}

// TestForetold: a reply that comes before its call is no reply to it.
func TestForetold(t *testing.T) {
	t.Parallel()
	d := start(t, command("sound"))
	for _, c := range []driver.Call{call("1", "Foretell"), call("next", "Any")} {
		r, err := d.Call(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		if id, _ := r.Output.Get("Id"); id != c.ID {
			t.Errorf("reply to %s has id %v", c.ID, id)
		}
	}
	if f := d.Faults(); len(f) != 1 || f[0].Kind != driver.UnknownID || !strings.Contains(f[0].Detail, `"next"`) {
		t.Errorf("Faults() = %v, want one about the answer to next", f)
	}
}

// home listens for a grandchild. Its first result is the address, its second
// waits until the grandchild has called.
func home(t *testing.T) (address string, called func() net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l.Addr().String(), func() net.Conn {
		c, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
}

// TestGrandchildren: what a driver leaves running holds up neither a call nor
// the end, and is ended where the system knows whose it is.
func TestGrandchildren(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		mode, operation string
		outlives        bool
	}{
		{"sound", "Fork", false},
		{"sound", "Daemon", true},
		{"leaves", "Any", false},
	} {
		t.Run(tt.mode+"/"+tt.operation, func(t *testing.T) {
			t.Parallel()
			address, called := home(t)
			o := command(tt.mode)
			o.Env = append(o.Env, envHome+"="+address)
			d := start(t, o)
			_, err := d.Call(t.Context(), call("1", tt.operation))
			if tt.operation != "Any" {
				f := fault(t, err, driver.Died)
				if want := "ended (exit status 5)"; !strings.HasPrefix(f.Detail, want) {
					t.Errorf("detail = %q, want %q", f.Detail, want)
				}
			}
			if err := d.Close(); err != nil {
				t.Errorf("Close() = %v", err)
			}
			if f := d.Faults(); tt.outlives != (len(f) == 1 && f[0].Kind == driver.Lingers) {
				t.Errorf("Faults() = %v, want one only of what outlives the driver", f)
			}
			if !tt.outlives { // it may have been ended before it could call
				return
			}
			conn := called()
			if _, err := conn.Write([]byte("still there?")); err != nil {
				t.Errorf("write: %v", err)
			}
		})
	}
}

// TestGrandchildEnds: what was started beside the driver ends with it.
func TestGrandchildEnds(t *testing.T) {
	t.Parallel()
	address, called := home(t)
	o := command("sound")
	o.Env = append(o.Env, envHome+"="+address)
	d := start(t, o)
	if _, err := d.Call(t.Context(), call("1", "Bear")); err != nil {
		t.Fatal(err)
	}
	conn := called()
	if err := d.Close(); err != nil {
		t.Errorf("Close() = %v", err)
	}
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, io.EOF) && !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the grandchild's connection: %v, want its end", err)
	}
}

// TestHungCompany: where a driver hangs with several calls, each may be why.
func TestHungCompany(t *testing.T) {
	t.Parallel()
	o := command("sound")
	o.Patience = time.Second
	o.Restarts, o.Hangs = 1000, time.Hour
	d := start(t, o)
	together := func(n int) (company int) {
		faults := make(chan *driver.Fault, 2)
		for i := range 2 {
			go func() {
				_, err := d.Call(t.Context(), call(fmt.Sprint(n, i), "Hang"))
				var f *driver.Fault
				_ = errors.As(err, &f)
				faults <- f
			}()
		}
		for range 2 {
			if f := <-faults; f == nil || f.Kind != driver.Hung {
				t.Fatalf("fault = %v, want a hang", f)
			} else if f.Company > 0 {
				company++
			}
		}
		return company
	}
	for n := 0; together(n) < 2; n++ { // until both were under way
	}
}

// TestCompany: who was under way with a call that killed the driver is told so.
func TestCompany(t *testing.T) {
	t.Parallel()
	d := start(t, command("sound"))
	failed := make(chan error, 1)
	go func() {
		_, err := d.Call(t.Context(), call("held", "Hold"))
		failed <- err
	}()
	var f *driver.Fault
	for i := 0; f == nil || f.Company == 0; i++ { // until Hold was under way
		_, err := d.Call(t.Context(), call(strconv.Itoa(i), "Die"))
		f = fault(t, err, driver.Died)
	}
	if f := fault(t, <-failed, driver.Died); f.Company == 0 || f.Call != "held" {
		t.Errorf("fault of the held call = %+v, want company", f)
	}
}

func TestAnyOrder(t *testing.T) {
	t.Parallel()
	d := start(t, command("sound"))
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			id := "held" + strconv.Itoa(i)
			r, err := d.Call(t.Context(), call(id, "Hold"))
			if err != nil {
				t.Error(err)
				return
			}
			if got, _ := r.Output.Get("Id"); got != id {
				t.Errorf("reply to %s has id %v", id, got)
			}
		})
	}
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	for i := 0; ; i++ { // frees whoever was held meanwhile
		if _, err := d.Call(t.Context(), call(strconv.Itoa(i), "Free")); err != nil {
			t.Fatal(err)
		}
		select {
		case <-done:
			return
		default:
		}
	}
}

func TestGone(t *testing.T) {
	t.Parallel()
	o := command("sound")
	o.Restarts = 2
	d := start(t, o)
	for i := range 3 {
		_, err := d.Call(t.Context(), call(strconv.Itoa(i), "Die"))
		fault(t, err, driver.Died)
	}
	_, err := d.Call(t.Context(), call("last", "Any"))
	fault(t, err, driver.Gone)
}

// TestHangs: a driver that hangs all the time is not borne with for ever.
func TestHangs(t *testing.T) {
	t.Parallel()
	o := command("sound")
	o.Patience, o.Hangs = 200*time.Millisecond, 300*time.Millisecond
	d := start(t, o)
	for i := range 2 {
		_, err := d.Call(t.Context(), call(strconv.Itoa(i), "Hang"))
		fault(t, err, driver.Hung)
	}
	_, err := d.Call(t.Context(), call("last", "Any"))
	if f := fault(t, err, driver.Gone); f.Detail != "hung for 400ms in all and is not started again" {
		t.Errorf("detail = %q", f.Detail)
	}
}

func TestStderrFlood(t *testing.T) {
	t.Parallel()
	d := start(t, command("sound"))
	if _, err := d.Call(t.Context(), call("1", "Flood")); err != nil {
		t.Fatal(err)
	}
	_, err := d.Call(t.Context(), call("2", "Die"))
	if f := fault(t, err, driver.Died); len(f.Detail) > 1000 || !strings.Contains(f.Detail, "fatal: key") {
		t.Errorf("detail has %d bytes: %q", len(f.Detail), f.Detail)
	}
}

func TestLingers(t *testing.T) {
	t.Parallel()
	o := command("lingers")
	o.Grace = 200 * time.Millisecond
	d, err := driver.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	fault(t, d.Close(), driver.Lingers)
}

// TestSerial: a driver that does one call at a time is given one at a time, and
// the turn of others does not count against their patience.
func TestSerial(t *testing.T) {
	t.Parallel()
	d := start(t, command("serial"))
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		_, _ = d.Call(ctx, call("1", "Hang")) // takes the only place until it is cancelled
		cancel()
	}()
	cancel()
	if _, err := d.Call(t.Context(), call("2", "Any")); err != nil {
		t.Error(err)
	}
}

func TestCancelled(t *testing.T) {
	t.Parallel()
	d := start(t, command("sound"))
	why := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	if _, err := d.Call(ctx, call("1", "Hang")); !errors.Is(err, why) {
		t.Errorf("Call() = %v, want %v", err, why)
	}
}

// TestLocal: a function that panics, ends its goroutine or hangs ends its call,
// and no more.
func TestLocal(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	defer close(hang)
	d := driver.Local(driver.Hello{Name: "x"}, func(_ context.Context, c driver.Call) (driver.Reply, error) {
		switch c.Operation {
		case "Panic":
			panic("unexpected < in " + c.ID)
		case "Exit":
			runtime.Goexit()
		case "Hang":
			<-hang
		}
		return driver.Reply{Output: &wire.Map{}}, nil
	}, 200*time.Millisecond)
	for operation, want := range map[string]struct {
		kind   driver.FaultKind
		detail string
	}{
		"Panic": {driver.Died, "panicked: unexpected < in 1"},
		"Exit":  {driver.Died, "ended its goroutine"},
		"Hang":  {driver.Hung, "gave no reply within 200ms"},
	} {
		_, err := d.Call(t.Context(), call("1", operation))
		if f := fault(t, err, want.kind); f.Detail != want.detail || f.Call != "1" {
			t.Errorf("%s: fault %+v, want %q", operation, f, want.detail)
		}
	}
	if r, err := d.Call(t.Context(), call("2", "Any")); err != nil || r.Output == nil {
		t.Errorf("Call() after them = %v, %v, want a reply", r, err)
	}
	why := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	if _, err := d.Call(ctx, call("3", "Hang")); !errors.Is(err, why) {
		t.Errorf("Call() = %v, want %v", err, why)
	}
}
