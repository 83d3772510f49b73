package replay

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eci-conform/conform/internal/redact"
	"github.com/eci-conform/conform/internal/wire"
)

// line is an exchange written by hand: a request, and an answer that is told
// by its RequestId.
type line struct {
	ask    string // operation and NAME=VALUE
	answer string // members of the body, besides RequestId
	status int    // 0 means 200, less than 0 that there was none
	sign   string
	xml    bool
}

func split(ask string) (op string, own wire.Params) {
	words := strings.Fields(ask)
	for _, w := range words[1:] {
		name, value, _ := strings.Cut(w, "=")
		own = append(own, wire.Param{Name: name, Value: strings.ReplaceAll(value, "_", " ")})
	}
	return words[0], own
}

// written is a recording of such lines, whose answers are A, B, C and so on.
func written(lines ...line) *memory {
	m := &memory{}
	for i, l := range lines {
		op, own := split(l.ask)
		r := redact.Record{
			Operation: op, Version: "2018-08-08", Params: own, Status: 200, Signature: redact.SignatureOK,
			Via: redact.Via{Method: "GET", Scheme: wire.V1, Format: "JSON"}, Header: params("Content-Type", typeJSON),
		}
		if l.sign != "" {
			r.Signature = l.sign
		}
		r.Answer = []byte(strings.TrimSuffix(`{"RequestId":"`+string(rune('A'+i))+`",`+l.answer, ",") + "}")
		if l.xml {
			r.Answer, r.Via.Format, r.Header = []byte(l.answer), "XML", params("Content-Type", typeXML)
		}
		switch {
		case l.status < 0:
			r.Status, r.Answer, r.Failure = 0, nil, redact.Reset
		case l.status > 0:
			r.Status = l.status
		}
		m.add(r)
	}
	return m
}

// told asks a player and returns the RequestIds of the answers, a dash for a
// miss and an x for none.
func told(t *testing.T, p *Player, asks ...string) string {
	t.Helper()
	c := &client{t: t, by: p, clock: newClock(), key: first, method: http.MethodGet, format: "JSON", nonces: &counter{}}
	out := ""
	for _, ask := range asks {
		op, own := split(ask)
		x := c.send(c.plain(op, own))
		switch {
		case x.Err != nil:
			out += "x"
		case x.Status == DefaultMissStatus:
			out += "-"
		default:
			out += text(decode(t, x.RespBody), "RequestId")
		}
	}
	return out
}

// plain is a request with these parameters and no others.
func (c *client) plain(op string, own wire.Params) *wire.Draft {
	c.t.Helper()
	d := wire.NewDraft(wire.Call{
		Host: "eci.example.com", Operation: op, Version: "2018-08-08", Params: own, Method: http.MethodGet, Format: c.format,
		Credentials: c.key, Nonce: "plain" + string(rune('a'+c.nonces.next())), Time: c.clock.Now(),
	})
	if err := d.Sign(); err != nil {
		c.t.Fatal(err)
	}
	return d
}

const (
	byID   = "DescribeImageCaches ImageCacheId=imc-1"
	byName = "DescribeImageCaches ImageCacheName=recorded"
	make1  = "CreateImageCache ImageCacheName=recorded"
	tagA   = "TagResources ResourceType=ImageCache ResourceId.1=imc-1 Tag.1.Key=a"
	tagB   = "TagResources ResourceType=ImageCache ResourceId.1=imc-1 Tag.1.Key=b"
	gone1  = "DeleteImageCache ImageCacheId=imc-1"
	data1  = "CreateDataCache Bucket=b Path=/p"
	data2  = "CreateDataCache Bucket=b Path=/q"
	seen1  = "DescribeDataCaches DataCacheId.1=edc-1"
	path1  = "DescribeDataCaches Bucket=b Path=/p"
	drop1  = "DeleteDataCache Bucket=b Path=/p"
)

func asked1(asks ...string) []line {
	out := make([]line, len(asks))
	for i, ask := range asks {
		out[i].ask = ask
		switch ask {
		case make1:
			out[i].answer = `"ImageCacheId":"imc-1"`
		case data1:
			out[i].answer = `"DataCacheId":"edc-1"`
		case data2:
			out[i].answer = `"DataCacheId":"edc-2"`
		}
	}
	return out
}

func TestCauseBeforeEffect(t *testing.T) {
	t.Parallel()
	failed := asked1(byID, gone1, byID)
	failed[1].status = 400
	lost := asked1(byID, gone1, byID)
	lost[1].status = -1
	for name, test := range map[string]struct {
		recorded []line
		asks     []string
		want     string
	}{
		"a change that was left out":                {asked1(tagA, byID, tagB, byID), []string{tagB, byID, tagA, byID, byID, tagB, byID}, "--ABBCD"},
		"polls stay ahead of a change":              {asked1(byID, gone1, byID), []string{byID, byID, gone1, byID, byID}, "AABCC"},
		"a refused change changes nothing":          {failed, []string{byID, byID, gone1, byID}, "ACBC"},
		"a change whose answer was lost may have":   {lost, []string{byID, byID, gone1, byID}, "AAxC"},
		"by name, changed by id":                    {asked1(make1, byName, gone1, byName), []string{make1, byName, byName, gone1, byName}, "ABBCD"},
		"by name, changed by an id of unknown name": {asked1(byName, gone1, byName), []string{byName, byName, gone1, byName}, "AABC"},
		"by id, changed by a name of its own":       {asked1(data1, data2, seen1, drop1, seen1), []string{data1, data2, seen1, seen1, drop1, seen1}, "ABCCDE"},
		"by an id of unknown name, changed by name": {asked1(seen1, drop1, seen1), []string{seen1, seen1, drop1, seen1}, "AABC"},
		"by two names, another has one of them":     {asked1(data1, path1, data2), []string{data1, data2, path1}, "ACB"},
		"a copy leaves its source alone": {
			asked1(seen1, "CopyDataCache DataCacheId=edc-1 DestinationRegionId=cn-beijing", seen1),
			[]string{seen1, seen1, "CopyDataCache DataCacheId=edc-1 DestinationRegionId=cn-beijing"}, "ACB"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := told(t, play(t, written(test.recorded...)), test.asks...); got != test.want {
				t.Errorf("answers %s, want %s", got, test.want)
			}
		})
	}
}

func TestMissNamesTheChange(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		recorded, asks []string
		want           string
	}{
		"what is not made yet": {[]string{make1, byID}, []string{byID}, "recorded only after exchange 1 (CreateImageCache), which was not made"},
		"what was made":        {[]string{byName, make1}, []string{make1, byName}, "recorded only before exchange 2 (CreateImageCache), which was made"},
		"what came out of turn": {[]string{data1, data2, "DescribeDataCaches"}, []string{data2, data1, "DescribeDataCaches"},
			"recorded after changes in another order: exchange 2 (CreateDataCache) came out of turn"},
	} {
		p := play(t, written(asked1(test.recorded...)...))
		told(t, p, test.asks...)
		if r := p.Report(); len(r.Unmatched) != 1 || r.Unmatched[0].Why != test.want {
			t.Errorf("%s: misses %+v, want one for %q", name, r.Unmatched, test.want)
		}
	}
}

func TestWhatIsBound(t *testing.T) {
	t.Parallel()
	fresh := func(ask string) string { return strings.ReplaceAll(ask, "recorded", "invented") }
	for name, test := range map[string]struct {
		recorded []string
		asks     []string
		want     string
	}{
		"where it comes first":     {[]string{make1, byName}, []string{fresh(make1), fresh(byName)}, "AB"},
		"not where it comes later": {[]string{make1, byName}, []string{fresh(byName)}, "-"},
		"not where it is written again": {[]string{data1 + " Name=recorded", "UpdateDataCache DataCacheId=edc-1 Name=recorded"},
			[]string{"UpdateDataCache DataCacheId=edc-1 Name=invented"}, "-"},
		"where it is first written":             {[]string{byName, make1}, []string{fresh(make1)}, "B"},
		"one name is one name":                  {[]string{make1, byName}, []string{fresh(make1), byName}, "A-"},
		"not what is recorded elsewhere":        {[]string{make1, "CreateImageCache ImageCacheName=second Flash=true"}, []string{"CreateImageCache ImageCacheName=second"}, "-"},
		"a name repeated in the request":        {[]string{make1 + " Tag.1.Value=recorded"}, []string{fresh(make1 + " Tag.1.Value=recorded")}, "A"},
		"no name repeated in the request":       {[]string{make1 + " Tag.1.Value=recorded"}, []string{fresh(make1) + " Tag.1.Value=recorded"}, "-"},
		"a name in another request":             {[]string{make1, tagA + " Tag.1.Value=recorded"}, []string{fresh(make1), tagA + " Tag.1.Value=invented"}, "AB"},
		"not a word in another request":         {[]string{make1, tagA + " Tag.1.Value=the_recorded,_mine"}, []string{fresh(make1), tagA + " Tag.1.Value=the_invented,_mine"}, "A-"},
		"not what is no name":                   {[]string{make1 + " Image.1=nginx"}, []string{fresh(make1) + " Image.1=redis"}, "-"},
		"the second of two, in recorded order":  {[]string{make1, "CreateImageCache ImageCacheName=second"}, []string{"CreateImageCache ImageCacheName=x", "CreateImageCache ImageCacheName=y", "CreateImageCache ImageCacheName=z"}, "AB-"},
		"a token beside a name that stays":      {[]string{make1 + " ClientToken=one", "CreateImageCache ImageCacheName=second ClientToken=two"}, []string{"CreateImageCache ImageCacheName=second ClientToken=three"}, "B"},
		"a JSON text in another order":          {[]string{make1 + ` Annotations={"a":1,"b":[2]}`}, []string{make1 + ` Annotations={"b":[2],"a":1}`}, "A"},
		"a JSON text with another value":        {[]string{make1 + ` Annotations={"a":1}`}, []string{make1 + ` Annotations={"a":2}`}, "-"},
		"what was replaced":                     {[]string{tagA + " Tag.1.Value=REDACTED-0001"}, []string{tagA + " Tag.1.Value=anything"}, "A"},
		"an unknown parameter, whatever it is":  {[]string{tagA + " Strange=REDACTED-text-0001"}, []string{tagA + " Strange=anything"}, "A"},
		"not without the unknown parameter":     {[]string{tagA + " Strange=REDACTED-text-0001"}, []string{tagA}, "-"},
		"a name that cannot be, with its value": {[]string{tagA + " Tag.0.Key=x"}, []string{tagA + " Tag.0.Key=y", tagA + " Tag.0.Key=x"}, "-A"},
		"an unknown operation, by its names":    {[]string{"CreateContainerGroup A=REDACTED-text-0001"}, []string{"CreateContainerGroup B=1", "CreateContainerGroup A=1", "CreateContainerGroup A=1"}, "-A-"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := told(t, play(t, written(asked1(test.recorded...)...)), test.asks...); got != test.want {
				t.Errorf("answers %s, want %s", got, test.want)
			}
		})
	}
}

func TestGoodSignatureIsNoBadOne(t *testing.T) {
	t.Parallel()
	l := asked1(byID)
	l[0].status, l[0].sign = 400, redact.SignatureBad
	if got := told(t, play(t, written(l...)), byID); got != "-" {
		t.Errorf("a good signature gets %s, the answer to a bad one", got)
	}
	l[0].status, l[0].sign = 200, redact.SignatureAbsent // from a server that does not look
	if got := told(t, play(t, written(l...)), byID); got != "A" {
		t.Errorf("a good signature gets %s, want the answer that came without one", got)
	}
}

func TestNonceOfARefusedRequest(t *testing.T) {
	t.Parallel()
	l := asked1(byID)
	l[0].status = 400
	p := play(t, written(l...))
	c := &client{t: t, by: p, clock: newClock(), key: first, format: "JSON", nonces: &counter{}}
	_, own := split(byID)
	d := c.plain("DescribeImageCaches", own)
	c.send(d)
	c.send(d)
	if r := p.Report(); len(r.NonceReused) > 0 {
		t.Errorf("the reuse was recorded, and is no departure:\n%s", r)
	}
}

func TestOnlyTextsAreRewritten(t *testing.T) {
	t.Parallel()
	const body = `"ImageCaches":[{"ImageCacheName":"Ready","Status":"Ready","ImageCacheId":"imc-1","Events":[{"Message":"made \u0052eady-made and Ready, so","Type":"Ready"}]}]`
	const document = `<?xml version="1.0"?><DescribeImageCachesResponse><RequestId>A</RequestId><ImageCaches>` +
		`<ImageCacheName>Ready</ImageCacheName><Status>Ready</Status></ImageCaches></DescribeImageCachesResponse>`
	for format, test := range map[string]struct{ recorded, want string }{
		"JSON": {body, `{"RequestId":"B",` + strings.Replace(body, `"ImageCacheName":"Ready"`, `"ImageCacheName":"new <name>"`, 1) + `}`},
		"XML":  {document, strings.Replace(document, "<ImageCacheName>Ready", "<ImageCacheName>new &lt;name&gt;", 1)},
	} {
		l := asked1("CreateImageCache ImageCacheName=Ready", byID)
		l[1].answer, l[1].xml = test.recorded, format == "XML"
		p := play(t, written(l...))
		c := &client{t: t, by: p, clock: newClock(), key: first, format: format, nonces: &counter{}}
		c.send(c.plain("CreateImageCache", params("ImageCacheName", "new <name>")))
		x := c.send(c.plain("DescribeImageCaches", params("ImageCacheId", "imc-1")))
		if diff := cmp.Diff(test.want, string(x.RespBody)); diff != "" {
			t.Errorf("%s: answer mismatch (-want +got):\n%s", format, diff)
		}
	}
}

// What a row of the contract quotes is a name where it is one; what nobody
// documents stays as it was recorded.
func TestNamesInAMessage(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]string{
		`The specified parameter \"recorded\" is not valid.`:   `The specified parameter "invented" is not valid.`,
		`The specified parameter \"recorded-2\" is not valid.`: `The specified parameter "recorded-2" is not valid.`,
		`the name \"recorded\" is of recorded.`:                `the name "recorded" is of recorded.`,
	} {
		l := asked1(make1, "DeleteImageCache ImageCacheId=imc-2")
		l[1].status, l[1].answer = 400, `"Message":"`+message+`","Code":"InvalidParameter"`
		p := play(t, written(l...))
		c := &client{t: t, by: p, clock: newClock(), key: first, format: "JSON", nonces: &counter{}}
		c.send(c.plain("CreateImageCache", params("ImageCacheName", "invented")))
		x := c.send(c.plain("DeleteImageCache", params("ImageCacheId", "imc-2")))
		if got := text(decode(t, x.RespBody), "Message"); got != want {
			t.Errorf("message %q, want %q", got, want)
		}
	}
}

func FuzzPlayer(f *testing.F) {
	f.Add("GET", "/?Action=DescribeImageCaches&ImageCacheId=imc-1", "", "")
	f.Add("POST", "/", "Action=CreateImageCache&Version=2018-08-08&ImageCacheName=x&Tag.0.Key=%zz", "application/x-www-form-urlencoded")
	p := play(f, written(asked1(make1, byName, byID, gone1, byID)...))
	f.Fuzz(func(t *testing.T, method, target, body, contentType string) {
		r := &http.Request{Method: method, URL: asURL(target), Host: "h", Header: http.Header{"Content-Type": {contentType}},
			Body: newBody([]byte(body)), ContentLength: int64(len(body))}
		resp, err := p.RoundTrip(r)
		if err == nil && resp.StatusCode == 0 {
			t.Error("an answer without a status")
		}
	})
}

func FuzzRewrite(f *testing.F) {
	f.Add([]byte(`{"a":["recorded",{"b\"":"x"}],"c":1}`))
	f.Add([]byte(`<a><b>recorded</b><!-- <c> --><c><![CDATA[recorded]]></c></a>`))
	f.Fuzz(func(t *testing.T, body []byte) {
		same := func(_, s string) string { return s }
		if got := rewriteJSON(body, nil, same); string(got) != string(body) {
			t.Errorf("JSON %q becomes %q", body, got)
		}
		if got := rewriteXML(body, nil, same); string(got) != string(body) {
			t.Errorf("XML %q becomes %q", body, got)
		}
	})
}

// A placeholder is not passed off as the answer that was recorded.
func TestUnreadAnswer(t *testing.T) {
	t.Parallel()
	m := written(line{ask: "DescribeRegions"}, line{ask: "DescribeImageCaches RegionId=a"})
	r := m.entries[1].Record
	r.Answer, r.UnreadAnswer = []byte("REDACTED-text-0001"), redact.UnreadPacked
	m = written(line{ask: "DescribeRegions"})
	m.add(r)
	p, err := New(m, Options{Contract: theContract(t)})
	if err != nil {
		t.Fatal(err)
	}
	c := &client{t: t, by: p, clock: newClock(), key: first, method: http.MethodGet, format: "JSON", nonces: &counter{}}
	op, own := split("DescribeImageCaches RegionId=a")
	x := c.send(c.plain(op, own))
	got := decode(t, x.RespBody)
	want := "exchange 2 is recorded without its answer: compressed in a way that is not undone, or damaged"
	if x.Status != DefaultMissStatus || text(got, "Code") != UnreadCode || text(got, "Message") != want {
		t.Errorf("status %d, %s", x.Status, x.RespBody)
	}
	if report := p.Report(); report.ExitCode() != 1 || len(report.Unmatched) != 1 || report.Unmatched[0].Why != want {
		t.Errorf("Report() = %+v", report)
	}
}
