package contract

import "testing"

func TestLint(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"testdata/small.yaml", "../../spec/openapi.yaml"} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			for _, p := range Lint(load(t, file)) {
				t.Error(p)
			}
		})
	}
}
