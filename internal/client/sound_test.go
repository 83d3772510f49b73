package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/driver"
	"github.com/eci-conform/conform/internal/wire"
)

// sdk is a client as the pages want one, with a switch for what it gets wrong.
type sdk struct {
	contract *contract.Contract
	fault    string // empty for none
	way      string // of doing right what others do otherwise
	nonces   atomic.Int64
	http     *http.Client
	run      string
}

func (s *sdk) hello() driver.Hello {
	h := driver.Hello{
		Protocol: driver.Version, Name: "sound", Signatures: []string{"v1", "acs3"}, Methods: []string{"POST", "GET"}, Formats: []string{"JSON", "XML"},
		Options: []string{driver.OptionRetries, driver.OptionTimeout, driver.OptionSTS},
	}
	switch s.way {
	case "has little":
		h.Signatures, h.Methods, h.Formats, h.Options = []string{"v1"}, []string{"POST"}, []string{"JSON"}, nil
	case "no retries":
		h.Options = []string{driver.OptionTimeout, driver.OptionSTS}
	}
	return h
}

// is says whether the fault is switched on.
func (s *sdk) is(fault string) bool { return s.fault == fault }

// call is one call of the SDK's user.
func (s *sdk) call(ctx context.Context, c driver.Call) (driver.Reply, error) {
	op := s.contract.Operation(c.Operation)
	if op.Idempotency != nil && !s.is("no token of its own") {
		c.Input = s.tokened(c.Input, op.Idempotency.Parameter)
	}
	tries := 1
	if c.Options.Retries != nil {
		tries += *c.Options.Retries
	} else if s.way == "retries by itself" {
		tries = 4
	}
	signed := time.Now()
	switch s.fault {
	case "never retries":
		tries = 1
	case "one retry too many":
		tries += 3
	case "retries by itself after 400":
		tries = 3
	}
	var r driver.Reply
	nonce := ""
	for i := range tries {
		if !s.is("nonce reused on retry") || nonce == "" {
			nonce = s.nonce()
		}
		again, wait := false, time.Duration(0)
		if !s.is("time of the first try") {
			signed = time.Now()
		}
		r, again, wait = s.try(ctx, op, s.changed(c, op, i), stamp{nonce, signed})
		if !again {
			break
		}
		if i+1 < tries && wait > 0 && !s.is("retry-after ignored") {
			time.Sleep(wait)
		}
	}
	return r, nil
}

func (s *sdk) tokened(in map[string]any, name string) map[string]any {
	if _, ok := in[name]; ok {
		return in
	}
	out := maps.Clone(in)
	out[name] = s.nonce()
	return out
}

// changed is the call as the faults of a retry have it.
func (s *sdk) changed(c driver.Call, op *contract.Operation, try int) driver.Call {
	if try == 0 || s.fault != "new token on retry" && s.fault != "parameter lost on retry" {
		return c
	}
	c.Input = maps.Clone(c.Input)
	switch {
	case s.is("new token on retry") && op.Idempotency != nil:
		c.Input[op.Idempotency.Parameter] = s.nonce()
	case s.is("parameter lost on retry"):
		delete(c.Input, slices.Sorted(maps.Keys(c.Input))[0])
	}
	return c
}

func (s *sdk) nonce() string {
	if s.is("nonce reused") {
		return s.run + "-same"
	}
	return s.run + "-" + strconv.FormatInt(s.nonces.Add(1), 10)
}

// stamp is what a request has of its own.
type stamp struct {
	nonce string
	at    time.Time
}

// try sends one request.
func (s *sdk) try(ctx context.Context, op *contract.Operation, c driver.Call, at stamp) (r driver.Reply, again bool, wait time.Duration) {
	d, err := s.draft(op, c, at)
	if err != nil {
		return raised(err), false, 0
	}
	timeout := time.Duration(c.Options.TimeoutMs) * time.Millisecond
	if s.is("impatient") {
		timeout = 100 * time.Millisecond
	}
	if timeout > 0 && !s.is("timeout ignored") {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, timeout)
		defer cancel()
	}
	req, err := d.Request(ctx, c.Endpoint)
	if err != nil {
		return raised(err), false, 0
	}
	if s.is("connection for each call") {
		req.Close = true
	}
	resp, err := s.http.Do(req)
	if err != nil {
		return raised(err), true, 0
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil && s.is("cut body taken") {
		return driver.Reply{Output: &wire.Map{}}, false, 0
	}
	if err != nil {
		return raised(err), true, 0
	}
	r = s.reply(op, c, resp, body)
	ms, _ := strconv.Atoi(resp.Header.Get("x-acs-retry-after"))
	throttled := r.Error != nil && strings.HasPrefix(r.Error.Code, "Throttling")
	again = resp.StatusCode >= 500 && !s.is("only lost answers repeated") || throttled || s.fault == "retries by itself after 400" && resp.StatusCode == 400
	return r, again, time.Duration(ms) * time.Millisecond
}

func raised(err error) driver.Reply { return driver.Reply{Error: &driver.Error{Message: err.Error()}} }

// draft makes and signs the request.
func (s *sdk) draft(op *contract.Operation, c driver.Call, at stamp) (*wire.Draft, error) {
	format := c.Options.Format
	if format == "" {
		format = "JSON"
	}
	if s.way == "lower-case format" {
		format = strings.ToLower(format)
	}
	_, host, _ := strings.Cut(c.Endpoint, "://")
	key := wire.Credentials{AccessKeyID: c.Credentials.AccessKeyID, AccessKeySecret: c.Credentials.AccessKeySecret, SecurityToken: c.Credentials.SecurityToken}
	call := wire.Call{
		Operation: op.Name, Version: s.contract.Version, Params: s.flatten(op, c.Input), Method: c.Options.Method, Scheme: wire.Scheme(c.Signature),
		Format: format, Credentials: key, Nonce: at.nonce, Time: at.at, Host: host, Form: s.way == "form" || s.way == "plus for space",
	}
	switch s.fault {
	case "token not sent":
		call.Credentials.SecurityToken = ""
	case "clock an hour late":
		call.Time = call.Time.Add(-time.Hour)
	case "method ignored":
		call.Method = http.MethodPost
	case "format ignored":
		call.Format = "JSON"
	case "other version":
		call.Version = "2014-05-26"
	}
	d := wire.NewDraft(call)
	if s.is("wrong key") {
		d.Credentials.AccessKeySecret += "&"
	}
	if s.is("method not signed") {
		d.Method = http.MethodGet
	}
	switch s.way {
	case "lower-case hex":
		d.Escape = func(v string) string { return hex.ReplaceAllStringFunc(wire.PercentEncode(v), strings.ToLower) }
	case "plus for space":
		d.Escape = url.QueryEscape
	case "other order":
		slices.Reverse(d.Query)
		slices.Reverse(d.Form)
	}
	if err := d.Sign(); err != nil {
		return nil, err
	}
	if s.is("method not signed") {
		d.Method = http.MethodPost
	}
	if s.is("plus not encoded") {
		d.Escape = func(v string) string { return strings.ReplaceAll(wire.PercentEncode(v), "%2B", "+") }
	}
	if s.is("encoded twice") {
		d.Escape = func(v string) string { return wire.PercentEncode(wire.PercentEncode(v)) }
	}
	return d, nil
}

var hex = regexp.MustCompile("%[0-9A-F]{2}")

// flatten puts an input on the wire.
func (s *sdk) flatten(op *contract.Operation, in map[string]any) wire.Params {
	var out wire.Params
	for _, name := range slices.Sorted(maps.Keys(in)) {
		out = s.value(out, name, in[name])
	}
	if s.way == "region always" && op.Parameter("RegionId") != nil {
		if _, ok := out.Get("RegionId"); !ok {
			out = append(out, wire.Param{Name: "RegionId", Value: "cn-hangzhou"})
		}
	}
	if s.is("zero for absent") {
		for _, f := range op.Parameters {
			if _, ok := out.Get(f.Name); !ok && f.Type == contract.Integer {
				out = append(out, wire.Param{Name: f.Name, Value: "0"})
			}
		}
	}
	if s.is("parameter of its own") {
		out = append(out, wire.Param{Name: "ClientVersion", Value: "1"})
	}
	return out
}

func (s *sdk) value(out wire.Params, name string, v any) wire.Params {
	switch v := v.(type) {
	case map[string]any:
		if s.is("struct as text") {
			return append(out, wire.Param{Name: name, Value: "[object Object]"})
		}
		if s.way == "struct as JSON" && name == "DataSource" {
			text, err := json.Marshal(v)
			if err != nil {
				return out
			}
			return append(out, wire.Param{Name: name, Value: string(text)})
		}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			full := name + "." + key
			if s.way == "length ahead" && strings.HasSuffix(name, ".Options") {
				full = fmt.Sprintf("%s.#%d#%s", name, len(key), key)
			}
			if s.is("key with a wrong length") && strings.HasSuffix(name, ".Options") {
				full = name + ".#x#" + key
			}
			out = s.value(out, full, v[key])
		}
		return out
	case []any:
		return s.list(out, name, v)
	}
	return s.scalar(out, name, v)
}

func (s *sdk) list(out wire.Params, name string, v []any) wire.Params {
	first := 1
	if s.is("list from 0") {
		first = 0
	}
	if s.is("element in an empty list") && len(v) == 0 {
		out = append(out, wire.Param{Name: name + ".1", Value: ""})
	}
	if s.is("only the first element") && len(v) > 1 {
		v = v[:1]
	}
	for i, item := range v {
		out = s.value(out, name+"."+strconv.Itoa(i+first), item)
	}
	return out
}

func (s *sdk) scalar(out wire.Params, name string, v any) wire.Params {
	text := fmt.Sprint(v)
	switch {
	case s.is("false dropped") && v == false, s.is("zero dropped") && text == "0", s.is("empty text dropped") && text == "":
		return out
	case s.is("integer through a float"):
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			text = strconv.FormatInt(int64(float32(n)), 10)
		}
	case s.is("only ASCII"):
		text = strings.Map(func(r rune) rune {
			if r > 126 {
				return '?'
			}
			return r
		}, text)
	case s.is("True for true") && v == true:
		text = "True"
	case s.is("values trimmed"):
		text, _, _ = strings.Cut(text, "#")
	}
	return append(out, wire.Param{Name: name, Value: text})
}

var errBody = errors.New("the body is none")

// reply reads an answer.
func (s *sdk) reply(op *contract.Operation, c driver.Call, resp *http.Response, body []byte) driver.Reply {
	v, err := s.decode(op, resp, body)
	m, ok := v.(*wire.Map)
	if s.is("panics on a page") && strings.Contains(string(body), "<html>") {
		panic("unexpected <")
	}
	if resp.StatusCode < 400 {
		return s.result(op, m, ok && err == nil)
	}
	if s.is("error swallowed") {
		return driver.Reply{Output: &wire.Map{}}
	}
	e := &driver.Error{Status: resp.StatusCode, Message: string(body)}
	if ok {
		e.Code, e.Message, e.RequestID = text(m, "Code"), text(m, "Message"), text(m, "RequestId")
	}
	switch s.fault {
	case "code lost":
		e.Code = "ServerError"
	case "message lost":
		e.Message = "request failed"
	case "status ignored":
		e.Status = 0
	case "request id lost":
		e.RequestID = ""
	}
	if s.way == "more words" {
		e.Message = "code: " + e.Code + ", " + e.Message + " request id: " + e.RequestID
	}
	if len(body) == 0 && s.is("nothing taken for a result") {
		return driver.Reply{Output: &wire.Map{}}
	}
	return driver.Reply{Error: e}
}

func text(m *wire.Map, name string) string {
	v, _ := m.Get(name)
	if t, ok := v.(string); ok {
		return t
	}
	return ""
}

func (s *sdk) decode(op *contract.Operation, resp *http.Response, body []byte) (any, error) {
	if !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/xml") {
		return wire.DecodeJSON(body)
	}
	e, err := wire.DecodeXML(body)
	if err != nil {
		return nil, err
	}
	shape := op.Response.BodyShape()
	if resp.StatusCode >= 400 {
		shape = s.contract.Envelope.Error.BodyShape()
	}
	return e.Value(shape)
}

// result is what a success returns.
func (s *sdk) result(op *contract.Operation, m *wire.Map, ok bool) driver.Reply {
	switch {
	case !ok && s.is("any success is one"):
		return driver.Reply{Output: &wire.Map{}}
	case !ok:
		return raised(errBody)
	}
	if code := text(m, "Code"); code != "" && op.Response.Member("Code") == nil && !s.is("error in a success is one") {
		return driver.Reply{Error: &driver.Error{Code: code, Message: text(m, "Message"), Status: 200}}
	}
	if err := s.fussy(op, m); err != nil {
		return raised(err)
	}
	v, _ := s.spoil(m, op.Response).(*wire.Map)
	if s.way == "empty for absent" {
		v = filled(v, op.Response)
	}
	return driver.Reply{Output: v}
}

// filled has an empty value for what is absent, as a typed language has it, and
// not what the language does not know.
func filled(m *wire.Map, f *contract.Field) *wire.Map {
	out := &wire.Map{}
	for _, member := range f.Members {
		v, _ := m.Get(member.Name)
		if v == nil {
			v = map[contract.Type]any{contract.Integer: json.Number("0"), contract.Boolean: false, contract.Array: []any{}}[member.Type]
		}
		out.Set(member.Name, v)
	}
	return out
}

// fussy fails for what it does not expect.
func (s *sdk) fussy(op *contract.Operation, m *wire.Map) error {
	for _, key := range m.Keys() {
		v, _ := m.Get(key)
		switch {
		case s.is("fails for new members") && op.Response.Member(key) == nil:
			return errBody
		case s.is("fails for null") && v == nil:
			return errBody
		}
	}
	if s.is("wants every member") && m.Len() < len(op.Response.Members) {
		return errBody
	}
	return nil
}

// spoil is what the faults make of a body.
func (s *sdk) spoil(v any, f *contract.Field) any {
	switch v := v.(type) {
	case *wire.Map:
		out := &wire.Map{}
		for _, key := range v.Keys() {
			if s.is("member lost") && key == "RequestId" {
				continue
			}
			member, _ := v.Get(key)
			out.Set(key, s.spoil(member, nil))
		}
		return out
	case []any:
		if s.is("only the first item") && len(v) > 1 {
			v = v[:1]
		}
		out := make([]any, len(v))
		for i := range v {
			out[i] = s.spoil(v[i], nil)
		}
		return out
	case json.Number:
		if s.way == "texts for numbers" {
			return v.String()
		}
		if n, err := strconv.ParseFloat(v.String(), 64); err == nil && s.is("answer's integer through a float") {
			return json.Number(strconv.FormatInt(int64(float32(n)), 10))
		}
	case string:
		if t, err := time.Parse("2006-01-02T15:04Z", v); err == nil && s.is("times rewritten") {
			return t.Format(time.RFC3339)
		}
		if s.is("only ASCII read") {
			return strings.ToValidUTF8(strings.Map(func(r rune) rune { return min(r, 126) }, v), "")
		}
	}
	return v
}
