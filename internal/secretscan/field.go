package secretscan

import (
	"bytes"
	"regexp"
)

// fields are the names that say that their value is secret, without marks and
// in lower case, and what tells a secret value from one that is none.
var fields = map[string]func(value []byte) bool{
	"password": secret, "passwd": secret, "pwd": secret, "passphrase": secret,
	"secret": secret, "accesskeysecret": secret, "aksecret": secret, "secretkey": secret, "secretaccesskey": secret,
	"clientsecret": secret, "privatekey": secret, "apikey": secret,
	"securitytoken": secret, "xacssecuritytoken": secret, "accesstoken": secret, "sessiontoken": secret, "bearertoken": secret,
	"xacsbearertoken": secret, "refreshtoken": secret, "idtoken": secret, "authtoken": secret,
	"accesskeyid": ofKey, "akid": ofKey, "accesskey": ofKey, "xacsaccesskeyid": ofKey,
	"signature": long, "xacssignature": long, "token": long,
	"authorization": partly, "proxyauthorization": partly, "cookie": partly, "setcookie": partly, "credential": partly,
}

// harmless are fields whose values look random and are not secret.
var harmless = map[string]bool{
	"nexttoken": true, "clienttoken": true, "requestid": true, "xacsrequestid": true, "etag": true,
	"signaturenonce": true, "xacssignaturenonce": true, "nonce": true,
}

// plainName returns the last part of a name, without marks and in lower case.
func plainName(name []byte) string {
	if i := bytes.LastIndexByte(name, '.'); i >= 0 {
		name = name[i+1:]
	}
	if len(name) > maxName {
		return ""
	}
	var plain [maxName]byte
	n := 0
	for _, c := range name {
		if upper(c) {
			c += 'a' - 'A'
		}
		if c != '-' && c != '_' {
			plain[n] = c
			n++
		}
	}
	return string(plain[:n])
}

// maxName is more than the length of any name in the table.
const maxName = 40

// maxValue is how much of a value is looked at, in bytes.
const maxValue = 4096

// fieldAt returns the field that the token names, and its value, if one
// follows: NAME: VALUE, NAME=VALUE, "NAME": "VALUE" or <NAME>VALUE</NAME>.
func fieldAt(text []byte, at, end int) (name string, val []byte, ok bool) {
	if name = plainName(text[at:end]); name == "" || fields[name] == nil && !harmless[name] {
		return "", nil, false
	}
	rest := text[end:min(end+maxValue, len(text))]
	if at > 0 && text[at-1] == '<' && len(rest) > 0 && rest[0] == '>' {
		val, _, ok = bytes.Cut(rest[1:], []byte("<"))
		return name, val, ok
	}
	rest = bytes.TrimLeft(rest, "\\\"' \t]")
	if len(rest) == 0 || rest[0] != ':' && rest[0] != '=' {
		return "", nil, false
	}
	return name, valueOf(rest[0], bytes.TrimLeft(rest[1:], " \t")), true
}

// valueOf returns the value at the beginning of a text: up to the quote that
// closes it, of a pair in a query to the next one, else to the end of the line.
func valueOf(separator byte, rest []byte) []byte {
	open := bytes.TrimLeft(rest, `\`)
	if len(open) > 0 && (open[0] == '"' || open[0] == '\'') {
		val, _, _ := bytes.Cut(open[1:], open[:1])
		return bytes.TrimRight(val, `\`)
	}
	ends := "\n\r<"
	if separator == '=' {
		ends = "&;, \t\n\r<\"'"
	}
	if i := bytes.IndexAny(rest, ends); i >= 0 {
		rest = rest[:i]
	}
	return bytes.TrimRight(rest, " \t,}])\"'\\")
}

// nothing are values that hide nothing.
var nothing = regexp.MustCompile(`^(?:|null|nil|true|false|none|0|\*+|\.\.\.|…|<?\[?\(?(?i:redacted|masked|hidden)\)?\]?>?)$`)

// secret says that a value is one: neither a placeholder nor something that
// holds values of its own.
func secret(val []byte) bool {
	val = bytes.TrimSpace(val)
	if nothing.Match(val) || placeholder(val) {
		return false
	}
	return val[0] != '{' && val[0] != '['
}

// knownKeys are ids that are in everybody's hands: those of the emulator, and
// those that stand for keys in the profile of a recorded run.
var knownKeys = regexp.MustCompile(`^(?:emulator-[a-z0-9-]+|recorded-key-[0-9]{1,4})$`)

func ofKey(val []byte) bool { return secret(val) && !knownKeys.Match(bytes.TrimSpace(val)) }

// minLong is the length of the shortest value that a name alone makes secret
// where the name is also used for other things.
const minLong = 16

func long(val []byte) bool { return len(val) >= minLong && secret(val) }

// schemeOnly is a header that names its scheme and says no more.
var schemeOnly = regexp.MustCompile(`^(?:ACS3-[A-Z0-9-]+|Basic|Bearer|Digest)$`)

// partly is for values of several parts, whose names are looked at for
// themselves: one placeholder shows that they were.
func partly(val []byte) bool {
	return secret(val) && !somePlaceholder.Match(val) && !schemeOnly.Match(bytes.TrimSpace(val))
}
