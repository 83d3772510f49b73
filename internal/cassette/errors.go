package cassette

import "fmt"

// SyntaxError is text that is no cassette, digests apart.
type SyntaxError struct {
	File string
	Line int    // from 1
	Want string // what was expected there
}

// Error returns the place and what was expected.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("read cassette: %s:%d: %s", e.File, e.Line, e.Want)
}

// VersionError is a cassette of a format that is not known here.
type VersionError struct {
	File    string
	Version string
}

// Error returns the version found and the one that is read.
func (e *VersionError) Error() string {
	return fmt.Sprintf("read cassette: %s:1: format %s: want %d; another version of conform wrote it", e.File, e.Version, Format)
}

// EditedError is a cassette of which a part is not what was recorded.
type EditedError struct {
	File   string
	Part   Part
	Record int    // for RecordPart: from 1
	Line   int    // from 1: of the first line that cannot be right, or of the digest
	Why    string // what is wrong with it
}

// Part is a part of a cassette.
type Part string

// The parts.
const (
	HeaderPart Part = "header"
	RecordPart Part = "record"
	SealPart   Part = "seal"
)

// Error returns the part, the place and what is wrong there.
func (e *EditedError) Error() string {
	part := string(e.Part)
	if e.Part == RecordPart {
		part = fmt.Sprintf("record %d", e.Record)
	}
	return fmt.Sprintf("read cassette: %s:%d: %s was edited: %s", e.File, e.Line, part, e.Why)
}

// TruncatedError is a cassette that lost records, or even its header.
type TruncatedError struct {
	File string
	Line int // from 1: of the seal, or the last one
	Have int // records found
	Want int // records that the seal tells of; 0 when the header is cut off
}

// Error returns the place and how much is missing.
func (e *TruncatedError) Error() string {
	if e.Want == 0 {
		return fmt.Sprintf("read cassette: %s:%d: the header is cut off: want #end-header", e.File, e.Line)
	}
	return fmt.Sprintf("read cassette: %s:%d: %d of %d records are missing at the end", e.File, e.Line, e.Want-e.Have, e.Want)
}

// LimitError is more than a cassette keeps.
type LimitError struct {
	What string // what is too large, with its place
	Max  int64
}

// Error returns what is too large and the limit.
func (e *LimitError) Error() string {
	return fmt.Sprintf("%s: more than %d, the most that a cassette keeps", e.What, e.Max)
}
