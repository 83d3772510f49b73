package driver

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/eci-conform/conform/internal/wire"
)

// MaxLine is how long a line of the protocol may be, in bytes.
const MaxLine = 8 << 20

// errLong says that a line is over the limit.
var errLong = errors.New("line over the limit")

// readLine returns the next line without its end. It fails with errLong, or
// with the reader's error and what there is of a line.
func readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		if len(line)+len(part) > MaxLine {
			return nil, errLong
		}
		line = append(line, part...)
		switch {
		case err == nil:
			return bytes.TrimRight(line, "\r\n"), nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return line, err
		}
	}
}

// greeting is the first line, to either side.
type greeting struct {
	Hello *Hello `json:"hello"`
}

// challenge is what the harness says first.
var challenge = []byte(`{"hello":{"protocol":` + strconv.Itoa(Version) + `}}`)

// parseHello reads the driver's first line.
func parseHello(line []byte) (Hello, error) {
	var g greeting
	if err := strict(line, &g); err != nil {
		return Hello{}, err
	}
	if g.Hello == nil {
		return Hello{}, errors.New(`want {"hello":{…}}`)
	}
	return *g.Hello, g.Hello.check()
}

// check says what a hello lacks.
func (h Hello) check() error {
	if h.Protocol != Version {
		return fmt.Errorf("protocol %d: want %d", h.Protocol, Version)
	}
	if h.Name == "" {
		return errors.New("name: want the SDK's name")
	}
	if h.MaxInFlight < 0 {
		return fmt.Errorf("maxInFlight %d: want 0 or more", h.MaxInFlight)
	}
	for _, w := range []struct {
		name       string
		got, known []string
		needed     bool
	}{
		{"signatures", h.Signatures, []string{string(wire.V1), string(wire.ACS3)}, true},
		{"methods", h.Methods, []string{"GET", "POST"}, true},
		{"formats", h.Formats, []string{"JSON", "XML"}, true},
		{"options", h.Options, []string{OptionRetries, OptionTimeout, OptionSTS}, false},
	} {
		if err := words(w.name, w.got, w.known, w.needed); err != nil {
			return err
		}
	}
	return nil
}

func words(name string, got, known []string, needed bool) error {
	if needed && len(got) == 0 {
		return fmt.Errorf("%s: want at least one of %q", name, known)
	}
	for _, g := range got {
		if !slices.Contains(known, g) {
			return fmt.Errorf("%s %q: want some of %q", name, g, known)
		}
	}
	return nil
}

// answer is a line of a driver that answers a call.
type answer struct {
	ID     *string          `json:"id"`
	Output *json.RawMessage `json:"output"`
	Error  *Error           `json:"error"`
}

// parseReply reads a line that answers a call.
func parseReply(line []byte) (id string, r Reply, err error) {
	var a answer
	if err := strict(line, &a); err != nil {
		return "", Reply{}, err
	}
	switch {
	case a.ID == nil:
		return "", Reply{}, errors.New("no id")
	case (a.Output == nil) == (a.Error == nil):
		return *a.ID, Reply{}, errors.New("want either output or error")
	case a.Error != nil:
		return *a.ID, Reply{Error: a.Error}, nil
	}
	v, err := wire.DecodeJSON(*a.Output)
	if err != nil {
		return *a.ID, Reply{}, fmt.Errorf("output: %w", err)
	}
	m, ok := v.(*wire.Map)
	if !ok {
		return *a.ID, Reply{}, errors.New("output: want an object")
	}
	return *a.ID, Reply{Output: m}, nil
}

// strict reads one JSON value without members that nobody knows: a misspelt one
// would be lost otherwise.
func strict(line []byte, to any) error {
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(to); err != nil {
		return err
	}
	if d.More() {
		return errors.New("more than one value")
	}
	return nil
}

// encodeCall writes a call as its line.
func encodeCall(c Call) ([]byte, error) {
	if c.Input == nil {
		c.Input = map[string]any{}
	}
	b, err := plain(c)
	if err != nil {
		return nil, fmt.Errorf("write call %s: %w", c.ID, err)
	}
	return b, nil
}

// encodeReply writes a reply as its line.
func encodeReply(id string, r Reply) ([]byte, error) {
	if r.Error != nil {
		return plain(struct {
			ID    string `json:"id"`
			Error *Error `json:"error"`
		}{id, r.Error})
	}
	out := json.RawMessage(wire.EncodeJSON(r.Output))
	return plain(struct {
		ID     string          `json:"id"`
		Output json.RawMessage `json:"output"`
	}{id, out})
}

// plain is JSON on one line with a line's end, in which < > & stay.
func plain(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return b.Bytes(), err
}
