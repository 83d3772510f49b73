package contract

// Effect is what an operation does to the resources.
type Effect struct {
	Kind     EffectKind
	Resource string // empty for tag operations, regions and usage
	// Key is the parameters that say which resource is meant, as
	// alternatives: [[DataCacheId], [Bucket, Path]].
	Key [][]string
	// ID is the response path of the id of what was made: ImageCacheId.
	ID string
	// From are the states in which it is allowed, empty for any; To is the
	// state that it leads to.
	From []string
	To   string
	// Wrong is the code that answers the operation in another state.
	Wrong string
	// Same is the code that answers an update without anything to do, empty
	// where such an update is accepted; Force are the parameters whose mere
	// presence is something to do.
	Same  string
	Force []string
	// Rest promises that what an update leaves out stays; nil where nothing
	// says so.
	Rest *Clause
	// Takes is the parameter that names what is taken off by the values of a
	// list item's member; nil where nothing is.
	Takes *Filter
	// TakesAll is the parameter that has all taken off; nil where none does.
	TakesAll *Filter
	// Shows says by which member of a list item the list shows the thing that
	// the parameter names, given or not; nil where nothing is said.
	Shows *Filter
	// Match says how a list looks for what serves best; nil where it does not.
	Match *Matching
	// Echo maps a parameter's path to the path of the list item's member that
	// shows it afterwards: Image.N → Images.N.
	Echo []Echo
	// Filters maps a parameter's path to the item's member it selects by.
	Filters []Filter
	// Items is the response path of the list; Limit, Next and Total name the
	// paging parameters and members, empty where there are none.
	Items, Limit, Next, Total string
	Clause                    *Clause
	Place                     Place
}

// Echo says where a written value can be read again.
type Echo struct {
	Parameter string
	Member    string
	// Form is how it comes back: same, or json (a map as JSON text).
	Form string
	// Wraps are the names under which the map may stand once more within a
	// JSON object, beside others; with none it stands for itself alone.
	Wraps []string
	// Cleans says that a service may bring the text into a form of its own: it
	// is a path or a reference, not mere text.
	Cleans bool
	Clause *Clause
	Place  Place
}

// Filter says which member of a list item a parameter selects by.
type Filter struct {
	Parameter string
	Member    string
	Clause    *Clause
	// Exact is that nothing else is selected than what has exactly the value;
	// nil where nothing says so.
	Exact *Clause
	Place Place
}

// Matching says how a list looks for what serves best.
type Matching struct {
	Member string // of a list item: Images.N
	Wanted string // parameter, a list: what the member should hold
	Full   string // parameter: only what holds all of it
	Count  string // parameter: how many of those at most
	// Some, All and Few are the promises about Wanted, Full and Count.
	Some, All, Few *Clause
	Place          Place
}

// Resource is a kind of thing that operations make, change and delete.
type Resource struct {
	Name        string
	IDPrefix    string // imc-
	IDMember    string // ImageCacheId, in the list's items
	IDParameter string // ImageCacheId, in requests
	Create      string // operations
	List        string
	Update      string
	Delete      string
	TagType     string // its ResourceType in tag operations
	StateMember string // Status
	States      []State
	Transitions []Transition
	Unique      []string // parameters that together must be unique in a region
	// Volatile are the members of a list item that change by themselves.
	Volatile  []string
	Retention *Retention // nil where nothing limits how long it lives
	// Consistency holds what requests on one resource promise each other, by
	// keyword: written, deleted, linear, …
	Consistency map[string]*Clause
	Eviction    *Eviction // nil where it never makes room for another
	Usage       *Usage    // nil where no number tells how many there are
	Complete    *Complete // nil where nothing tells that it can be used but its state
	Place       Place
}

// Usage says where the operation that shows how much is used counts the
// resources of a region.
type Usage struct {
	Member string // below what the operation's effect calls its items
	Clause *Clause
	Place  Place
}

// Complete says what a resource shows once it can be used.
type Complete struct {
	Member string // of a list item
	Clause *Clause
	Place  Place
}

// Retention says how long a resource lives: as many days after the time at
// Since as the Parameter said, which is the time at Until.
type Retention struct {
	Parameter    string // of the operations that make and change it
	Since, Until string // members of a list item
	Clause       *Clause
	Place        Place
}

// Eviction says which resources go away when their room is needed: those whose
// Parameter had the Value.
type Eviction struct {
	Parameter, Value string
	Place            Place
}

// State returns the named state, or nil.
func (r *Resource) State(name string) *State {
	for i := range r.States {
		if r.States[i].Name == name {
			return &r.States[i]
		}
	}
	return nil
}

// State is one value of the state member.
type State struct {
	Name    string
	Summary string
	Initial bool // a created resource starts here
	Stable  bool // it stays until somebody acts
	Usable  bool // the settled, successful state
	Failed  bool // a settled, failed state
	Clause  *Clause
	Place   Place
}

// Transition is an edge of a state machine. From is empty for creation and To
// is empty for disappearance.
type Transition struct {
	From, To string
	// On is an operation's name, or settle, fail, expire, evict.
	On string
	// Conditions are those of the world any of which leads along a fail edge.
	Conditions []string
	Clause     *Clause
	Place      Place
}

// Idempotency holds the rules that every ClientToken shares.
type Idempotency struct {
	Scope    []string // account, region, operation
	Mismatch *Error   // same token, other parameters
	Replay   *Clause  // same token, same parameters: same answer, one effect
	// Processing answers a token whose first request is not answered yet.
	Processing *Error
	// Clauses are the remaining promises by keyword, such as changed or lost.
	Clauses map[string]*Clause
	Place   Place
}

// Client holds the promises that are about clients.
type Client struct {
	Clauses map[string]*Clause // by keyword: retry.once, …
	Place   Place
}

// Listing holds the promises that all listings share.
type Listing struct {
	Clauses map[string]*Clause // by keyword: scope, page.union, total, …
	Place   Place
}

// Gateway is what stands before the product: the shared error table and the
// order in which it checks.
type Gateway struct {
	// Order is the stages, first checked first. See the contract for what
	// each stage looks at.
	Order  []string
	Clause *Clause // of the order
	Errors []*Error
	// Unlisted is that no other errors answer a request for no operation.
	Unlisted *Clause
}

// Error returns the gateway's row for a condition, or nil.
func (g Gateway) Error(condition string) *Error {
	for _, e := range g.Errors {
		if e.Condition == condition {
			return e
		}
	}
	return nil
}

// Protocol is what every request carries.
type Protocol struct {
	Formats       []string // JSON, XML
	DefaultFormat string   // of signature v1: XML
	// Skew is how far a timestamp may be off, in seconds.
	Skew int
	// RetryAfter is the header by which a throttled answer asks to wait, in
	// milliseconds; empty where there is none.
	RetryAfter string
	// Common are the parameters of signature v1, Headers those of ACS3.
	Common  []*Field
	Headers []*Field
	// Clauses are the remaining protocol promises by keyword, such as
	// format.json, method.equivalence, unknown.ignored.
	Clauses map[string]*Clause
}

// Envelope is what every answer looks like.
type Envelope struct {
	Error *Field // the object of a failure
	// Clauses by keyword: requestId.present, requestId.format,
	// requestId.unique, requestId.header, contentType.json, contentType.xml,
	// xml.root, error.status, json.strict, …
	Clauses map[string]*Clause

	failure *validator // of Error
}
