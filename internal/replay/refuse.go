package replay

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/eci-conform/conform/internal/contract"
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
	if reason == whyUnknown {
		reason = q.standing.why()
		miss.Why = string(reason)
	}
	switch reason {
	case whyEarlier, whyLater, whyOrder:
		e := p.exchange(t.before)
		miss.Why = fmt.Sprintf(string(reason), e.ID, e.Operation)
	case whyAmbiguous:
		miss.Why += ": " + strings.Join(q.session.accounts(), ", ")
	}
	row, args := p.row(q, reason)
	if row == nil {
		miss.Nearest = p.nearest(q, told, reason == whyUnknown)
	}
	p.departs(q, miss, t, reason)
	if row == nil {
		return p.fault(q, p.options.MissStatus, MissCode, miss.String())
	}
	code, message := row.Fill(args...)
	return p.fault(q, row.Status, code, message)
}

// why is the reason for a miss of who is not in good standing.
func (s standing) why() why {
	switch s {
	case keyless:
		return whyKeyless
	case unknownKey:
		return whyUnknownKey
	case badSignature:
		return whySignature
	}
	return whyUnknown
}

// departs files a miss where it belongs.
func (p *Player) departs(q *asked, miss Miss, t turn, reason why) {
	if t.before >= 0 && q.op.changes() && (reason == whyEarlier || reason == whyLater || reason == whyOrder) {
		p.tally.disorder(Disorder{p.exchange(t.entry), p.exchange(t.before)})
		return
	}
	p.tally.miss(miss, reason == whySpent)
}

// row is the gateway's refusal of who is not in good standing, and what to fill
// it with; nil where the reason is another.
func (p *Player) row(q *asked, reason why) (row *contract.Error, args []string) {
	condition := ""
	switch {
	case reason == whyKeyless:
		condition, args = conditionMissing, []string{"AccessKeyId"}
	case reason == whyUnknownKey:
		condition = conditionUnknown
	case reason != whySignature:
		return nil, nil
	case q.bad.Malformed:
		condition = "request.incompleteSignature"
	case q.in.Scheme == wire.ACS3:
		condition, args = "request.wrongSignatureAcs3", []string{q.bad.StringToSign, q.bad.CanonicalRequest}
	default:
		condition, args = "request.wrongSignature", []string{q.bad.StringToSign}
	}
	return p.options.Contract.Gateway.Error(condition), args
}

// unreadable answers for a recording that changed under our hands.
func (p *Player) unreadable(q *asked, entry int, err error) *answer {
	id := p.source.Entry(entry).ID
	p.tally.miss(Miss{Why: fmt.Sprintf("exchange %d cannot be read: %v", id, err), Operation: q.op.name}, false)
	return p.fault(q, http.StatusInternalServerError, "Recorder.Unreadable", fmt.Sprintf("exchange %d cannot be read", id))
}

// unread refuses to pass a placeholder off as the answer that was recorded.
func (p *Player) unread(q *asked, entry int, u redact.Unread) *answer {
	why := fmt.Sprintf("exchange %d is recorded without its answer: %s", p.source.Entry(entry).ID, u.Text())
	p.tally.miss(Miss{Session: q.session.number, Why: why, Operation: q.op.name}, false)
	return p.fault(q, p.options.MissStatus, UnreadCode, why)
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
