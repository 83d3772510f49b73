package wire

import (
	"errors"
	"strings"
)

// ErrNotACS3 says that a request is not signed by ACS3, or not so that it
// could be signed again.
var ErrNotACS3 = errors.New("not signed by ACS3")

// KeyID returns the access key id that the request names, empty for none.
func (r *Received) KeyID() string {
	id, _ := r.Common("AccessKeyId")
	return id
}

// Resign returns the Authorization header of the same request as it goes to
// another host: ACS3 signs the host. The same headers are signed by the same
// key. It fails with ErrNotACS3.
func (r *Received) Resign(host string, key Credentials) (authorization string, err error) {
	if r.Scheme != ACS3 || r.authErr != nil {
		return "", ErrNotACS3
	}
	c := canonicalRequest{
		method: r.Method, path: r.Path, query: r.Query, names: r.auth.signedHeaders, hash: r.Header.Get(headerHash),
		header: func(name string) (string, bool) {
			if name == "host" {
				return host, true
			}
			return joinedHeader(r.Header, name)
		},
	}
	text, complete := c.text(true)
	if !complete {
		return "", ErrNotACS3
	}
	return algorithm + " Credential=" + key.AccessKeyID + ",SignedHeaders=" + strings.Join(c.names, ";") +
		",Signature=" + signatureACS3(key.AccessKeySecret, stringToSignACS3(text)), nil
}
