// Package gov1 drives alibaba-cloud-sdk-go, the first generation of the SDK for
// Go. Operations and parameters that services/eci has are called by its types,
// as a user would; all others by a CommonRequest, for which the user flattens
// the parameters and reads the content.
package gov1

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/auth"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/auth/credentials"
	sdkerrors "github.com/aliyun/alibaba-cloud-sdk-go/sdk/errors"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/responses"

	"github.com/eci-conform/conform/internal/driver"
	"github.com/eci-conform/conform/internal/wire"
)

const module = "github.com/aliyun/alibaba-cloud-sdk-go"

// The product, as a CommonRequest names it.
const (
	product = "Eci"
	version = "2018-08-08"
)

// Hello says what the SDK has.
func Hello() driver.Hello {
	h := driver.Hello{
		Protocol: driver.Version, Name: "alibaba-cloud-sdk-go", Language: "go",
		Signatures: []string{string(wire.V1)}, Methods: []string{requests.POST, requests.GET}, Formats: []string{"JSON"},
		Options: []string{driver.OptionRetries, driver.OptionTimeout, driver.OptionSTS},
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		h.Language = info.GoVersion
		for _, m := range info.Deps {
			if m.Path == module {
				h.Version = strings.TrimPrefix(m.Version, "v")
			}
		}
	}
	return h
}

// New returns the SDK as a driver within this process, whose calls may take as
// long as patience says.
func New(patience time.Duration) driver.Driver {
	s := &sdkDriver{}
	return driver.Local(Hello(), s.call, patience)
}

// Func is what the driver does, for driver.Serve.
func Func() driver.Func { return (&sdkDriver{}).call }

// sdkDriver keeps a client for each of the last few keys, as a program would
// that works for several accounts.
type sdkDriver struct {
	mu      sync.Mutex
	clients []*client
}

type client struct {
	key string
	mu  sync.Mutex // the SDK's clients are not safe for concurrent use
	sdk *sdk.Client
}

// kept is how many clients are kept.
const kept = 32

// call carries out one call.
func (s *sdkDriver) call(_ context.Context, c driver.Call) (driver.Reply, error) {
	client, err := s.client(c)
	if err != nil {
		return driver.Reply{}, err
	}
	client.mu.Lock()
	defer client.mu.Unlock()
	request, response, ok := typedCall(c.Operation, c.Input)
	if !ok {
		request, response = commonCall(c.Operation, c.Input)
	}
	if c.Options.Method != "" {
		setMethod(request, c.Options.Method)
	}
	if c.Options.TimeoutMs > 0 {
		request.SetReadTimeout(time.Duration(c.Options.TimeoutMs) * time.Millisecond)
	}
	if err := client.sdk.DoAction(request, response); err != nil {
		return driver.Reply{Error: failure(err)}, nil
	}
	return output(response), nil
}

const schemeHTTP = "HTTP"

// client returns the key's client, made with the SDK's defaults but for what
// the call asks for.
func (s *sdkDriver) client(c driver.Call) (*client, error) {
	tries := -1
	if c.Options.Retries != nil {
		tries = *c.Options.Retries
	}
	key := fmt.Sprintf("%s %s %d", c.Credentials.AccessKeyID, c.Endpoint, tries)
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := slices.IndexFunc(s.clients, func(k *client) bool { return k.key == key }); i >= 0 {
		return s.clients[i], nil
	}
	made, err := newClient(c, tries)
	if err != nil {
		return nil, err
	}
	s.clients = append(s.clients, &client{key: key, sdk: made})
	if len(s.clients) > kept {
		s.clients = slices.Clone(s.clients[1:])
	}
	return s.clients[len(s.clients)-1], nil
}

func newClient(c driver.Call, tries int) (*sdk.Client, error) {
	u, err := url.Parse(c.Endpoint)
	if err != nil {
		return nil, fmt.Errorf("read endpoint: %w", err)
	}
	config := sdk.NewConfig().WithScheme(schemeHTTP)
	if tries >= 0 {
		config = config.WithAutoRetry(tries > 0).WithMaxRetryTime(tries)
	}
	made, err := sdk.NewClientWithOptions(c.Region, config, credential(c.Credentials))
	if err != nil {
		return nil, fmt.Errorf("make client: %w", err)
	}
	made.Domain = u.Host
	made.SetNoProxy(u.Hostname())
	return made, nil
}

func credential(c driver.Credentials) auth.Credential {
	if c.SecurityToken != "" {
		return credentials.NewStsTokenCredential(c.AccessKeyID, c.AccessKeySecret, c.SecurityToken)
	}
	return credentials.NewAccessKeyCredential(c.AccessKeyID, c.AccessKeySecret)
}

// failure is what the SDK's error tells.
func failure(err error) *driver.Error {
	var server *sdkerrors.ServerError
	if errors.As(err, &server) {
		return &driver.Error{Code: server.ErrorCode(), Message: server.Message(), Status: server.HttpStatus(), RequestID: server.RequestId()}
	}
	var own sdkerrors.Error
	if errors.As(err, &own) {
		return &driver.Error{Code: own.ErrorCode(), Message: own.Message(), Status: own.HttpStatus()}
	}
	return &driver.Error{Message: err.Error()}
}

// output is what the user finds in the response.
func output(response responses.AcsResponse) driver.Reply {
	text := response.GetHttpContentBytes()
	if _, common := response.(*responses.CommonResponse); !common {
		var err error
		if text, err = json.Marshal(response); err != nil {
			return driver.Reply{Error: &driver.Error{Message: err.Error()}}
		}
	}
	v, err := wire.DecodeJSON(text)
	m, ok := v.(*wire.Map)
	if err != nil || !ok { // as it comes to the user of a CommonRequest who reads the content
		return driver.Reply{Error: &driver.Error{Message: fmt.Sprintf("read content as JSON: %v", err)}}
	}
	return driver.Reply{Output: m}
}
