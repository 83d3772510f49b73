package run

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// deaf never answers.
type deaf struct{}

func (deaf) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// broken panics.
type broken struct{}

func (broken) RoundTrip(*http.Request) (*http.Response, error) { panic("broken") }

// page is a server for people: what it answers.
type page string

func (p page) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: 200, Header: http.Header{"Content-Type": {"text/html; charset=utf-8"}}, Body: io.NopCloser(strings.NewReader(string(p))),
	}, nil
}

func TestPreflight(t *testing.T) {
	t.Parallel()
	says := func(status int, members string) http.RoundTripper {
		return &target{answer: func(int, url.Values) (int, string, error) { return status, members, nil }}
	}
	tests := []struct {
		name string
		rt   http.RoundTripper
		want error
	}{
		{"a target", good(), nil},
		{"a target with other faults", says(500, `"Code":"InternalError"`), nil},
		{"a target without the operation", says(404, `"Code":"InvalidAction.NotFound"`), nil},
		{"an unknown key", says(404, `"Code":"InvalidAccessKeyId.NotFound"`), ErrCredentials},
		{"a disabled key", says(400, `"Code":"InvalidAccessKeyId.Inactive"`), ErrCredentials},
		{"a wrong secret", says(400, `"Code":"SignatureDoesNotMatch"`), ErrCredentials},
		{"an expired token", says(400, `"Code":"InvalidSecurityToken.Expired"`), ErrCredentials},
		{"a clock that is off", says(400, `"Code":"InvalidTimeStamp.Expired"`), ErrCredentials},
		{"a door", says(401, ``), ErrCredentials},
		{"its region among others", says(200, `"Regions":[{"RegionId":"cn-beijing"},{"RegionId":"cn-hangzhou"}]`), nil},
		{"other regions", says(200, `"Regions":[{"RegionId":"cn-beijing"}]`), ErrRegion},
		{"regions of junk", says(200, `"Regions":[{"RegionId":"a b"},{"RegionId":7},8,{}]`), nil},
		{"no list of regions", says(200, `"Regions":{"RegionId":"cn-beijing"}`), nil},
		{"a refusal with regions", says(500, `"Regions":[{"RegionId":"cn-beijing"}]`), nil},
		{"a harness that is broken", broken{}, ErrPanic},
		{"nobody", &target{answer: func(int, url.Values) (int, string, error) { return 0, "", errors.New("connection refused") }}, ErrUnreachable},
		{"somebody who never answers", deaf{}, ErrUnreachable},
		{"a web page", page("<html><p>hello</html>"), ErrUnreachable},
		{"a web page that is XML", page("<html><body>hello</body></html>"), ErrUnreachable},
		{"a refusal of several lines", says(401, `"Code":"a\nb","Message2":"\u001b[2J"`), ErrCredentials},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				begin := time.Now()
				err := Preflight(t.Context(), testOptions(t, tt.rt))
				if !errors.Is(err, tt.want) || (err == nil) != (tt.want == nil) {
					t.Errorf("Preflight() = %v, want %v", err, tt.want)
				}
				if took := time.Since(begin); took >= 5*time.Second {
					t.Errorf("Preflight() took %v", took)
				}
				if err != nil && (strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), "secret")) {
					t.Errorf("Preflight() error %q, want one line without a secret", err)
				}
			})
		})
	}
	want := `preflight http://fake: no such region "cn-hangzhou": it has cn-beijing, cn-shanghai`
	if err := Preflight(t.Context(), testOptions(t, says(200, `"Regions":[{"RegionId":"cn-shanghai"},{"RegionId":"cn-beijing"}]`))); err == nil || err.Error() != want {
		t.Errorf("Preflight() = %v, want %s", err, want)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Preflight(ctx, testOptions(t, good())); !errors.Is(err, context.Canceled) {
		t.Errorf("Preflight() of an interrupted run = %v", err)
	}
}

// TestPreflightTellsOfClocks holds that a refusal says how far the clocks are
// apart, where they are.
func TestPreflightTellsOfClocks(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, tt := range []struct {
		ahead time.Duration
		want  string
	}{
		{0, "400 InvalidTimeStamp.Expired"},
		{20 * time.Minute, "400 InvalidTimeStamp.Expired; its clock is 20m0s ahead of ours"},
		{-3 * time.Hour, "400 InvalidTimeStamp.Expired; its clock is 3h0m0s behind ours"},
	} {
		refuses := &target{answer: func(int, url.Values) (int, string, error) { return 400, `"Code":"InvalidTimeStamp.Expired"`, nil }}
		o := testOptions(t, dated{refuses, now.Add(tt.ahead)})
		o.Clock = func() time.Time { return now }
		if err := Preflight(t.Context(), o); !errors.Is(err, ErrCredentials) || !strings.HasSuffix(err.Error(), tt.want) {
			t.Errorf("Preflight() = %v, want it to end in %q", err, tt.want)
		}
	}
}

// dated is a target that tells the time.
type dated struct {
	http.RoundTripper
	at time.Time
}

func (d dated) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := d.RoundTripper.RoundTrip(r)
	if err == nil {
		resp.Header.Set("Date", d.at.Format(http.TimeFormat))
	}
	return resp, err
}
