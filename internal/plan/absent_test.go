package plan

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/eci-conform/conform/internal/wire"
)

// An operation is absent where the target says so of a request that nobody has
// tampered with, and never carries it out.
func TestAbsent(t *testing.T) {
	t.Parallel()
	const none = `"Code":"InvalidAction.NotFound","Message":"Specified api is not found, please check your url and method."`
	tests := []struct {
		name   string
		answer func(n int) (int, string)
		before []Edit
		want   []string
	}{
		{"there", func(int) (int, string) { return 200, "" }, nil, nil},
		{"not there", func(int) (int, string) { return 404, none }, nil, []string{regions().Operation}},
		{"tampered with", func(int) (int, string) { return 404, none }, []Edit{{Do: func(*wire.Draft) {}}}, nil},
		{"refused", func(int) (int, string) { return 403, `"Code":"Forbidden.RAM"` }, nil, nil},
		{"there after all", func(n int) (int, string) {
			if n == 1 {
				return 404, none
			}
			return 200, ""
		}, nil, nil},
		{"there at first", func(n int) (int, string) {
			if n == 1 {
				return 200, ""
			}
			return 404, none
		}, nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := newFake()
			f.before = func(n int, _ string) (int, string, error) {
				status, body := tt.answer(n)
				return status, body, nil
			}
			e, s := testSession(t, f)
			for range 3 {
				p := regions()
				p.Before = tt.before
				mustProbe(t, s, p)
			}
			if diff := cmp.Diff(tt.want, e.Absent(), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("Absent() mismatch (-want +got):\n%s", diff)
			}
		})
	}
}
