package wire

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func text(names ...string) []Member {
	var out []Member
	for _, name := range names {
		out = append(out, Member{name, &Shape{}})
	}
	return out
}

func number32() *Shape                      { return &Shape{Lexical: Int32} }
func structOf(members ...Member) *Shape     { return &Shape{Kind: Struct, Members: members} }
func listOf(items *Shape) *Shape            { return &Shape{Kind: List, Items: items} }
func structList(names ...string) *Shape     { return listOf(structOf(text(names...)...)) }
func with(m []Member, n ...Member) []Member { return append(m, n...) }

// everything has a parameter of every form that the captures use.
func everything() *Shape {
	probe := structOf(
		Member{"Exec", structOf(Member{"Command", listOf(nil)})},
		Member{"TimeoutSeconds", number32()},
	)
	return structOf(with(
		text("RegionId", "Bucket", "ClientToken", "Name", "Path", "ContainerGroupName", "DataCacheBucket", "EliminationStrategy",
			"ImageCacheId", "ImageCacheName", "SecurityGroupId", "VSwitchId", "ResourceType"),
		Member{"RetentionDays", number32()}, Member{"Size", number32()}, Member{"ImageCacheSize", number32()},
		Member{"Limit", number32()}, Member{"Big", &Shape{Lexical: Int64}}, Member{"Cpu", &Shape{Lexical: Float}},
		Member{"Flash", &Shape{Lexical: Bool}},
		Member{"Image", listOf(nil)}, Member{"ResourceId", listOf(nil)},
		Member{"Ids", &Shape{Kind: List, JSON: true, Comma: true}},
		Member{"Tag", structList("Key", "Value")},
		Member{"DataCacheId", &Shape{Kind: List, Comma: true}},
		Member{"AcrRegistryInfo", listOf(structOf(with(
			text("InstanceId", "RegionId"), Member{"Domain", &Shape{Kind: List, Comma: true}})...))},
		Member{"ImageRegistryCredential", structList("Password", "Server", "UserName")},
		Member{"DataSource", &Shape{Kind: Struct, JSON: true, Members: with(text("Type"),
			Member{"Options", &Shape{Kind: Mapped, JSON: true}})}},
		Member{"EipCreateParam", structOf(with(text("ISP", "InternetChargeType"), Member{"Bandwidth", number32()})...)},
		Member{"DnsConfig", structOf(Member{"NameServer", listOf(nil)}, Member{"Option", structList("Name", "Value")})},
		Member{"Container", listOf(structOf(with(text("Image", "Name"), Member{"Arg", listOf(nil)},
			Member{"EnvironmentVar", listOf(structOf(with(text("Key", "Value"), Member{"FieldRef", structOf(text("FieldPath")...)})...))},
			Member{"LivenessProbe", probe}, Member{"ReadinessProbe", probe})...))},
		Member{"Volume", listOf(structOf(with(text("Name", "Type"),
			Member{"HostPathVolume", structOf(text("Path")...)},
			Member{"NFSVolume", structOf(text("Path", "Server")...)})...))},
	)...)
}

var commonNames = []string{
	"Action", "Version", "AccessKeyId", "Signature", "SignatureMethod", "SignatureVersion", "SignatureNonce",
	"SignatureType", "Timestamp", "Format", "SecurityToken",
}

func isCommon(name string) bool { return slices.Contains(commonNames, name) }

// What real clients send decodes, and encodes to the same parameters, maps
// plain. The faults are those of the clients.
func TestDecodeCaptures(t *testing.T) {
	t.Parallel()
	faults := map[string][]string{
		"gov1_CreateContainerGroup": {
			"notScalar Container.1.LivenessProbe.Exec.Command Container.N.LivenessProbe.Exec.Command <[]string Value>",
			"notScalar Container.1.ReadinessProbe.Exec.Command Container.N.ReadinessProbe.Exec.Command <[]string Value>",
		},
		"popcore_GET_CreateDataCache": {
			"badJSON DataSource DataSource [object Object]", "notScalar EipCreateParam EipCreateParam [object Object]",
		},
		"popcore_POST_CreateDataCache": {
			"badJSON DataSource DataSource [object Object]", "notScalar EipCreateParam EipCreateParam [object Object]",
		},
		"popcore_POST_flatOptions": {"duplicate DataSource.Options.#6#repoId DataSource.Options y"},
	}
	shape := everything()
	// UpdateDataCache takes one id where DescribeDataCaches takes a list.
	single := everything()
	single.Members[single.find("DataCacheId")].Shape = &Shape{}
	for name, c := range captures(t) {
		s := shape
		if strings.Contains(name, "UpdateDataCache") {
			s = single
		}
		in := c.receive(t).API(isCommon)
		tree, got := Decode(in, s)
		if diff := cmp.Diff(faults[name], faultLines(got)); diff != "" {
			t.Errorf("%s: Decode() faults mismatch (-want +got):\n%s", name, diff)
		}
		var want []string
		for _, p := range in {
			if !slices.ContainsFunc(got, func(f Fault) bool { return f.Name == p.Name }) {
				p.Name = strings.ReplaceAll(p.Name, "#6#", "")
				if name == "popcore_POST_flatOptions" && p.Name == "DataSource.Options" {
					p = Param{"DataSource.Options.repoId", "x"}
				}
				want = append(want, p.Name+"="+p.Value)
			}
		}
		out := Encode(tree, s)
		if diff := cmp.Diff(sorted(want), sorted(lines(out))); diff != "" {
			t.Errorf("%s: Encode() mismatch (-want +got):\n%s", name, diff)
		}
		again, none := Decode(out, s)
		if diff := cmp.Diff(lines(out), lines(Encode(again, s))); diff != "" || len(none) > 0 {
			t.Errorf("%s: second Encode() mismatch, faults %v (-want +got):\n%s", name, none, diff)
		}
	}
}

func lines(p Params) []string {
	var out []string
	for _, q := range p {
		out = append(out, q.Name+"="+q.Value)
	}
	return out
}

func sorted(s []string) []string { slices.Sort(s); return s }

func faultLines(faults []Fault) []string {
	var out []string
	for _, f := range faults {
		out = append(out, fmt.Sprintf("%v %s %s %s", f.Kind, f.Name, f.Path, f.Value))
	}
	return out
}

// params reads a query-like text: a=b&c=d.
func params(s string) Params {
	p, err := parseParams(strings.ReplaceAll(s, "+", "%2B"))
	if err != nil {
		panic(err)
	}
	return p
}

func TestDecode(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		in     string
		leaves string
		faults []string
	}{
		"scalars":               {"Size=5&Name=x&Flash=true&Big=9223372036854775807&Cpu=0.5", "Name=x&Size=5&Big=9223372036854775807&Cpu=0.5&Flash=true", nil},
		"empty text":            {"Name=", "Name=", nil},
		"lists out of order":    {"Image.2=b&Image.1=a", "Image.1=a&Image.2=b", nil},
		"ten and more":          {"Image.1=1&Image.10=10&Image.2=2&Image.3=3&Image.4=4&Image.5=5&Image.6=6&Image.7=7&Image.8=8&Image.9=9", "Image.1=1&Image.2=2&Image.3=3&Image.4=4&Image.5=5&Image.6=6&Image.7=7&Image.8=8&Image.9=9&Image.10=10", nil},
		"nested lists":          {"Container.1.Arg.2=b&Container.1.Arg.1=a", "Container.1.Arg.1=a&Container.1.Arg.2=b", nil},
		"map plain":             {"DataSource.Options.repoId=x&DataSource.Options.a.b=y", "DataSource.Options.a.b=y&DataSource.Options.repoId=x", nil},
		"map prefixed":          {"DataSource.Options.#6#repoId=x", "DataSource.Options.repoId=x", nil},
		"map prefix of any":     {"DataSource.Options.#10#url=x", "DataSource.Options.url=x", nil},
		"map prefix as key":     {"DataSource.Options.#4##1#x=y", "DataSource.Options.#4##1#x=y", nil},
		"no prefix":             {"DataSource.Options.#x#y=1&DataSource.Options.##y=2", "DataSource.Options.##y=2&DataSource.Options.#x#y=1", nil},
		"json struct":           {`DataSource={"Type":"URL","Options":{"#6#repoId":"x","n":5,"b":true,"z":null}}`, "DataSource.Type=URL&DataSource.Options.b=true&DataSource.Options.n=5&DataSource.Options.repoId=x", nil},
		"json map":              {`DataSource.Options={"k":"v"}&DataSource.Options.l=w`, "DataSource.Options.k=v&DataSource.Options.l=w", nil},
		"json list":             {`Ids=["a","b"]`, "Ids.1=a&Ids.2=b", nil},
		"comma list":            {"Ids=a,b", "Ids.1=a&Ids.2=b", nil},
		"comma in struct":       {"AcrRegistryInfo.1.Domain=a,b", "AcrRegistryInfo.1.Domain.1=a&AcrRegistryInfo.1.Domain.2=b", nil},
		"unknown":               {"Nope=1&Name.=2&Tag.1.Nope=3&=4&name=5", "", []string{"unknown Nope Nope 1", "notScalar Name. Name 2", "unknown Tag.1.Nope Tag.N.Nope 3", "unknown   4", "unknown name name 5"}},
		"duplicate":             {"Name=a&Name=a&Image.1=x&Image.1=y", "Name=a&Image.1=x", []string{"duplicate Name Name a", "duplicate Image.1 Image.N y"}},
		"duplicate of map":      {`DataSource.Options.k=1&DataSource.Options.#1#k=2&DataSource={"Options":{"k":3}}`, "DataSource.Options.k=1", []string{"duplicate DataSource.Options.#1#k DataSource.Options 2", "duplicate DataSource DataSource.Options 3"}},
		"duplicate whole":       {`DataSource={}&DataSource={"Type":"a"}`, "", []string{`duplicate DataSource DataSource {"Type":"a"}`}},
		"gap":                   {"Tag.1.Key=a&Tag.3.Key=b&Tag.4.Key=c", "Tag.1.Key=a&Tag.2.Key=b&Tag.3.Key=c", []string{"gap Tag.3.Key Tag.N.Key b"}},
		"gap at the start":      {"Image.2=b", "Image.1=b", []string{"gap Image.2 Image.N b"}},
		"zero index":            {"Image.0=a&Tag.0.Key=b", "", []string{"zeroIndex Image.0 Image.N a", "zeroIndex Tag.0.Key Tag.N.Key b"}},
		"leading zero":          {"Image.01=a&Image.00=b", "", []string{"leadingZero Image.01 Image.N a", "leadingZero Image.00 Image.N b"}},
		"bad index":             {"Image.x=a&Image.=b&Image.-1=c&Image.+1=d&Image.１=e&Image.99999999999999999999=f&Image.2147483648=g", "", []string{"badIndex Image.x Image.N a", "badIndex Image. Image.N b", "badIndex Image.-1 Image.N c", "badIndex Image.+1 Image.N d", "badIndex Image.１ Image.N e", "badIndex Image.99999999999999999999 Image.N f", "badIndex Image.2147483648 Image.N g"}},
		"not scalar":            {"Image=a&Tag.1=b&EipCreateParam=c&Name.1=d&DataSource.Type.x=e", "", []string{"notScalar Image Image a", "notScalar Tag.1 Tag.N b", "notScalar EipCreateParam EipCreateParam c", "notScalar Name.1 Name d", "notScalar DataSource.Type.x DataSource.Type e"}},
		"bad json":              {`DataSource=[]&DataSource.Options="x"&Ids=[`, "", []string{"badJSON DataSource DataSource []", `badJSON DataSource.Options DataSource.Options "x"`, "badJSON Ids Ids ["}},
		"json with faults":      {`DataSource={"Type":{"x":1},"Options":{"a":["b"],"c":"d","":"e"},"Nope":1}`, "DataSource.Options.c=d", []string{`notScalar DataSource DataSource.Type {"x":1}`, `notScalar DataSource DataSource.Options ["b"]`, "unknown DataSource DataSource.Options e", "unknown DataSource DataSource.Nope 1"}},
		"empty key":             {"DataSource.Options.=x&DataSource.Options.#0#=y", "", []string{"unknown DataSource.Options. DataSource.Options x", "unknown DataSource.Options.#0# DataSource.Options y"}},
		"bad utf-8":             {"Name=%FF&%FF=a&Tag.1.Key=%C3%28", "", []string{"badUTF8 Name Name \xff", "badUTF8 \xff \xff a", "badUTF8 Tag.1.Key Tag.N.Key \xc3("}},
		"bad lexical":           {"Size=x&Big=1.5&Cpu=.5&Flash=TRUE", "Size=x&Big=1.5&Cpu=.5&Flash=TRUE", []string{"badInteger Size Size x", "badInteger Big Big 1.5", "badNumber Cpu Cpu .5", "badBoolean Flash Flash TRUE"}},
		"out of range":          {"Size=2147483648&Big=9223372036854775808&Limit=9223372036854775808&Cpu=1e999", "Size=2147483648&Limit=9223372036854775808&Big=9223372036854775808&Cpu=1e999", []string{"outOfRange32 Size Size 2147483648", "outOfRange64 Big Big 9223372036854775808", "outOfRange64 Limit Limit 9223372036854775808", "outOfRange64 Cpu Cpu 1e999"}},
		"nothing":               {"", "", nil},
		"struct of a list item": {"Tag.1.Value=v&Tag.1.Key=k", "Tag.1.Key=k&Tag.1.Value=v", nil},
	} {
		tree, faults := Decode(params(test.in), everything())
		if diff := cmp.Diff(test.faults, faultLines(faults)); diff != "" {
			t.Errorf("%s: Decode() faults mismatch (-want +got):\n%s", name, diff)
		}
		if diff := cmp.Diff(lines(params(test.leaves)), lines(tree.Leaves())); diff != "" {
			t.Errorf("%s: Leaves() mismatch (-want +got):\n%s", name, diff)
		}
		if diff := cmp.Diff(lines(tree.Leaves()), lines(Encode(tree, everything()))); diff != "" {
			t.Errorf("%s: Encode() mismatch (-leaves +encode):\n%s", name, diff)
		}
	}
}

// Many children must not cost the square of their number, nor be lost.
func TestDecodeMany(t *testing.T) {
	t.Parallel()
	const n = 20000
	var in Params
	for i := n; i > 0; i-- {
		in = append(in, Param{fmt.Sprintf("Tag.%d.Key", i), fmt.Sprint(i)}, Param{fmt.Sprintf("DataSource.Options.k%05d", i), fmt.Sprint(i)})
	}
	tree, faults := Decode(append(in, in[0], in[1]), everything())
	if len(faults) != 2 || faults[0].Kind != Duplicate || faults[1].Kind != Duplicate {
		t.Fatalf("Decode() faults = %v, want two duplicates", faults)
	}
	if got, _ := tree.Leaves().Get("Tag.12345.Key"); got != "12345" {
		t.Errorf("Tag.12345.Key is %q", got)
	}
	if got := len(tree.Leaves()); got != 2*n {
		t.Errorf("Leaves() = %d, want %d", got, 2*n)
	}
}

func TestDecodeNoShape(t *testing.T) {
	t.Parallel()
	tree, faults := Decode(Params{{"A", "b"}}, nil)
	if tree == nil || len(faults) != 1 || faults[0].Kind != Unknown {
		t.Errorf("Decode(nil shape) = %v, %v", tree, faults)
	}
}

func TestParseLexical(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]error{
		"0": nil, "-0": nil, "7": nil, "-7": nil, "2147483647": nil, "-2147483648": nil,
		"2147483648": ErrRange, "-2147483649": ErrRange, "99999999999999999999": ErrRange,
		"": ErrLexical, "-": ErrLexical, "+5": ErrLexical, "05": ErrLexical, "-05": ErrLexical, "00": ErrLexical, "1.0": ErrLexical,
		"1e3": ErrLexical, "0x10": ErrLexical, " 5": ErrLexical, "5 ": ErrLexical, "５": ErrLexical, "1_0": ErrLexical, "abc": ErrLexical, "--1": ErrLexical,
	} {
		if _, err := ParseInteger(text, 32); err != want {
			t.Errorf("ParseInteger(%q, 32) = %v, want %v", text, err, want)
		}
	}
	if n, err := ParseInteger("-9223372036854775808", 64); n != -1<<63 || err != nil {
		t.Errorf("ParseInteger(minimum) = %d, %v", n, err)
	}
	for text, ok := range map[string]bool{"true": true, "false": true, "True": false, "TRUE": false, "1": false, "yes": false, "": false, "true ": false} {
		if _, err := ParseBoolean(text); (err == nil) != ok {
			t.Errorf("ParseBoolean(%q) = %v, want ok %v", text, err, ok)
		}
	}
	for text, want := range map[string]error{
		"0": nil, "1.5": nil, "-1e3": nil, "2E-4": nil, "0.25": nil, "1e999": ErrRange,
		"": ErrLexical, ".5": ErrLexical, "5.": ErrLexical, "+1": ErrLexical, "01": ErrLexical, "NaN": ErrLexical, "Inf": ErrLexical, "0x1p3": ErrLexical, "1,5": ErrLexical, "1e": ErrLexical,
	} {
		if _, err := ParseNumber(text); err != want {
			t.Errorf("ParseNumber(%q) = %v, want %v", text, err, want)
		}
	}
}
