package plan

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/wire"
)

// Resource is a thing on the target that a case may use.
type Resource struct {
	Kind   *contract.Resource
	ID     string
	Region string

	credentials wire.Credentials // of who made it
	owner       string           // case that made it
	touched     bool             // something that may have changed it was sent
	deleted     bool             // the target says that it deleted it
}

// Leak is a resource that could not be removed.
type Leak struct {
	Resource string // kind
	ID       string
	Region   string
	Case     string // that made it
	Reason   string
}

// String says what is left, where, and why.
func (l Leak) String() string {
	return fmt.Sprintf("%s %s in %s, made by %s: %s", l.Resource, l.ID, l.Region, l.Case, l.Reason)
}

// Lease gives a usable resource for this case alone, from the pool of clean
// ones or newly made. It goes back to the pool when the case ends if no request
// that may have changed it was sent; else it is deleted. Failing to get one is Inconclusive and names the step.
func (s *Session) Lease(ctx context.Context, resource string) (*Resource, error) {
	kind := s.Contract.Resource(resource)
	if kind == nil {
		return nil, fmt.Errorf("lease %q: the contract has no such resource", resource)
	}
	if r := s.recall(resource); r != nil {
		return r, nil
	}
	g, err := s.place(ctx, resource)
	if err != nil {
		return nil, err
	}
	defer s.placed()
	r := g.ready
	if r == nil {
		if r, err = s.make(context.WithValue(ctx, lentKey{}, true), order{kind: kind}, g); err != nil {
			return nil, err
		}
		s.forget() // or what the case sends would depend on who made it
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r.touched = false
	s.held = append(s.held, r)
	s.lent = append(s.lent, Loan{Kind: resource, ID: r.ID, Region: r.Region})
	return r, nil
}

// Create makes a resource for this case alone, with further or other parameters
// than the minimal ones, waits until it is usable, and deletes it when the case
// ends. Failing is Inconclusive and names the step.
//
// Options say by whose key: what another account makes is its own.
func (s *Session) Create(ctx context.Context, resource string, with wire.Params, o ...Option) (*Resource, error) {
	kind := s.Contract.Resource(resource)
	if kind == nil {
		return nil, fmt.Errorf("create %q: the contract has no such resource", resource)
	}
	g, err := s.place(ctx, "")
	if err != nil {
		return nil, err
	}
	defer s.placed()
	r, err := s.make(ctx, order{kind: kind, with: with, options: o}, g)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.places++
	s.made = append(s.made, r)
	return r, nil
}

// order is a resource to be made.
type order struct {
	kind    *contract.Resource
	with    wire.Params // besides or in place of the minimal parameters
	options []Option
}

// first says whether the case holds no place yet: then it may wait for one.
// One that holds a place and waited for another could wait forever for a case
// that does the same.
func (s *Session) first() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.places == 0 && s.pending == 0 && len(s.held) == 0 && len(s.shared) == 0 && !s.impatient
}

// urgency is how the case asks for its next place.
func (s *Session) urgency() urgency {
	first := s.first()
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.byItself:
		return overrules
	case first:
		return waits
	}
	return insists
}

// place asks the pool for a resource of the kind or a place. Of several
// goroutines of a case one asks at a time, since only the first may have to
// wait. Who gets something calls placed once it is accounted for.
func (s *Session) place(ctx context.Context, kind string) (grant, error) {
	s.placing.Lock()
	defer s.placing.Unlock()
	g, err := s.env.pool.acquire(ctx, kind, s.urgency())
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case err == nil:
		s.pending++
	case errors.Is(err, errFull):
		s.crowded = fmt.Sprintf("the profile's limits.maxResources is %d", s.env.MaxResources)
		err = Inconclusive("no place for all that the case needs at once: " + s.crowded)
	}
	return g, err
}

func (s *Session) placed() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pending--
}

// make carries out the creation for which a place was granted. If it fails, the
// place is given back, or kept by what must be deleted at the end.
func (s *Session) make(ctx context.Context, o order, g grant) (*Resource, error) {
	if g.evicted != nil {
		s.discard(ctx, g.evicted)
	}
	r, err := s.create(ctx, o)
	if err != nil {
		s.env.pool.leave(1)
		return nil, err
	}
	if _, err := s.usable(ctx, r); err != nil {
		s.mu.Lock()
		s.places++
		s.made = append(s.made, r)
		s.mu.Unlock()
		return nil, fixture(o.kind, "wait until it is usable", err)
	}
	return r, nil
}

// fixture says which step of preparing a case went wrong.
func fixture(kind *contract.Resource, step string, cause error) error {
	if _, ok := IsInconclusive(cause); ok {
		return fmt.Errorf("prepare %s: %s: %w", contract.Articled(kind.Name), step, cause)
	}
	return Inconclusive(fmt.Sprintf("prepare %s: %s: %v", contract.Articled(kind.Name), step, cause))
}

func (s *Session) create(ctx context.Context, o order) (*Resource, error) {
	kind := o.kind
	op := s.Contract.Operation(kind.Create)
	params, ok := s.env.Inputs(kind.Create)
	if op == nil || !ok {
		return nil, fmt.Errorf("create %s: no valid input for %q", kind.Name, kind.Create)
	}
	bare := false // of real things that the target may want
	if s.abroad(op, o) {
		all := len(params)
		params = homeless(op, params)
		bare = len(params) < all
	}
	for _, p := range o.with {
		params = params.Set(p.Name, p.Value)
	}
	bound, err := s.Bind(ctx, params)
	if err != nil {
		return nil, err
	}
	a, err := s.Probe(ctx, &Probe{Operation: kind.Create, Params: bound, Method: http.MethodPost}, append(o.options, asFixture)...)
	if err != nil {
		return nil, fixture(kind, kind.Create, err)
	}
	id := createdID(op, a)
	if id == "" && bare && a.Status >= 400 && a.Status < 500 {
		return nil, Skip(fmt.Sprintf("the profile's bindings are those of its own region and account, and without them %s answers %s elsewhere", kind.Create, a.Summary()))
	}
	if id == "" {
		return nil, fixture(kind, kind.Create, Inconclusive(cmp.Or(s.Judge.Unfit(a), "answered "+a.Summary())))
	}
	s.env.pool.made(kind.Name)
	return &Resource{Kind: kind, ID: id, Region: regionOf(s, op, bound), credentials: s.signer(o.options), owner: s.Case.ID}, nil
}

// abroad says whether a resource is made in another region than the profile's
// or by another account than the default one.
func (s *Session) abroad(op *contract.Operation, o order) bool {
	home, _ := s.Credentials("default")
	region := regionOf(s, op, o.with)
	return region != s.Region && region != "$region" || s.signer(o.options) != home
}

// homeless leaves out the real things that a request can do without: those of
// the profile belong to one account in one region.
func homeless(op *contract.Operation, p wire.Params) wire.Params {
	return slices.DeleteFunc(p, func(q wire.Param) bool {
		f := op.Parameter(q.Name)
		return q.Value == "$binding" && f != nil && !f.Required
	})
}

// signer is the key that a request with the options is signed with.
func (s *Session) signer(o []Option) wire.Credentials {
	how := sending{entry: "default"}
	for _, option := range o {
		option(&how)
	}
	if how.credentials != nil {
		return *how.credentials
	}
	c, _ := s.Credentials(how.entry)
	return c
}

// createdID is the id that a success of a creating operation names.
func createdID(op *contract.Operation, a *check.Answer) string {
	if a == nil || !a.OK || op.Effect.ID == "" {
		return ""
	}
	v, _ := check.Lookup(a.Body, "/"+strings.ReplaceAll(op.Effect.ID, ".", "/"))
	id, _ := v.(string)
	return id
}

// regionOf is the region in which the operation makes its resource: the one
// region that it names, or the last where it copies from one to another.
func regionOf(s *Session, op *contract.Operation, params wire.Params) string {
	region := s.Region
	for _, f := range op.Parameters {
		if f.Binding != contract.RegionBinding {
			continue
		}
		if value, ok := params.Get(f.Name); ok {
			region = value
		}
		if op.Effect.Kind != contract.Copies {
			break
		}
	}
	return region
}

// reserve takes a place for what a creating request may make.
func (s *Session) reserve(ctx context.Context, m *message) error {
	if m.how.fixture || !m.creates() || s.spend() {
		return nil
	}
	g, err := s.place(ctx, "")
	if err != nil {
		return err
	}
	defer s.placed()
	s.mu.Lock()
	s.places++
	s.mu.Unlock()
	if g.evicted != nil {
		s.discard(ctx, g.evicted)
	}
	return nil
}

func (m *message) creates() bool {
	return m.operation != nil && m.operation.Effect.Kind.Makes()
}

// track keeps account of what a request may have done: what a creating one
// made must be deleted, wanted or not, and a leased resource that another may
// have changed is no longer clean.
func (s *Session) track(m *message, a *check.Answer) {
	if m.operation == nil {
		return
	}
	s.env.whereabouts.learn(s.Contract, m, a)
	s.mu.Lock()
	defer s.mu.Unlock()
	if m.creates() && m.uncertain(a) {
		s.lost = append(s.lost, m)
	}
	if m.how.fixture {
		return
	}
	if m.creates() {
		s.adopt(m, a)
	}
	refused := a != nil && a.Status >= 400 && a.Status < 500
	if refused || m.operation.Effect.Kind.Makes() || m.operation.Effect.Kind.Looks() {
		return
	}
	deleted := m.operation.Effect.Kind == contract.Deletes && a != nil && a.OK
	for _, r := range slices.Concat(s.held, s.made) {
		named := m.names(r)
		r.touched = r.touched || named || m.unnamed(r)
		r.deleted = r.deleted || named && deleted
	}
}

// uncertain says whether a creating request may have made something whose id
// nobody told us.
func (m *message) uncertain(a *check.Answer) bool {
	return m.unanswered || a != nil && (a.Status >= 500 || a.OK && createdID(m.operation, a) == "")
}

// names says whether the request holds the resource's id.
func (m *message) names(r *Resource) bool {
	return slices.ContainsFunc(m.params, func(p wire.Param) bool { return strings.Contains(p.Value, r.ID) })
}

// unnamed says whether the request is about the resource's kind and may mean
// it by something else than its id, such as a path.
func (m *message) unnamed(r *Resource) bool {
	if r.Kind == nil || m.operation.Effect.Resource != r.Kind.Name {
		return false
	}
	_, byID := m.params.Get(r.Kind.IDParameter)
	return !byID
}

// adopt takes over what the request made, or gives its place back. The caller
// holds the lock.
func (s *Session) adopt(m *message, a *check.Answer) {
	id := createdID(m.operation, a)
	known := slices.ContainsFunc(s.made, func(r *Resource) bool { return r.ID == id })
	if id == "" || known {
		s.places--
		s.env.pool.leave(1)
		return
	}
	s.env.pool.made(m.operation.Effect.Resource)
	s.made = append(s.made, &Resource{
		Kind: s.Contract.Resource(m.operation.Effect.Resource), ID: id,
		Region: regionOf(s, m.operation, m.params), credentials: m.credentials, owner: s.Case.ID,
	})
}

// Cleanup deletes the resource after the case whatever happens. What a success
// of a creating operation names is cleaned up without being asked for.
func (s *Session) Cleanup(resource, id string) {
	c, _ := s.Credentials("default")
	s.mu.Lock()
	defer s.mu.Unlock()
	if slices.ContainsFunc(s.made, func(r *Resource) bool { return r.ID == id }) {
		return
	}
	s.made = append(s.made, &Resource{
		Kind: s.Contract.Resource(resource), ID: id, Region: s.Region, credentials: c, owner: s.Case.ID,
	})
}
