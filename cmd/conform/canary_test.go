package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/wire"
	"github.com/eci-conform/conform/spec"
)

// echo is a target that answers with all that it was sent, in many encodings,
// and with what it would have signed.
func echo(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	heard := r.URL.RawQuery + " " + string(body)
	plain, _ := url.QueryUnescape(heard)
	signed := ""
	if in, err := wire.Receive(r, 1<<20); err == nil {
		if miss, ok := in.Verify("wrong").(*wire.Mismatch); ok {
			signed = miss.StringToSign + miss.CanonicalRequest
		}
	}
	asJSON, _ := json.Marshal(plain)
	heard += " " + r.Header.Get("Authorization") + " " + r.Header.Get("X-Acs-Security-Token")
	all := []string{heard, plain, url.QueryEscape(heard), base64.StdEncoding.EncodeToString([]byte(plain)), hex.EncodeToString([]byte(plain)), string(asJSON), html.EscapeString(plain)}
	w.Header().Set("X-Heard", strings.ReplaceAll(plain, "\n", " "))
	if strings.Contains(heard, "XML") || r.Header.Get("Accept") == "application/xml" {
		w.Header().Set("Content-Type", "text/xml")
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, "<Error><Code>SignatureDoesNotMatch</Code><Message>server string to sign is:%s</Message><Heard>%s</Heard></Error>",
			html.EscapeString(signed), html.EscapeString(strings.Join(all, " ; ")))
		return
	}
	text, _ := json.Marshal(map[string]any{"RequestId": plain, "Code": "SignatureDoesNotMatch", "Message": "server string to sign is:" + signed, "Heard": all})
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusBadRequest)
	_, _ = w.Write(text)
}

// nest hatches canaries.
type nest struct{ canaries []string }

func (n *nest) hatch(of string) string {
	c := fmt.Sprintf(`Canary%s/"%03dBird&<é%%41+Feathers%03d=`, strings.ReplaceAll(of, ".", ""), len(n.canaries), len(n.canaries))
	n.canaries = append(n.canaries, c)
	return c
}

// params are a canary in each secret parameter of an operation.
func (n *nest) params(op *contract.Operation, asJSON bool) wire.Params {
	out := wire.Params{{Name: "RegionId", Value: "cn-hangzhou"}, {Name: "MyPassword", Value: n.hatch("Stranger")}}
	for _, f := range op.Leaves() {
		name := strings.ReplaceAll(f.Path, ".N", ".1")
		if f.Class == contract.ClassSecret || f.Class == contract.ClassAccessKey {
			out = append(out, wire.Param{Name: name, Value: n.hatch(f.Name)})
		}
		packed := map[string]string{}
		for _, m := range f.Members {
			if f.Type == contract.Map && (m.Class == contract.ClassSecret || m.Class == contract.ClassAccessKey) {
				packed[m.Name] = n.hatch(m.Name)
			}
		}
		if asJSON && len(packed) > 0 {
			text, _ := json.Marshal(packed)
			out = append(out, wire.Param{Name: name, Value: string(text)})
			continue
		}
		for member, value := range packed {
			out = append(out, wire.Param{Name: name + "." + member, Value: value})
		}
	}
	return out
}

// feathers are what of a canary no encoding can change, and what is left of it
// in base64 and hex.
func feathers(canary string) []string {
	out := []string{hex.EncodeToString([]byte(canary))}
	for part := range strings.FieldsFuncSeq(canary, func(r rune) bool { return !('a' <= r|0x20 && r|0x20 <= 'z' || '0' <= r && r <= '9') }) {
		if len(part) >= 8 {
			out = append(out, part)
		}
	}
	for _, lead := range []string{"", "x", "xy"} {
		b := base64.RawStdEncoding.EncodeToString([]byte(lead + canary))
		out = append(out, b[4:len(b)-4])
	}
	return out
}

// sing sends every operation in every way, canaries in all secret places.
func (n *nest) sing(t *testing.T, url string, key wire.Credentials) (sent []byte) {
	t.Helper()
	c, err := contract.Load(spec.Name, spec.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	rt := newTransport()
	defer rt.CloseIdleConnections()
	for i, op := range c.Operations {
		for way := range 16 {
			call := wire.Call{
				Operation: op.Name, Version: c.Version, Params: n.params(op, way&8 != 0), Method: "GET", Scheme: wire.V1, Format: "JSON",
				Credentials: key, Nonce: fmt.Sprintf("nonce-%d-%d", i, way), Time: time.Now(), Host: strings.TrimPrefix(url, "http://"),
			}
			if way&1 != 0 {
				call.Scheme = wire.ACS3
			}
			if way&2 != 0 {
				call.Method, call.Form = "POST", true
			}
			if way&4 != 0 {
				call.Format = "XML"
			}
			d := wire.NewDraft(call)
			if err := d.Sign(); err != nil {
				t.Fatal(err)
			}
			x := wire.Do(t.Context(), d, wire.Route{Transport: rt, Endpoint: url, Clock: time.Now})
			if x.Err != nil || x.Status != http.StatusBadRequest || !bytes.Contains(x.RespBody, []byte("Feathers")) {
				t.Fatalf("%s in way %d: status %d, %v\n%.500s", op.Name, way, x.Status, x.Err, x.RespBody)
			}
			sent = append(sent, x.RespBody...)
		}
	}
	return sent
}

// TestNoCanaryThroughTheCommands records secrets in front of a target that
// repeats them, and looks for them wherever a command writes.
func TestNoCanaryThroughTheCommands(t *testing.T) {
	t.Parallel()
	target := httptest.NewServer(http.HandlerFunc(echo))
	defer target.Close()
	n := &nest{}
	key := wire.Credentials{AccessKeyID: "LTAI5tCanaryKeyOfTheTest", AccessKeySecret: n.hatch("Secret"), SecurityToken: n.hatch("Token")}
	dir := t.TempDir()
	tapes, plain := filepath.Join(dir, "tapes"), filepath.Join(dir, "plain")
	rec := startChild(t, "record", "--target", target.URL, "--record", tapes,
		"--access-key-id", key.AccessKeyID, "--access-key-secret", key.AccessKeySecret, "--security-token", key.SecurityToken)
	sent := n.sing(t, rec.url, key)
	said := map[string]string{"record": rec.stop(os.Interrupt)}
	n.canaries = append(n.canaries, key.AccessKeyID)
	if !strings.Contains(said["record"], "recorded 224 exchanges") {
		t.Fatalf("conform record says %s", said["record"])
	}
	files, _ := filepath.Glob(filepath.Join(tapes, "*")) // the pattern is well-formed
	for name, args := range map[string][]string{
		"replay": {"replay", "--reports", filepath.Join(dir, "reports"), "-v", files[0]},
		"export": {"cassette", "export", files[0]},
		"scan":   {"cassette", "scan", tapes},
		"miss":   {"run", "--target", files[0], "--reports", filepath.Join(dir, "reports")},
	} {
		code, out := command(args...)
		if said[name] = out; name == "scan" && code != 0 {
			t.Errorf("the scan of the cassette exits %d: %.500s", code, out)
		}
	}
	n.look(t, dir, said)
	if err := os.WriteFile(plain, sent, 0o600); err != nil {
		t.Fatal(err)
	}
	if code, out := command("cassette", "scan", plain); code != exitDeparts {
		t.Errorf("the scan of what was sent exits %d, want %d: %.500s", code, exitDeparts, out)
	}
}

// look looks for canaries in what commands have said and in all files of a
// folder.
func (n *nest) look(t *testing.T, dir string, said map[string]string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		said[path] = string(text)
		return err
	})
	if err != nil || len(said) < 10 {
		t.Fatalf("%d texts to look through, %v", len(said), err)
	}
	for name, text := range said {
		for _, c := range n.canaries {
			for _, f := range feathers(c) {
				if i := strings.Index(text, f); i >= 0 {
					t.Fatalf("%s shows %q of %q in %q", name, f, c, text[max(0, i-80):min(len(text), i+80)])
				}
			}
		}
	}
}
