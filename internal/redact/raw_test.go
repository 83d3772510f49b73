package redact_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/eci-conform/conform/internal/redact"
)

type holder struct{ X redact.Raw }

func TestRawPrintsNothing(t *testing.T) {
	t.Parallel()
	for want, x := range map[string]redact.Raw{
		"CreateImageCache 200":   {Method: "GET", Target: "/?Action=CreateImageCache&Password=hunter2&Signature=hunter2", Status: 200},
		"DescribeRegions 400":    {Header: http.Header{"X-Acs-Action": {"DescribeRegions"}, "Cookie": {"hunter2"}}, Status: 400, RespBody: []byte("hunter2")},
		"UpdateDataCache reset":  {Body: []byte("A=1&Action=UpdateDataCache&Password=hunter2"), Failure: redact.Reset},
		"request":                {Target: "/?Action=hunter2%20", Body: []byte("hunter2")},
		"request 500":            {Target: "/?Action=" + strings.Repeat("hunter", 20), Status: 500},
		"request timeout":        {Target: "/?Action=2hunter2", Failure: redact.Timeout},
		"DeleteImageCache reset": {Target: "/?hunter2&Action=DeleteImageCache", Failure: redact.Reset, Host: "hunter2"},
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%T %[1]v"} {
			for _, v := range []any{x, &x, []redact.Raw{x}, map[string]*redact.Raw{"k": &x}, struct{ X redact.Raw }{x}, struct{ X *redact.Raw }{&x}} {
				if got := fmt.Sprintf(verb, v); strings.Contains(strings.ToLower(got), "hunter") {
					t.Errorf("Sprintf(%s, %T) = %q", verb, v, got)
				}
			}
		}
		if got := fmt.Sprintf("%v|%+v|%#v|%s", x, &x, x, &x); got != strings.Join([]string{want, want, want, want}, "|") {
			t.Errorf("Sprintf() = %q, want %q four times", got, want)
		}
		var log bytes.Buffer
		for _, h := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
			slog.New(h).Info("exchange", "x", x, "p", &x, "g", []redact.Raw{x}, "s", struct{ X redact.Raw }{x})
		}
		asJSON, err := json.Marshal(map[string]any{"x": x, "p": &x, "l": []redact.Raw{x}})
		if err != nil {
			t.Fatal(err)
		}
		asXML, err := xml.Marshal(holder{x})
		if err != nil {
			t.Fatal(err)
		}
		if all := log.String() + string(asJSON) + string(asXML) + fmt.Errorf("exchange %v", x).Error(); strings.Contains(strings.ToLower(all), "hunter") || !strings.Contains(all, want) {
			t.Errorf("slog, json and xml wrote %s, want %q and nothing else of it", all, want)
		}
	}
}
