package driver_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/eci-conform/conform/internal/driver"
	"github.com/eci-conform/conform/internal/wire"
)

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
