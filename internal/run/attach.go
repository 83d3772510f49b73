package run

import (
	"path"
	"strconv"
	"strings"

	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/wire"
)

// AttachmentDir is the folder of attachments, below that of the reports.
const AttachmentDir = "attachments"

// attachments puts a case's attachments into the result without their secrets.
func (r *redaction) attachments(res *Result, list []plan.Attachment, exchanges []*wire.Exchange) {
	if len(list) == 0 {
		return
	}
	own := r.local(exchanges)
	for i, a := range list {
		res.Attachments = append(res.Attachments, Attachment{
			Name: a.Name, MediaType: a.MediaType, Path: attachmentPath(res.Case, a.Name, i),
			Data: []byte(own.String(r.redactor.String(string(a.Data)))),
		})
	}
}

// attachmentPath names a case's i-th attachment: by the case alone where there
// is one only, as in most cases.
func attachmentPath(id, name string, i int) string {
	base := fileSafe(id)
	if i > 0 {
		base += "." + strconv.Itoa(i+1)
	}
	return AttachmentDir + "/" + base + fileSafe(path.Ext(name))
}

// fileSafe replaces what some file systems or shells take for something else.
func fileSafe(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.', r == '-', r == '_':
			return r
		}
		return '_'
	}, s)
}
