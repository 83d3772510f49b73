package report

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eci-conform/conform/internal/run"
)

func TestWhatARecorderMadeReadsAsAnyOther(t *testing.T) {
	t.Parallel()
	odd := "a\"<&>\u2028\xff ü"
	r := Run{Tool: odd, Seed: 1<<64 - 1, Planned: 3}
	text, err := marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	for _, clauses := range []map[string]Promise{{}, {odd: {Text: odd, Place: odd}}, {"a": {}, "b": {Text: "c"}}} {
		rec := Record{Result: run.Result{Case: "a"}, extra: extra{Promise: odd, Clauses: clauses, Order: 7, Run: r}}
		want, err := rec.encode()
		if err != nil {
			t.Fatal(err)
		}
		rec.runText = text
		got, err := rec.encode()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("encode() mismatch (-want +got):\n%s", diff)
		}
	}
}
