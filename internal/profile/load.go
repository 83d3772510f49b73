package profile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"go.yaml.in/yaml/v3"

	"github.com/eci-conform/conform/internal/contract"
)

// defaultWait is the policy of a profile that says nothing about waiting.
var defaultWait = Wait{Initial: 200 * time.Millisecond, Factor: 1.5, Cap: 5 * time.Second, Deadline: 10 * time.Minute}

// Load reads a profile. All errors come at once, each with file:line.
func Load(file string, text []byte) (*Profile, error) {
	return LoadOver(Profile{File: file}, text)
}

// LoadOver reads a profile that may leave out what base has of file, endpoint
// and region. Errors are Load's.
func LoadOver(base Profile, text []byte) (*Profile, error) {
	file := base.File
	var doc, more yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(text))
	if err := dec.Decode(&doc); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s%s", file, syntax(err))
	}
	if dec.Decode(&more) == nil && len(more.Content) > 0 {
		return nil, fmt.Errorf("%s:%d: a second document: want one profile", file, more.Line)
	}
	r := &reader{file: file}
	p := &Profile{File: file, Endpoint: base.Endpoint, Region: base.Region, Wait: defaultWait}
	if len(doc.Content) == 0 {
		return nil, fmt.Errorf("%s: the profile is empty: want at least endpoint and region", file)
	}
	r.profile(doc.Content[0], p)
	return p, errors.Join(r.errs...)
}

// syntax says, behind a file's name, where a text is no YAML and why. The name
// of an anchor that is missing is left out: an unquoted secret may begin with an
// asterisk.
func syntax(err error) string {
	s := strings.TrimPrefix(err.Error(), "yaml: ")
	if strings.HasPrefix(s, "unknown anchor") {
		return ": unknown anchor: want a value that begins with * in quotes"
	}
	if at, what, ok := strings.Cut(strings.TrimPrefix(s, "line "), ": "); ok && strings.HasPrefix(s, "line ") {
		return ":" + at + ": " + what
	}
	return ": " + s
}

// reader walks a profile's nodes and collects what is wrong with them.
type reader struct {
	file string
	errs []error
}

func (r *reader) fail(n *yaml.Node, format string, args ...any) {
	r.errs = append(r.errs, fmt.Errorf("%s:%d: %s", r.file, n.Line, fmt.Sprintf(format, args...)))
}

func (r *reader) place(n *yaml.Node) contract.Place {
	return contract.Place{File: r.file, Line: n.Line}
}

// members says how each key of a mapping is read.
type members map[string]func(path string, n *yaml.Node)

// mapping reads a mapping whose keys are known; path is for messages.
func (r *reader) mapping(path string, n *yaml.Node, m members) {
	r.pairs(path, n, func(key, value *yaml.Node) {
		read, ok := m[key.Value]
		if !ok {
			r.fail(key, "%s: unknown key %q: want one of %s", path, key.Value,
				strings.Join(slices.Sorted(maps.Keys(m)), ", "))
			return
		}
		read(join(path, key.Value), value)
	})
}

// pairs calls read for each key of a mapping, refusing what is none and keys
// that repeat. A section that holds nothing, such as one whose lines are all
// comments, is an empty one.
func (r *reader) pairs(path string, n *yaml.Node, read func(key, value *yaml.Node)) {
	n = resolve(n)
	if n.Tag == "!!null" {
		return
	}
	if n.Kind != yaml.MappingNode {
		r.fail(n, "%s: want a mapping", path)
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], resolve(n.Content[i+1])
		if seen[key.Value] {
			r.fail(key, "%s: key %q is given twice", path, key.Value)
			continue
		}
		seen[key.Value] = true
		read(key, value)
	}
}

func resolve(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

func join(path, key string) string {
	if path == "profile" {
		return key
	}
	return path + "." + key
}

func (r *reader) profile(n *yaml.Node, p *Profile) {
	r.mapping("profile", n, members{
		"endpoint":    func(path string, n *yaml.Node) { r.endpoint(path, n, &p.Endpoint) },
		"region":      func(path string, n *yaml.Node) { r.region(path, n, &p.Region) },
		"credentials": func(path string, n *yaml.Node) { r.credentials(path, n, p) },
		"bindings":    func(path string, n *yaml.Node) { r.bindings(path, n, p) },
		"conditions":  func(path string, n *yaml.Node) { r.conditions(path, n, p) },
		"wait":        func(path string, n *yaml.Node) { r.wait(path, n, &p.Wait) },
		"limits":      func(path string, n *yaml.Node) { r.limits(path, n, &p.Limits) },
		"baseline":    r.text(&p.Baseline),
	})
	read := len(r.errs) == 0 // else it may stand there, but wrong
	if p.Endpoint == "" && read {
		r.fail(n, "endpoint is missing: want http://HOST:PORT or https://HOST")
	}
	if p.Region == "" && read {
		r.fail(n, "region is missing: want a region id such as cn-hangzhou")
	}
	r.conditionKeys(p)
}

// text reads a scalar, which must not be empty, as it stands.
func (r *reader) text(to *string) func(string, *yaml.Node) {
	return func(path string, n *yaml.Node) {
		if n.Kind != yaml.ScalarNode || n.Value == "" || n.Tag == "!!null" {
			r.fail(n, "%s: want a text", path)
			return
		}
		*to = n.Value
	}
}

// texts reads a mapping of names to scalars; a value may be empty if it is
// quoted.
func (r *reader) texts(path string, n *yaml.Node) map[string]string {
	out := map[string]string{}
	r.pairs(path, n, func(key, value *yaml.Node) {
		if value.Kind != yaml.ScalarNode || value.Tag == "!!null" {
			r.fail(value, "%s.%s: want a text", path, key.Value)
			return
		}
		out[key.Value] = value.Value
	})
	return out
}

func (r *reader) bindings(path string, n *yaml.Node, p *Profile) {
	p.Bindings, p.bound = r.texts(path, n), map[string]contract.Place{}
	n = resolve(n)
	for i := 0; i+1 < len(n.Content); i += 2 {
		p.bound[n.Content[i].Value] = r.place(n.Content[i])
	}
}

func (r *reader) region(path string, n *yaml.Node, to *string) {
	r.text(to)(path, n)
	if !IsKey(*to) {
		r.fail(n, "%s: want a region id such as cn-hangzhou, not %q", path, *to)
	}
}

func (r *reader) endpoint(path string, n *yaml.Node, to *string) {
	r.text(to)(path, n)
	if *to == "" {
		return
	}
	if err := CheckEndpoint(*to); err != nil {
		r.fail(n, "%s: %v", path, err)
	}
}

// CheckEndpoint says what is wrong with an endpoint: it must be http or https,
// name a host, and hold neither path nor query nor user.
func CheckEndpoint(s string) error {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || !isPort(u.Port()) {
		return fmt.Errorf("endpoint %q: want http://HOST:PORT or https://HOST", withoutSecrets(s))
	}
	if u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || u.User != nil {
		return fmt.Errorf("endpoint %q: want no path, query or user behind the host", withoutSecrets(s))
	}
	return nil
}

// isPort says whether a URL's port can be called; an empty one is the scheme's.
func isPort(s string) bool {
	n, err := strconv.ParseUint(s, 10, 16)
	return s == "" || err == nil && n > 0
}

// withoutSecrets is an endpoint without what may hold a password or a key: its
// user and its query.
func withoutSecrets(s string) string {
	s, _, _ = strings.Cut(s, "?")
	scheme, rest, ok := strings.Cut(s, "://")
	if i := strings.LastIndex(rest, "@"); ok && i >= 0 {
		return scheme + "://…" + rest[i:]
	}
	return s
}

func (r *reader) credentials(path string, n *yaml.Node, p *Profile) {
	p.Credentials = map[string]Credential{}
	r.pairs(path, n, func(key, value *yaml.Node) {
		p.Credentials[key.Value] = r.credential(join(path, key.Value), value)
	})
}

func (r *reader) credential(path string, n *yaml.Node) Credential {
	c, before := Credential{Place: r.place(n)}, len(r.errs)
	r.mapping(path, n, members{
		"accessKeyId":     r.text(&c.AccessKeyID),
		"accessKeySecret": r.text(&c.AccessKeySecret),
		"securityToken":   r.text(&c.SecurityToken),
		"profile":         r.text(&c.Profile),
		"env":             r.boolean(&c.Env),
	})
	if !IsKey(c.AccessKeyID + c.AccessKeySecret + c.SecurityToken) {
		r.fail(n, "%s: want a key without spaces and control characters", path)
	}
	if len(r.errs) > before {
		return c // which says enough
	}
	literal := c.AccessKeyID != "" || c.AccessKeySecret != "" || c.SecurityToken != ""
	forms := count(literal, c.Profile != "", c.Env)
	if forms != 1 || literal && (c.AccessKeyID == "" || c.AccessKeySecret == "") {
		r.fail(n, "%s: want {accessKeyId, accessKeySecret}, {profile: NAME} or {env: true}", path)
	}
	return c
}

// IsKey says whether a text may be a key, a secret or a token, which hold
// neither spaces nor control characters: one that was copied with its line end
// cannot be told from a wrong one by the target's answer.
func IsKey(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool { return unicode.IsSpace(c) || unicode.IsControl(c) })
}

func count(conditions ...bool) int {
	n := 0
	for _, c := range conditions {
		if c {
			n++
		}
	}
	return n
}

func (r *reader) boolean(to *bool) func(string, *yaml.Node) {
	return func(path string, n *yaml.Node) {
		if n.Tag != "!!bool" || n.Decode(to) != nil {
			r.fail(n, "%s: want true or false", path)
		}
	}
}

func (r *reader) conditions(path string, n *yaml.Node, p *Profile) {
	p.Conditions = map[string]Condition{}
	r.pairs(path, n, func(key, value *yaml.Node) {
		p.Conditions[key.Value] = r.condition(join(path, key.Value), key, value)
	})
}

func (r *reader) condition(path string, key, n *yaml.Node) Condition {
	c, before := Condition{Place: r.place(key)}, len(r.errs)
	r.mapping(path, n, members{
		"credentials": r.text(&c.Credentials),
		"set":         func(path string, n *yaml.Node) { c.Set = r.texts(path, n) },
		"unavailable": r.text(&c.Unavailable),
	})
	met := c.Credentials != "" || len(c.Set) > 0
	if met == (c.Unavailable != "") && len(r.errs) == before {
		r.fail(n, "%s: want {credentials: NAME}, {set: {PARAMETER: VALUE}}, both, or {unavailable: WHY}", path)
	}
	return c
}

// conditionKeys refuses a condition whose credentials are no entry.
func (r *reader) conditionKeys(p *Profile) {
	for _, name := range slices.Sorted(maps.Keys(p.Conditions)) {
		c := p.Conditions[name]
		if _, ok := p.Credentials[c.Credentials]; c.Credentials != "" && !ok {
			r.errs = append(r.errs, fmt.Errorf("%s: conditions.%s: credentials %q: no such entry; %s",
				c.Place, name, c.Credentials, hint(c.Credentials, slices.Sorted(maps.Keys(p.Credentials)))))
		}
	}
}

func (r *reader) wait(path string, n *yaml.Node, w *Wait) {
	r.mapping(path, n, members{
		"initial":  r.duration(&w.Initial),
		"factor":   r.number(&w.Factor, 1, maxFactor),
		"cap":      r.duration(&w.Cap),
		"deadline": r.duration(&w.Deadline),
	})
	if w.Cap < w.Initial {
		w.Cap = w.Initial
	}
}

// Bounds of what a profile may say: more is a slip of the pen.
const (
	maxDuration = 24 * time.Hour
	maxFactor   = 100
	minRate     = 0.001 // requests a second
	maxRate     = 1e9
	maxWhole    = 1 << 20
)

func (r *reader) duration(to *time.Duration) func(string, *yaml.Node) {
	return func(path string, n *yaml.Node) {
		d, err := time.ParseDuration(n.Value)
		if err != nil || d <= 0 || d > maxDuration {
			r.fail(n, "%s: want a duration above zero such as 200ms, 5s or 10m, at most %v, not %q", path, maxDuration, n.Value)
			return
		}
		*to = d
	}
}

func (r *reader) number(to *float64, minimum, maximum float64) func(string, *yaml.Node) {
	return func(path string, n *yaml.Node) {
		f, err := strconv.ParseFloat(n.Value, 64)
		if err != nil || !(f >= minimum && f <= maximum) {
			r.fail(n, "%s: want a number from %v to %v, not %q", path, minimum, maximum, n.Value)
			return
		}
		*to = f
	}
}

func (r *reader) limits(path string, n *yaml.Node, l *Limits) {
	r.mapping(path, n, members{
		"rate":         r.number(&l.Rate, minRate, maxRate),
		"concurrency":  r.whole(&l.Concurrency),
		"maxResources": r.whole(&l.MaxResources),
	})
}

func (r *reader) whole(to *int) func(string, *yaml.Node) {
	return func(path string, n *yaml.Node) {
		i, err := strconv.Atoi(n.Value)
		if err != nil || i < 1 || i > maxWhole {
			r.fail(n, "%s: want a whole number from 1 to %d, not %q", path, maxWhole, n.Value)
			return
		}
		*to = i
	}
}
