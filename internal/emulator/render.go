package emulator

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/eci-conform/conform/internal/wire"
)

const (
	typeJSON = "application/json;charset=utf-8"
	typeXML  = "text/xml;charset=utf-8"
)

// formatOf returns the format of the answer: of signature v1 the Format
// parameter in any case, of ACS3 what it accepts. One that nobody knows is
// answered in the format that stands for none.
func (e *Emulator) formatOf(in *wire.Received) string {
	asked, _ := in.Common(commonFormat)
	for _, f := range e.contract.Protocol.Formats {
		if strings.EqualFold(f, asked) {
			return f
		}
	}
	if in.Scheme == wire.ACS3 {
		return formatJSON
	}
	return e.contract.Protocol.DefaultFormat
}

// success renders the result, the request's id first.
func (e *Emulator) success(q *request) *Answer {
	body := &wire.Map{}
	body.Set("RequestId", q.id)
	for _, key := range q.result.Keys() {
		value, _ := q.result.Get(key)
		body.Set(key, value)
	}
	return e.rendered(http.StatusOK, q, q.op.Name+"Response", body)
}

// failure renders the error envelope.
func (e *Emulator) failure(q *request, no *refusal) *Answer {
	if row := e.gatewayRow("service.internalError"); no.code == "" && row != nil {
		no = refuse(row)
	}
	body := &wire.Map{}
	body.Set("RequestId", q.id)
	body.Set("HostId", q.in.Host)
	body.Set("Code", no.code)
	body.Set("Message", no.message)
	if e.world.Recommend != "" {
		body.Set("Recommend", fmt.Sprintf(e.world.Recommend, wire.PercentEncode(no.code), e.contract.Product, q.id))
	}
	return e.rendered(no.status, q, "Error", body)
}

func (e *Emulator) rendered(status int, q *request, root string, body *wire.Map) *Answer {
	status, body = e.tell(q, status, body)
	return render(status, q, root, body)
}

func render(status int, q *request, root string, body *wire.Map) *Answer {
	a := &Answer{Status: status, Header: make(http.Header, 3)}
	a.Header["X-Acs-Request-Id"] = []string{q.id}
	a.Header["Access-Control-Allow-Origin"] = []string{"*"}
	if q.format == formatXML {
		a.Header["Content-Type"] = []string{typeXML}
		a.Body = wire.EncodeXML(root, body)
		return a
	}
	a.Header["Content-Type"] = []string{typeJSON}
	a.Body = wire.EncodeJSON(body)
	return a
}

// unreadable answers a request that cannot be taken apart: its escapes are
// broken or it is too large.
func (e *Emulator) unreadable(r *http.Request) *Answer {
	in := &wire.Received{Method: r.Method, Path: r.URL.Path, Host: r.Host, Header: r.Header, Scheme: wire.V1}
	if strings.HasPrefix(r.Header.Get("Authorization"), "ACS3-") {
		in.Scheme = wire.ACS3
	}
	q := e.newRequest(r.Context(), in)
	return e.failure(q, e.violation("type", "request"))
}
