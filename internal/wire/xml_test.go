package wire

import (
	"strings"
	"testing"
)

// listing is the shape of a Describe answer.
func listing() *BodyShape {
	str, num := &BodyShape{}, &BodyShape{Lexical: Int32}
	tag := &BodyShape{Kind: Struct, Members: []BodyMember{{"Key", str}, {"Value", str}}}
	item := &BodyShape{Kind: Struct, Members: []BodyMember{
		{"ImageCacheId", str}, {"Size", num}, {"Flash", &BodyShape{Lexical: Bool}}, {"Ratio", &BodyShape{Lexical: Float}},
		{"Images", &BodyShape{Kind: List}}, {"Tags", &BodyShape{Kind: List, Items: tag}},
		{"DataSource", &BodyShape{Kind: Struct, Members: []BodyMember{{"Type", str}}}},
		{"Labels", &BodyShape{Kind: Mapped}},
	}}
	return &BodyShape{Kind: Struct, Members: []BodyMember{
		{"RequestId", str}, {"TotalCount", num}, {"NextToken", str}, {"ImageCaches", &BodyShape{Kind: List, Items: item}},
	}}
}

func TestDecodeXML(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ xml, json string }{
		"documented": {
			"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<DescribeImageCachesResponse>\n  <RequestId>R</RequestId>\n  <NextToken/>\n" +
				"  <TotalCount>2</TotalCount>\n  <ImageCaches><ImageCacheId>imc-1</ImageCacheId><Size>20</Size><Flash>true</Flash>" +
				"<Ratio>0.5</Ratio><Images>a</Images><Images>b</Images><Tags><Key>k</Key><Value></Value></Tags></ImageCaches>\n" +
				"  <ImageCaches><ImageCacheId>imc-2</ImageCacheId></ImageCaches>\n</DescribeImageCachesResponse>\n",
			`{"RequestId":"R","NextToken":"","TotalCount":2,"ImageCaches":[{"ImageCacheId":"imc-1","Size":20,"Flash":true,"Ratio":0.5,` +
				`"Images":["a","b"],"Tags":[{"Key":"k","Value":""}]},{"ImageCacheId":"imc-2","Images":[],"Tags":[]}]}`,
		},
		"error": {
			`<?xml version='1.0' encoding='utf-8'?><Error><RequestId>R</RequestId><HostId>h</HostId><Code>C</Code>` +
				`<Message>The input parameter &quot;X&quot; &lt;&#65;&#x42;&gt; &amp;c</Message></Error>`,
			`{"RequestId":"R","HostId":"h","Code":"C","Message":"The input parameter \"X\" <AB> &c","ImageCaches":[]}`,
		},
		"no declaration":     {"<a><RequestId>R</RequestId></a>", `{"RequestId":"R","ImageCaches":[]}`},
		"mark and comments":  {"\uFEFF<!-- x --><?pi y?><a><!-- x - y --><RequestId>R<!-- z -->S</RequestId><?pi?></a><!-- e -->", `{"RequestId":"RS","ImageCaches":[]}`},
		"cdata":              {"<a><RequestId>1<![CDATA[<b>&amp;]]>2</RequestId></a>", `{"RequestId":"1<b>&amp;2","ImageCaches":[]}`},
		"line ends in cdata": {"<a><RequestId><![CDATA[1\r\n2\r3]]></RequestId></a>", `{"RequestId":"1\n2\n3","ImageCaches":[]}`},
		"line ends":          {"<a><RequestId>1\r\n2\r3&#13;</RequestId></a>", `{"RequestId":"1\n2\n3\r","ImageCaches":[]}`},
		"spaces kept":        {"<a><RequestId> R </RequestId></a >", `{"RequestId":" R ","ImageCaches":[]}`},
		"attributes":         {`<a x="1" y = '2>'><RequestId z:z="&lt;"/></a>`, `{"RequestId":"","ImageCaches":[]}`},
		"unknown repeated":   {"<a><More>1</More><More>2</More><Once>3</Once><Deep><X>4</X></Deep></a>", `{"More":["1","2"],"Once":"3","Deep":{"X":"4"},"ImageCaches":[]}`},
		"unknown repeated 3": {"<a><M/><M><X>1</X></M><M/></a>", `{"M":["",{"X":"1"},""],"ImageCaches":[]}`},
		"wrong lexical":      {"<a><TotalCount>x</TotalCount></a>", `{"TotalCount":"x","ImageCaches":[]}`},
		"text for a struct":  {"<a><ImageCaches>x</ImageCaches></a>", `{"ImageCaches":["x"]}`},
		"struct for a text":  {"<a><RequestId><X>1</X></RequestId></a>", `{"RequestId":{"X":"1"},"ImageCaches":[]}`},
		"empty list":         {"<a><ImageCaches/></a>", `{"ImageCaches":[]}`},
		"first one empty":    {"<a><ImageCaches><Images/><Images>b</Images></ImageCaches></a>", `{"ImageCaches":[{"Images":["","b"],"Tags":[]}]}`},
		"empty struct, map":  {"<a><ImageCaches><DataSource/><Labels/></ImageCaches></a>", `{"ImageCaches":[{"DataSource":{},"Labels":{},"Images":[],"Tags":[]}]}`},
		"map":                {"<a><ImageCaches><Labels><x>1</x><y>2</y></Labels></ImageCaches></a>", `{"ImageCaches":[{"Labels":{"x":"1","y":"2"},"Images":[],"Tags":[]}]}`},
	} {
		e, err := DecodeXML([]byte(test.xml))
		if err != nil {
			t.Errorf("%s: DecodeXML() = %v", name, err)
			continue
		}
		v, err := e.Value(listing())
		if err != nil {
			t.Errorf("%s: Value() = %v", name, err)
			continue
		}
		if got := string(EncodeJSON(v)); got != test.json {
			t.Errorf("%s: Value() = %s, want %s", name, got, test.json)
		}
	}
}

func TestDecodeXMLRefuses(t *testing.T) {
	t.Parallel()
	many := "<a"
	for i := range 65 {
		many += " " + strings.Repeat("b", i+1) + "=''"
	}
	for body, want := range map[string]string{
		"":                                   "unexpected end",
		"text":                               "outside the root",
		"<a></a>x":                           "outside the root",
		"<a></a><b></b>":                     "outside the root",
		"<a>":                                "unexpected end",
		"<a":                                 "unexpected end",
		"<a><b></a></b>":                     "bad markup",
		"<a></ab>":                           "bad markup",
		"<a/ >":                              "bad markup",
		"<a>text<b/></a>":                    "text beside elements",
		"<a><b/>&#65;</a>":                   "text beside elements",
		`<!DOCTYPE a [<!ENTITY x "y">]><a/>`: "document type",
		"<a><!DOCTYPE b></a>":                "document type",
		"<a>&x;</a>":                         "unknown entity",
		"<a>&</a>":                           "unknown entity",
		"<a>&#0;</a>":                        "unknown entity",
		"<a>&#xFFFFFF;</a>":                  "unknown entity",
		"<a>&#xD800;</a>":                    "unknown entity",
		"<a>\x00</a>":                        "character that XML",
		"<a>\xff</a>":                        "invalid UTF-8",
		"<a>]]></a>":                         "]]> in text",
		"<a b=1/>":                           "bad markup",
		`<a b="1"c="2"/>`:                    "bad markup",
		`<a b="1" b="2"/>`:                   `duplicate attribute "b"`,
		`<a b="<"/>`:                         "bad markup",
		`<a b/>`:                             "bad markup",
		`<1/>`:                               "bad markup",
		many + "/>":                          "more than 64 attributes",
		`<?xml version="1.0" encoding="GBK"?><a/>`: "encoding other than UTF-8",
		`<?xml version="1.1"?><a/>`:                "bad markup",
		`<?xml encoding="UTF-8"?><a/>`:             "bad markup",
		` <?xml version="1.0"?><a/>`:               "bad markup",
		"<!-- a -- b --><a/>":                      "bad markup",
		"<!-- a":                                   "unexpected end",
		"<?pi":                                     "unexpected end",
		"<a><![CDATA[x</a>":                        "unexpected end",
		strings.Repeat("<a>", 513):                 "more than 512 levels",
		strings.Repeat(" ", 4<<20+1):               "more than 4194304 bytes",
		`{"Code":"x"}`:                             "outside the root",
		"<html><body>502<br></body></html>":        "bad markup",
	} {
		if e, err := DecodeXML([]byte(body)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("DecodeXML(%.40q) = %v, %v, want an error with %q", body, e, err, want)
		}
	}
}

func TestElementValueRefuses(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		"<a><RequestId>1</RequestId><RequestId>2</RequestId></a>",
		"<a><ImageCaches><Labels><x/><x/></Labels></ImageCaches></a>",
		"<a><ImageCaches><DataSource/><DataSource/></ImageCaches></a>",
	} {
		e, err := DecodeXML([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		if v, err := e.Value(listing()); err == nil {
			t.Errorf("Value(%s) = %s, want an error", body, EncodeJSON(v))
		}
	}
}

func TestEncodeXML(t *testing.T) {
	t.Parallel()
	v, err := DecodeJSON([]byte(`{"RequestId":"R","NextToken":"","L":[{"I":["a","b"]},{}],"Empty":[],"Null":null,"N":1.50,"B":true,` +
		`"#1x y":"<>&\"\u0000\r\n","":"e","LL":[[1],[2]]}`))
	if err != nil {
		t.Fatal(err)
	}
	want := `<?xml version="1.0" encoding="UTF-8"?><R><RequestId>R</RequestId><NextToken/><L><I>a</I><I>b</I></L><L/><N>1.50</N><B>true</B>` +
		"<_1x_y>&lt;&gt;&amp;\"\uFFFD&#13;\n</_1x_y><_>e</_><LL><LL>1</LL></LL><LL><LL>2</LL></LL></R>"
	if got := string(EncodeXML("R", v)); got != want {
		t.Errorf("EncodeXML() = %s\nwant %s", got, want)
	}
	if got := string(EncodeXML("R", nil)); got != xmlHead+"<R/>" {
		t.Errorf("EncodeXML(nil) = %s", got)
	}
}
