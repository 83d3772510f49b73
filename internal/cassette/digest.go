package cassette

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"strings"
)

// digest is a link of the chain.
type digest [sha256.Size]byte

const digestPrefix = "sha256:"

// digestLen is the length of a digest as text.
const digestLen = len(digestPrefix) + 2*sha256.Size

func (d digest) String() string { return string(d.append(nil)) }

func (d digest) append(dst []byte) []byte {
	return hex.AppendEncode(append(dst, digestPrefix...), d[:])
}

// parseDigest reads sha256:HEX, in lower case.
func parseDigest(s string) (d digest, ok bool) {
	text, ok := strings.CutPrefix(s, digestPrefix)
	if !ok || len(text) != 2*len(d) || strings.ContainsAny(text, "ABCDEF") {
		return d, false
	}
	_, err := hex.Decode(d[:], []byte(text))
	return d, err == nil
}

// chain computes digests, each over the one before.
type chain struct {
	last digest
	hash hash.Hash
}

// begin sets the first digest: that of the header.
func (c *chain) begin(header []byte) {
	c.hash, c.last = sha256.New(), sha256.Sum256(header)
}

// next returns the digest of a record after the last one, and does not make it
// the last.
func (c *chain) next(record []byte) (d digest) {
	c.hash.Reset()
	c.hash.Write(c.last[:])
	c.hash.Write(record)
	c.hash.Sum(d[:0])
	return d
}
