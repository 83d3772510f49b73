package wire

import "log/slog"

// String returns the key's id, so that no format verb prints the secret.
func (c Credentials) String() string { return c.AccessKeyID }

// GoString returns the key's id, so that %#v prints no secret either.
func (c Credentials) GoString() string { return "wire.Credentials{" + c.AccessKeyID + "}" }

// LogValue makes slog write the key's id only.
func (c Credentials) LogValue() slog.Value { return slog.StringValue(c.AccessKeyID) }

// MarshalText makes encoders of text, JSON among them, write the key's id only.
func (c Credentials) MarshalText() ([]byte, error) { return []byte(c.AccessKeyID), nil }
