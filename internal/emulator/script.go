package emulator

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// ReadScripts reads scripts by key or account, such as
//
//	default:
//	  repeat: true
//	  steps:
//	    - {fault: throttle, times: 2, retryAfter: 1s, operation: CreateImageCache}
//	    - {fault: drop, late: true}
//	    - {fault: honest, times: forever}
//
// All errors come at once, each with file:line. Whether the keys, accounts and
// operations exist is the emulator's to say.
func ReadScripts(file string, text []byte) (map[string]Script, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return nil, fmt.Errorf("%s: %s", file, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if len(doc.Content) == 0 {
		return nil, fmt.Errorf("%s: no scripts: want KEY-OR-ACCOUNT: {steps: [{fault: throttle}]}", file)
	}
	r := &scriptReader{file: file}
	out := map[string]Script{}
	r.pairs(doc.Content[0], func(who, n *yaml.Node) { out[who.Value] = r.script(n) })
	if err := errors.Join(r.errs...); err != nil {
		return nil, err
	}
	return out, nil
}

// scriptReader collects what is wrong with scripts.
type scriptReader struct {
	file string
	errs []error
}

func (r *scriptReader) fail(n *yaml.Node, format string, args ...any) {
	r.errs = append(r.errs, fmt.Errorf("%s:%d: %s", r.file, n.Line, fmt.Sprintf(format, args...)))
}

// pairs calls read for each key of a mapping, refusing keys that repeat.
func (r *scriptReader) pairs(n *yaml.Node, read func(key, value *yaml.Node)) {
	if n.Kind != yaml.MappingNode {
		r.fail(n, "want a mapping")
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if seen[key.Value] {
			r.fail(key, "%s is given twice", key.Value)
			continue
		}
		seen[key.Value] = true
		read(key, n.Content[i+1])
	}
}

func (r *scriptReader) script(n *yaml.Node) Script {
	var s Script
	faults := len(r.errs)
	r.pairs(n, func(key, value *yaml.Node) {
		switch key.Value {
		case "repeat":
			s.Repeat = r.truth(value)
		case "steps":
			if value.Kind != yaml.SequenceNode {
				r.fail(value, "steps: want a list such as [{fault: throttle}]")
				return
			}
			for _, step := range value.Content {
				s.Steps = append(s.Steps, r.step(step))
			}
		default:
			r.fail(key, "unknown key %q: want repeat or steps", key.Value)
		}
	})
	if len(s.Steps) == 0 && len(r.errs) == faults {
		r.fail(n, "no steps: want {steps: [{fault: throttle}]}")
	}
	return s
}

func (r *scriptReader) step(n *yaml.Node) Step {
	s := Step{Fault: -1}
	r.pairs(n, func(key, value *yaml.Node) {
		switch key.Value {
		case "fault":
			if s.Fault = Fault(slices.Index(faultNames, value.Value)); s.Fault < 0 {
				r.fail(value, "fault %q: want one of %s", value.Value, strings.Join(faultNames, ", "))
				s.Fault = Honest
			}
		case "operation":
			s.Operation = value.Value
		case "times":
			s.Times = r.times(value)
		case "late":
			s.Late = r.truth(value)
		case "retryAfter":
			s.RetryAfter = r.duration(value)
		case "delay":
			s.Delay = r.duration(value)
		default:
			r.fail(key, "unknown key %q: want fault, operation, times, late, retryAfter or delay", key.Value)
		}
	})
	if s.Fault < 0 {
		r.fail(n, "a step without a fault: want one of %s", strings.Join(faultNames, ", "))
	}
	return s
}

// times reads how many requests a step happens to.
func (r *scriptReader) times(n *yaml.Node) int {
	if n.Value == "forever" {
		return -1
	}
	times, err := strconv.Atoi(n.Value)
	if err != nil || times < 1 {
		r.fail(n, "times %q: want a number from 1, or forever", n.Value)
	}
	return times
}

func (r *scriptReader) truth(n *yaml.Node) bool {
	if n.Value != "true" && n.Value != "false" {
		r.fail(n, "%q: want true or false", n.Value)
	}
	return n.Value == "true"
}

func (r *scriptReader) duration(n *yaml.Node) time.Duration {
	d, err := time.ParseDuration(n.Value)
	if err != nil {
		r.fail(n, "%q: want a duration such as 1.5s", n.Value)
	}
	return d
}
