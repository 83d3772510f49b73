package emulator_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	openapi "github.com/alibabacloud-go/darabonba-openapi/v2/client"
	eci3 "github.com/alibabacloud-go/eci-20180808/v3/client"
	"github.com/alibabacloud-go/tea/tea"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/auth/credentials"
	sdkerrors "github.com/aliyun/alibaba-cloud-sdk-go/sdk/errors"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/eci"

	"github.com/eci-conform/conform/internal/emulator"
)

// The clients take the time from the machine's clock, so does the emulator
// here.
func realTime(o *emulator.Options) {
	o.Clock, o.Settle = time.Now, -1
}

func first(t *testing.T, b *bench) *eci.Client {
	t.Helper()
	key := b.keys["default"]
	client, err := eci.NewClientWithOptions("cn-hangzhou", sdk.NewConfig().WithScheme("HTTP"),
		credentials.NewAccessKeyCredential(key.AccessKeyID, key.AccessKeySecret))
	if err != nil {
		t.Fatal(err)
	}
	client.Domain = b.server.Listener.Addr().String()
	return client
}

func TestFirstGenerationClient(t *testing.T) {
	t.Parallel()
	b := newBench(t, realTime)
	client := first(t, b)
	create := eci.CreateCreateImageCacheRequest()
	create.ImageCacheName = "a b*~中"
	create.Image = []string{"nginx", "redis"}
	create.RetentionDays = requests.NewInteger(7)
	create.ImageRegistryCredential = &[]eci.CreateImageCacheImageRegistryCredential{{Server: "registry.example.com", UserName: "u"}}
	created, err := client.CreateImageCache(create)
	if err != nil {
		t.Fatal(err)
	}
	describe := eci.CreateDescribeImageCachesRequest()
	describe.ImageCacheId = created.ImageCacheId
	described, err := client.DescribeImageCaches(describe)
	if err != nil {
		t.Fatal(err)
	}
	if len(described.ImageCaches) != 1 || described.ImageCaches[0].ImageCacheName != "a b*~中" || described.ImageCaches[0].Status != "Ready" {
		t.Errorf("image caches = %+v", described.ImageCaches)
	}
	gone := eci.CreateDeleteImageCacheRequest()
	gone.ImageCacheId = created.ImageCacheId
	if _, err = client.DeleteImageCache(gone); err != nil {
		t.Fatal(err)
	}
	_, err = client.DeleteImageCache(gone)
	var typed *sdkerrors.ServerError
	if !errors.As(err, &typed) || typed.ErrorCode() != "InvalidParameter.NotFound" || typed.HttpStatus() != 404 {
		t.Errorf("second delete = %v", err)
	}
}

func TestCommonRequestClient(t *testing.T) {
	t.Parallel()
	b := newBench(t, realTime)
	client := first(t, b)
	call := func(action string, pairs ...string) (string, error) {
		r := requests.NewCommonRequest()
		r.Product, r.Version, r.ApiName, r.Method, r.Scheme = "Eci", "2018-08-08", action, "POST", "HTTP"
		r.Domain = client.Domain
		r.QueryParams["RegionId"] = "cn-hangzhou"
		for i := 0; i+1 < len(pairs); i += 2 {
			r.FormParams[pairs[i]] = pairs[i+1]
		}
		answer, err := client.ProcessCommonRequest(r)
		if err != nil {
			return "", err
		}
		return answer.GetHttpContentString(), nil
	}
	text, err := call("CreateDataCache", "Path", "/a", "Name", "a", "DataSource.Type", "URL", "DataSource.Options.#3#url", "https://example.com/a b")
	if err != nil {
		t.Fatal(err)
	}
	_, id, _ := strings.Cut(text, `"DataCacheId":"`)
	id, _, _ = strings.Cut(id, `"`)
	for _, c := range [][]string{{"UpdateDataCache", "DataCacheId", id, "Name", "b"}, {"DeleteDataCache", "DataCacheId", id}} {
		if _, err := call(c[0], c[1:]...); err != nil {
			t.Errorf("%s: %v", c[0], err)
		}
	}
}

func second(t *testing.T, b *bench, algorithm string) *eci3.Client {
	t.Helper()
	key := b.keys["default"]
	config := &openapi.Config{
		AccessKeyId: tea.String(key.AccessKeyID), AccessKeySecret: tea.String(key.AccessKeySecret),
		Endpoint: tea.String(b.server.Listener.Addr().String()), Protocol: tea.String("http"), RegionId: tea.String("cn-hangzhou"),
	}
	if algorithm != "" {
		config.SignatureAlgorithm = tea.String(algorithm)
	}
	client, err := eci3.NewClient(config)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func TestSecondGenerationClient(t *testing.T) {
	t.Parallel()
	for _, algorithm := range []string{"", "v2"} {
		t.Run("algorithm "+algorithm, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, realTime)
			client := second(t, b, algorithm)
			region := tea.String("cn-hangzhou")
			created, err := client.CreateDataCache(&eci3.CreateDataCacheRequest{
				RegionId: region, Path: tea.String("/model 1"), Name: tea.String("m"),
				DataSource: &eci3.CreateDataCacheRequestDataSource{
					Type: tea.String("NAS"), Options: map[string]*string{"#6#server": tea.String("nas.example.com"), "path": tea.String("/*")},
				},
				Tag: []*eci3.CreateDataCacheRequestTag{{Key: tea.String("k"), Value: tea.String("v")}},
			})
			if err != nil {
				t.Fatal(err)
			}
			id := created.Body.DataCacheId
			if _, err = client.UpdateDataCache(&eci3.UpdateDataCacheRequest{RegionId: region, DataCacheId: id, Name: tea.String("n")}); err != nil {
				t.Fatal(err)
			}
			described, err := client.DescribeDataCaches(&eci3.DescribeDataCachesRequest{RegionId: region, DataCacheId: []*string{id}})
			if err != nil {
				t.Fatal(err)
			}
			if got := described.Body.DataCaches; len(got) != 1 || tea.StringValue(got[0].Name) != "n" || tea.StringValue(got[0].Status) != "Available" {
				t.Errorf("data caches = %v", got)
			}
			gone := &eci3.DeleteDataCacheRequest{RegionId: region, DataCacheId: id}
			if _, err = client.DeleteDataCache(gone); err != nil {
				t.Fatal(err)
			}
			_, err = client.DeleteDataCache(gone)
			var typed *tea.SDKError
			if !errors.As(err, &typed) || tea.StringValue(typed.Code) != "InvalidParameter.NotFound" || tea.IntValue(typed.StatusCode) != 404 {
				t.Errorf("second delete = %v", err)
			}
		})
	}
}
