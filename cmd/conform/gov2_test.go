package main

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	openapi "github.com/alibabacloud-go/darabonba-openapi/v2/client"
	eci3 "github.com/alibabacloud-go/eci-20180808/v3/client"
	"github.com/alibabacloud-go/tea/tea"
	"github.com/google/go-cmp/cmp"

	conform "github.com/eci-conform/conform"
	"github.com/eci-conform/conform/internal/cassette"
	"github.com/eci-conform/conform/internal/redact"
	"github.com/eci-conform/conform/internal/wire"
)

// life2 is life by the second SDK for Go, set up by a function.
func life2(name, password string, set func(*openapi.Config)) (saw []string) {
	config := &openapi.Config{
		AccessKeyId: tea.String(conform.AccessKeyID), AccessKeySecret: tea.String(conform.AccessKeySecret), RegionId: tea.String("cn-hangzhou"),
	}
	set(config)
	c, err := eci3.NewClient(config)
	if err != nil {
		return []string{err.Error()}
	}
	region := tea.String("cn-hangzhou")
	created, err := c.CreateImageCache(&eci3.CreateImageCacheRequest{
		RegionId: region, SecurityGroupId: tea.String("sg-emu-main"), VSwitchId: tea.String("vsw-emu-main"), ImageCacheName: tea.String(name),
		ClientToken: tea.String("token-of-" + name), Image: []*string{tea.String("nginx")},
		ImageRegistryCredential: []*eci3.CreateImageCacheRequestImageRegistryCredential{{
			Server: tea.String("registry.example.com"), UserName: tea.String("bob"), Password: tea.String(password)}},
	})
	if err != nil {
		return []string{err.Error()}
	}
	id := created.Body.ImageCacheId
	described, err := c.DescribeImageCaches(&eci3.DescribeImageCachesRequest{RegionId: region, ImageCacheId: id})
	if err != nil || len(described.Body.ImageCaches) != 1 {
		return []string{fmt.Sprint(described, err)}
	}
	_, first := c.DeleteImageCache(&eci3.DeleteImageCacheRequest{RegionId: region, ImageCacheId: id})
	_, second := c.DeleteImageCache(&eci3.DeleteImageCacheRequest{RegionId: region, ImageCacheId: id})
	return []string{tea.StringValue(id), fmt.Sprint(*described.Body.ImageCaches[0].ImageCacheName == name, first, second != nil)}
}

// TestSecondGoSDKThroughTheProxy records the second SDK for Go by both of its
// signatures, with the proxy as its endpoint and as its proxy for https, and
// lets it call the recording with the target gone.
func TestSecondGoSDKThroughTheProxy(t *testing.T) {
	t.Parallel()
	const password = "of-the-canary-in-a-cage"
	for name, tc := range map[string]struct {
		https  bool
		v1     bool
		scheme wire.Scheme
	}{
		"endpoint":     {scheme: wire.ACS3},
		"endpoint, v1": {v1: true, scheme: wire.V1},
		"CONNECT":      {https: true, scheme: wire.ACS3},
		"CONNECT, v1":  {https: true, v1: true, scheme: wire.V1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, err := conform.NewHandler(conform.Options{Clock: time.Now, Settle: -1})
			if err != nil {
				t.Fatal(err)
			}
			target := httptest.NewServer(h)
			defer target.Close()
			dir := t.TempDir()
			ca := filepath.Join(dir, "ca.pem")
			rec := startChild(t, "record", "--target", target.URL, "--record", filepath.Join(dir, "tapes"), "--ca", ca,
				"--host", "eci.cn-hangzhou.example.com", "--access-key-id", conform.AccessKeyID, "--access-key-secret", conform.AccessKeySecret)
			sign := func(c *openapi.Config) {
				if tc.v1 {
					c.SignatureAlgorithm = tea.String("v2") // what it calls the first
				}
			}
			saw := life2("recorded-name", password, func(c *openapi.Config) {
				c.Protocol, c.Endpoint = tea.String("http"), tea.String(strings.TrimPrefix(rec.url, "http://"))
				if tc.https {
					pem, err := os.ReadFile(ca)
					if err != nil {
						t.Error(err)
					}
					c.Protocol, c.Endpoint, c.HttpsProxy, c.Ca = tea.String("https"), tea.String("eci.cn-hangzhou.example.com"), tea.String(rec.url), tea.String(string(pem))
				}
				sign(c)
			})
			said := rec.stop(os.Interrupt)
			if !strings.Contains(said, "recorded 4 exchanges") || len(saw) != 2 || saw[1] != "true <nil> true" {
				t.Fatalf("conform record says %s, the client saw %v", said, saw)
			}
			files, _ := filepath.Glob(filepath.Join(dir, "tapes", "*")) // the pattern is well-formed
			recorded(t, files[0], password, tc.scheme)
			player := startChild(t, "replay", "--serve", "--require-all", files[0])
			again := life2("another-name", "another-password", func(c *openapi.Config) {
				c.Protocol, c.Endpoint = tea.String("http"), tea.String(strings.TrimPrefix(player.url, "http://"))
				sign(c)
			})
			if said := player.stop(os.Interrupt); !cmp.Equal(saw, again) || player.cmd.ProcessState.ExitCode() != 0 {
				t.Errorf("from the recording the client saw %v, want %v; conform replay says %s", again, saw, said)
			}
		})
	}
}

// recorded holds that a cassette has four exchanges, signed by a scheme and
// rightly, without a password.
func recorded(t *testing.T, file, password string, scheme wire.Scheme) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), password) || strings.Contains(string(text), conform.AccessKeySecret) {
		t.Errorf("the cassette holds a secret:\n%s", text)
	}
	c, err := cassette.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var operations []string
	for i := range c.Len() {
		e := c.Entry(i)
		operations = append(operations, e.Operation)
		if e.Via.Scheme != scheme || e.Signature != redact.SignatureOK || e.UnreadAnswer != redact.Read {
			t.Errorf("exchange %d is by %s, its signature %s, unread %q, want %s", e.ID, e.Via.Scheme, e.Signature, e.UnreadAnswer, scheme)
		}
	}
	if want := []string{"CreateImageCache", "DescribeImageCaches", "DeleteImageCache", "DeleteImageCache"}; !slices.Equal(operations, want) {
		t.Errorf("the cassette holds %v, want %v", operations, want)
	}
}
