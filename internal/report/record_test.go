package report

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eci-conform/conform/internal/contract"
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

// What a run's own reports say of times is what they say rendered again.
func TestARecordHasTheTimeOfItsLine(t *testing.T) {
	t.Parallel()
	rec := NewRecorder(&contract.Contract{}, Run{}, nil).Record(run.Result{Case: "a", Verdict: run.Pass, Level: contract.Must, Duration: 547_999})
	line, err := rec.encode()
	if err != nil {
		t.Fatal(err)
	}
	again, err := decode(line)
	if err != nil {
		t.Fatal(err)
	}
	if again.Duration != rec.Duration {
		t.Errorf("the record took %v, its line %v", rec.Duration, again.Duration)
	}
}
