// Package govcr takes recordings over from cassettes of go-vcr, versions 1 and
// 2 of its format.
package govcr

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/eci-conform/conform/internal/redact"
	"github.com/eci-conform/conform/internal/wire"
)

// file is what a file has of what is taken over.
type file struct {
	Version      int           `yaml:"version"`
	Interactions []interaction `yaml:"interactions"`
}

type interaction struct {
	Request struct {
		Method  string      `yaml:"method"`
		URL     string      `yaml:"url"`
		Host    string      `yaml:"host"`
		Body    string      `yaml:"body"`
		Form    url.Values  `yaml:"form"`
		Headers http.Header `yaml:"headers"`
	} `yaml:"request"`
	Response struct {
		Code         int         `yaml:"code"`
		Body         string      `yaml:"body"`
		Headers      http.Header `yaml:"headers"`
		Uncompressed bool        `yaml:"uncompressed"`
		Duration     string      `yaml:"duration"` // empty where it was not taken
	} `yaml:"response"`
}

// maxFile is the largest file that is read, in bytes.
const maxFile = 256 << 20

// Read returns the exchanges of a go-vcr cassette in its order, secrets and
// all. Such a cassette does not say when it was recorded: exchanges begin at
// the time given, one when the one before has ended. Errors name the line, or
// the interaction from 1 and its field.
func Read(name string, r io.Reader, begin time.Time) ([]redact.Raw, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err == nil && len(text) > maxFile {
		err = fmt.Errorf("more than %d bytes", maxFile)
	}
	if err != nil {
		return nil, fmt.Errorf("read go-vcr cassette %s: %w", name, err)
	}
	var f file
	if err := yaml.Unmarshal(text, &f); err != nil {
		return nil, placed(name, err)
	}
	if f.Version != 1 && f.Version != 2 {
		return nil, fmt.Errorf("read go-vcr cassette %s: want version 1 or 2", name)
	}
	var all []redact.Raw
	for i := range f.Interactions {
		raw, err := f.Interactions[i].raw()
		if err != nil {
			return nil, fmt.Errorf("read go-vcr cassette %s: interaction %d: %w", name, i+1, err)
		}
		raw.Start = begin
		begin = begin.Add(raw.Duration)
		all = append(all, raw)
	}
	return all, nil
}

// placed keeps the line of an error in YAML, and nothing that the file says.
func placed(name string, err error) error {
	for _, word := range strings.Fields(err.Error()) {
		if n, ok := strings.CutSuffix(word, ":"); ok && n != "" && strings.Trim(n, "0123456789") == "" {
			return fmt.Errorf("read go-vcr cassette %s:%s: want a cassette in YAML", name, n)
		}
	}
	return fmt.Errorf("read go-vcr cassette %s: want a cassette in YAML", name)
}

func (x *interaction) raw() (redact.Raw, error) {
	u, err := url.Parse(x.Request.URL)
	if err != nil || u.Host == "" {
		return redact.Raw{}, errors.New("request.url: want http://HOST/…")
	}
	took, err := time.ParseDuration(cmp.Or(x.Response.Duration, "0"))
	if err != nil || took < 0 {
		return redact.Raw{}, errors.New("response.duration: want a time such as 3ms")
	}
	raw := redact.Raw{
		Method: x.Request.Method, Target: u.RequestURI(), Host: u.Host, Header: canonical(x.Request.Headers), Body: []byte(x.Request.Body),
		Status: x.Response.Code, RespHeader: canonical(x.Response.Headers), RespBody: []byte(x.Response.Body),
		FirstByte: took, Duration: took, Beside: x.beside(u.User),
	}
	if raw.Status != 0 && !redact.IsStatus(raw.Status) {
		return redact.Raw{}, errors.New("response.code: want 200 to 999, or 0 for none")
	}
	if raw.Status == 0 {
		raw.Failure = redact.Broken
	}
	if x.Request.Host != "" {
		raw.Host = x.Request.Host
	}
	// Before version 2 a form may be kept without the body; with a query it
	// is the query's.
	if len(raw.Body) == 0 && len(x.Request.Form) > 0 && u.RawQuery == "" && raw.Method == http.MethodPost {
		raw.Body = []byte(x.Request.Form.Encode())
	}
	if x.Response.Uncompressed {
		raw.RespHeader.Del("Content-Encoding")
	}
	return raw, nil
}

// beside is what an interaction tells once more: a cassette whose URL was
// cleaned has the secret in its form.
func (x *interaction) beside(user *url.Userinfo) (out wire.Params) {
	if password, ok := user.Password(); ok {
		out = append(out, wire.Param{Name: "Password", Value: password})
	}
	for _, name := range slices.Sorted(maps.Keys(x.Request.Form)) {
		for _, value := range x.Request.Form[name] {
			out = append(out, wire.Param{Name: name, Value: value})
		}
	}
	return out
}

func canonical(h http.Header) http.Header {
	out := http.Header{}
	for name, values := range h {
		for _, v := range values {
			out.Add(name, v)
		}
	}
	return out
}
