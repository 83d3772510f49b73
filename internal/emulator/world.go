package emulator

import (
	"bytes"
	"fmt"
	"time"

	"go.yaml.in/yaml/v3"
)

// world is the universe that requests are judged against: everything that
// exists before the first request, and what the contract's names mean to it.
// It is read only after parseWorld.
type world struct {
	// Recommend is the template of an error's help link: code, product and
	// request id are written into it.
	Recommend string `yaml:"recommend"`
	// PageSize is used where the contract gives a page no default size.
	PageSize int `yaml:"pageSize"`
	// TokenLifetime is how long a success is kept for a replay.
	TokenLifetime time.Duration `yaml:"tokenLifetime"`
	// Undocumented names parameters that the product obeys although no page
	// lists them for an operation.
	Undocumented struct {
		DryRun       string `yaml:"dryRun"`
		OwnerID      string `yaml:"ownerId"`
		OwnerAccount string `yaml:"ownerAccount"`
	} `yaml:"undocumented"`
	// Parameters name the regions of a request: where it works, and where to.
	Parameters struct {
		Region      string `yaml:"region"`
		Destination string `yaml:"destination"`
	} `yaml:"parameters"`
	Regions   []*region            `yaml:"regions"`
	Images    []image              `yaml:"images"`
	Sources   []source             `yaml:"sources"`
	Accounts  []*account           `yaml:"accounts"`
	Keys      []Key                `yaml:"keys"`
	Resources map[string]*resource `yaml:"resources"`
	Tagging   tagging              `yaml:"tagging"`
	// RegionMembers maps a member of a listed region to what it shows.
	RegionMembers map[string]string     `yaml:"regionMembers"`
	Usage         map[string]usageEntry `yaml:"usage"`

	regions  map[string]*region
	accounts map[string]*account
	images   map[string]image
	sources  map[string]source
}

// region is one region with the things in it.
type region struct {
	ID       string             `yaml:"id"`
	Endpoint string             `yaml:"endpoint"`
	Zones    []zone             `yaml:"zones"`
	Things   map[string][]thing `yaml:"things"` // by the contract's binding kind

	things map[string]map[string]thing
}

// zone is one zone of a region.
type zone struct {
	ID          string `yaml:"id"`
	Recommended bool   `yaml:"recommended"`
	NotOnSale   bool   `yaml:"notOnSale"`
	NoStock     bool   `yaml:"noStock"`
}

// thing is a cloud resource that requests refer to but that this API does not
// make.
type thing struct {
	ID   string `yaml:"id"`
	VPC  string `yaml:"vpc"`
	Zone string `yaml:"zone"`
	Free int    `yaml:"free"` // addresses left
}

// image is a container image with a peculiarity; any other image can be
// pulled and weighs nothing.
type image struct {
	Name       string `yaml:"name"`
	Unpullable bool   `yaml:"unpullable"`
	SizeGiB    int    `yaml:"sizeGiB"`
}

// source is a place of data with a peculiarity; any other can be read and
// holds nothing.
type source struct {
	Value       string `yaml:"value"` // of any one option
	Unreachable bool   `yaml:"unreachable"`
	SizeGiB     int    `yaml:"sizeGiB"`
}

// account is an account and its standing.
type account struct {
	ID     string `yaml:"id"`     // also its name
	Number string `yaml:"number"` // 16 digits
	// Standing names the contract's conditions that hold for the account.
	Standing []string `yaml:"standing"`
	// Quotas is the largest number of resources by kind, in one region;
	// a kind that is absent has the resource's own.
	Quotas map[string]int `yaml:"quotas"`

	standing map[string]bool
}

// Key is an access key of an account of the world.
type Key struct {
	AccessKeyID     string `yaml:"accessKeyId"`
	AccessKeySecret string `yaml:"accessKeySecret"`
	// SecurityToken must come with every request of the key when it is set.
	SecurityToken string `yaml:"securityToken"`
	// Account is the id of an account of the world.
	Account  string `yaml:"account"`
	Disabled bool   `yaml:"disabled"`
	Expired  bool   `yaml:"expired"` // of the security token
}

// String returns the id alone: a key is never printed with its secret.
func (k Key) String() string { return k.AccessKeyID }

// GoString returns the id alone.
func (k Key) GoString() string { return fmt.Sprintf("emulator.Key{%q}", k.AccessKeyID) }

// resource says what the contract's names for a kind of resource mean.
type resource struct {
	// Quota is how many an account may have in one region.
	Quota int `yaml:"quota"`
	// FailedKept is how long one whose creation failed stays; 0 for ever.
	FailedKept time.Duration `yaml:"failedKept"`
	// TimeLayout writes the times of the members.
	TimeLayout string `yaml:"timeLayout"`
	// Parameters maps a meaning (size, images, …) to a parameter's path.
	Parameters map[string]string `yaml:"parameters"`
	// Members maps a member of an answer to what it shows.
	Members map[string]string `yaml:"members"`
	// Prefixes begin the ids of what stands behind a resource: instance,
	// snapshot, flashSnapshot.
	Prefixes map[string]string `yaml:"prefixes"`
	// Inherit lists the parameters that a copy takes from its original.
	Inherit []string `yaml:"inherit"`
	// Events maps a state to what the log says on reaching it.
	Events map[string]event `yaml:"events"`
	// EventName is the constant part of an event's name.
	EventName string `yaml:"eventName"`
	// EventMembers maps a member of an event to what it shows.
	EventMembers map[string]string `yaml:"eventMembers"`
	// Match names the parameters of the best-match query, empty for none.
	Match match `yaml:"match"`
}

// event is what the log of a resource says on reaching a state.
type event struct {
	Type    string `yaml:"type"`
	Reason  string `yaml:"reason"`
	Message string `yaml:"message"`
}

// match names the parameters of the query for the best-fitting image caches.
type match struct {
	Images string `yaml:"images"`
	Member string `yaml:"member"` // of a list item, that holds its images
	Full   string `yaml:"full"`
	Count  string `yaml:"count"`
}

// tagging says what the parameters and members of the tag operations mean.
type tagging struct {
	Type  string `yaml:"type"`
	IDs   string `yaml:"ids"`
	Tags  string `yaml:"tags"`
	Keys  string `yaml:"keys"`
	All   string `yaml:"all"`
	Key   string `yaml:"key"`
	Value string `yaml:"value"`
	// Limit is how many tags one resource may carry.
	Limit int `yaml:"limit"`
	// Members maps a member of a listed tag to what it shows.
	Members map[string]string `yaml:"members"`
}

// usageEntry is one number of the usage: a fixed one, or the quota or count
// of a kind of resource.
type usageEntry struct {
	Fixed string `yaml:"fixed"`
	Quota string `yaml:"quota"`
	Used  string `yaml:"used"`
}

// parseWorld reads the text of a world and indexes it.
func parseWorld(text []byte) (*world, error) {
	w := &world{}
	dec := yaml.NewDecoder(bytes.NewReader(text))
	dec.KnownFields(true)
	if err := dec.Decode(w); err != nil {
		return nil, fmt.Errorf("parse world: %w", err)
	}
	if err := w.index(); err != nil {
		return nil, fmt.Errorf("parse world: %w", err)
	}
	return w, nil
}

func (w *world) index() error {
	w.regions = make(map[string]*region, len(w.Regions))
	for _, r := range w.Regions {
		w.regions[r.ID] = r
		r.index()
	}
	w.accounts = make(map[string]*account, len(w.Accounts))
	for _, a := range w.Accounts {
		w.accounts[a.ID] = a
		a.standing = set(a.Standing)
	}
	w.images = make(map[string]image, len(w.Images))
	for _, i := range w.Images {
		w.images[i.Name] = i
	}
	w.sources = make(map[string]source, len(w.Sources))
	for _, s := range w.Sources {
		w.sources[s.Value] = s
	}
	for _, k := range w.Keys {
		if w.accounts[k.Account] == nil {
			return fmt.Errorf("key %s: unknown account %q", k.AccessKeyID, k.Account)
		}
	}
	return nil
}

// index makes the zones things as well, so that a reference to a zone is
// looked up like any other.
func (r *region) index() {
	r.things = make(map[string]map[string]thing, len(r.Things)+1)
	for kind, list := range r.Things {
		r.things[kind] = make(map[string]thing, len(list))
		for _, t := range list {
			r.things[kind][t.ID] = t
		}
	}
	zones := make(map[string]thing, len(r.Zones))
	for _, z := range r.Zones {
		zones[z.ID] = thing{ID: z.ID, Zone: z.ID}
	}
	r.things[bindingZone] = zones
}

// zone returns the named zone; the zero zone where there is none.
func (r *region) zone(id string) zone {
	for _, z := range r.Zones {
		if z.ID == id {
			return z
		}
	}
	return zone{}
}

func set(names []string) map[string]bool {
	m := make(map[string]bool, len(names))
	for _, n := range names {
		m[n] = true
	}
	return m
}
