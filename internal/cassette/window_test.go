package cassette

import (
	"strings"
	"testing"
)

// However much is read at once, and wherever that ends, the cassette is whole.
func TestReadByAnyChunk(t *testing.T) {
	t.Parallel()
	text := sampleText(t, true)
	for chunk := int64(1); chunk < int64(len(text)); chunk++ {
		c, err := readBy(chunk, "x.cassette", strings.NewReader(text), int64(len(text)))
		if err != nil {
			t.Fatalf("by %d bytes: %v", chunk, err)
		}
		for i := range c.Len() {
			if _, err := c.Record(i); err != nil {
				t.Errorf("by %d bytes: %v", chunk, err)
			}
		}
	}
}
