package check

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/wire"
	"github.com/eci-conform/conform/spec"
)

var load = sync.OnceValues(func() (*contract.Contract, error) { return contract.Load(spec.Name, spec.OpenAPI) })

func theContract(t testing.TB) *contract.Contract {
	t.Helper()
	c, err := load()
	if err != nil {
		t.Fatalf("Load: %v", err)
	}
	return c
}

const (
	requestID   = "8906582E-6722-409A-A6C4-0E7863B733A5"
	goodJSON    = `{"RequestId":"` + requestID + `"}`
	goodXML     = `<DeleteImageCacheResponse><RequestId>` + requestID + `</RequestId></DeleteImageCacheResponse>`
	refusedJSON = `{"RequestId":"` + requestID + `","HostId":"h","Code":"InvalidParameter","Message":"no"}`
	refusedXML  = `<Error><RequestId>` + requestID + `</RequestId><HostId>h</HostId><Code>InvalidParameter</Code><Message>no</Message></Error>`
	jsonType    = "application/json;charset=utf-8"
	xmlType     = "text/xml"
)

// reply is an answer in a few words.
type reply struct {
	status int
	media  string
	body   string
	header http.Header // further ones
	err    error
}

func (r reply) exchange() *wire.Exchange {
	h := r.header.Clone()
	if h == nil {
		h = http.Header{}
	}
	if r.media != "" {
		h.Set("Content-Type", r.media)
	}
	return &wire.Exchange{
		Method: http.MethodPost, Operation: "DeleteImageCache", Status: r.status, RespHeader: h, RespBody: []byte(r.body), Err: r.err,
	}
}

func clauses(f []Finding) []string {
	var out []string
	for _, x := range f {
		out = append(out, x.Clause)
	}
	return out
}

func TestAnswerFindsWhatDeparts(t *testing.T) {
	t.Parallel()
	const (
		envelope = "common#envelope/"
		protocol = "common#protocol/"
	)
	secretJSON := strings.Replace(refusedJSON, `"no"`, `"your key is topsecret"`, 1)
	tests := []struct {
		name   string
		reply  reply
		expect Expect
		want   []string
	}{
		{"a success in JSON", reply{200, jsonType, goodJSON, nil, nil}, Expect{Format: "JSON"}, nil},
		{"a success in XML", reply{200, xmlType, goodXML, nil, nil}, Expect{Format: "XML"}, nil},
		{"the other XML type", reply{200, "application/xml; charset=UTF-8", goodXML, nil, nil}, Expect{Format: "XML"}, nil},
		{"an error in JSON", reply{400, jsonType, refusedJSON, nil, nil}, Expect{Format: "JSON"}, nil},
		{"an error in XML", reply{400, xmlType, refusedXML, nil, nil}, Expect{Format: "XML"}, nil},
		{"either format", reply{200, xmlType, goodXML, nil, nil}, Expect{}, nil},
		{"further members", reply{200, jsonType, `{"X":{"Y":[1]},"RequestId":"` + requestID + `"}`, nil, nil}, Expect{Format: "JSON"}, nil},
		{"a header that agrees", reply{200, jsonType, goodJSON, http.Header{"X-Acs-Request-Id": {requestID}}, nil}, Expect{Format: "JSON"}, nil},
		{"no answer", reply{err: errors.New("refused")}, Expect{Format: "JSON"}, nil},

		{"XML for JSON", reply{200, xmlType, goodXML, nil, nil}, Expect{Format: "JSON"}, []string{protocol + "format.json"}},
		{"JSON for XML", reply{200, jsonType, goodJSON, nil, nil}, Expect{Format: "XML"}, []string{protocol + "format.xml"}},
		{"JSON by default", reply{200, jsonType, goodJSON, nil, nil}, Expect{Format: "XML", Keyword: "format.default"}, []string{protocol + "format.default"}},
		{"an error in the other format", reply{400, jsonType, refusedJSON, nil, nil}, Expect{Format: "XML"}, []string{envelope + "error.format"}},
		{"an empty body", reply{200, jsonType, "", nil, nil}, Expect{Format: "JSON"}, []string{protocol + "format.json"}},
		{"an empty body in either format", reply{200, jsonType, "", nil, nil}, Expect{}, []string{envelope + "requestId.present"}},
		{"no JSON at all", reply{200, jsonType, "ok", nil, nil}, Expect{Format: "JSON"}, []string{protocol + "format.json"}},
		{"no object", reply{200, jsonType, `"ok"`, nil, nil}, Expect{Format: "JSON"}, []string{protocol + "format.json"}},
		{"broken XML", reply{200, xmlType, "<A><RequestId>", nil, nil}, Expect{Format: "XML"}, []string{protocol + "format.xml"}},
		{"a body cut off", reply{200, jsonType, goodJSON[:20], nil, errors.New("unexpected EOF")}, Expect{Format: "JSON"}, []string{protocol + "format.json"}},
		{"text for JSON", reply{200, "text/plain", goodJSON, nil, nil}, Expect{Format: "JSON"}, []string{envelope + "contentType.json"}},
		{"no type", reply{200, "", goodJSON, nil, nil}, Expect{Format: "JSON"}, []string{envelope + "contentType.json"}},
		{"JSON's type for XML", reply{200, jsonType, goodXML, nil, nil}, Expect{Format: "XML"}, []string{envelope + "contentType.xml"}},
		{"the root of an error", reply{200, xmlType, strings.ReplaceAll(goodXML, "DeleteImageCacheResponse", "Response"), nil, nil}, Expect{Format: "XML"}, []string{envelope + "xml.root"}},
		{"another root of an error", reply{400, xmlType, strings.ReplaceAll(refusedXML, "Error>", "Fault>"), nil, nil}, Expect{Format: "XML"}, []string{envelope + "xml.root"}},
		{"a key twice", reply{200, jsonType, `{"A":1,"A":2,"RequestId":"` + requestID + `"}`, nil, nil}, Expect{Format: "JSON"}, []string{envelope + "json.strict"}},
		{"something behind", reply{200, jsonType, goodJSON + "{}", nil, nil}, Expect{Format: "JSON"}, []string{protocol + "format.json"}},
		{"no RequestId", reply{200, jsonType, `{}`, nil, nil}, Expect{Format: "JSON"}, []string{envelope + "requestId.present"}},
		{"no RequestId in an error", reply{400, jsonType, strings.Replace(refusedJSON, "RequestId", "requestId", 1), nil, nil}, Expect{Format: "JSON"}, []string{envelope + "requestId.present"}},
		{"a RequestId in lower case", reply{200, jsonType, strings.ToLower(goodJSON[13:]), nil, nil}, Expect{}, nil}, // replaced below
		{"another RequestId in the header", reply{200, jsonType, goodJSON, http.Header{"X-Acs-Request-Id": {"other"}}, nil}, Expect{Format: "JSON"}, []string{envelope + "requestId.header"}},
		{"a success with a Code", reply{200, jsonType, refusedJSON, nil, nil}, Expect{Format: "JSON"}, []string{envelope + "success.noError"}},
		{"a redirect", reply{302, jsonType, refusedJSON, nil, nil}, Expect{Format: "JSON"}, []string{envelope + "error.status", "DeleteImageCache#error/unlisted"}},
		{"an error without HostId", reply{400, jsonType, strings.Replace(refusedJSON, `"HostId":"h",`, "", 1), nil, nil}, Expect{Format: "JSON"}, []string{envelope + "error.hostId"}},
		{"an error that no table has", reply{400, jsonType, strings.Replace(refusedJSON, "InvalidParameter", "Nonsense", 1), nil, nil}, Expect{Format: "JSON"}, []string{"DeleteImageCache#error/unlisted"}},
		{"a code with another status", reply{409, jsonType, refusedJSON, nil, nil}, Expect{Format: "JSON"}, []string{"DeleteImageCache#error/unlisted"}},
		{"a secret in the body", reply{400, jsonType, secretJSON, nil, nil}, Expect{Format: "JSON", Secrets: []string{"topsecret"}}, []string{protocol + "secrets.echo"}},
		{"a secret parameter in the body", reply{400, jsonType, secretJSON, nil, nil}, Expect{Format: "JSON", Quotable: []string{"topsecret"}}, []string{protocol + "secrets.echo"}},
		{"a secret in a header", reply{200, jsonType, goodJSON, http.Header{"X-Debug": {"k=topsecret"}}, nil}, Expect{Format: "JSON", Secrets: []string{"topsecret"}}, []string{protocol + "secrets.echo"}},
		{"a secret too short to tell", reply{400, jsonType, secretJSON, nil, nil}, Expect{Format: "JSON", Secrets: []string{"key"}}, nil},
	}
	c := theContract(t)
	for _, tt := range tests {
		if tt.name == "a RequestId in lower case" {
			tt.reply.body = strings.Replace(goodJSON, requestID, strings.ToLower(requestID), 1)
			tt.want = []string{envelope + "requestId.format"}
		}
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.expect.Operation = c.Operation("DeleteImageCache")
			_, found := New(c).Answer(tt.reply.exchange(), tt.expect)
			if diff := cmp.Diff(tt.want, clauses(found)); diff != "" {
				t.Errorf("Answer() mismatch (-want +got):\n%s\n%v", diff, found)
			}
		})
	}
}

func TestAnswerToAWrongSignatureMayQuote(t *testing.T) {
	t.Parallel()
	c := theContract(t)
	body := `{"RequestId":"` + requestID + `","HostId":"h","Code":"SignatureDoesNotMatch","Message":"Specified signature is not matched with our calculation. server string to sign is:GET&Password%3Dtopsecret"}`
	x := reply{400, jsonType, body, nil, nil}.exchange()
	_, found := New(c).Answer(x, Expect{Format: "JSON", Quotable: []string{"topsecret"}, Secrets: []string{"keysecret"}})
	if len(found) != 0 {
		t.Errorf("Answer() = %v, want no finding: the string to sign holds what was signed", found)
	}
	_, found = New(c).Answer(x, Expect{Format: "JSON", Secrets: []string{"topsecret"}})
	if got := clauses(found); !slices.Equal(got, []string{"common#protocol/secrets.echo"}) {
		t.Errorf("Answer() = %v, want the key's secret found", found)
	}
}

func TestAnswerChecksTheSchema(t *testing.T) {
	t.Parallel()
	c := theContract(t)
	op := c.Operation("DescribeRegions")
	good := `{"RequestId":"` + requestID + `","Regions":[{"RegionId":"cn-hangzhou","RegionEndpoint":"e","Zones":["z"]}]}`
	tests := []struct {
		name, body, clause, pointer string
	}{
		{"good", good, "", ""},
		{"a member missing", strings.Replace(good, `"RegionId":"cn-hangzhou",`, "", 1), "DescribeRegions#response/Regions.N.RegionId/required", "/body/Regions/0"},
		{"another type", strings.Replace(good, `"cn-hangzhou"`, "1", 1), "DescribeRegions#response/Regions.N.RegionId/type", "/body/Regions/0/RegionId"},
		{"no list", strings.Replace(good, `[{"RegionId":"cn-hangzhou","RegionEndpoint":"e","Zones":["z"]}]`, "{}", 1), "DescribeRegions#response/Regions/type", "/body/Regions"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, found := New(c).Answer(reply{200, jsonType, tt.body, nil, nil}.exchange(), Expect{Operation: op, Format: "JSON"})
			if tt.clause == "" {
				if len(found) > 0 {
					t.Fatalf("Answer() = %v, want no finding", found)
				}
				return
			}
			if len(found) != 1 || found[0].Clause != tt.clause {
				t.Fatalf("Answer() = %v, want one finding about %s", found, tt.clause)
			}
			if !strings.HasPrefix(found[0].Pointer, tt.pointer) {
				t.Errorf("Pointer = %s, want it below %s", found[0].Pointer, tt.pointer)
			}
		})
	}
}

func TestRequestIDIsUniqueInTheRun(t *testing.T) {
	t.Parallel()
	j := New(theContract(t))
	x := reply{200, jsonType, goodJSON, nil, nil}.exchange()
	const n = 8
	var found [n][]Finding
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { _, found[i] = j.Answer(x, Expect{Format: "JSON"}) })
	}
	wg.Wait()
	clean := 0
	for _, f := range found {
		if len(f) == 0 {
			clean++
		} else if f[0].Clause != "common#envelope/requestId.unique" {
			t.Errorf("finding %v, want requestId.unique", f)
		}
	}
	if clean != 1 {
		t.Errorf("%d of %d answers with one RequestId were clean, want 1", clean, n)
	}
}

func TestAnswerReadsThrottling(t *testing.T) {
	t.Parallel()
	throttled := strings.Replace(refusedJSON, "InvalidParameter", "Throttling.User", 1)
	tests := []struct {
		name   string
		reply  reply
		want   bool
		after  time.Duration
		status int
	}{
		{"by code", reply{400, jsonType, throttled, nil, nil}, true, 0, 400},
		{"by status", reply{429, jsonType, refusedJSON, nil, nil}, true, 0, 429},
		{"with a pause in milliseconds", reply{400, jsonType, throttled, http.Header{"X-Acs-Retry-After": {"250"}}, nil}, true, 250 * time.Millisecond, 400},
		{"with a pause in seconds", reply{400, jsonType, throttled, http.Header{"Retry-After": {"2"}}, nil}, true, 2 * time.Second, 400},
		{"with a pause that is none", reply{400, jsonType, throttled, http.Header{"Retry-After": {"-2"}}, nil}, true, 0, 400},
		{"a word that only starts alike", reply{400, jsonType, strings.Replace(refusedJSON, "InvalidParameter", "Throttlings", 1), nil, nil}, false, 0, 400},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a, _ := New(theContract(t)).Answer(tt.reply.exchange(), Expect{})
			if a.Throttled != tt.want || a.RetryAfter != tt.after {
				t.Errorf("Answer() throttled %v after %v, want %v after %v", a.Throttled, a.RetryAfter, tt.want, tt.after)
			}
		})
	}
}

func TestFoundShortensWhatWasGot(t *testing.T) {
	t.Parallel()
	clause := &contract.Clause{ID: "c", Level: contract.Should}
	f := Found(clause, "/body", "less", strings.Repeat("é", 400)+"\xff")
	if n := len([]rune(f.Got)); n != maxGot+1 || f.Level != contract.Should {
		t.Errorf("Found() kept %d characters at level %v, want %d at should", n, f.Level, maxGot+1)
	}
}

func TestLookup(t *testing.T) {
	t.Parallel()
	v, err := wire.DecodeJSON([]byte(`{"a":[{"b/c":1}]}`))
	if err != nil {
		t.Fatal(err)
	}
	for pointer, want := range map[string]bool{"": true, "/a/0/b~1c": true, "/a/1": false, "/a/x": false, "/b": false, "/a/0/b~1c/d": false} {
		if _, ok := Lookup(v, pointer); ok != want {
			t.Errorf("Lookup(%q) = %v, want %v", pointer, ok, want)
		}
	}
}
