package suites_test

import (
	"flag"
	"fmt"
	"net/http/httptest"
	"regexp"
	"testing"
	"time"

	conform "github.com/eci-conform/conform"
	"github.com/eci-conform/conform/suites"
)

// A server of your own is judged by its handler. Here it is the emulator's.
func ExampleTest() {
	handler, err := conform.NewHandler(conform.Options{Clock: time.Now})
	if err != nil {
		fmt.Println(err)
		return
	}
	test("TestConformance", func(t *testing.T) {
		server := httptest.NewServer(handler)
		defer server.Close()

		suites.Test(t, suites.Target{
			URL: server.URL, Clock: time.Now, Region: conform.Region,
			AccessKeyID: conform.AccessKeyID, AccessKeySecret: conform.AccessKeySecret,
			Bindings: map[string]string{"SecurityGroupId": "sg-emu-main", "VSwitchId": "vsw-emu-main"},
			Select:   []string{"DescribeRegions", "UpdateImageCache/parameter/ClientToken/**"},
		})
	})
	// Output:
	// TestConformance passes: true
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
