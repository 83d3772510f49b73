// Command go-v2 is the driver of alibabacloud-go/eci-20180808: the protocol of
// docs/driver-protocol.md over its client.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"reflect"
	"runtime"
	"runtime/debug"
	"strings"

	openapi "github.com/alibabacloud-go/darabonba-openapi/v2/client"
	eci "github.com/alibabacloud-go/eci-20180808/v3/client"
	util "github.com/alibabacloud-go/tea-utils/v2/service"
	"github.com/alibabacloud-go/tea/tea"
)

func main() {
	if err := serve(os.Stdin, os.Stdout, hello(), answer); err != nil {
		log.Fatal(err)
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
		if d.Path == "github.com/alibabacloud-go/eci-20180808/v3" {
			return d.Version
		}
	}
	return ""
}

// answer does what a user would write: a client, a request, and the client's
// method with runtime options.
func answer(c call) reply {
	client, err := eci.NewClient(config(c))
	if err != nil { // not the SDK's doing
		return refuse(c, "Driver", err.Error())
	}
	method := reflect.ValueOf(client).MethodByName(c.Operation + "WithOptions")
	if !method.IsValid() {
		return refuse(c, "Unsupported", "the SDK has no "+c.Operation)
	}
	request := reflect.New(method.Type().In(0).Elem())
	fields := json.NewDecoder(bytes.NewReader(c.Input))
	fields.DisallowUnknownFields()
	if err := fields.Decode(request.Interface()); err != nil {
		return refuse(c, "Unsupported", fmt.Sprintf("the SDK's %sRequest does not take this: %v", c.Operation, err))
	}
	got := method.Call([]reflect.Value{request, reflect.ValueOf(options(c))})
	if err, _ := got[1].Interface().(error); err != nil {
		return reply{ID: c.ID, Error: read(err)}
	}
	return reply{ID: c.ID, Output: got[0].Elem().FieldByName("Body").Interface()}
}

func refuse(c call, code, message string) reply {
	return reply{ID: c.ID, Error: &problem{Code: code, Message: message}}
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
func read(err error) *problem {
	var failed *tea.SDKError
	if !errors.As(err, &failed) {
		return &problem{Message: err.Error()}
	}
	var data struct{ Message, RequestID string }
	_ = json.Unmarshal([]byte(tea.StringValue(failed.Data)), &data) // what is no answer of the API has none
	if data.Message == "" {
		data.Message = tea.StringValue(failed.Message)
	}
	return &problem{Code: tea.StringValue(failed.Code), Message: data.Message, Status: tea.IntValue(failed.StatusCode), RequestID: data.RequestID}
}
