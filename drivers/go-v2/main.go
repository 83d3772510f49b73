// Command go-v2 is the driver of alibabacloud-go/eci-20180808: the protocol of
// docs/driver-protocol.md over its client.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"reflect"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"

	openapi "github.com/alibabacloud-go/darabonba-openapi/v2/client"
	eci "github.com/alibabacloud-go/eci-20180808/v3/client"
	util "github.com/alibabacloud-go/tea-utils/v2/service"
	"github.com/alibabacloud-go/tea/tea"
)

const sdk = "github.com/alibabacloud-go/eci-20180808/v3"

// errLacking says that the SDK has no means for a call.
var errLacking = errors.New("the SDK has no")

type call struct {
	ID, Operation, Endpoint, Region, Signature string
	Credentials                                struct{ AccessKeyID, AccessKeySecret, SecurityToken string }
	Input                                      json.RawMessage
	Options                                    struct {
		Retries   *int
		TimeoutMs int
	}
}

type problem struct {
	Code      string `json:"code"`
	Message   string `json:"message"`
	Status    int    `json:"status,omitempty"`
	RequestID string `json:"requestId,omitempty"`
}

func main() {
	if err := serve(os.Stdin, os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func serve(in io.Reader, out io.Writer) error {
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
	say(map[string]any{"hello": hello()})
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

func hello() map[string]any {
	var operations []string
	t := reflect.TypeFor[*eci.Client]()
	for i := range t.NumMethod() {
		if name, ok := strings.CutSuffix(t.Method(i).Name, "WithOptions"); ok {
			operations = append(operations, name)
		}
	}
	return map[string]any{"protocol": 1, "name": "alibabacloud-go/eci-20180808", "version": version(), "language": runtime.Version(),
		"operations": operations, "signatures": []string{"acs3", "v1"}, "methods": []string{"POST"}, "formats": []string{"JSON"},
		"options": []string{"retries", "timeout", "sts"}}
}

func version() string {
	info, _ := debug.ReadBuildInfo()
	for _, d := range info.Deps {
		if d.Path == sdk {
			return d.Version
		}
	}
	return ""
}

func answer(c call) map[string]any {
	do, err := prepare(c)
	if err != nil { // not the SDK's doing
		code := "Driver"
		if errors.Is(err, errLacking) {
			code = "Unsupported"
		}
		return map[string]any{"id": c.ID, "error": problem{Code: code, Message: err.Error()}}
	}
	body, err := do()
	if err != nil {
		return map[string]any{"id": c.ID, "error": read(err)}
	}
	return map[string]any{"id": c.ID, "output": body}
}

// prepare makes the client and the request that a user would write. What the
// SDK's request has no field for is an error.
func prepare(c call) (func() (any, error), error) {
	client, err := eci.NewClient(config(c))
	if err != nil {
		return nil, err
	}
	method := reflect.ValueOf(client).MethodByName(c.Operation + "WithOptions")
	if !method.IsValid() {
		return nil, fmt.Errorf("%w %s", errLacking, c.Operation)
	}
	request := reflect.New(method.Type().In(0).Elem())
	fields := json.NewDecoder(bytes.NewReader(c.Input))
	fields.DisallowUnknownFields()
	if err := fields.Decode(request.Interface()); err != nil {
		return nil, fmt.Errorf("%w field for this: %sRequest: %w", errLacking, c.Operation, err)
	}
	return func() (any, error) {
		got := method.Call([]reflect.Value{request, reflect.ValueOf(options(c))})
		if err, _ := got[1].Interface().(error); err != nil {
			return nil, err
		}
		return got[0].Elem().FieldByName("Body").Interface(), nil
	}, nil
}

func config(c call) *openapi.Config {
	config := &openapi.Config{
		AccessKeyId: tea.String(c.Credentials.AccessKeyID), AccessKeySecret: tea.String(c.Credentials.AccessKeySecret),
		Endpoint: tea.String(strings.TrimPrefix(c.Endpoint, "http://")), Protocol: tea.String("http"), RegionId: tea.String(c.Region),
	}
	if c.Credentials.SecurityToken != "" {
		config.SecurityToken = tea.String(c.Credentials.SecurityToken)
	}
	if c.Signature == "v1" {
		config.SignatureAlgorithm = tea.String("v2")
	}
	return config
}

func options(c call) *util.RuntimeOptions {
	o := &util.RuntimeOptions{}
	if c.Options.Retries != nil {
		o.Autoretry, o.MaxAttempts = tea.Bool(*c.Options.Retries > 0), c.Options.Retries
	}
	if c.Options.TimeoutMs > 0 {
		o.ReadTimeout = tea.Int(c.Options.TimeoutMs)
	}
	return o
}

// read is what a user can read off the SDK's error, and no more: the answer's
// own members are in its Data, as JSON.
func read(err error) problem {
	var failed *tea.SDKError
	if !errors.As(err, &failed) {
		return problem{Message: err.Error()}
	}
	var data struct{ Message, RequestID string }
	_ = json.Unmarshal([]byte(tea.StringValue(failed.Data)), &data) // what is no answer of the API has none
	if data.Message == "" {
		data.Message = tea.StringValue(failed.Message)
	}
	return problem{tea.StringValue(failed.Code), data.Message, tea.IntValue(failed.StatusCode), data.RequestID}
}
