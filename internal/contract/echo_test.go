package contract

import (
	"testing"

	"github.com/eci-conform/conform/internal/wire"
)

func TestEchoUnpack(t *testing.T) {
	t.Parallel()
	e := &Echo{Form: "json", Wraps: []string{"options"}}
	for name, test := range map[string]struct {
		text, want string
		ok         bool
	}{
		"plain":             {`{"path":"/a","vers":"3"}`, `{"path":"/a","vers":"3"}`, true},
		"wrapped":           {`{"options":{"path":"/a"},"type":"NAS"}`, `{"path":"/a"}`, true},
		"a key of the name": {`{"options":"nolock,tcp","path":"/a"}`, `{"options":"nolock,tcp","path":"/a"}`, true},
		"another wrap":      {`{"Options":{"path":"/a"}}`, `{"Options":{"path":"/a"}}`, true},
		"empty":             {`{}`, `{}`, true},
		"a list":            {`["path"]`, "", false},
		"no JSON":           {`path=/a`, "", false},
	} {
		m, ok := e.Unpack(test.text)
		if ok != test.ok || ok && string(wire.EncodeJSON(m)) != test.want {
			t.Errorf("%s: Unpack(%s) = %s, %v, want %s, %v", name, test.text, wire.EncodeJSON(m), ok, test.want, test.ok)
		}
	}
	if m, _ := (&Echo{Form: "json"}).Unpack(`{"options":{}}`); m == nil || m.Len() != 1 {
		t.Error("Unpack() looks into a member that the contract does not name")
	}
}
