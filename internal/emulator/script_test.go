package emulator

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestReadScripts(t *testing.T) {
	t.Parallel()
	got, err := ReadScripts("s.yaml", []byte(`
default:
  repeat: true
  steps:
    - {fault: throttle, times: 2, retryAfter: 1500ms, operation: CreateImageCache}
    - {fault: drop, late: true}
some-key:
  steps: [{fault: slow, delay: 2s, times: forever}]
`))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]Script{
		"default": {Repeat: true, Steps: []Step{
			{Fault: Throttle, Times: 2, RetryAfter: 1500 * time.Millisecond, Operation: "CreateImageCache"}, {Fault: Drop, Late: true},
		}},
		"some-key": {Steps: []Step{{Fault: Slow, Delay: 2 * time.Second, Times: -1}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("ReadScripts() mismatch (-want +got):\n%s", diff)
	}
}

func TestReadScriptsRefuses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                   "s.yaml: no scripts: want KEY-OR-ACCOUNT: {steps: [{fault: throttle}]}",
		"a: [":                               "s.yaml: line 1: did not find expected node content",
		"- a":                                "s.yaml:1: want a mapping",
		"a: {step: []}":                      `s.yaml:1: unknown key "step": want repeat or steps`,
		"a: {repeat: maybe}":                 `s.yaml:1: "maybe": want true or false`,
		"a: {steps: []}":                     "s.yaml:1: no steps: want {steps: [{fault: throttle}]}",
		"x: {steps: [{fault: drop}]}\na:":    "s.yaml:2: want a mapping",
		"a: {repeat: true}":                  "s.yaml:1: no steps: want {steps: [{fault: throttle}]}",
		"a: {steps: 7}":                      "s.yaml:1: steps: want a list such as [{fault: throttle}]",
		"a:\n  steps: [{times: 1}]":          "s.yaml:2: a step without a fault: want one of honest, throttle, serverError, unavailable, drop, slow, truncate, wrongType, html, empty",
		"a:\n  steps:\n  - {fault: explode}": `s.yaml:3: fault "explode": want one of honest, throttle, serverError, unavailable, drop, slow, truncate, wrongType, html, empty`,
		"a: {steps: [{fault: drop, n: 1}]}":  `s.yaml:1: unknown key "n": want fault, operation, times, late, retryAfter or delay`,
		"a: {steps: [{fault: drop, times: 0}, {fault: slow, delay: long}]}": `s.yaml:1: times "0": want a number from 1, or forever` + "\n" + `s.yaml:1: "long": want a duration such as 1.5s`,
		"a: {repeat: true, repeat: true}":                                   "s.yaml:1: repeat is given twice",
	} {
		if _, err := ReadScripts("s.yaml", []byte(text)); err == nil || err.Error() != want {
			t.Errorf("ReadScripts(%q) error\n%v\nwant\n%s", text, err, want)
		}
	}
}
