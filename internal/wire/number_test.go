package wire

import (
	"encoding/json"
	"testing"
)

func TestNumberText(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"20": "20", "20.0": "20", "2e1": "20", "2.0E+1": "20", "-3.00": "-3", "0": "0", "-0": "0", "2.5": "2.5", "20.5e-1": "20.5e-1",
		"18446744073709551615": "18446744073709551615", "1e999999999": "1e999999999", "1e20": "1e20", "x": "x", "": "",
	} {
		if got := NumberText(json.Number(in)); got != want {
			t.Errorf("NumberText(%q) = %q, want %q", in, got, want)
		}
	}
}
