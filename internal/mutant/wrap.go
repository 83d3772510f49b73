package mutant

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// answer is what goes out, before it does.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// recorder keeps an answer.
type recorder struct {
	answer
	began bool
}

func (r *recorder) Header() http.Header { return r.header }

func (r *recorder) WriteHeader(status int) {
	if !r.began {
		r.began, r.status = true, status
	}
}

func (r *recorder) Write(b []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	r.body = append(r.body, b...)
	return len(b), nil
}

// answering makes a wrapper that changes answers when they are written down.
func answering(do func(*http.Request, *answer)) func(http.Handler) http.Handler {
	return func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			rec := &recorder{answer: answer{header: http.Header{}}}
			h.ServeHTTP(rec, r)
			do(r, &rec.answer)
			rec.header.Set("Content-Length", strconv.Itoa(len(rec.body)))
			maps.Copy(w.Header(), rec.header)
			w.WriteHeader(rec.status)
			// The client may be gone; there is nobody left to tell.
			_, _ = w.Write(rec.body)
		})
	}
}

// plusIsPlus reads a + in a query or form as a plus sign.
func plusIsPlus(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r = r.Clone(r.Context())
		r.URL.RawQuery = strings.ReplaceAll(r.URL.RawQuery, "+", "%2B")
		if r.Body != nil && strings.Contains(r.Header.Get("Content-Type"), "form") {
			// What cannot be read is the emulator's to refuse.
			text, err := io.ReadAll(r.Body)
			if err == nil {
				text = bytes.ReplaceAll(text, []byte("+"), []byte("%2B"))
			}
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
		}
		h.ServeHTTP(w, r)
	})
}

// memory is what a mutant remembers of earlier requests.
type memory[T any] struct {
	mu   sync.Mutex
	list []T
}

func (m *memory[T]) add(v ...T) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.list = append(m.list, v...)
}

func (m *memory[T]) all() []T {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]T(nil), m.list...)
}
