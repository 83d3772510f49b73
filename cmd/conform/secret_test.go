package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/eci-conform/conform/fixtures"
	"github.com/eci-conform/conform/internal/profile"
)

// seenKey finds a script's sightings.
type seenKey struct{}

// sightings are the signatures that a server has been sent.
type sightings struct {
	mu         sync.Mutex
	signatures []string
}

var headerSignature = regexp.MustCompile(`Signature=([0-9a-fA-F]{32,})`)

// parrot is a server that puts all it is told into its answers, secrets too,
// and remembers the signatures.
func (s *sightings) parrot(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		form, _ := url.ParseQuery(string(body))
		s.note(r.URL.Query().Get("Signature"), form.Get("Signature"))
		for _, m := range headerSignature.FindAllStringSubmatch(r.Header.Get("Authorization"), -1) {
			s.note(m[1])
		}
		heard := r.URL.RawQuery + " " + string(body) + " " + r.Header.Get("Authorization")
		plain, _ := url.QueryUnescape(heard)
		repeated, _ := json.Marshal(map[string]string{"Heard": heard, "Plain": plain})
		answer := httptest.NewRecorder()
		h.ServeHTTP(answer, r)
		maps.Copy(w.Header(), answer.Header())
		w.Header().Del("Content-Length")
		w.Header().Set("X-Heard", heard)
		w.WriteHeader(answer.Code)
		_, _ = w.Write(bytes.Replace(answer.Body.Bytes(), []byte("{"), append(repeated[:len(repeated)-1], ','), 1))
	})
}

func (s *sightings) note(signatures ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, v := range signatures {
		if len(v) > 20 {
			s.signatures = append(s.signatures, v)
		}
	}
}

// nosecret DIR: neither the files below the folder nor what the last program
// printed hold a secret of the profile, of the valid requests, or a signature
// that the parrot has heard.
func noSecret(ts *testscript.TestScript, neg bool, args []string) {
	texts := map[string]string{"stdout": ts.ReadFile("stdout"), "stderr": ts.ReadFile("stderr")}
	ts.Check(filepath.WalkDir(ts.MkAbs(args[0]), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		texts[path] = string(text)
		return err
	}))
	seen, ok := ts.Value(seenKey{}).(*sightings)
	if !ok || len(texts) < 6 {
		ts.Fatalf("nothing to look through: %d texts", len(texts))
	}
	secrets := append(fixtureSecrets(ts), seen.signatures...)
	found := ""
	for name, text := range texts {
		for _, secret := range secrets {
			for _, form := range forms(secret) {
				if strings.Contains(text, form) {
					found = fmt.Sprintf("%s holds %q", name, form)
				}
			}
		}
	}
	if (found != "") != neg {
		ts.Fatalf("looked for %d secrets in %d texts: %q", len(secrets), len(texts), found)
	}
	ts.Logf("looked for %d secrets in %d texts", len(secrets), len(texts))
}

// forms are how a secret may stand in a text.
func forms(s string) []string {
	once := url.QueryEscape(s)
	return []string{s, once, url.QueryEscape(once), base64.StdEncoding.EncodeToString([]byte(s))}
}

var inputSecret = regexp.MustCompile(`(?mi)^\s*\S*(?:password|secret|accesstoken):\s*"?([^"\s]+)`)

func fixtureSecrets(ts *testscript.TestScript) []string {
	text, err := fixtures.Targets.ReadFile("targets/emulator.yaml")
	ts.Check(err)
	p, err := profile.Load("emulator.yaml", text)
	ts.Check(err)
	var out []string
	for _, c := range p.Credentials {
		out = append(out, c.AccessKeySecret)
		if c.SecurityToken != "" {
			out = append(out, c.SecurityToken)
		}
	}
	ts.Check(fs.WalkDir(fixtures.Inputs, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fixtures.Inputs.ReadFile(path)
		for _, m := range inputSecret.FindAllStringSubmatch(string(text), -1) {
			out = append(out, m[1])
		}
		return err
	}))
	return out
}
