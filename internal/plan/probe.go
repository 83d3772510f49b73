package plan

import (
	"net/http"
	"strings"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/wire"
)

func (p *Probe) method() string {
	if p.Method == "" {
		return http.MethodGet
	}
	return p.Method
}

func (p *Probe) scheme() wire.Scheme {
	if p.Scheme == "" {
		return wire.V1
	}
	return p.Scheme
}

func (p *Probe) format() string {
	if p.Format == "" && !p.NoFormat {
		return "JSON"
	}
	return p.Format
}

// answerFormat is what the answer to the draft must be in, by the contract,
// and the keyword of the clause that says so. Empty means that nothing says.
func answerFormat(c *contract.Contract, d *wire.Draft) (format, keyword string) {
	if d.Scheme == wire.ACS3 {
		return acceptFormat(d.Header.Values("Accept"))
	}
	asked, ok := d.Get("Format")
	switch {
	case !ok:
		return c.Protocol.DefaultFormat, "format.default"
	case d.Query.Count("Format")+d.Form.Count("Format") > 1:
		return "", ""
	}
	for _, f := range c.Protocol.Formats {
		switch {
		case asked == f:
			return f, ""
		case strings.EqualFold(asked, f):
			return f, "format.case"
		}
	}
	return "", ""
}

// acceptFormat is that of an ACS3 request. Only its JSON is promised.
func acceptFormat(accept []string) (format, keyword string) {
	if len(accept) == 1 && accept[0] == "application/json" {
		return "JSON", "format.acs3"
	}
	return "", ""
}
