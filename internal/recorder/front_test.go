package recorder_test

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/eci-conform/conform/internal/recorder"
)

// A Front answers whoever calls it, by its address or as a proxy to any host,
// and sends nothing on.
func TestFront(t *testing.T) {
	t.Parallel()
	a, err := recorder.NewAuthority(time.Now)
	if err != nil {
		t.Fatal(err)
	}
	f := recorder.NewFront(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, r.Method, " ", r.Host, r.URL.Path, " ", r.URL.RawQuery)
	}), a)
	s := httptest.NewServer(f)
	defer s.Close()
	defer f.Close()
	at, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(a.PEM())
	proxied := &http.Transport{Proxy: http.ProxyURL(at), TLSClientConfig: &tls.Config{RootCAs: roots}}
	defer proxied.CloseIdleConnections()
	for target, want := range map[string]string{
		s.URL + "/?Action=x":                                   "GET " + at.Host + "/ Action=x",
		"http://eci.invalid/?Action=x":                         "GET eci.invalid/ Action=x",
		"https://eci.cn-hangzhou.aliyuncs.invalid/?Action=x":   "GET eci.cn-hangzhou.aliyuncs.invalid/ Action=x",
		"https://eci.cn-hangzhou.aliyuncs.invalid:8443/?A=%2F": "GET eci.cn-hangzhou.aliyuncs.invalid:8443/ A=%2F",
	} {
		client := &http.Client{Transport: proxied}
		if target == s.URL+"/?Action=x" {
			client = s.Client()
		}
		resp, err := client.Get(target)
		if err != nil {
			t.Errorf("%s: %v", target, err)
			continue
		}
		got, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || string(got) != want {
			t.Errorf("%s: answered %q, %v, want %q", target, got, err, want)
		}
	}
	f.Close()
	proxied.CloseIdleConnections()
	if resp, err := (&http.Client{Transport: proxied}).Get("https://eci.cn-hangzhou.aliyuncs.invalid/"); err == nil {
		resp.Body.Close()
		t.Error("a tunnel is opened after the end")
	}
}
