package driver_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/eci-conform/conform/internal/driver"
	"github.com/eci-conform/conform/internal/wire"
)

// envMode makes this test's binary a driver that misbehaves in one way.
const envMode = "CONFORM_TEST_DRIVER"

func TestMain(m *testing.M) {
	if mode := os.Getenv(envMode); mode != "" {
		play(mode)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

const hello = `{"hello":{"protocol":1,"name":"test","signatures":["v1"],"methods":["POST"],"formats":["JSON"]%s}}` + "\n"

// heard is a call as the drivers of these tests read it.
type heard struct {
	ID          string `json:"id"`
	Operation   string `json:"operation"`
	Credentials struct {
		AccessKeySecret string `json:"accessKeySecret"`
	} `json:"credentials"`
	Input json.RawMessage `json:"input"`
}

// play is the driver's side: what it does depends on its mode and on the
// operation that it is asked for.
func play(mode string) {
	if mode == "grandchild" {
		grandchild()
		return
	}
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	_, _ = in.ReadString('\n')
	if !greets(mode) {
		return
	}
	var held []string
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			break
		}
		var c heard
		if err := json.Unmarshal([]byte(line), &c); err != nil {
			os.Exit(9)
		}
		held = act(c, held)
	}
	switch mode {
	case "lingers":
		signal.Ignore(syscall.SIGTERM)
		select {}
	case "leaves":
		beget(false)
	}
}

// envHome is where a driver's grandchild calls home.
const envHome = "CONFORM_TEST_HOME"

// beget starts a process that holds this one's outputs open until its
// connection home ends, in a session of its own or not.
func beget(apart bool) {
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), envMode+"=grandchild")
	c.Stdout, c.Stderr = os.Stdout, os.Stderr
	if apart {
		ownSession(c)
	}
	if err := c.Start(); err != nil {
		os.Exit(8)
	}
}

// grandchild calls home and lives for as long as somebody is there.
func grandchild() {
	home, err := net.Dial("tcp", os.Getenv(envHome))
	if err != nil {
		os.Exit(8)
	}
	_, _ = io.Copy(io.Discard, home)
}

func greets(mode string) bool {
	switch mode {
	case "mute":
		time.Sleep(time.Hour)
	case "mumbles":
		fmt.Println("Welcome to my driver")
	case "future":
		fmt.Println(`{"hello":{"protocol":2,"name":"test"}}`)
	case "boasts":
		fmt.Println(`{"hello":{"protocol":1,"name":"test","signatures":["v9"],"methods":["POST"],"formats":["JSON"]}}`)
	case "garbles":
		fmt.Println("\x00\xff\xfe\x80")
	case "stammers":
		fmt.Print(`{"hello":{"prot`)
		return false
	case "shouts":
		fmt.Println(strings.Repeat("x", driver.MaxLine+1))
	case "shuts":
		os.Stdout.Close()
	case "panics":
		fmt.Fprintln(os.Stderr, "panic: no key\n\n"+strings.Repeat("goroutine 1 [running]\n", 100)+"the end")
		os.Exit(2)
	case "stillborn":
		fmt.Fprintln(os.Stderr, "Error: Cannot find module 'sdk'")
		return false
	case "serial":
		fmt.Printf(hello, `,"maxInFlight":1`)
	default:
		fmt.Printf(hello, "")
	}
	return true
}

func reply(id string) { fmt.Printf(`{"id":%q,"output":{"Id":%q}}`+"\n", id, id) }

func act(c heard, held []string) []string {
	switch c.Operation {
	case "Echo":
		fmt.Printf(`{"id":%q,"output":{"Input":%s}}`+"\n", c.ID, c.Input)
	case "Fail":
		fmt.Printf(`{"id":%q,"error":{"code":"Bad","message":"no","status":400,"requestId":"r"}}`+"\n", c.ID)
	case "Die":
		fmt.Fprintln(os.Stderr, "fatal: key", c.Credentials.AccessKeySecret)
		os.Exit(3)
	case "Hang":
	case "Half":
		fmt.Printf(`{"id":%q,"outp`, c.ID)
		fmt.Fprintln(os.Stderr, "out of memory")
		os.Exit(4)
	case "Binary":
		fmt.Println("\x00\xff\xfe\x80")
	case "Number":
		fmt.Printf(`{"id":%q,"error":{"code":400,"message":"no"}}`+"\n", c.ID)
	case "List":
		fmt.Printf(`{"id":%q,"output":[]}`+"\n", c.ID)
	case "Shut":
		os.Stdout.Close()
	case "Fork":
		beget(false)
		os.Exit(5)
	case "Daemon":
		beget(true)
		os.Exit(5)
	case "Bear":
		beget(false)
		reply(c.ID)
	case "Babble":
		for range 1000 {
			reply("nobody")
		}
	case "Foretell":
		reply("next")
		reply(c.ID)
	case "Rubbish":
		fmt.Println("DeprecationWarning: do not")
	case "Neither":
		fmt.Printf(`{"id":%q}`+"\n", c.ID)
	case "Misspelt":
		fmt.Printf(`{"id":%q,"error":{"code":"Bad","message":"no","request_id":"r"}}`+"\n", c.ID)
	case "Twice":
		reply(c.ID)
		reply(c.ID)
	case "Stranger":
		reply("nobody")
		reply(c.ID)
	case "Huge":
		fmt.Printf(`{"id":%q,"output":{"A":"%s"}}`+"\n", c.ID, strings.Repeat("x", driver.MaxLine))
	case "Flood":
		for range 1 << 14 {
			fmt.Fprintln(os.Stderr, strings.Repeat("noise ", 20))
		}
		reply(c.ID)
	case "Hold":
		return append(held, c.ID)
	case "Free":
		reply(c.ID)
		for i := len(held) - 1; i >= 0; i-- {
			reply(held[i])
		}
		return nil
	default:
		reply(c.ID)
	}
	return held
}

// command starts this test's binary as a driver.
func command(mode string) driver.Command {
	return driver.Command{
		Path: os.Args[0], Env: append(os.Environ(), envMode+"="+mode),
		Handshake: 20 * time.Second, Patience: 20 * time.Second, Grace: 10 * time.Second,
	}
}

func start(t *testing.T, o driver.Command) driver.Driver {
	t.Helper()
	d, err := driver.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

func call(id, operation string) driver.Call {
	return driver.Call{ID: id, Operation: operation, Credentials: driver.Credentials{AccessKeyID: "id", AccessKeySecret: "very-secret-key"}}
}

func fault(t *testing.T, err error, kind driver.FaultKind) *driver.Fault {
	t.Helper()
	var f *driver.Fault
	if !errors.As(err, &f) || f.Kind != kind {
		t.Fatalf("error = %v, want a fault of kind %s", err, kind)
	}
	return f
}

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
	o.Patience = 300 * time.Millisecond
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

// TestSchema holds what both sides write against the published schema.
func TestSchema(t *testing.T) {
	t.Parallel()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(driver.Schema)))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("protocol.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("protocol.json")
	if err != nil {
		t.Fatal(err)
	}
	three := 3
	for _, line := range session(t, driver.Call{
		ID: "1", Operation: "TagResources", Endpoint: "http://127.0.0.1:1", Region: "r", Signature: "v1",
		Credentials: driver.Credentials{AccessKeyID: "a", AccessKeySecret: "b", SecurityToken: "c"},
		Options:     driver.Options{Method: "GET", Format: "XML", Retries: &three, TimeoutMs: 5},
	}) {
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(line))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(v); err != nil {
			t.Errorf("%s: %v", line, err)
		}
	}
}

// session is every line of a short talk between both sides.
func session(t *testing.T, c driver.Call) []string {
	t.Helper()
	line, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	c.Input, c.ID = map[string]any{}, "2"
	second, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	first := strings.Replace(string(line), `"input":null`, `"input":{}`, 1)
	in := `{"hello":{"protocol":1}}` + "\n" + first + "\n" + string(second) + "\n"
	var out strings.Builder
	h := driver.Hello{Name: "n", Signatures: []string{"v1"}, Methods: []string{"GET"}, Formats: []string{"XML"}, Options: []string{"sts"}, MaxInFlight: 1}
	err = driver.Serve(t.Context(), strings.NewReader(in), &out, driver.Program{Hello: h, Do: func(_ context.Context, c driver.Call) (driver.Reply, error) {
		if c.ID == "2" {
			return driver.Reply{}, errors.New("no such operation")
		}
		m := &wire.Map{}
		m.Set("RequestId", "r")
		return driver.Reply{Output: m}, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	return append(strings.Split(strings.TrimSpace(in), "\n"), strings.Split(strings.TrimSpace(out.String()), "\n")...)
}

// BenchmarkChild is 2,000 calls through one child, 16 of them at once; each
// reply must be that of its call.
func BenchmarkChild(b *testing.B) {
	d, err := driver.Start(b.Context(), command("sound"))
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	const calls, atOnce = 2000, 16
	for n := 0; b.Loop(); n++ {
		ids := make(chan string)
		var wg sync.WaitGroup
		for range atOnce {
			wg.Go(func() {
				for id := range ids {
					if r, err := d.Call(b.Context(), call(id, "Any")); err != nil {
						b.Error(err)
					} else if got, _ := r.Output.Get("Id"); got != id {
						b.Errorf("reply to %s has id %v", id, got)
					}
				}
			})
		}
		for i := range calls {
			ids <- fmt.Sprintf("%d-%d", n, i)
		}
		close(ids)
		wg.Wait()
	}
}
