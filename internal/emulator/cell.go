package emulator

import (
	"sort"
	"sync"
	"time"

	"github.com/eci-conform/conform/internal/contract"
)

// cellKey names the resources of one account in one region.
type cellKey struct{ account, region string }

// cell holds the resources of one account in one region. Nothing of one cell
// is seen in another.
type cell struct {
	key  cellKey
	ids  *mint
	seq  uint64
	keep map[string]*shelf // by kind of resource

	mu sync.Mutex // guards the shelves and all records on them
}

// shelf is all resources of a kind, oldest first.
type shelf struct {
	list []*record
	byID map[string]*record
}

// cell returns the resources of an account in a region.
func (e *Emulator) cell(account, region string) *cell {
	key := cellKey{account, region}
	e.mu.RLock()
	c := e.cells[key]
	e.mu.RUnlock()
	if c != nil {
		return c
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if c = e.cells[key]; c == nil {
		c = &cell{key: key, ids: newMint(e.seed, account+"/"+region), keep: map[string]*shelf{}}
		e.cells[key] = c
	}
	return c
}

// shelf returns the resources of a kind as they are at now. The caller holds
// the lock.
func (c *cell) shelf(kind string, now time.Time, settle time.Duration) *shelf {
	s := c.keep[kind]
	if s == nil {
		s = &shelf{byID: map[string]*record{}}
		c.keep[kind] = s
	}
	var gone []*record
	for _, r := range s.list {
		if !r.advance(now, settle) {
			gone = append(gone, r)
		}
	}
	for _, r := range gone {
		s.remove(r)
	}
	return s
}

func (c *cell) add(r *record, s *shelf) {
	c.seq++
	r.seq = c.seq
	s.list = append(s.list, r)
	s.byID[r.id] = r
}

func (s *shelf) remove(r *record) {
	i := sort.Search(len(s.list), func(i int) bool { return s.list[i].seq >= r.seq })
	// A copy: lists that are being read keep the old array.
	s.list = append(s.list[:i:i], s.list[i+1:]...)
	delete(s.byID, r.id)
}

// find returns the record that the request means by one of the effect's keys,
// and whether the request named any.
func (s *shelf) find(effect contract.Effect, in input, idParameter string) (r *record, named bool) {
	for _, key := range effect.Key {
		if !hasAll(in, key) {
			continue
		}
		if len(key) == 1 && key[0] == idParameter {
			return s.byID[in.text(key[0])], true
		}
		return s.alike(key, in), true
	}
	return nil, false
}

// alike returns the record with the same values of the parameters.
func (s *shelf) alike(parameters []string, in input) *record {
	for _, r := range s.list {
		if sameValues(r.input, in, parameters) {
			return r
		}
	}
	return nil
}

func sameValues(a, b input, parameters []string) bool {
	for _, p := range parameters {
		if a.text(p) != b.text(p) {
			return false
		}
	}
	return true
}

func hasAll(in input, parameters []string) bool {
	for _, p := range parameters {
		if !in.has(p) {
			return false
		}
	}
	return true
}
