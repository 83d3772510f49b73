package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
)

// call is what a line of the protocol asks for.
type call struct {
	ID, Operation, Endpoint, Region, Signature string
	Credentials                                struct{ AccessKeyID, AccessKeySecret, SecurityToken string }
	Input                                      json.RawMessage
	Options                                    struct {
		Retries   *int
		TimeoutMs int
	}
}

// reply is the line that answers it.
type reply struct {
	ID     string   `json:"id"`
	Output any      `json:"output,omitempty"`
	Error  *problem `json:"error,omitempty"`
}

type problem struct {
	Code      string `json:"code"`
	Message   string `json:"message"`
	Status    int    `json:"status,omitempty"`
	RequestID string `json:"requestId,omitempty"`
}

// serve answers calls until the input ends, each in a goroutine of its own.
// This module has no other of ours in it: their requirements would choose other
// versions of the SDK's parts than its user gets.
func serve(in io.Reader, out io.Writer, hello any, answer func(call) reply) error {
	var mu sync.Mutex
	say := func(line any) {
		mu.Lock()
		defer mu.Unlock()
		json.NewEncoder(out).Encode(line)
	}
	lines := bufio.NewReader(in)
	if _, err := lines.ReadBytes('\n'); err != nil {
		return fmt.Errorf("read hello: %w", err)
	}
	say(map[string]any{"hello": hello})
	var calls sync.WaitGroup
	defer calls.Wait()
	for decoder := json.NewDecoder(lines); ; {
		var c call
		if err := decoder.Decode(&c); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("read call: %w", err)
		}
		calls.Go(func() { say(answer(c)) })
	}
}
