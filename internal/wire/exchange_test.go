package wire

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

// clock ticks one second at each look.
func clock() func() time.Time {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	return func() time.Time { at = at.Add(time.Second); return at }
}

func TestDo(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		in, err := Receive(r, 1<<20)
		if err == nil {
			err = in.Verify("testAccessKeySecret")
		}
		if err != nil {
			t.Errorf("server: %v", err)
		}
		w.Header().Set("X-Served", "1")
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, `{"Code":"x"}`)
	}))
	defer server.Close()
	for _, scheme := range []Scheme{V1, ACS3} {
		for _, form := range []bool{false, true} {
			call := worked(scheme, "POST")
			call.Form = form
			d := NewDraft(call)
			if err := d.Sign(); err != nil {
				t.Fatal(err)
			}
			x := Do(context.Background(), d, Route{Transport: http.DefaultTransport, Endpoint: server.URL, Clock: clock()})
			if x.Err != nil || x.Status != 404 || string(x.RespBody) != `{"Code":"x"}` || x.RespHeader.Get("X-Served") != "1" {
				t.Errorf("%s: Do() = %+v", scheme, x)
			}
			if x.Duration != time.Second || x.Operation != "UpdateDataCache" || x.KeyID != "testAccessKeyId" || x.Scheme != scheme ||
				x.Format != "JSON" || len(x.Params) != 3 || x.Method != "POST" || !strings.HasPrefix(x.URL, server.URL+"/") {
				t.Errorf("%s: Do() = %+v", scheme, x)
			}
			if form != (len(x.Body) > 0) {
				t.Errorf("%s form=%v: Do() body = %q", scheme, form, x.Body)
			}
		}
	}
}

func TestDoErrors(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	answer := func(body io.Reader) roundTrip {
		return func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(body)}, nil
		}
	}
	for name, test := range map[string]struct {
		rt     roundTrip
		want   error
		status int
		body   int
	}{
		"no connection": {func(*http.Request) (*http.Response, error) { return nil, broken }, broken, 0, 0},
		"cut off":       {answer(io.MultiReader(strings.NewReader("half"), iotest.ErrReader(broken))), broken, 200, 4},
		"too large":     {answer(io.LimitReader(zeros{}, maxAnswer+1)), ErrBodyTooLarge, 200, maxAnswer},
		"just so":       {answer(io.LimitReader(zeros{}, maxAnswer)), nil, 200, maxAnswer},
	} {
		x := Do(context.Background(), NewDraft(worked(V1, "GET")), Route{Transport: test.rt, Endpoint: "http://127.0.0.1:1", Clock: clock()})
		if !errors.Is(x.Err, test.want) || x.Status != test.status || len(x.RespBody) != test.body {
			t.Errorf("%s: Do() = %v, status %d, %d bytes", name, x.Err, x.Status, len(x.RespBody))
		}
	}
	zero := roundTrip(func(*http.Request) (*http.Response, error) {
		return &http.Response{Header: http.Header{}, Body: http.NoBody}, nil
	})
	if x := Do(context.Background(), NewDraft(worked(V1, "GET")), Route{Transport: zero, Endpoint: "http://127.0.0.1:1", Clock: clock()}); x.Err == nil {
		t.Errorf("Do() of an answer with status 000 has no error")
	}
	if x := Do(context.Background(), NewDraft(worked(V1, "GET")), Route{Endpoint: "http://[", Clock: clock()}); x.Err == nil {
		t.Errorf("Do(bad endpoint) = nil")
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestReceiveRefuses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		query, contentType, body, want string
	}{
		"bad escape in a value": {"A=%zz", "", "", `read query: parameter "A": value: bad percent escape`},
		"bad escape in a name":  {"A=1&%=2", "", "", "read query: parameter 2: name: bad percent escape"},
		"cut escape":            {"A=%4", "", "", `read query: parameter "A": value: bad percent escape`},
		"bad escape in a form":  {"", formType, "B=%G0", `read form: parameter "B": value: bad percent escape`},
		"body over the limit":   {"", formType, "B=" + strings.Repeat("x", 99), "read body: body over the limit"},
	} {
		r := httptest.NewRequest("POST", "/", strings.NewReader(test.body))
		r.URL.RawQuery = test.query
		r.Header.Set("Content-Type", test.contentType)
		if _, err := Receive(r, 100); err == nil || err.Error() != test.want {
			t.Errorf("%s: Receive() = %v, want %q", name, err, test.want)
		}
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(test.body)), -1 // chunked
		if _, err := Receive(r, 100); err == nil || err.Error() != test.want {
			t.Errorf("%s, chunked: Receive() = %v, want %q", name, err, test.want)
		}
	}
	r := httptest.NewRequest("POST", "/", iotest.ErrReader(io.ErrUnexpectedEOF))
	r.ContentLength = -1
	if _, err := Receive(r, 100); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("Receive(cut body) = %v", err)
	}
}

func TestReceived(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest("POST", "/?A=1&&A=2&B&=x&C=a=b&Action=Q", strings.NewReader("D=+%2b&A=3"))
	r.Header.Set("Content-Type", "Application/X-WWW-Form-Urlencoded; charset=utf-8")
	in, err := Receive(r, 100)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(lines(in.API(isCommon)), "|"); got != "A=1|A=2|B=|=x|C=a=b|D= +|A=3" {
		t.Errorf("API() = %s", got)
	}
	if v, n := in.Common("A"); v != "1" || n != 3 {
		t.Errorf("Common(A) = %q, %d", v, n)
	}
	if v, n := in.Common("D"); v != " +" || n != 1 {
		t.Errorf("Common(D) = %q, %d", v, n)
	}
	if v, n := in.Common("X"); v != "" || n != 0 {
		t.Errorf("Common(X) = %q, %d", v, n)
	}
}

func TestReceivedScheme(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		query  string
		header http.Header
		want   Scheme
	}{
		"nothing":                    {"", http.Header{}, V1},
		"v1":                         {"Signature=x", http.Header{}, V1},
		"v1 with headers of the sdk": {"Signature=x", http.Header{"X-Acs-Action": {"A"}, "X-Acs-Date": {"d"}}, V1},
		"v1 unsigned":                {"", http.Header{"X-Acs-Action": {"A"}, "X-Acs-Version": {"1"}}, V1},
		"acs3":                       {"", http.Header{"Authorization": {"ACS3-HMAC-SHA256 Credential=a"}}, ACS3},
		"acs3 without authorization": {"", http.Header{"X-Acs-Date": {"d"}}, ACS3},
		"acs3 with a broken one":     {"", http.Header{"Authorization": {"Basic x"}, "X-Acs-Signature-Nonce": {"n"}}, ACS3},
		"acs3 with both":             {"Signature=x", http.Header{"Authorization": {"ACS3-HMAC-SM3 x"}}, ACS3},
		"not ours":                   {"", http.Header{"Authorization": {"Basic x"}}, V1},
	} {
		r := httptest.NewRequest("GET", "/?"+test.query, nil)
		r.Header = test.header
		in, err := Receive(r, 0)
		if err != nil || in.Scheme != test.want {
			t.Errorf("%s: Receive() = %q, %v, want %q", name, in.Scheme, err, test.want)
		}
		var m *Mismatch
		if err := in.Verify("secret"); !errors.As(err, &m) || m.Malformed != (test.query == "" || test.want == ACS3) {
			t.Errorf("%s: Verify() = %v (%+v)", name, err, m)
		}
	}
}

func TestReceivedACS3(t *testing.T) {
	t.Parallel()
	for accept, want := range map[string]string{
		"application/json": "JSON", "Application/JSON; q=1": "JSON", "text/xml": "XML", "application/xml": "XML",
		"": "", "*/*": "", "text/html": "text/html",
	} {
		d := NewDraft(worked(ACS3, "POST"))
		d.Header.Set("Accept", accept)
		d.Header.Add("X-Acs-Date", "again")
		if err := d.Sign(); err != nil {
			t.Fatal(err)
		}
		in := receiveDraft(t, d)
		if got, n := in.Common("Format"); got != want || n != min(len(want), 1) {
			t.Errorf("accept %q: Common(Format) = %q, %d, want %q", accept, got, n, want)
		}
		for name, want := range map[string]int{
			"Action": 1, "Version": 1, "Timestamp": 2, "SignatureNonce": 1, "AccessKeyId": 1, "Signature": 1, "SignatureMethod": 1, "SecurityToken": 0, "Nope": 0,
		} {
			if v, n := in.Common(name); n != want || (v == "") != (want == 0) {
				t.Errorf("Common(%s) = %q, %d, want %d", name, v, n, want)
			}
		}
	}
}
