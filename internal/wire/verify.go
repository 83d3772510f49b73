package wire

import (
	"crypto/hmac"
	"errors"
	"slices"
	"strings"
)

// Mismatch says that a signature is not the one that the server calculates.
type Mismatch struct {
	// StringToSign is the server's own, for the answer.
	StringToSign string
	// CanonicalRequest is of ACS3 only.
	CanonicalRequest string
	// Malformed says that there is no signature to compare: it is missing,
	// repeated or not written as the scheme wants.
	Malformed bool
}

// Error says what is wrong and shows neither text: both hold what the client
// sent.
func (m *Mismatch) Error() string {
	if m.Malformed {
		return "verify signature: malformed"
	}
	return "verify signature: not the calculated one"
}

// Verify checks the signature with the key's secret. It returns nil or a
// *Mismatch.
func (r *Received) Verify(secret string) error {
	if r.Scheme == ACS3 {
		return r.verifyACS3(secret)
	}
	return r.verifyV1(secret)
}

func (r *Received) verifyV1(secret string) error {
	text := stringToSignV1(r.Method, r.Query, r.Form)
	got, n := r.Common("Signature")
	if n != 1 {
		return &Mismatch{StringToSign: string(text), Malformed: true}
	}
	if !sameText(got, signatureV1(secret, text)) {
		return &Mismatch{StringToSign: string(text)}
	}
	return nil
}

func (r *Received) verifyACS3(secret string) error {
	c := canonicalRequest{
		method: r.Method, path: r.Path, query: r.Query, names: r.auth.signedHeaders,
		header: r.signedHeader, hash: hashHex(r.Body),
	}
	text, complete := c.text(true)
	want := stringToSignACS3(text)
	malformed := r.authErr != nil || !complete || !r.coversRequired()
	if !malformed && r.Header.Get(headerHash) == c.hash {
		if sameText(r.auth.signature, signatureACS3(secret, want)) {
			return nil
		}
		raw, _ := c.text(false)
		if sameText(r.auth.signature, signatureACS3(secret, stringToSignACS3(raw))) {
			return nil
		}
	}
	return &Mismatch{StringToSign: want, CanonicalRequest: string(text), Malformed: malformed}
}

// signedHeader returns a header's value; the host is not among net/http's.
func (r *Received) signedHeader(name string) (string, bool) {
	if name == "host" {
		return r.Host, r.Host != ""
	}
	return joinedHeader(r.Header, name)
}

// coversRequired reports whether the signed headers include the host and each
// x-acs-* header of the request: an unsigned one could be altered on the way.
func (r *Received) coversRequired() bool {
	if !slices.Contains(r.auth.signedHeaders, "host") {
		return false
	}
	for name := range r.Header {
		if isAcsHeader(name) && !slices.Contains(r.auth.signedHeaders, lowerHeader(name)) {
			return false
		}
	}
	return true
}

// sameText compares in a time that does not tell where they differ.
func sameText(a, b string) bool { return hmac.Equal([]byte(a), []byte(b)) }

// authorization is ACS3's header of that name, taken apart.
type authorization struct {
	algorithm     string
	credential    string
	signedHeaders []string
	signature     string
}

var errAuthorization = errors.New("read authorization: want " + algorithm +
	" Credential=ID,SignedHeaders=A;B,Signature=HEX, each once, headers in lower case and sorted")

// parseAuthorization is strict: each part once, no others, and the signed
// headers as they must stand in the canonical request. What could be read is
// returned even with an error, so that a server can say whose request it was.
func parseAuthorization(value string) (authorization, error) {
	var a authorization
	var rest, headers string
	a.algorithm, rest, _ = strings.Cut(value, " ")
	ok := a.algorithm == algorithm
	for part := range strings.SplitSeq(rest, ",") {
		key, text, _ := strings.Cut(strings.TrimSpace(part), "=")
		var to *string
		switch key {
		case "Credential":
			to = &a.credential
		case "SignedHeaders":
			to = &headers
		case "Signature":
			to = &a.signature
		}
		if to == nil || *to != "" || text == "" {
			ok = false
			continue
		}
		*to = text
	}
	if headers != "" {
		a.signedHeaders = strings.Split(headers, ";")
	}
	if !ok || a.credential == "" || a.signature == "" || !canonicalNames(a.signedHeaders) {
		return a, errAuthorization
	}
	return a, nil
}

// canonicalNames reports whether header names are in lower case, sorted and
// each there once.
func canonicalNames(names []string) bool {
	for i, name := range names {
		if name == "" || name != strings.ToLower(name) || i > 0 && names[i-1] >= name {
			return false
		}
	}
	return len(names) > 0
}
