// Package cassette keeps recorded exchanges in a file: text to which records
// are only ever added, that people can read and compare line by line, and
// whose records are chained by digests, so that a hand edit, a torn tail and a
// cut-off end are each told apart. The head of every record is held in
// memory; bodies are read when they are asked for.
//
// A file is a header, records, and a seal once it is complete:
//
//	#conform-cassette 1
//	#recorded 2026-11-21T10:00:00Z
//	#contract sha256:…
//	#end-header sha256:…
//	=== 1 DescribeRegions version=2018-08-08 start=0.1s first=2ms took=3ms via=GET,query,v1,JSON signature=ok
//	> RegionId: cn-hangzhou
//	~ SignatureNonce: 6f1c
//	< 200
//	< Content-Type: application/json
//	<< json-min 20
//	{
//	  "RequestId": "1"
//	}
//	# sha256:…
//	#sealed n=1 root=sha256:…
//
// The first character of a line says what it is: "=" begins a record, ">" is
// a parameter of the operation or, doubled, the body of the request, "~" a
// parameter of the protocol, "<" the status, a header or, doubled, the body
// of the answer, "#" the header, a digest or the seal. Any other line belongs
// to the body above it. A name or value that would not stand on a line as it
// is, is quoted as a Go string.
//
// The digest of the header is the SHA-256 of its lines, the digest of a record
// that of the digest before it, as 32 bytes, and of the record's lines.
package cassette

import (
	"io"
	"slices"
	"time"

	"github.com/eci-conform/conform/internal/redact"
)

// Format is the version of the format that is written; the only one that is
// read.
const Format = 1

// Header says where the records come from. Empty fields are left out of the
// file.
type Header struct {
	Recorded time.Time // when recording began; kept in UTC
	Contract string    // digest of the contract, as sha256:HEX
	Policy   string    // digest of the rules of redaction, as sha256:HEX
	Target   string    // name or URL of what was recorded, redacted
	Tool     string    // name and version of what recorded
	Run      string    // id of the run, for a recording of one
	Seed     uint64    // of the run; kept only with Run
	Cases    string    // which cases the run was of, in one line, where not of all; kept only with Run
	Profile  string    // of the run's target, in one line, without keys; kept only with Run
	Import   string    // the format that the records were taken over from
}

// State is whether a cassette is complete.
type State int

// The states.
const (
	// Unsealed is a cassette that was never closed: it is still being recorded,
	// or the recorder was killed, or its end was cut off between two records.
	Unsealed State = iota
	Sealed
)

// String returns the state as a word.
func (s State) String() string {
	if s == Sealed {
		return "sealed"
	}
	return "open"
}

// Entry is a record without its bodies: Body and Answer are nil.
type Entry struct {
	redact.Record
	Line int // of the file, from 1, on which the record begins
	// The bodies are where they are in the file.
	body, answer block
}

// Cassette is a file that was read and found whole. It is safe for concurrent
// use.
type Cassette struct {
	name    string
	header  Header
	entries []Entry
	state   State
	torn    int64
	root    digest
	file    io.ReaderAt
	closer  io.Closer
}

// Name returns the name of the file.
func (c *Cassette) Name() string { return c.name }

// Header returns what the file says of itself.
func (c *Cassette) Header() Header { return c.header }

// Len returns the number of records.
func (c *Cassette) Len() int { return len(c.entries) }

// Entry returns the head of record i, from 0. It is shared: it must not be
// changed.
func (c *Cassette) Entry(i int) *Entry { return &c.entries[i] }

// State returns whether the cassette is complete.
func (c *Cassette) State() State { return c.state }

// Torn returns the number of bytes at the end that are no whole record, from a
// recorder that was killed while it wrote. They are left out.
func (c *Cassette) Torn() int64 { return c.torn }

// Root returns the last digest of the chain, as sha256:HEX. It stands for all
// that the cassette says.
func (c *Cassette) Root() string { return c.root.String() }

// Record returns record i, from 0, with its bodies, read from the file. It
// fails when the file was changed since it was opened.
func (c *Cassette) Record(i int) (redact.Record, error) {
	e := &c.entries[i]
	r := e.Record
	r.Params, r.Common, r.Header = slices.Clone(r.Params), slices.Clone(r.Common), slices.Clone(r.Header)
	var err error
	if r.Body, err = c.read(e, e.body); err != nil {
		return redact.Record{}, err
	}
	if r.Answer, err = c.read(e, e.answer); err != nil {
		return redact.Record{}, err
	}
	return r, nil
}

// Close lets go of the file. Entries stay.
func (c *Cassette) Close() error {
	if c.closer == nil {
		return nil
	}
	return c.closer.Close()
}
