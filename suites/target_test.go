package suites_test

import (
	"net/http/httptest"
	"testing"
	"time"

	conform "github.com/eci-conform/conform"
	"github.com/eci-conform/conform/fixtures"
	"github.com/eci-conform/conform/suites"
)

// Judge a server of your own from its Go tests: put its handler in place of the
// emulator's. The cases about things that the server does not name in Bindings
// are skipped.
func TestExampleOfOwnServer(t *testing.T) {
	handler, err := conform.NewHandler(conform.Options{Clock: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	suites.Test(t, suites.Target{
		URL:             server.URL,
		Clock:           time.Now,
		AccessKeyID:     conform.AccessKeyID,
		AccessKeySecret: conform.AccessKeySecret,
		Region:          conform.Region,
		Bindings:        map[string]string{"SecurityGroupId": "sg-emu-main", "VSwitchId": "vsw-emu-main"},
		Select:          []string{"DescribeImageCaches", "UpdateImageCache/parameter/**"},
	})
}

func TestTargetWithProfile(t *testing.T) {
	server := conform.NewServer(t, conform.Options{Clock: time.Now})
	profile, err := fixtures.Targets.ReadFile("targets/emulator.yaml")
	if err != nil {
		t.Fatal(err)
	}
	suites.Test(t, suites.Target{
		URL: server.URL, Clock: time.Now, Profile: profile, Select: []string{"DescribeRegions"}, Strict: "inferred",
	})
}
