package client

import (
	"encoding/json"
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/eci-conform/conform/internal/wire"
)

// succeeded wants a result, and says under which clause it is wanted.
func (t *trial) succeeded(r *result, keyword string) bool {
	if e := r.reply().Error; e != nil {
		t.find(keyword, "/reply", "a result", "an error "+strconv.Quote(e.Code)+": "+e.Message)
		return false
	}
	return true
}

// failed wants an error.
func (t *trial) failed(r *result, keyword, what string) bool {
	if r.reply().Error == nil {
		t.find(keyword, "/reply", "an error: "+what, "a result "+string(wire.EncodeJSON(r.reply().Output)))
		return false
	}
	return true
}

// values holds a result against the body that was answered.
func (t *trial) values(r *result, body any) {
	c := comparison{trial: t, raw: body}
	c.value("/output", body, r.reply().Output, true)
}

// comparison compares a result with an answer. A client may give a number as
// a text and the reverse, leave out what is empty, and fill in empty values
// for what is absent: how it says those things is its own.
type comparison struct {
	trial *trial
	raw   any
}

func (c comparison) value(at string, want, got any, known bool) {
	switch w := want.(type) {
	case nil:
		if !isEmpty(got) {
			c.trial.find("response.null", at, "nothing", text(got))
		}
	case *wire.Map:
		c.object(at, w, got)
	case []any:
		c.list(at, w, got)
	default:
		if known && !sameScalar(want, got) {
			c.trial.find("response.values", at, text(want), text(got))
		}
	}
}

func (c comparison) object(at string, want *wire.Map, got any) {
	g, ok := got.(*wire.Map)
	if !ok {
		if !isEmpty(want) || !isEmpty(got) {
			c.trial.find("response.values", at, text(want), text(got))
		}
		return
	}
	for _, key := range want.Keys() {
		w, _ := want.Get(key)
		v, _ := g.Get(key)
		c.value(at+"/"+pointer(key), w, v, true)
	}
	for _, key := range g.Keys() {
		v, _ := g.Get(key)
		if _, there := want.Get(key); !there && !isEmpty(v) {
			c.trial.find("response.absent", at+"/"+pointer(key), "nothing", text(v))
		}
	}
}

func (c comparison) list(at string, want []any, got any) {
	if isEmpty(want) && isEmpty(got) {
		return
	}
	g, ok := got.([]any)
	if !ok || len(g) != len(want) {
		c.trial.find("response.values", at, fmt.Sprintf("a list of %d: %s", len(want), text(want)), text(got))
		return
	}
	for i := range want {
		c.value(at+"/"+strconv.Itoa(i), want[i], g[i], true)
	}
}

// sameScalar compares two scalars by what they say.
func sameScalar(want, got any) bool {
	if isEmpty(want) && isEmpty(got) {
		return true
	}
	a, aOK := plainText(want)
	b, bOK := plainText(got)
	if !aOK || !bOK {
		return false
	}
	return a == b || sameNumber(want, a, b)
}

// sameNumber compares numbers whatever their spelling; only where one was
// answered, for texts must stay as they are.
func sameNumber(want any, a, b string) bool {
	if _, ok := want.(json.Number); !ok || len(a)+len(b) > 100 {
		return false
	}
	x, xOK := new(big.Rat).SetString(a)
	y, yOK := new(big.Rat).SetString(b)
	return xOK && yOK && x.Cmp(y) == 0
}

func plainText(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		return strconv.FormatBool(v), true
	}
	return "", false
}

// isEmpty says whether a value is what clients give for nothing.
func isEmpty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case bool:
		return !v
	case json.Number:
		return v == "0"
	case []any:
		return len(v) == 0
	case *wire.Map:
		for _, key := range v.Keys() {
			if member, _ := v.Get(key); !isEmpty(member) {
				return false
			}
		}
		return true
	}
	return false
}

func text(v any) string {
	if v == nil {
		return "nothing"
	}
	return string(wire.EncodeJSON(v))
}

// told is what an error answer says.
type refused struct {
	status                 int
	code, message, request string
	// loose says that the answer is not one that the pages describe.
	loose bool
}

// raised holds the error that the user got against the answer.
func (t *trial) raised(r *result, want refused) {
	if !t.failed(r, "error.raised", fmt.Sprintf("the answer had status %d", want.status)) {
		return
	}
	find := t.find
	if want.loose {
		find = t.mild
	}
	e := r.reply().Error
	if want.code != "" && e.Code != want.code {
		find("error.code", "/error/code", strconv.Quote(want.code), strconv.Quote(e.Code))
	}
	if want.message != "" && !strings.Contains(e.Message, strings.TrimSpace(want.message)) {
		find("error.message", "/error/message", strconv.Quote(want.message)+" in it", strconv.Quote(e.Message))
	}
	if e.Status != want.status {
		find("error.status", "/error/status", strconv.Itoa(want.status), strconv.Itoa(e.Status))
	}
	if want.request != "" && e.RequestID != want.request {
		find("error.requestId", "/error/requestId", want.request, strconv.Quote(e.RequestID))
	}
}
