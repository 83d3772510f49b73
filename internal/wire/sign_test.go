package wire

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func worked(scheme Scheme, method string) Call {
	return Call{
		Operation: "UpdateDataCache", Version: "2018-08-08", Method: method, Scheme: scheme,
		Params: Params{
			{"RegionId", "cn-hangzhou"}, {"DataCacheId", "edc-bp15l4vvys94oo000000"}, {"Name", "new name*x~中"},
		},
		Format: "JSON", Nonce: "0123456789abcdef0123456789abcdef",
		Time:        time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC),
		Host:        "eci.cn-hangzhou.aliyuncs.com",
		Credentials: Credentials{AccessKeyID: "testAccessKeyId", AccessKeySecret: "testAccessKeySecret"},
	}
}

const workedText = "&%2F&AccessKeyId%3DtestAccessKeyId%26Action%3DUpdateDataCache%26DataCacheId%3Dedc-bp15l4vvys94oo000000" +
	"%26Format%3DJSON%26Name%3Dnew%2520name%252Ax~%25E4%25B8%25AD%26RegionId%3Dcn-hangzhou%26SignatureMethod%3DHMAC-SHA1" +
	"%26SignatureNonce%3D0123456789abcdef0123456789abcdef%26SignatureVersion%3D1.0" +
	"%26Timestamp%3D2026-01-02T03%253A04%253A05Z%26Version%3D2018-08-08"

// The published vectors of signature v1 and the worked example of this API.
func TestSignV1(t *testing.T) {
	t.Parallel()
	regions := Call{
		Operation: "DescribeRegions", Version: "2014-05-26", Method: "GET", Format: "XML",
		Nonce: "3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf", Time: time.Date(2016, 2, 23, 12, 46, 24, 0, time.UTC),
		Credentials: Credentials{AccessKeyID: "testid", AccessKeySecret: "testsecret"},
	}
	hosts := Call{
		Operation: "DescribeDedicatedHosts", Version: "2014-05-26", Method: "GET", Format: "JSON",
		Params: Params{{"RegionId", "cn-beijing"}},
		Nonce:  "edb2b34af0af9a6d14deaf7c1a5315eb", Time: time.Date(2023, 3, 13, 8, 34, 30, 0, time.UTC),
		Credentials: Credentials{AccessKeyID: "testid", AccessKeySecret: "testsecret"},
	}
	form := worked("", "POST")
	form.Form = true
	for name, test := range map[string]struct {
		call       Call
		text, want string
	}{
		"published DescribeRegions": {regions, "GET&%2F&AccessKeyId%3Dtestid%26Action%3DDescribeRegions%26Format%3DXML" +
			"%26SignatureMethod%3DHMAC-SHA1%26SignatureNonce%3D3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf%26SignatureVersion%3D1.0" +
			"%26Timestamp%3D2016-02-23T12%253A46%253A24Z%26Version%3D2014-05-26", "OLeaidS1JvxuMvnyHOwuJ+uX5qY="},
		"published DescribeDedicatedHosts": {hosts, "GET&%2F&AccessKeyId%3Dtestid%26Action%3DDescribeDedicatedHosts%26Format%3DJSON" +
			"%26RegionId%3Dcn-beijing%26SignatureMethod%3DHMAC-SHA1%26SignatureNonce%3Dedb2b34af0af9a6d14deaf7c1a5315eb" +
			"%26SignatureVersion%3D1.0%26Timestamp%3D2023-03-13T08%253A34%253A30Z%26Version%3D2014-05-26", "9NaGiOspFP5UPcwX8Iwt2YJXXuk="},
		"worked GET":  {worked(V1, "GET"), "GET" + workedText, "QkLr+hYP+c1mNj6ByXWXXjgSyUY="},
		"worked POST": {worked(V1, "POST"), "POST" + workedText, "+IknQ+di+ff47VE1P0/FwGf/QOk="},
		"worked form": {form, "POST" + workedText, "+IknQ+di+ff47VE1P0/FwGf/QOk="},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := NewDraft(test.call)
			if got := string(stringToSignV1(d.Method, d.Query, d.Form)); got != test.text {
				t.Errorf("stringToSignV1() mismatch (-want +got):\n%s", cmp.Diff(test.text, got))
			}
			for range 2 { // signing again replaces the signature
				if err := d.Sign(); err != nil {
					t.Fatalf("Sign() = %v", err)
				}
			}
			if got, _ := d.Get("Signature"); got != test.want {
				t.Errorf("Sign() gave %q, want %q", got, test.want)
			}
			if got := d.Query.Count("Signature") + d.Form.Count("Signature"); got != 1 {
				t.Errorf("Sign() left %d signatures, want 1", got)
			}
		})
	}
}

const workedCanonical = `POST
/
DataCacheId=edc-bp15l4vvys94oo000000&Name=new%20name%2Ax~%E4%B8%AD&RegionId=cn-hangzhou
host:eci.cn-hangzhou.aliyuncs.com
x-acs-action:UpdateDataCache
x-acs-content-sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
x-acs-date:2026-01-02T03:04:05Z
x-acs-signature-nonce:0123456789abcdef0123456789abcdef
x-acs-version:2018-08-08

host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version
e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855`

// The published vector of ACS3 and the worked examples of this API.
func TestSignACS3(t *testing.T) {
	t.Parallel()
	instances := Call{
		Operation: "RunInstances", Version: "2014-05-26", Scheme: ACS3, NoFormat: true,
		Params: Params{{"ImageId", "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd"}, {"RegionId", "cn-shanghai"}},
		Nonce:  "3156853299f313e23d1673dc12e1703d", Time: time.Date(2023, 10, 26, 10, 22, 32, 0, time.UTC),
		Host:        "ecs.cn-shanghai.aliyuncs.com",
		Credentials: Credentials{AccessKeyID: "YourAccessKeyId", AccessKeySecret: "YourAccessKeySecret"},
	}
	form := worked(ACS3, "POST")
	form.Form = true
	const six = "host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version"
	for name, test := range map[string]struct {
		call                   Call
		id, signed             string
		canonical, hash, sig   string
		payload, payloadHeader string
	}{
		"published RunInstances": {
			call: instances, id: "YourAccessKeyId", signed: six,
			hash: "7ea06492da5221eba5297e897ce16e55f964061054b7695beedaac1145b1e259",
			sig:  "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0",
		},
		"worked example 1": {
			call: worked(ACS3, "POST"), id: "testAccessKeyId", signed: six, canonical: workedCanonical,
			hash: "fc75caa73270f3debedf81f82d86bd87a6b01176c11a5b2463cb2801967e9de9",
			sig:  "491f0400b67fac5f8400253652312cb6d180303ee3c6a11ac2556359b955fa1e",
		},
		"worked example 2": {
			call: form, id: "testAccessKeyId", signed: "content-type;" + six,
			payload:       "RegionId=cn-hangzhou&DataCacheId=edc-bp15l4vvys94oo000000&Name=new%20name%2Ax~%E4%B8%AD",
			payloadHeader: "e018028492ce99030f6326f8ba20ad80e43e82c827e1b7dae85c6218aa9f3a73",
			hash:          "f90ab798b693aab732c4da32b4971e66637bb7d2273a5c473d9c7d0a73417470",
			sig:           "bebb3b1c9b8749bbe97bb2e5a238b53060bbeda17360b8ead17058a88b8e3540",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := NewDraft(test.call)
			if err := d.Sign(); err != nil {
				t.Fatalf("Sign() = %v", err)
			}
			want := "ACS3-HMAC-SHA256 Credential=" + test.id + ",SignedHeaders=" + test.signed + ",Signature=" + test.sig
			if diff := cmp.Diff(want, d.Header.Get("Authorization")); diff != "" {
				t.Errorf("Sign() mismatch (-want +got):\n%s", diff)
			}
			if got := string(d.payload()); got != test.payload {
				t.Errorf("payload = %q, want %q", got, test.payload)
			}
			if got := d.Header.Get("x-acs-content-sha256"); test.payloadHeader != "" && got != test.payloadHeader {
				t.Errorf("x-acs-content-sha256 = %q, want %q", got, test.payloadHeader)
			}
			m := serverView(t, d)
			if test.canonical != "" && m.CanonicalRequest != test.canonical {
				t.Errorf("CanonicalRequest mismatch (-want +got):\n%s", cmp.Diff(test.canonical, m.CanonicalRequest))
			}
			if got, want := m.StringToSign, "ACS3-HMAC-SHA256\n"+test.hash; got != want {
				t.Errorf("StringToSign = %q, want %q", got, want)
			}
		})
	}
}

// serverView returns what a server that knows another secret calculates.
func serverView(t *testing.T, d *Draft) *Mismatch {
	t.Helper()
	err := receiveDraft(t, d).Verify("another secret")
	var m *Mismatch
	if !errors.As(err, &m) || m.Malformed {
		t.Fatalf("Verify(another secret) = %v, want a Mismatch", err)
	}
	return m
}

func receiveDraft(t testing.TB, d *Draft) *Received {
	t.Helper()
	r, err := d.Request(context.Background(), "http://127.0.0.1:1")
	if err != nil {
		t.Fatalf("Request() = %v", err)
	}
	in, err := Receive(r, 1<<20)
	if err != nil {
		t.Fatalf("Receive() = %v", err)
	}
	return in
}

func TestSignRefuses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		edit func(*Draft)
		want string
	}{
		"unknown scheme": {func(d *Draft) { d.Scheme = "acs4" }, `sign UpdateDataCache: unknown scheme "acs4"`},
		"no host":        {func(d *Draft) { d.Host = "" }, "sign UpdateDataCache: the draft has no host, and ACS3 signs it"},
	} {
		d := NewDraft(worked(ACS3, "POST"))
		test.edit(d)
		if err := d.Sign(); err == nil || err.Error() != test.want {
			t.Errorf("%s: Sign() = %v, want %q", name, err, test.want)
		}
	}
}
