package conform_test

import (
	"flag"
	"fmt"
	"regexp"
	"testing"
	"time"

	openapi "github.com/alibabacloud-go/darabonba-openapi/v2/client"
	eci "github.com/alibabacloud-go/eci-20180808/v3/client"
	"github.com/alibabacloud-go/tea/tea"

	conform "github.com/eci-conform/conform"
)

// The emulator in a Go test: a real client makes a cache over a socket, which
// is closed with the test.
func ExampleNewServer() {
	test("TestClient", func(t *testing.T) {
		server := conform.NewServer(t, conform.Options{Clock: time.Now})

		client, err := eci.NewClient(&openapi.Config{
			Protocol: tea.String("http"), Endpoint: tea.String(server.Host), RegionId: tea.String(server.Region),
			AccessKeyId: tea.String(server.AccessKeyID), AccessKeySecret: tea.String(server.AccessKeySecret),
		})
		if err != nil {
			t.Fatal(err)
		}
		created, err := client.CreateImageCache(&eci.CreateImageCacheRequest{
			RegionId: tea.String(server.Region), ImageCacheName: tea.String("mine"), Image: []*string{tea.String("nginx")},
			SecurityGroupId: tea.String("sg-emu-main"), VSwitchId: tea.String("vsw-emu-main"),
		})
		if err != nil {
			t.Fatal(err)
		}
		if created.Body.ImageCacheId == nil {
			t.Error("the new cache has no id")
		}
	})
	// Output:
	// TestClient passes: true
}

// test runs a test as go test does: an example has no *testing.T. What the
// command line says of the other tests is not for it.
func test(name string, f func(*testing.T)) {
	for flagName, value := range map[string]string{"test.v": "false", "test.run": "", "test.skip": ""} {
		said := flag.Lookup(flagName).Value
		defer flag.Set(flagName, said.String())
		if err := said.Set(value); err != nil {
			fmt.Println(err)
		}
	}
	passes := testing.RunTests(regexp.MatchString, []testing.InternalTest{{Name: name, F: f}})
	fmt.Printf("%s passes: %v\n", name, passes)
}
