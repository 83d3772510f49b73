package driver_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/eci-conform/conform/internal/driver"
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
