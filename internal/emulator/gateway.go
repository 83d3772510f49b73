package emulator

import (
	"crypto/md5"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/wire"
)

// The conditions of the gateway's rows that the gateway itself brings about.
const (
	condUnknownAction  = "request.unknownAction"
	condBadVersion     = "request.badVersion"
	condMissingCommon  = "request.missingCommon"
	condSignedHow      = "request.badSignatureMethod"
	condUnknownKey     = "request.unknownAccessKey"
	condKeyDisabled    = "account.keyDisabled"
	condTokenMissing   = "request.missingSecurityToken"
	condTokenExpired   = "request.expiredSecurityToken"
	condTokenMalformed = "request.malformedSecurityToken"
	condTokenForeign   = "request.foreignSecurityToken"
	condStampFormat    = "request.malformedTimestamp"
	condStampExpired   = "request.expiredTimestamp"
	condSignatureV1    = "request.wrongSignature"
	condSignatureACS3  = "request.wrongSignatureAcs3"
	condIncomplete     = "request.incompleteSignature"
	condNonceUsed      = "request.nonceUsed"
	condContentMD5     = "request.badContentMd5"
	condMethod         = "request.badMethod"
)

// stage is one check that a request passes or is refused by.
type stage func(*Emulator, *request) *refusal

// stages are all checks by the names that the contract's order gives them.
var stages = map[string]stage{
	"action":        checkAction,
	"version":       checkVersion,
	"common":        checkCommon,
	"accessKey":     checkKey,
	"securityToken": checkToken,
	"timestamp":     checkTimestamp,
	"signature":     checkSignature,
	"nonce":         checkNonce,
	"method":        checkMethod,
	"parameters":    checkParameters,
	"throttling":    standingStage(contract.ClassThrottling),
	"ram":           standingStage(contract.ClassPermission),
	"product":       runProduct,
}

func stagesOf(order []string) ([]stage, error) {
	var out []stage
	for _, name := range order {
		s := stages[name]
		if s == nil {
			return nil, fmt.Errorf("gateway order: unknown stage %q", name)
		}
		out = append(out, s)
	}
	return out, nil
}

func checkAction(e *Emulator, q *request) *refusal {
	action, n := q.in.Common(commonAction)
	switch {
	case n == 0 || action == "":
		return refuse(e.gatewayRow(condMissingCommon), commonAction)
	case q.op == nil:
		return refuse(e.gatewayRow(condUnknownAction), commonAction)
	}
	return nil
}

func checkVersion(e *Emulator, q *request) *refusal {
	version, n := q.in.Common(commonVersion)
	switch {
	case n == 0 || version == "":
		return refuse(e.gatewayRow(condMissingCommon), commonVersion)
	case version != e.contract.Version:
		return refuse(e.gatewayRow(condBadVersion), commonVersion)
	}
	return nil
}

func checkCommon(e *Emulator, q *request) *refusal {
	if q.in.Scheme == wire.ACS3 {
		return checkHeaders(e, q)
	}
	for _, f := range e.contract.Protocol.Common {
		value, n := q.in.Common(f.Name)
		if no := e.checkCommonValue(f, value, n); no != nil {
			return no
		}
	}
	return nil
}

func checkHeaders(e *Emulator, q *request) *refusal {
	for _, f := range e.contract.Protocol.Headers {
		values := q.in.Header.Values(f.Name)
		if strings.EqualFold(f.Name, "host") {
			values = []string{q.in.Host}
		}
		value := ""
		if len(values) > 0 {
			value = values[0]
		}
		if no := e.checkCommonValue(f, value, len(values)); no != nil {
			return no
		}
	}
	return nil
}

// checkCommonValue looks at presence and at a closed list of values. Values of
// a form of their own, such as the timestamp, have stages of their own.
func (e *Emulator) checkCommonValue(f *contract.Field, value string, n int) *refusal {
	switch {
	case value == "" && f.Required:
		return refuse(e.gatewayRow(condMissingCommon), f.Name)
	case n > 1:
		return e.violation("duplicate", f.Name)
	case value != "" && len(f.Enum) > 0 && !slices.Contains(f.Enum, value):
		return refuse(e.gatewayRow(condSignedHow), f.Name)
	}
	return nil
}

func checkKey(e *Emulator, q *request) *refusal {
	id, _ := q.in.Common(commonKey)
	switch {
	case id == "":
		return refuse(e.gatewayRow(condIncomplete))
	case q.key == nil:
		return refuse(e.gatewayRow(condUnknownKey), commonKey)
	case q.key.Disabled:
		return refuse(e.gatewayRow(condKeyDisabled), commonKey)
	}
	return nil
}

// temporaryKey begins the id of every key that needs a security token.
const temporaryKey = "STS."

func checkToken(e *Emulator, q *request) *refusal {
	token, _ := q.in.Common(commonToken)
	if q.key == nil {
		return nil
	}
	needs := q.key.SecurityToken != "" || strings.HasPrefix(q.key.AccessKeyID, temporaryKey)
	switch {
	case token == "" && needs:
		return refuse(e.gatewayRow(condTokenMissing, condMissingCommon), commonToken)
	case token == "":
		return nil
	case token != q.key.SecurityToken && e.tokenOwners[token]:
		return refuse(e.gatewayRow(condTokenForeign), commonToken)
	case token != q.key.SecurityToken:
		return refuse(e.gatewayRow(condTokenMalformed), commonToken)
	case q.key.Expired:
		return refuse(e.gatewayRow(condTokenExpired), commonToken)
	}
	return nil
}

func checkTimestamp(e *Emulator, q *request) *refusal {
	text, _ := q.in.Common(commonTimestamp)
	t, err := time.Parse(stampLayout, text)
	// Parse lets a fraction of a second pass that the layout does not have.
	if err != nil || t.Format(stampLayout) != text {
		return refuse(e.gatewayRow(condStampFormat), commonTimestamp)
	}
	if off := q.now.Sub(t); off > e.skew() || off < -e.skew() {
		return refuse(e.gatewayRow(condStampExpired), commonTimestamp)
	}
	return nil
}

func checkSignature(e *Emulator, q *request) *refusal {
	if q.key == nil {
		return nil
	}
	if sum := q.in.Header.Get("Content-Md5"); sum != "" && sum != contentMD5(q.in.Body) {
		return refuse(e.gatewayRow(condContentMD5), "The body does not match its Content-MD5.")
	}
	var miss *wire.Mismatch
	if !errors.As(e.verify(q.in, q.key.AccessKeySecret), &miss) {
		return nil
	}
	texts := []string{q.masked(e, miss.StringToSign), q.masked(e, miss.CanonicalRequest)}
	switch {
	case miss.Malformed && !q.showsSignature():
		return refuse(e.gatewayRow(condIncomplete, condSignatureV1), texts...)
	case q.in.Scheme == wire.ACS3:
		return refuse(e.gatewayRow(condSignatureACS3, condSignatureV1), texts...)
	}
	return refuse(e.gatewayRow(condSignatureV1), texts...)
}

// showsSignature says whether there is a signature by the scheme's algorithm
// to compare, right or wrong.
func (q *request) showsSignature() bool {
	signature, _ := q.in.Common(commonSignature)
	if q.in.Scheme == wire.V1 {
		return signature != ""
	}
	method, _ := q.in.Common("SignatureMethod")
	return signature != "" && method == "ACS3-HMAC-SHA256"
}

func contentMD5(body []byte) string {
	sum := md5.Sum(body)
	return base64.StdEncoding.EncodeToString(sum[:])
}

func checkNonce(e *Emulator, q *request) *refusal {
	id, _ := q.in.Common(commonKey)
	if !e.nonces.use(id, e.nonceOf(q), q.now) {
		return refuse(e.gatewayRow(condNonceUsed), commonNonce)
	}
	return nil
}

func checkMethod(e *Emulator, q *request) *refusal {
	if q.op == nil || slices.Contains(q.op.Methods, q.in.Method) {
		return nil
	}
	return refuse(e.gatewayRow(condMethod), q.in.Method)
}

// standingStage refuses the accounts whose standing names a condition of the
// class.
func standingStage(class string) stage {
	return func(e *Emulator, q *request) *refusal {
		if q.owner == nil || len(q.owner.standing) == 0 {
			return nil
		}
		for _, c := range e.contract.Conditions {
			if c.Class == class && q.owner.standing[c.Name] {
				return refuse(e.gatewayRow(c.Name))
			}
		}
		return nil
	}
}
