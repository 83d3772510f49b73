package wire

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

// answers are bodies as documented or as real gateways and proxies send them.
var answers = map[string]string{
	"error": `{"RequestId":"0E234675-3465-4CC3-9D0F-9A864BC391DD","HostId":"eci.cn-hangzhou.aliyuncs.com","Code":"MissingParameter",` +
		`"Message":"The input parameter \"X\" that is mandatory for processing this request is not supplied.",` +
		`"Recommend":"https://api.aliyun.com/troubleshoot?q=MissingParameter&product=Eci"}`,
	"signature": `{"RequestId":"R","HostId":"h","Code":"SignatureDoesNotMatch","Message":"Specified signature does not match our ` +
		`calculation. server StringToSign is [ACS3-HMAC-SHA256\nab] server CanonicalRequest is [POST\n/\n\n]"}`,
	"denied":  `{"Code":"NoPermission","AccessDeniedDetail":{"AuthAction":"eci:X","Nested":[1,2.50,-3e+2,true,null]}}`,
	"listing": `{"ImageCaches":[{"ImageCacheId":"imc-1","Images":["a"],"Tags":[{"Key":"k","Value":"中\u0000"}],"Events":[]}],"TotalCount":1,"NextToken":""}`,
}

func TestBodiesHoldSoManyValues(t *testing.T) {
	t.Parallel()
	for _, n := range []int{maxValues, maxValues + 1} {
		_, err := DecodeJSON([]byte("[" + strings.Repeat("1,", n-2) + "1]"))
		if (err == nil) != (n == maxValues) || err != nil && !errors.Is(err, errTooMany) {
			t.Errorf("DecodeJSON() of %d values = %v", n, err)
		}
		_, err = DecodeXML([]byte("<a>" + strings.Repeat("<b/>", n-1) + "</a>"))
		if (err == nil) != (n == maxValues) || err != nil && !errors.Is(err, errTooMany) {
			t.Errorf("DecodeXML() of %d elements = %v", n, err)
		}
	}
}

func TestDecodeJSON(t *testing.T) {
	t.Parallel()
	for name, body := range answers {
		v, err := DecodeJSON([]byte(body))
		if err != nil {
			t.Errorf("%s: DecodeJSON() = %v", name, err)
			continue
		}
		if got := string(EncodeJSON(v)); got != body {
			t.Errorf("%s: EncodeJSON() = %s, want %s", name, got, body)
		}
	}
	v, err := DecodeJSON([]byte("\t{ \"a\" : [ \"\\ud83d\\ude00\\/\\u00e9\\ud83dx\\udc00\\udc00\" , 1.50 , { } ] }\r\n"))
	want := `{"a":["😀/é` + "\uFFFD" + `x` + "\uFFFD\uFFFD" + `",1.50,{}]}`
	if got := string(EncodeJSON(v)); err != nil || got != want {
		t.Errorf("DecodeJSON() = %s, %v, want %s", got, err, want)
	}
}

func TestDecodeJSONRefuses(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		"":                         "byte 0: unexpected end",
		" ":                        "byte 1: unexpected end",
		`{"a":1,"a":2}`:            `duplicate key "a"`,
		`{"a":1,"\u0061":2}`:       `duplicate key "a"`,
		`{"a":{"b":1,"b":1}}`:      `duplicate key "b"`,
		`{} {}`:                    "byte 3: bytes behind the value",
		`{}x`:                      "byte 2: bytes behind the value",
		"{\"a\":\"\xff\"}":         "invalid UTF-8",
		"\uFEFF{}":                 "byte 0: unexpected byte",
		`{"a":1,}`:                 "byte 7: unexpected byte",
		`[1,]`:                     "byte 3: unexpected byte",
		`[1 2]`:                    "byte 3: unexpected byte",
		`{a:1}`:                    "byte 1: unexpected byte",
		`{"a" 1}`:                  "byte 5: unexpected byte",
		`'a'`:                      "byte 0: unexpected byte",
		`01`:                       "byte 1: bytes behind the value",
		`1.`:                       "byte 0: unexpected byte",
		`-`:                        "byte 0: unexpected byte",
		`NaN`:                      "byte 0: unexpected byte",
		`tru`:                      "byte 3: unexpected end",
		`trux`:                     "byte 3: unexpected byte",
		"\"a\nb\"":                 "control character",
		"\"\\u0061\nb\"":           "control character",
		`"\x"`:                     "bad escape",
		`"\u12"`:                   "bad escape",
		`"abc`:                     "unexpected end",
		`"\n`:                      "unexpected end",
		`"\`:                       "unexpected end",
		strings.Repeat("[", 513):   "more than 512 levels",
		`<Error>x</Error>`:         "byte 0: unexpected byte",
		`<html>502 Bad Gateway`:    "byte 0: unexpected byte",
		`{"a":` + "\x00" + `"b"}`:  "unexpected byte",
		`{"RequestId":"R","Code":`: "unexpected end",
	} {
		if v, err := DecodeJSON([]byte(body)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("DecodeJSON(%.40q) = %v, %v, want an error with %q", body, v, err, want)
		}
	}
	if _, err := DecodeJSON([]byte(strings.Repeat("[", 512) + strings.Repeat("]", 512))); err != nil {
		t.Errorf("DecodeJSON(512 levels) = %v", err)
	}
}

func TestEncodeJSON(t *testing.T) {
	t.Parallel()
	m := &Map{}
	m.Set("b", []any{nil, true, json.Number("1.50"), json.Number("x"), 7, int64(8), 1.5})
	m.Set("a", "\x00\x1f\"\\\n\r\t/<\u2028\xff中")
	m.Set("b2", (*Map)(nil))
	want := `{"b":[null,true,1.50,"x",7,8,"1.5"],"a":"\u0000\u001F\"\\\n\r\t/<` + "\u2028\uFFFD" + `中","b2":{}}`
	if got := string(EncodeJSON(m)); got != want {
		t.Errorf("EncodeJSON() = %s, want %s", got, want)
	}
	if !json.Valid(EncodeJSON(m)) {
		t.Errorf("EncodeJSON() is not valid JSON")
	}
}

func TestMap(t *testing.T) {
	t.Parallel()
	m := &Map{}
	for i := range 100 {
		m.Set(strings.Repeat("k", i+1), i)
	}
	m.Set("kk", "changed")
	if v, ok := m.Get("kk"); v != "changed" || !ok || m.Len() != 100 || m.Keys()[99] != strings.Repeat("k", 100) {
		t.Errorf("Get(kk) = %v, %v; Len() = %d", v, ok, m.Len())
	}
	if v, ok := m.Get("x"); v != nil || ok {
		t.Errorf("Get(x) = %v, %v", v, ok)
	}
	var none *Map
	if v, ok := none.Get("x"); v != nil || ok || none.Len() != 0 || none.Keys() != nil {
		t.Errorf("nil Map: Get() = %v, %v", v, ok)
	}
}

func TestEqual(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ a, b, pointer string }{
		"same":             {`{"a":[1,"x",null,true,{}]}`, `{"a":[1,"x",null,true,{}]}`, "same"},
		"order":            {`{"a":1,"b":2}`, `{"b":2,"a":1}`, "same"},
		"spelling":         {`[1,10,0.5,100,0,-0,12300]`, `[1.0,1e1,5E-1,1e+2,0.0,0,1.23e4]`, "same"},
		"big":              {`[9007199254740993]`, `[9007199254740992]`, "/0"},
		"scale":            {`[10]`, `[1]`, "/0"},
		"sign":             {`[1]`, `[-1]`, "/0"},
		"number or string": {`{"a":1}`, `{"a":"1"}`, "/a"},
		"missing":          {`{"a":1,"b":{"c":1}}`, `{"a":1,"b":{}}`, "/b/c"},
		"more":             {`{"b":{}}`, `{"b":{"c":1}}`, "/b/c"},
		"shorter":          {`{"l":[1,2]}`, `{"l":[1]}`, "/l/1"},
		"longer":           {`{"l":[]}`, `{"l":[1]}`, "/l/0"},
		"deep":             {`{"l":[{"x":1},{"x":2}]}`, `{"l":[{"x":1},{"x":3}]}`, "/l/1/x"},
		"escaped":          {`{"a/b~":1}`, `{"a/b~":2}`, "/a~1b~0"},
		"null or missing":  {`{"a":null}`, `{}`, "/a"},
		"the whole":        {`1`, `"1"`, ""},
		"object or list":   {`{}`, `[]`, ""},
		"list or object":   {`[]`, `{}`, ""},
	} {
		a, err1 := DecodeJSON([]byte(test.a))
		b, err2 := DecodeJSON([]byte(test.b))
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		for _, pair := range [][2]any{{a, b}, {b, a}} {
			pointer, same := Equal(pair[0], pair[1])
			if same != (test.pointer == "same") || !same && pointer != test.pointer {
				t.Errorf("%s: Equal() = %q, %v, want %q", name, pointer, same, test.pointer)
			}
		}
	}
}
