package wire

// DecodeJSON reads one JSON value, strictly: no duplicate keys, no bytes
// behind it, valid UTF-8, at most 512 levels deep. An object becomes a *Map.
func DecodeJSON(b []byte) (any, error) { return nil, nil }

// EncodeJSON writes a Value in Map order, without spaces. Invalid UTF-8
// becomes U+FFFD.
func EncodeJSON(v any) []byte { return nil }
