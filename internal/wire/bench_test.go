package wire

import (
	"context"
	"strings"
	"testing"
)

func BenchmarkSign(b *testing.B) {
	for _, scheme := range []Scheme{V1, ACS3} {
		b.Run(string(scheme), func(b *testing.B) {
			b.ReportAllocs()
			call := worked(scheme, "POST")
			for b.Loop() {
				if err := NewDraft(call).Sign(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkRequest(b *testing.B) {
	b.ReportAllocs()
	d := NewDraft(worked(V1, "POST"))
	if err := d.Sign(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := d.Request(context.Background(), "http://127.0.0.1:8080"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	all := captures(b)
	for _, name := range []string{"gov2_v1sign_CreateDataCache", "gov2_v3sign_CreateDataCache"} {
		c := all[name]
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			r := c.request()
			for b.Loop() {
				in, err := Receive(r, 1<<20)
				if err != nil {
					b.Fatal(err)
				}
				if err := in.Verify(c.secret()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	b.ReportAllocs()
	p := captures(b)["gov2_v1sign_CreateDataCache"].receive(b).API(isCommon)
	shape := everything()
	for b.Loop() {
		if _, faults := Decode(p, shape); len(faults) > 0 {
			b.Fatal(faults)
		}
	}
}

func BenchmarkDecodeJSON(b *testing.B) {
	body := []byte(answers["listing"])
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := DecodeJSON(body); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeXML(b *testing.B) {
	v, err := DecodeJSON([]byte(strings.ReplaceAll(answers["listing"], `\u0000`, "")))
	if err != nil {
		b.Fatal(err)
	}
	body, shape := EncodeXML("DescribeImageCachesResponse", v), listing()
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		e, err := DecodeXML(body)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := e.Value(shape); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRedactor(b *testing.B) {
	r := NewRedactor("LTAI5tQnKxSecretSecret", "another/secret+value=", "registry-password", "s3cr3t")
	text := strings.Repeat(answers["error"], 4)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if r.String(text) != text {
			b.Fatal("nothing to redact")
		}
	}
}
