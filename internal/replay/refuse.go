package replay

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/eci-conform/conform/internal/redact"
	"github.com/eci-conform/conform/internal/wire"
)

const (
	formatJSON = "JSON"
	formatXML  = "XML"
	typeJSON   = "application/json;charset=utf-8"
	typeXML    = "text/xml;charset=utf-8"
)

// refuse answers a request that no exchange answers, and says why.
func (p *Player) refuse(r *http.Request, q *asked, t turn, reason why) *answer {
	told, _ := p.redactor.Request(r, q.in.Body)
	miss := Miss{Why: string(reason), Operation: told.Operation, Params: told.Params}
	if q.session != nil {
		miss.Session = q.session.number
	}
	if reason == whyEarlier || reason == whyLater {
		e := p.exchange(t.before)
		miss.Why = fmt.Sprintf(string(reason), e.ID, e.Operation)
	}
	if reason != whySignature && reason != whyForm {
		miss.Nearest = p.nearest(q, told, reason == whyUnknown)
	}
	p.tally.miss(miss, reason == whySpent)
	if reason == whySignature {
		return p.mismatch(q)
	}
	return p.fault(q, p.options.MissStatus, MissCode, miss.String())
}

// mismatch answers a bad signature as the gateway does.
func (p *Player) mismatch(q *asked) *answer {
	condition, args := "request.wrongSignature", []string{q.bad.StringToSign}
	if q.in.Scheme == wire.ACS3 {
		condition, args = "request.wrongSignatureAcs3", append(args, q.bad.CanonicalRequest)
	}
	if q.bad.Malformed {
		condition, args = "request.incompleteSignature", nil
	}
	row := p.options.Contract.Gateway.Error(condition)
	if row == nil {
		return p.fault(q, p.options.MissStatus, MissCode, string(whySignature))
	}
	code, message := row.Fill(args...)
	return p.fault(q, row.Status, code, message)
}

// unreadable answers for a recording that changed under our hands.
func (p *Player) unreadable(q *asked, entry int, err error) *answer {
	id := p.source.Entry(entry).ID
	p.tally.miss(Miss{Why: fmt.Sprintf("exchange %d cannot be read: %v", id, err), Operation: q.op.name}, false)
	return p.fault(q, http.StatusInternalServerError, "Recorder.Unreadable", fmt.Sprintf("exchange %d cannot be read", id))
}

// fault is an error of the player itself, in the API's form.
func (p *Player) fault(q *asked, status int, code, message string) *answer {
	id := fmt.Sprintf("00000000-0000-4000-8000-%012d", p.requests.Add(1))
	m := &wire.Map{}
	m.Set("RequestId", id)
	m.Set("HostId", q.in.Host)
	m.Set("Code", code)
	m.Set("Message", message)
	a := &answer{status: status, header: http.Header{"X-Acs-Request-Id": {id}}}
	a.render(p.format(q.in), "Error", m)
	return a
}

func (a *answer) render(format, root string, v any) {
	if format == formatXML {
		a.header["Content-Type"] = []string{typeXML}
		a.body = wire.EncodeXML(root, v)
		return
	}
	a.header["Content-Type"] = []string{typeJSON}
	a.body = wire.EncodeJSON(v)
}

// format is the one that a request is answered in.
func (p *Player) format(in *wire.Received) string {
	asked, _ := in.Common("Format")
	protocol := p.options.Contract.Protocol
	for _, f := range protocol.Formats {
		if strings.EqualFold(f, asked) {
			return f
		}
	}
	if in.Scheme == wire.ACS3 {
		return formatJSON
	}
	return protocol.DefaultFormat
}

// inFormat is a recorded answer in the format that is asked for now, where
// the recorded request asked for the other one.
func (p *Player) inFormat(q *asked, entry int, a *answer) *answer {
	if q.op.Operation == nil || len(a.body) == 0 {
		return a
	}
	via := p.source.Entry(entry).Via
	want, got := p.format(q.in), p.recordedFormat(via)
	if want == got || slices.Contains([]string{want, got}, "") {
		return a
	}
	field, root := q.op.Response, q.op.name+"Response"
	if a.status >= http.StatusMultipleChoices {
		field, root = p.options.Contract.Envelope.Error, "Error"
	}
	out := *a
	out.header = a.header.Clone()
	if got == formatXML {
		e, err := wire.DecodeXML(a.body)
		if err != nil {
			return a
		}
		v, err := e.Value(field.BodyShape())
		if err != nil {
			return a
		}
		out.render(want, root, v)
		return &out
	}
	v, err := wire.DecodeJSON(a.body)
	if err != nil {
		return a
	}
	out.render(want, root, v)
	return &out
}

func (p *Player) recordedFormat(v redact.Via) string {
	for _, f := range p.options.Contract.Protocol.Formats {
		if strings.EqualFold(f, v.Format) {
			return f
		}
	}
	if v.Scheme == wire.ACS3 {
		return formatJSON
	}
	return p.options.Contract.Protocol.DefaultFormat
}
