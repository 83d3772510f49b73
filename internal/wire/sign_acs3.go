package wire

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
)

// algorithm is the one way of signing ACS3 that this package knows.
const algorithm = "ACS3-HMAC-SHA256"

// signACS3 sets the Authorization header. The payload hash is brought up to
// date unless an edit changed or removed its header: then that is what is
// meant to be sent.
func (d *Draft) signACS3() {
	payload := d.payload()
	d.refreshHash(payload)
	hash := d.Header.Get(headerHash)
	if hash == "" {
		hash = hashHex(payload)
	}
	names := d.signedNames()
	canonical := canonicalRequest{
		method: d.Method, path: d.Path, query: d.Query, names: names, hash: hash,
		header: func(name string) (string, bool) {
			switch name {
			case "host":
				return d.Host, true
			case "content-type":
				return d.contentType(), true
			}
			return joinedHeader(d.Header, name)
		},
	}
	text, _ := canonical.text(true)
	sig := signatureACS3(d.Credentials.AccessKeySecret, stringToSignACS3(text))
	d.Header[headerAuth] = []string{algorithm + " Credential=" + d.Credentials.AccessKeyID +
		",SignedHeaders=" + strings.Join(names, ";") + ",Signature=" + sig}
}

// refreshHash sets the payload hash, if the one that stands there is ours.
func (d *Draft) refreshHash(payload []byte) {
	if d.Header.Get(headerHash) != d.hash {
		return
	}
	d.hash = hashHex(payload)
	d.Header[headerHash] = []string{d.hash}
}

// signedNames returns the headers to sign, in lower case and sorted: host,
// all x-acs-*, and content-type when there is one.
func (d *Draft) signedNames() []string {
	names := append(make([]string, 0, len(d.Header)+2), "host")
	if d.contentType() != "" {
		names = append(names, "content-type")
	}
	for name := range d.Header {
		if isAcsHeader(name) {
			names = append(names, lowerHeader(name))
		}
	}
	slices.Sort(names)
	return names
}

// isAcsHeader reports whether a header, in any case, is one of ACS3's own.
func isAcsHeader(name string) bool {
	const prefix = "x-acs-"
	return len(name) >= len(prefix) && strings.EqualFold(name[:len(prefix)], prefix)
}

// headerNames are the usual headers in net/http's form and in lower case: a
// look here costs less than a conversion.
var headerNames = func() map[string]string {
	names := map[string]string{}
	for _, name := range []string{
		headerAction, headerVersion, headerDate, headerNonce, headerHash, headerToken, "Content-Type",
		"X-Acs-Credentials-Provider", "X-Acs-Accesskey-Id",
	} {
		low := strings.ToLower(name)
		names[name], names[low] = low, name
	}
	return names
}()

// lowerHeader returns a header of net/http's form in lower case.
func lowerHeader(name string) string {
	if low, ok := headerNames[name]; ok {
		return low
	}
	return strings.ToLower(name)
}

// headerKey returns a header of lower case in net/http's form.
func headerKey(lower string) string {
	if key, ok := headerNames[lower]; ok {
		return key
	}
	return http.CanonicalHeaderKey(lower)
}

// canonicalRequest is what ACS3 signs.
type canonicalRequest struct {
	method, path string
	query        Params
	names        []string // signed headers, lower case, sorted
	header       func(name string) (value string, ok bool)
	hash         string // of the payload
}

// text returns the canonical request, and false where a signed header is
// missing. With encodeNames the query's names are percent-encoded as the
// documentation says; the SDKs leave them raw and encode the values only.
func (c canonicalRequest) text(encodeNames bool) (text []byte, ok bool) {
	b := make([]byte, 0, 1024)
	b = append(append(append(b, c.method...), '\n'), c.path...)
	b = appendCanonicalQuery(append(b, '\n'), c.query, encodeNames)
	b = append(b, '\n')
	for _, name := range c.names {
		value, found := c.header(name)
		if !found {
			return nil, false
		}
		b = append(append(b, name...), ':')
		b = append(append(b, strings.TrimSpace(value)...), '\n')
	}
	b = append(b, '\n')
	for i, name := range c.names {
		if i > 0 {
			b = append(b, ';')
		}
		b = append(b, name...)
	}
	return append(append(b, '\n'), c.hash...), true
}

func appendCanonicalQuery(b []byte, query Params, encodeNames bool) []byte {
	sorted := query.Clone()
	sortParams(sorted)
	for i, p := range sorted {
		if i > 0 {
			b = append(b, '&')
		}
		if encodeNames {
			b = appendPercent(b, p.Name)
		} else {
			b = append(b, p.Name...)
		}
		b = appendPercent(append(b, '='), p.Value)
	}
	return b
}

// joinedHeader returns a header's values as one, as the canonical form wants.
func joinedHeader(h http.Header, lower string) (string, bool) {
	v := h[headerKey(lower)]
	switch len(v) {
	case 0:
		return "", false
	case 1:
		return v[0], true
	}
	return strings.Join(v, ","), true
}

func stringToSignACS3(canonical []byte) string {
	return algorithm + "\n" + hashHex(canonical)
}

func hashHex(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func signatureACS3(secret, text string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(make([]byte, 0, sha256.Size)))
}
