package wire

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"slices"
)

// signV1 puts the Signature beside the other parameters.
func (d *Draft) signV1() {
	d.Query = d.Query.Del("Signature")
	d.Form = d.Form.Del("Signature")
	sig := signatureV1(d.Credentials.AccessKeySecret, stringToSignV1(d.Method, d.Query, d.Form))
	// A form that holds everything holds the signature too; where the common
	// parameters stand in the query and only the rest in the form, the query.
	if d.Form != nil && len(d.Query) == 0 {
		d.Form = append(d.Form, Param{"Signature", sig})
		return
	}
	d.Query = append(d.Query, Param{"Signature", sig})
}

// stringToSignV1 is the text that signature v1 covers: the method and all
// parameters of query and form but Signature, sorted and encoded.
func stringToSignV1(method string, query, form Params) []byte {
	all := make(Params, 0, len(query)+len(form))
	all = append(append(all, query...), form...).Del("Signature")
	sortParams(all)
	b := make([]byte, 0, 1024)
	b = append(append(b, method...), "&%2F&"...)
	for i, p := range all {
		if i > 0 {
			b = append(b, "%26"...)
		}
		b = append(appendPercentTwice(b, p.Name), "%3D"...)
		b = appendPercentTwice(b, p.Value)
	}
	return b
}

// sortParams sorts bytewise by name; repeated names by value, so that the
// result does not depend on the order on the wire.
func sortParams(p Params) {
	slices.SortFunc(p, func(a, b Param) int {
		if c := cmp.Compare(a.Name, b.Name); c != 0 {
			return c
		}
		return cmp.Compare(a.Value, b.Value)
	})
}

func signatureV1(secret string, text []byte) string {
	mac := hmac.New(sha1.New, append([]byte(secret), '&'))
	mac.Write(text)
	return base64.StdEncoding.EncodeToString(mac.Sum(make([]byte, 0, sha1.Size)))
}
