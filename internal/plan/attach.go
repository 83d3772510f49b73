package plan

// Attachment is evidence that a case leaves beside its findings, for people.
type Attachment struct {
	Name      string // of a file, such as history.html; its ending tells what it is
	MediaType string
	Data      []byte
}

// Attach keeps an attachment. It is written if the case does not pass, with
// the secrets of the run masked.
func (s *Session) Attach(a Attachment) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.attached = append(s.attached, a)
}

// Attachments returns what was attached so far.
func (s *Session) Attachments() []Attachment {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.attached
}
