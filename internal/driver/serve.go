package driver

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
)

// Codes of errors that are no answer of the SDK.
const (
	CodeDriver      = "Driver"      // the driver's own failure: the case is not judged
	CodeUnsupported = "Unsupported" // the SDK has no such thing: the case is skipped
)

// Program is what a driver in Go is: what it says of itself, and what carries
// out its calls. An error of Do is answered as the driver's own.
type Program struct {
	Hello Hello
	Do    Func
}

// Serve is the driver's side of the protocol, for drivers in Go: it says hello,
// carries out every call in a goroutine of its own, and returns when the input
// has ended and all is answered. It fails when the input is no line of the
// protocol or nothing can be written.
func Serve(ctx context.Context, in io.Reader, out io.Writer, p Program) error {
	s := &server{out: out, do: p.Do}
	h := p.Hello
	h.Protocol = Version
	r := bufio.NewReader(in)
	if _, err := readLine(r); err != nil {
		return fmt.Errorf("read hello: %w", err)
	}
	line, err := plain(greeting{Hello: &h})
	if err != nil {
		return fmt.Errorf("write hello: %w", err)
	}
	s.write(line)
	err = s.serve(ctx, r)
	s.calls.Wait()
	return errors.Join(err, s.failed)
}

type server struct {
	do    Func
	calls sync.WaitGroup

	mu     sync.Mutex
	out    io.Writer
	failed error
}

func (s *server) serve(ctx context.Context, r *bufio.Reader) error {
	for {
		line, err := readLine(r)
		if errors.Is(err, io.EOF) && len(line) == 0 {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read call %s: %w", excerpt(line), err)
		}
		c, err := parseCall(line)
		if err != nil {
			return fmt.Errorf("read call: %w", err)
		}
		s.calls.Go(func() { s.answer(ctx, c) })
	}
}

// parseCall reads a call; its numbers stay json.Number, with all their digits.
func parseCall(line []byte) (Call, error) {
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	d.DisallowUnknownFields()
	var c Call
	err := d.Decode(&c)
	return c, err
}

func (s *server) answer(ctx context.Context, c Call) {
	r, err := s.do(ctx, c)
	if err != nil {
		r = Reply{Error: &Error{Code: CodeDriver, Message: err.Error()}}
	}
	line, err := encodeReply(c.ID, r)
	if err != nil {
		line, _ = encodeReply(c.ID, Reply{Error: &Error{Code: CodeDriver, Message: err.Error()}}) // two texts always encode
	}
	s.write(line)
}

// write writes one line; the first failure is kept.
func (s *server) write(line []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.out.Write(line); err != nil && s.failed == nil {
		s.failed = fmt.Errorf("write reply: %w", err)
	}
}
