package emulator

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"hash/fnv"
	"sync/atomic"
)

// mint makes ids that look random and are the same for the same seed, label
// and count. The zero label is the request ids' own series.
type mint struct {
	seed  uint64
	count atomic.Uint64
}

// newMint returns a series of ids of its own for each label.
func newMint(seed uint64, label string) *mint {
	h := fnv.New64a()
	h.Write([]byte(label))
	return &mint{seed: mix(seed ^ h.Sum64())}
}

// next returns 16 bytes nobody else in the series gets: the count passes
// through two bijections.
func (m *mint) next() [16]byte {
	n := m.count.Add(1)
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], mix(m.seed+n))
	binary.BigEndian.PutUint64(b[8:], mix(mix(m.seed+n)^m.seed))
	return b
}

// requestID returns an upper-case UUID of version 4.
func (m *mint) requestID() string {
	b := m.next()
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	var out [36]byte
	hex.Encode(out[0:8], b[0:4])
	hex.Encode(out[9:13], b[4:6])
	hex.Encode(out[14:18], b[6:8])
	hex.Encode(out[19:23], b[8:10])
	hex.Encode(out[24:36], b[10:16])
	out[8], out[13], out[18], out[23] = '-', '-', '-', '-'
	return string(bytes.ToUpper(out[:]))
}

const idAlphabet = "0123456789abcdefghijklmnopqrstuvwxyz"

// id returns prefix and 20 lower-case letters and digits, as the API's own ids.
func (m *mint) id(prefix string) string {
	b := m.next()
	hi, lo := binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])
	out := make([]byte, 0, len(prefix)+20)
	out = append(out, prefix...)
	for range 10 {
		out = append(out, idAlphabet[hi%36], idAlphabet[lo%36])
		hi, lo = hi/36, lo/36
	}
	return string(out)
}

// mix is the finaliser of splitmix64, a bijection of 64 bits.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
