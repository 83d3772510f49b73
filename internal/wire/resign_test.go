package wire_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/eci-conform/conform/internal/wire"
)

// received is a signed request as a server sees it.
func received(t *testing.T, c wire.Call) *wire.Received {
	t.Helper()
	d := wire.NewDraft(c)
	if err := d.Sign(); err != nil {
		t.Fatal(err)
	}
	r, err := d.Request(t.Context(), "http://"+c.Host)
	if err != nil {
		t.Fatal(err)
	}
	in, err := wire.Receive(r, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func TestResign(t *testing.T) {
	t.Parallel()
	key := wire.Credentials{AccessKeyID: "id", AccessKeySecret: "secret", SecurityToken: "token"}
	for _, form := range []bool{false, true} {
		in := received(t, wire.Call{
			Operation: "DescribeRegions", Version: "2018-08-08", Params: wire.Params{{Name: "A b", Value: "ü~*"}},
			Method: http.MethodPost, Form: form, Scheme: wire.ACS3, Format: "JSON", Credentials: key, Nonce: "n",
			Time: time.Unix(0, 0), Host: "127.0.0.1:1",
		})
		auth, err := in.Resign("eci.example.com", key)
		if err != nil {
			t.Fatal(err)
		}
		in.Header.Set("Authorization", auth)
		at := func(host string) error {
			r := &http.Request{
				Method: in.Method, Host: host, Header: in.Header, URL: &url.URL{Path: "/", RawQuery: query(in)},
				Body: io.NopCloser(bytes.NewReader(in.Body)), ContentLength: int64(len(in.Body)),
			}
			moved, err := wire.Receive(r, 1<<20)
			if err != nil {
				t.Fatal(err)
			}
			if moved.KeyID() != "id" {
				t.Errorf("KeyID() = %q, want id", moved.KeyID())
			}
			return moved.Verify("secret")
		}
		if err := at("eci.example.com"); err != nil {
			t.Errorf("form %v: at the other host: %v", form, err)
		}
		if at("127.0.0.1:1") == nil {
			t.Errorf("form %v: the new signature is good for the old host too", form)
		}
	}
}

// query writes a request's query.
func query(in *wire.Received) string {
	v := url.Values{}
	for _, p := range in.Query {
		v.Add(p.Name, p.Value)
	}
	return v.Encode()
}

func TestResignRefusesWhatIsNotACS3(t *testing.T) {
	t.Parallel()
	in := received(t, wire.Call{Operation: "DescribeRegions", Format: "JSON", Host: "127.0.0.1:1", Time: time.Unix(0, 0)})
	if auth, err := in.Resign("other", wire.Credentials{}); !errors.Is(err, wire.ErrNotACS3) || auth != "" {
		t.Errorf("Resign() = %q, %v, want ErrNotACS3", auth, err)
	}
	in = received(t, wire.Call{Operation: "DescribeRegions", Scheme: wire.ACS3, Format: "JSON", Host: "127.0.0.1:1", Time: time.Unix(0, 0)})
	in.Header.Del("X-Acs-Date")
	if _, err := in.Resign("other", wire.Credentials{}); !errors.Is(err, wire.ErrNotACS3) {
		t.Errorf("Resign() = %v without a signed header, want ErrNotACS3", err)
	}
}
