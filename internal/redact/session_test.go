package redact_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/eci-conform/conform/internal/redact"
	"github.com/eci-conform/conform/internal/wire"
)

func newSession(t testing.TB) *redact.Session {
	t.Helper()
	return rules(t).Session(redact.SessionOptions{Known: []wire.Credentials{key}, Begin: begin})
}

// answered returns how an answer to a request is recorded.
func answered(t testing.TB, s *redact.Session, op, contentType, body string) string {
	t.Helper()
	x := sent(t, wire.Call{Operation: op, Params: wire.Params{
		{Name: "RegionId", Value: "cn-hangzhou"}, {Name: "DataSource.Options.akSecret", Value: "planted-secret"},
		{Name: "ImageRegistryCredential.1.Password", Value: "planted-secret"}, {Name: "Odd", Value: "strange-value"},
	}})
	x.Status, x.RespBody, x.RespHeader = 200, []byte(body), http.Header{"Content-Type": {contentType}}
	return string(s.Exchange(x).Record().Answer)
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	s := rules(t)
	for name, test := range map[string]struct{ op, body, want string }{
		"nothing":               {"DescribeRegions", "", ""},
		"spaces":                {"DescribeRegions", " \n", " \n"},
		"spelling":              {"DescribeImageCaches", "{\"TotalCount\" :  1.0e1 ,\n\"RequestId\":\"\\u0041\\/\"}", "{\"TotalCount\" :  1.0e1 ,\n\"RequestId\":\"\\u0041\\/\"}"},
		"twice the same key":    {"DescribeImageCaches", `{"RequestId":"a","RequestId":"b"}`, `{"RequestId":"a","RequestId":"b"}`},
		"unknown":               {"DescribeImageCaches", `{"New":{"a":"x","b":[1,true,null,"x","y"]}}`, `{"New":{"a":"REDACTED-text-0002","b":[0,true,null,"REDACTED-text-0002","REDACTED-text-0003"]}}`},
		"unknown name":          {"DescribeImageCaches", `{"a b":"x"}`, `{"REDACTED-name-0001":"REDACTED-text-0002"}`},
		"secret by name":        {"DescribeImageCaches", `{"NewPassword":"xy"}`, `{"NewPassword":"REDACTED-0002"}`},
		"number for a list":     {"DescribeImageCaches", `{"ImageCaches":12}`, `{"ImageCaches":0}`},
		"object for a text":     {"DescribeImageCaches", `{"RequestId":{"a":"x"}}`, `{"RequestId":{"a":"REDACTED-text-0002"}}`},
		"echo in the known":     {"DescribeImageCaches", `{"RequestId":"a planted-secret"}`, `{"RequestId":"a REDACTED-0001"}`},
		"escaped echo":          {"DescribeImageCaches", `{"RequestId":"a planted\u002dsecret"}`, `{"RequestId":"a REDACTED-0001"}`},
		"echo of the unknown":   {"CreateImageCache", `{"Message":"what is strange-value?"}`, `{"Message":"what is REDACTED-text-0001?"}`},
		"JSON in a text":        {"DescribeDataCaches", `{"DataCaches":[{"DataSource":{"Options":"{\"options\": {\"akSecret\":\"abc\",\"path\":\"/a\",\"odd\":\"b\"}}"}}]}`, `{"DataCaches":[{"DataSource":{"Options":"{\"options\": {\"akSecret\":\"REDACTED-0002\",\"path\":\"/a\",\"odd\":\"REDACTED-text-0002\"}}"}}]}`},
		"id of a key in a text": {"CreateImageCache", `{"Message":"key LTAI5tAbCdEfGhIjKlMnOpQr is not known"}`, `{"Message":"key LTAIREDACTED000000000002 is not known"}`},
		"pair in a text":        {"CreateImageCache", `{"Message":"at https://u:pw@h/?accessToken=abcd&b=1"}`, `{"Message":"at https://u:REDACTED-0003@h/?accessToken=REDACTED-0002&b=1"}`},
		"whole placeholder":     {"CreateImageCache", `{"Message":"REDACTED-0007","Odd":"REDACTED-text-0009"}`, `{"Message":"REDACTED-0007","Odd":"REDACTED-text-0009"}`},
		"no JSON":               {"CreateImageCache", `{"RequestId":"a",}`, "REDACTED-text-0002"},
		"JSON and more":         {"CreateImageCache", `{"RequestId":"a"} {}`, "REDACTED-text-0002"},
		"no UTF-8":              {"CreateImageCache", "{\"RequestId\":\"a\xff\"}", "REDACTED-text-0002"},
		"text":                  {"CreateImageCache", "upstream planted-secret", "REDACTED-text-0002"},
		"HTML":                  {"CreateImageCache", "<html><br>x</html>", "REDACTED-text-0003"},
		"too deep":              {"CreateImageCache", strings.Repeat("[", 1000) + strings.Repeat("]", 1000), "REDACTED-text-0002"},
		"secret across values":  {"CreateImageCache", `{"RequestId":["planted-", "secret"]}`, `{"RequestId":["REDACTED-text-0002", "REDACTED-text-0003"]}`},
		"XML": {
			"DescribeImageCaches",
			"<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<DescribeImageCachesResponse>\n <RequestId>a&#x41;</RequestId>\n<ImageCaches><ImageCacheId>imc-1</ImageCacheId><Odd>b</Odd><Odd>12</Odd><Images>i</Images><Images>k</Images></ImageCaches></DescribeImageCachesResponse>",
			"<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<DescribeImageCachesResponse>\n <RequestId>a&#x41;</RequestId>\n<ImageCaches><ImageCacheId>imc-1</ImageCacheId><Odd>REDACTED-text-0002</Odd><Odd>0</Odd><Images>i</Images><Images>k</Images></ImageCaches></DescribeImageCachesResponse>",
		},
		"XML echo":        {"CreateImageCache", "<Error><Message>a planted&#45;secret &amp; b</Message></Error>", "<Error><Message>a REDACTED-0001 &amp; b</Message></Error>"},
		"XML mixed":       {"CreateImageCache", "<Error><Message>a<b/>planted-</Message></Error>", "REDACTED-text-0002"},
		"XML cut":         {"CreateImageCache", "<Error><Message>a", "REDACTED-text-0002"},
		"XML type":        {"CreateImageCache", "<!DOCTYPE a><Error/>", "REDACTED-text-0002"},
		"XML attribute":   {"CreateImageCache", `<Error a="b"><Message c='d'/></Error>`, `<Error><Message/></Error>`},
		"signed":          {"CreateImageCache", `{"Message":"Specified signature is not matched with our calculation. server string to sign is:GET&%2F&Password%3Dx"}`, `{"Message":"Specified signature is not matched with our calculation. server string to sign is:REDACTED-signed-0001"}`},
		"signed, new way": {"CreateImageCache", `{"Message":"oh GET&%2F&Password%3Dx"}`, `{"Message":"oh REDACTED-signed-0001"}`},
		"signed, ACS3":    {"CreateImageCache", `{"Message":"server StringToSign is [ACS3-HMAC-SHA256\nab] server CanonicalRequest is [GET\n/\nx=1] ."}`, `{"Message":"server StringToSign is [REDACTED-signed-0001] server CanonicalRequest is [REDACTED-signed-0002] ."}`},
	} {
		if got := answered(t, s.Session(redact.SessionOptions{Begin: begin}), test.op, "", test.body); got != test.want {
			t.Errorf("%s: Answer = %s\nwant %s", name, got, test.want)
		}
	}
}

func TestPlaceholdersAreTheSameForTheSame(t *testing.T) {
	t.Parallel()
	s := newSession(t)
	var got []string
	for _, password := range []string{"one", "two", "one", "", "REDACTED-0003", "three", "https://registry/three"} {
		x := sent(t, wire.Call{Operation: "CreateImageCache", Params: wire.Params{{Name: "ImageRegistryCredential.1.Password", Value: password}}})
		got = append(got, s.Exchange(x).Record().Params[0].Value)
	}
	want := []string{"REDACTED-0001", "REDACTED-0002", "REDACTED-0001", "", "REDACTED-0003", "REDACTED-0004", "https://REDACTED-0005"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("passwords mismatch (-want +got):\n%s", diff)
	}
	for _, p := range []string{"REDACTED-0001", "REDACTED-text-0012", "LTAIREDACTED000000000001", "https://REDACTED-0005", "REDACTED0000000000000000001="} {
		if !redact.IsPlaceholder(p) {
			t.Errorf("IsPlaceholder(%q) = false", p)
		}
	}
	for _, p := range []string{"", "REDACTED", "a REDACTED-0001", "REDACTED-0001 b", "LTAI5tAbCdEfGh"} {
		if redact.IsPlaceholder(p) {
			t.Errorf("IsPlaceholder(%q) = true", p)
		}
	}
}

// TestARequestIsTreatedForItself: what was secret in one request is no secret
// in the next, but in its answer.
func TestARequestIsTreatedForItself(t *testing.T) {
	t.Parallel()
	s := newSession(t)
	s.Exchange(sent(t, wire.Call{Operation: "CreateImageCache", Params: wire.Params{{Name: "ImageRegistryCredential.1.Password", Value: "a-common-word"}}}))
	x := sent(t, wire.Call{Operation: "CreateImageCache", Params: wire.Params{
		{Name: "ImageCacheName", Value: "a-common-word"}, {Name: "Image.1", Value: key.AccessKeySecret + "/a"},
	}})
	x.Status, x.RespBody = 200, []byte(`{"RequestId":"a-common-word"}`)
	rec := s.Exchange(x).Record()
	want := wire.Params{{Name: "Image.1", Value: "REDACTED-0002/a"}, {Name: "ImageCacheName", Value: "a-common-word"}}
	if diff := cmp.Diff(want, rec.Params); diff != "" {
		t.Errorf("Params mismatch (-want +got):\n%s", diff)
	}
	if want := `{"RequestId":"REDACTED-0001"}`; string(rec.Answer) != want {
		t.Errorf("Answer = %s, want %s", rec.Answer, want)
	}
}

func TestParameters(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		op   string
		in   wire.Param
		want wire.Param
	}{
		"known":               {"CreateImageCache", wire.Param{Name: "RegionId", Value: "zone"}, wire.Param{Name: "RegionId", Value: "zone"}},
		"of no operation":     {"Nope", wire.Param{Name: "RegionId", Value: "zone"}, wire.Param{Name: "RegionId", Value: "zone"}},
		"in other case":       {"CreateImageCache", wire.Param{Name: "regionid", Value: "zone"}, wire.Param{Name: "regionid", Value: "REDACTED-text-0001"}},
		"below a text":        {"CreateImageCache", wire.Param{Name: "RegionId.1", Value: "zone"}, wire.Param{Name: "RegionId.1", Value: "REDACTED-text-0001"}},
		"with a dot":          {"CreateImageCache", wire.Param{Name: "RegionId.", Value: "zone"}, wire.Param{Name: "RegionId.", Value: "REDACTED-text-0001"}},
		"odd index":           {"CreateImageCache", wire.Param{Name: "Tag.-07.Key", Value: "zone"}, wire.Param{Name: "Tag.-07.Key", Value: "zone"}},
		"no index":            {"CreateImageCache", wire.Param{Name: "Tag.x.Key", Value: "zone"}, wire.Param{Name: "Tag.x.Key", Value: "REDACTED-text-0001"}},
		"a list as a text":    {"CreateImageCache", wire.Param{Name: "ImageRegistryCredential", Value: "pass"}, wire.Param{Name: "ImageRegistryCredential", Value: "REDACTED-text-0001"}},
		"a list as JSON":      {"CreateImageCache", wire.Param{Name: "ImageRegistryCredential", Value: `[{"Password":"pass","Server":"a"}]`}, wire.Param{Name: "ImageRegistryCredential", Value: `[{"Password":"REDACTED-0001","Server":"a"}]`}},
		"a secret by name":    {"CreateImageCache", wire.Param{Name: "My.Secret", Value: "pass"}, wire.Param{Name: "My.Secret", Value: "REDACTED-0001"}},
		"a name that is none": {"CreateImageCache", wire.Param{Name: "a b", Value: "true"}, wire.Param{Name: "REDACTED-name-0001", Value: "true"}},
		"a secret as a name":  {"CreateImageCache", wire.Param{Name: key.AccessKeySecret, Value: ""}, wire.Param{Name: "REDACTED-name-0001", Value: ""}},
		"a map's key":         {"CreateDataCache", wire.Param{Name: "DataSource.Options.path", Value: "/a"}, wire.Param{Name: "DataSource.Options.path", Value: "/a"}},
		"an unknown key":      {"CreateDataCache", wire.Param{Name: "DataSource.Options.new", Value: "/a"}, wire.Param{Name: "DataSource.Options.new", Value: "REDACTED-text-0001"}},
		"a key's id":          {"CreateDataCache", wire.Param{Name: "DataSource.Options.akId", Value: "ab"}, wire.Param{Name: "DataSource.Options.akId", Value: "REDACTED-0001"}},
		"with its length":     {"CreateDataCache", wire.Param{Name: "DataSource.Options.#8#akSecret", Value: "ab"}, wire.Param{Name: "DataSource.Options.#8#akSecret", Value: "REDACTED-0001"}},
		"a map as JSON":       {"CreateDataCache", wire.Param{Name: "DataSource.Options", Value: `{"akId": "ab","akSecret":"cd", "path":"/a","new":1,"x":{"y":"z"}}`}, wire.Param{Name: "DataSource.Options", Value: `{"akId": "REDACTED-0001","akSecret":"REDACTED-0002", "path":"/a","new":0,"x":{"y":"REDACTED-text-0001"}}`}},
		"a map as no JSON":    {"CreateDataCache", wire.Param{Name: "DataSource.Options", Value: `{"akSecret":"cd"`}, wire.Param{Name: "DataSource.Options", Value: "REDACTED-text-0001"}},
		"JSON in a text":      {"CreateImageCache", wire.Param{Name: "Annotations", Value: `{"a":"b","token":"cd","l":[1,"LTAI5tAbCdEfGhIjKlMnOpQr"]}`}, wire.Param{Name: "Annotations", Value: `{"a":"b","token":"REDACTED-0001","l":[1,"LTAIREDACTED000000000002"]}`}},
	} {
		x := sent(t, wire.Call{Operation: test.op, Params: wire.Params{test.in}})
		got := newSession(t).Exchange(x).Record().Params
		if diff := cmp.Diff(wire.Params{test.want}, got); diff != "" {
			t.Errorf("%s: mismatch (-want +got):\n%s", name, diff)
		}
	}
}

func TestAuthorization(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"ACS3-HMAC-SHA256": "ACS3-HMAC-SHA256",
		"ACS3-HMAC-SHA256 Credential=LTAI5tAbCdEfGhIjKlMnOpQr,SignedHeaders=host;x-acs-date,Signature=00112233445566778899aabbccddeeff": "ACS3-HMAC-SHA256 Credential=LTAIREDACTED000000000001,SignedHeaders=host;x-acs-date,Signature=REDACTED000000000000000000000001",
		"ACS3-HMAC-SHA256 Credential=, Else=secret": "ACS3-HMAC-SHA256 Credential=,Else=REDACTED-text-0001",
		"Bearer abc":   "Bearer REDACTED-0001",
		"Basic dTpwdw": "Basic REDACTED-0001",
		"secret":       "REDACTED-0001",
		"":             "",
	} {
		x := &redact.Raw{Method: "GET", Target: "/?Action=DescribeRegions", Header: http.Header{"Authorization": {in}}}
		rec := newSession(t).Exchange(x).Record()
		if got, _ := rec.Common.Get("authorization"); got != want {
			t.Errorf("authorization %q = %q, want %q", in, got, want)
		}
	}
}

func TestSignatures(t *testing.T) {
	t.Parallel()
	for _, scheme := range []wire.Scheme{wire.V1, wire.ACS3} {
		good := sent(t, wire.Call{Operation: "DescribeRegions", Scheme: scheme})
		other := sent(t, wire.Call{Operation: "DescribeRegions", Scheme: scheme, Credentials: wire.Credentials{AccessKeyID: "other", AccessKeySecret: "x"}})
		bad := sent(t, wire.Call{Operation: "DescribeRegions", Scheme: scheme, Credentials: wire.Credentials{AccessKeyID: key.AccessKeyID, AccessKeySecret: "x"}})
		none := &redact.Raw{Method: "GET", Target: "/?Action=DescribeRegions"}
		var got []string
		for _, x := range []*redact.Raw{good, other, bad, none} {
			rec := newSession(t).Exchange(x).Record()
			got = append(got, rec.Signature)
			if text := fmt.Sprintf("%+v", rec); strings.Contains(text, key.AccessKeyID) || strings.Contains(text, "Credential=other") {
				t.Errorf("%s: the record shows a key's id: %s", scheme, text)
			}
		}
		if want := []string{redact.SignatureOK, redact.SignatureUnchecked, redact.SignatureBad, redact.SignatureAbsent}; !slices.Equal(got, want) {
			t.Errorf("%s: Signature = %v, want %v", scheme, got, want)
		}
	}
}

func TestTries(t *testing.T) {
	t.Parallel()
	s := newSession(t)
	var got []int
	for _, step := range []struct {
		status  int
		failure redact.Failure
		lane    int
	}{{200, "", 0}, {200, "", 0}, {500, "", 0}, {0, redact.Reset, 0}, {200, "", 1}, {429, "", 0}, {200, "", 0}, {200, "", 0}} {
		x := sent(t, wire.Call{Operation: "DescribeRegions"})
		x.Status, x.Failure, x.Place.Lane = step.status, step.failure, step.lane
		got = append(got, s.Exchange(x).Record().Try)
	}
	if want := []int{1, 1, 1, 2, 1, 3, 4, 1}; !slices.Equal(got, want) {
		t.Errorf("Try = %v, want %v", got, want)
	}
}

// TestEveryWayIsTheSame sends one call in every way that the protocol has.
func TestEveryWayIsTheSame(t *testing.T) {
	t.Parallel()
	var want wire.Params
	for _, scheme := range []wire.Scheme{wire.V1, wire.ACS3} {
		for _, form := range []bool{false, true} {
			x := sent(t, wire.Call{Operation: "CreateImageCache", Scheme: scheme, Form: form, Method: "POST", Format: "JSON", Params: wire.Params{
				{Name: "RegionId", Value: "cn-hangzhou"}, {Name: "Image.2", Value: "b+ä"}, {Name: "Image.1", Value: "a b"},
			}})
			rec := newSession(t).Exchange(x).Record()
			if rec.Operation != "CreateImageCache" || rec.Version != "2018-08-08" || rec.Via != (redact.Via{Method: "POST", Form: form, Scheme: scheme, Format: "JSON"}) {
				t.Errorf("%s form=%v: %+v", scheme, form, rec)
			}
			if want == nil {
				want = rec.Params
			}
			if diff := cmp.Diff(want, rec.Params); diff != "" {
				t.Errorf("%s form=%v: Params mismatch (-want +got):\n%s", scheme, form, diff)
			}
		}
	}
	if want[0] != (wire.Param{Name: "Image.1", Value: "a b"}) {
		t.Errorf("Params = %v, want them sorted", want)
	}
}

func TestRequest(t *testing.T) {
	t.Parallel()
	x := sent(t, wire.Call{Operation: "CreateImageCache", Form: true, Params: wire.Params{{Name: "ImageRegistryCredential.1.Password", Value: "one"}}})
	req, err := http.NewRequest(x.Method, "http://127.0.0.1:1"+x.Target, bytes.NewReader(x.Body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = x.Header
	got, err := newSession(t).Request(req, x.Body)
	if err != nil {
		t.Fatal(err)
	}
	want := newSession(t).Exchange(x).Record()
	want.Start = 0
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Request() mismatch (-want +got):\n%s", diff)
	}
	if body, _ := io.ReadAll(req.Body); !bytes.Equal(body, x.Body) {
		t.Error("Request() read the request's body")
	}
	req.URL.RawQuery = "Action=DescribeRegions&Password=%zzhunter2"
	if got, err = newSession(t).Request(req, nil); !errors.Is(err, redact.ErrUnreadable) || strings.Contains(fmt.Sprint(got), "hunter") {
		t.Errorf("Request() = %+v, %v, want ErrUnreadable", got, err)
	}
}

func TestSessionIsConcurrent(t *testing.T) {
	t.Parallel()
	s := newSession(t)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 20 {
				password := fmt.Sprintf("password-%d-%d", i, j)
				x := sent(t, wire.Call{Operation: "CreateImageCache", Params: wire.Params{{Name: "ImageRegistryCredential.1.Password", Value: password}}})
				x.Status, x.RespBody = 400, []byte(`{"Message":"`+password+`"}`)
				if rec := s.Exchange(x).Record(); strings.Contains(string(rec.Answer), "password-") {
					t.Errorf("Answer = %s", rec.Answer)
				}
			}
		})
	}
	wg.Wait()
}

// jsonValue makes bodies of known and unknown members.
func jsonValue(depth int) *rapid.Generator[any] {
	leaf := rapid.OneOf(
		rapid.Map(rapid.StringMatching(`[ -~]{0,12}`), func(s string) any { return s }), rapid.Map(rapid.String(), func(s string) any { return s }),
		rapid.Map(rapid.Float64Range(-1e9, 1e9), func(f float64) any { return f }), rapid.Map(rapid.Bool(), func(b bool) any { return b }), rapid.Just[any](nil),
	)
	if depth == 0 {
		return leaf
	}
	names := rapid.SampledFrom([]string{"ImageCaches", "Events", "Message", "RequestId", "Tags", "Odd", "other", "Images", "AccessToken"})
	return rapid.OneOf(leaf,
		rapid.Map(rapid.SliceOfN(jsonValue(depth-1), 0, 4), func(l []any) any { return l }),
		rapid.Map(rapid.MapOfN(names, jsonValue(depth-1), 0, 4), func(m map[string]any) any { return m }))
}

// shapeOf is what must not change: the same members in the same order and
// spacing, values by their type.
func shapeOf(t testing.TB, body string) string {
	var b strings.Builder
	d := json.NewDecoder(strings.NewReader(body))
	var at int64
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return b.String()
		}
		if err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		gap := strings.TrimRight(body[at:d.InputOffset()], " \t\r\n")
		at = d.InputOffset()
		_, delim := token.(json.Delim)
		fmt.Fprintf(&b, "%T%v ", token, delim)
		b.WriteString(gap[:len(gap)-len(strings.TrimLeft(gap, " \t\r\n,:"))])
	}
}

func TestJSONKeepsItsShape(t *testing.T) {
	t.Parallel()
	r := rules(t)
	rapid.Check(t, func(rt *rapid.T) {
		object := rapid.MapOfN(rapid.SampledFrom([]string{"ImageCaches", "RequestId", "Odd"}), jsonValue(4), 1, 3).Draw(rt, "body")
		indent := rapid.SampledFrom([]string{"", " ", "\t", "\n  "}).Draw(rt, "indent")
		raw, err := json.MarshalIndent(object, indent, indent)
		if err != nil {
			rt.Fatal(err)
		}
		s := r.Session(redact.SessionOptions{Begin: begin})
		got := answered(t, s, "DescribeImageCaches", "application/json", string(raw))
		if want := shapeOf(t, string(raw)); shapeOf(t, got) != want {
			rt.Fatalf("shape of %s\nis %s\nwant that of %s\n%s", got, shapeOf(t, got), raw, want)
		}
		if again := answered(t, s, "DescribeImageCaches", "application/json", got); again != got {
			rt.Fatalf("redacted twice: %s\nonce: %s", again, got)
		}
	})
}
