package suites

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/eci-conform/conform/fixtures"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/profile"
	"github.com/eci-conform/conform/internal/wire"
)

// wrapper stands between clients and an emulator and makes it err.
type wrapper func(http.Handler) http.Handler

// param changes a parameter of an operation in the contract that the emulator
// obeys.
func param(operation, path string, do func(*contract.Field)) func(*contract.Contract) {
	return func(c *contract.Contract) { do(c.Operation(operation).Parameter(path)) }
}

func gateway(condition string, do func(*contract.Error)) func(*contract.Contract) {
	return func(c *contract.Contract) { do(c.Gateway.Error(condition)) }
}

func by[T int | int64](p **T, n T) {
	moved := **p + n
	*p = &moved
}

// answering changes answers: do sees the request and may change what was
// recorded before it goes out.
func answering(do func(*http.Request, *httptest.ResponseRecorder)) wrapper {
	return func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			text, _ := io.ReadAll(r.Body)
			r.Body = io.NopCloser(bytes.NewReader(text))
			rec := httptest.NewRecorder()
			h.ServeHTTP(rec, r)
			r.Body = io.NopCloser(bytes.NewReader(text))
			do(r, rec)
			for name, values := range rec.Header() {
				w.Header()[name] = values
			}
			w.Header().Del("Content-Length")
			w.WriteHeader(rec.Code)
			_, _ = w.Write(rec.Body.Bytes())
		})
	}
}

// rewritten replaces texts in the bodies of answers.
func rewritten(pairs ...string) wrapper {
	replace := strings.NewReplacer(pairs...)
	return bodies(func(s string) string { return replace.Replace(s) })
}

func bodies(do func(string) string) wrapper {
	return answering(func(_ *http.Request, rec *httptest.ResponseRecorder) {
		text := do(rec.Body.String())
		rec.Body.Reset()
		rec.Body.WriteString(text)
	})
}

// jsonBodies changes the trees of JSON answers.
func jsonBodies(do func(*wire.Map)) wrapper {
	return bodies(func(s string) string {
		v, err := wire.DecodeJSON([]byte(s))
		m, ok := v.(*wire.Map)
		if err != nil || !ok {
			return s
		}
		do(m)
		return string(wire.EncodeJSON(m))
	})
}

// asking changes requests before the emulator sees them, and signs them anew.
// Those that were signed wrongly stay so unless always is set.
type asking struct {
	t      testing.TB
	always bool
	when   func(*wire.Received) bool
	do     func(*wire.Draft)
}

func (a asking) wrap(h http.Handler) http.Handler {
	keys := emulatorKeys(a.t)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(text))
		r.ContentLength = int64(len(text))
		in, err := wire.Receive(r, 1<<20)
		r.Body = io.NopCloser(bytes.NewReader(text))
		if err != nil || a.when != nil && !a.when(in) {
			h.ServeHTTP(w, r)
			return
		}
		id, _ := in.Common("AccessKeyId")
		key, known := keys[id]
		if !a.always && (!known || in.Verify(key.AccessKeySecret) != nil) {
			h.ServeHTTP(w, r)
			return
		}
		if !known {
			key = keys["emulator-default"]
		}
		h.ServeHTTP(w, a.resigned(r, in, key))
	})
}

func (a asking) resigned(r *http.Request, in *wire.Received, key wire.Credentials) *http.Request {
	d := &wire.Draft{
		Method: r.Method, Path: "/", Host: r.Host, Query: in.Query.Clone(), Form: in.Form.Clone(),
		Header: r.Header.Clone(), Scheme: in.Scheme, Credentials: key,
	}
	if in.Form == nil && len(in.Body) > 0 {
		d.Body = in.Body
	}
	for _, name := range []string{"Authorization", "Content-Length", "Accept-Encoding", "User-Agent"} {
		d.Header.Del(name)
	}
	d.Del("Signature")
	if a.do != nil {
		a.do(d)
	}
	if err := d.Sign(); err != nil {
		a.t.Errorf("sign anew: %v", err)
	}
	again, err := d.Request(r.Context(), "http://"+r.Host)
	if err != nil {
		a.t.Errorf("build anew: %v", err)
		return r
	}
	again.RemoteAddr = r.RemoteAddr
	return again
}

// emulatorKeys are the keys of the emulator's profile by id.
func emulatorKeys(t testing.TB) map[string]wire.Credentials {
	t.Helper()
	text, err := fixtures.Targets.ReadFile("targets/emulator.yaml")
	if err != nil {
		t.Fatal(err)
	}
	p, err := profile.Load("emulator.yaml", text)
	if err != nil {
		t.Fatal(err)
	}
	byName, err := p.Resolve(profile.Lookups{})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]wire.Credentials{}
	for _, c := range byName {
		out[c.AccessKeyID] = c
	}
	return out
}

// values changes the value of every own parameter.
func values(do func(name, value string) string) func(*wire.Draft) {
	return func(d *wire.Draft) {
		for _, list := range []wire.Params{d.Query, d.Form} {
			for i, p := range list {
				list[i].Value = do(p.Name, p.Value)
			}
		}
	}
}

// names renames parameters.
func names(do func(string) string) func(*wire.Draft) {
	return func(d *wire.Draft) {
		for _, list := range []wire.Params{d.Query, d.Form} {
			for i, p := range list {
				list[i].Name = do(p.Name)
			}
		}
	}
}

// refusing answers some requests with 400 by itself.
func refusing(when func(*wire.Received) bool) wrapper {
	return refusingAs(when, http.StatusBadRequest, "UnsupportedParameter", "The parameters is unsupported.")
}

func refusingAs(when func(*wire.Received) bool, status int, code, message string) wrapper {
	return func(h http.Handler) http.Handler {
		var count atomic.Uint64
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			intercepting(h, when, func(w http.ResponseWriter) {
				w.Header().Set("Content-Type", "application/json;charset=utf-8")
				w.WriteHeader(status)
				_, _ = io.WriteString(w, fmt.Sprintf(`{"RequestId":"00000000-0000-4000-8000-%012X","HostId":"%s","Code":"%s","Message":"%s"}`,
					count.Add(1), r.Host, code, message))
			}).ServeHTTP(w, r)
		})
	}
}

// intercepting answers some requests in place of the target.
func intercepting(h http.Handler, when func(*wire.Received) bool, answer func(http.ResponseWriter)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(text))
		r.ContentLength = int64(len(text))
		in, err := wire.Receive(r, 1<<20)
		r.Body = io.NopCloser(bytes.NewReader(text))
		if err != nil || !when(in) {
			h.ServeHTTP(w, r)
			return
		}
		answer(w)
	})
}
