package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/wire"
)

// requestID is the RequestId of made-up failures.
const requestID = "8906582E-6722-409A-A6C4-0E7863B733A5"

// failures: every row of the tables surfaces, and an answer that is not as it
// should be is an error, never a crash and never a result.
func failures(b *builder) {
	for _, row := range b.op.Errors {
		b.row(row, fmt.Sprintf("%d %s", row.Status, row.Code))
	}
	if b.op.first { // of what is common to all, one operation is enough
		for _, row := range b.floor.Contract.Gateway.Errors {
			b.row(row, fmt.Sprintf("gateway %d %s %s", row.Status, row.Code, row.Condition))
		}
	}
	b.bodies()
}

// row makes a case that answers a row of a table.
func (b *builder) row(row *contract.Error, subject string) {
	code, message := row.Fill("Thing", "Thing")
	b.add(about{subject, "json", "error.code", "a call that is answered by the row"}, func(ctx context.Context, t *trial) error {
		r, err := t.carry(ctx, order{input: t.op.required, scheme: schemeOf(row), answer: func(_ int, try *Try) Reaction {
			return answer(try, row.Status, "Error", refusal(code, message, requestID))
		}})
		if err != nil {
			return err
		}
		t.raised(r, refused{status: row.Status, code: code, message: message, request: requestID})
		return nil
	})
}

// schemeOf is the scheme whose requests alone are answered by the row, empty
// where it may answer all.
func schemeOf(row *contract.Error) wire.Scheme {
	switch row.Condition {
	case "request.wrongSignature":
		return wire.V1
	case "request.wrongSignatureAcs3":
		return wire.ACS3
	}
	return ""
}

// broken is an answer that is not as it should be.
type broken struct {
	subject, variant string
	keyword          string
	status           int
	typ              string
	body             []byte
	format           string
	cut              bool
	code             string // where the user can know it
}

// bodies are the answers of gateways and proxies that have a bad day.
func (b *builder) bodies() {
	row := b.sampleRow()
	asJSON := wire.EncodeJSON(refusal(row.Code, row.Message, requestID))
	asXML := wire.EncodeXML("Error", refusal(row.Code, row.Message, requestID))
	number := refusal(row.Code, row.Message, requestID)
	number.Set("Code", json.Number("400"))
	page := []byte("<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>")
	result := wire.EncodeJSON(taste{listed: 1}.sample(b.op.Response))
	for _, k := range []broken{
		{"xml", "error", "error.raised", row.Status, typeXML, asXML, "", false, row.Code},
		{"html", "error", "error.raised", http.StatusBadGateway, typeHTML, page, "", false, ""},
		{"empty", "error", "error.raised", http.StatusServiceUnavailable, "", nil, "", false, ""},
		{"codeNumber", "error", "error.raised", row.Status, typeJSON, wire.EncodeJSON(number), "", false, ""},
		{"truncated", "error", "error.raised", row.Status, typeJSON, asJSON[:len(asJSON)/2], "", false, ""},
		{"errorBody", "success", "error.inSuccess", http.StatusOK, typeJSON, asJSON, "", false, ""},
		{"html", "success", "response.unreadable", http.StatusOK, typeHTML, page, "", false, ""},
		{"empty", "success", "response.unreadable", http.StatusOK, typeJSON, nil, "", false, ""},
		{"truncated", "success", "response.unreadable", http.StatusOK, typeJSON, result[:len(result)-2], "", false, ""},
		{"cut", "success", "response.unreadable", http.StatusOK, typeJSON, result, "", true, ""},
	} {
		b.breaks(k)
	}
	b.asked(row)
}

// sampleRow is a row that stands for the others: it has no free text.
func (b *builder) sampleRow() *contract.Error {
	for _, row := range append(slices.Clone(b.op.Errors), b.floor.Contract.Gateway.Errors...) {
		if row.Status == http.StatusForbidden && !strings.Contains(row.Code+row.Message, "%s") {
			return row
		}
	}
	return b.floor.Contract.Gateway.Errors[0]
}

// breaks makes a case that gives such an answer.
func (b *builder) breaks(k broken) {
	b.add(about{k.subject, k.variant, k.keyword, "a call that is answered so"}, func(ctx context.Context, t *trial) error {
		none := 0
		o := order{input: t.op.required, format: k.format, answer: func(int, *Try) Reaction {
			return Reaction{Status: k.status, Type: k.typ, Body: k.body, Cut: k.cut}
		}}
		if o.retries = &none; o.lacks(t.floor.Driver.Hello()) != "" {
			o.retries = nil
		}
		r, err := t.carry(ctx, o)
		if err != nil {
			return err
		}
		if k.status < http.StatusBadRequest {
			t.failed(r, k.keyword, "the answer was no success that can be read")
			return nil
		}
		t.raised(r, refused{status: k.status, code: k.code, loose: true})
		return nil
	})
}

// asked answers an error in XML to a client that asks for XML.
func (b *builder) asked(row *contract.Error) {
	b.add(about{"xml", "asked", "error.code", "a call that asks for XML and fails"}, func(ctx context.Context, t *trial) error {
		r, err := t.carry(ctx, order{input: t.op.required, format: formatXML, answer: func(_ int, try *Try) Reaction {
			return answer(try, row.Status, "Error", refusal(row.Code, row.Message, requestID))
		}})
		if err != nil {
			return err
		}
		t.raised(r, refused{status: row.Status, code: row.Code, message: row.Message, request: requestID})
		return nil
	})
}
