package replay

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	openapi "github.com/alibabacloud-go/darabonba-openapi/v2/client"
	eci3 "github.com/alibabacloud-go/eci-20180808/v3/client"
	"github.com/alibabacloud-go/tea/tea"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/auth/credentials"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/eci"
	"github.com/google/go-cmp/cmp"
)

// seen is what a client's session saw: ids, names, and its errors by code.
type seen []string

func (s *seen) add(values ...any) { *s = append(*s, fmt.Sprint(values...)) }

// generation1 is a session of the first SDK.
func generation1(t *testing.T, host, name string) (out seen) {
	t.Helper()
	c, err := eci.NewClientWithOptions("cn-hangzhou", sdk.NewConfig().WithScheme("HTTP").WithAutoRetry(false),
		credentials.NewAccessKeyCredential(first.AccessKeyID, first.AccessKeySecret))
	if err != nil {
		t.Fatal(err)
	}
	c.Domain = host
	create := eci.CreateCreateImageCacheRequest()
	create.SecurityGroupId, create.VSwitchId = "sg-emu-main", "vsw-emu-main"
	create.ImageCacheName, create.ClientToken = name, "token-of-"+name
	create.Image = []string{"nginx", "redis"}
	create.RetentionDays = requests.NewInteger(7)
	create.ImageRegistryCredential = &[]eci.CreateImageCacheImageRegistryCredential{{Server: "registry.example.com", UserName: "u", Password: "password-of-" + name}}
	created, err := c.CreateImageCache(create)
	if err != nil {
		t.Fatal(err)
	}
	out.add(created.ImageCacheId)
	describe := eci.CreateDescribeImageCachesRequest()
	describe.ImageCacheId = created.ImageCacheId
	described, err := c.DescribeImageCaches(describe)
	if err != nil || len(described.ImageCaches) != 1 {
		t.Fatalf("described %+v, %v", described, err)
	}
	out.add(described.ImageCaches[0].ImageCacheName == name, described.ImageCaches[0].Status)
	gone := eci.CreateDeleteImageCacheRequest()
	gone.ImageCacheId = created.ImageCacheId
	_, err = c.DeleteImageCache(gone)
	out.add(err)
	_, err = c.DeleteImageCache(gone)
	out.add(err != nil)
	return out
}

// generation2 is the same session of the second SDK.
func generation2(t *testing.T, host, name, algorithm string) (out seen) {
	t.Helper()
	config := &openapi.Config{
		AccessKeyId: tea.String(first.AccessKeyID), AccessKeySecret: tea.String(first.AccessKeySecret),
		Endpoint: tea.String(host), Protocol: tea.String("http"), RegionId: tea.String("cn-hangzhou"),
	}
	if algorithm != "" {
		config.SignatureAlgorithm = tea.String(algorithm)
	}
	c, err := eci3.NewClient(config)
	if err != nil {
		t.Fatal(err)
	}
	region := tea.String("cn-hangzhou")
	created, err := c.CreateImageCache(&eci3.CreateImageCacheRequest{
		RegionId: region, SecurityGroupId: tea.String("sg-emu-main"), VSwitchId: tea.String("vsw-emu-main"),
		ImageCacheName: tea.String(name), ClientToken: tea.String("token-of-" + name), RetentionDays: tea.Int32(7),
		Image: []*string{tea.String("nginx"), tea.String("redis")},
		ImageRegistryCredential: []*eci3.CreateImageCacheRequestImageRegistryCredential{{
			Server: tea.String("registry.example.com"), UserName: tea.String("u"), Password: tea.String("password-of-" + name)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	id := created.Body.ImageCacheId
	out.add(*id)
	described, err := c.DescribeImageCaches(&eci3.DescribeImageCachesRequest{RegionId: region, ImageCacheId: id})
	if err != nil || len(described.Body.ImageCaches) != 1 {
		t.Fatalf("described %+v, %v", described, err)
	}
	out.add(*described.Body.ImageCaches[0].ImageCacheName == name, *described.Body.ImageCaches[0].Status)
	_, err = c.DeleteImageCache(&eci3.DeleteImageCacheRequest{RegionId: region, ImageCacheId: id})
	out.add(err)
	_, err = c.DeleteImageCache(&eci3.DeleteImageCacheRequest{RegionId: region, ImageCacheId: id})
	out.add(err != nil)
	return out
}

// sdks are the real clients, with each of their signatures.
var sdks = map[string]func(t *testing.T, host, name string) seen{
	"go v1":      generation1,
	"go v2 acs3": func(t *testing.T, host, name string) seen { return generation2(t, host, name, "") },
	"go v2 v1":   func(t *testing.T, host, name string) seen { return generation2(t, host, name, "v2") },
}

// ServeHTTP records what the emulator answers to a client over the network.
func (m *recording) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	resp, err := m.RoundTrip(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	for name, values := range resp.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(resp.StatusCode)
	_, _ = io.Copy(w, resp.Body) // the client sees what is missing
}

func TestSDKs(t *testing.T) {
	t.Parallel()
	for recorded, record1 := range sdks {
		rec := record(t)
		rec.clock.Add(time.Since(rec.clock.Now())) // the clients go by the clock of the machine
		live := httptest.NewServer(rec)
		want := record1(t, live.Listener.Addr().String(), "recorded-name")
		live.Close()
		for replayed, again := range sdks {
			t.Run(recorded+" as "+replayed, func(t *testing.T) {
				t.Parallel()
				p := play(t, rec)
				s := httptest.NewServer(p)
				defer s.Close()
				if diff := cmp.Diff(want, again(t, s.Listener.Addr().String(), "fresh-name")); diff != "" {
					t.Errorf("session mismatch (-want +got):\n%s", diff)
				}
				clean(t, p)
			})
		}
	}
}
