package redact

import "github.com/eci-conform/conform/internal/wire"

// Stand returns a key of what is written in the place of a key's id, secret
// and token: it opens nothing, but what quotes it can be told.
func (s *Session) Stand(c wire.Credentials) wire.Credentials {
	out := wire.Credentials{AccessKeyID: s.placeholder(kindKey, c.AccessKeyID)}
	if c.AccessKeySecret != "" {
		out.AccessKeySecret = s.placeholder(kindSecret, c.AccessKeySecret)
	}
	if c.SecurityToken != "" {
		out.SecurityToken = s.placeholder(kindSecret, c.SecurityToken)
	}
	return out
}
