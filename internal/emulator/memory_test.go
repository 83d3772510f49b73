package emulator

import (
	"fmt"
	"testing"
	"time"
)

func TestNonces(t *testing.T) {
	t.Parallel()
	n := newNonces(30 * time.Minute)
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, c := range []struct {
		key, nonce string
		at         time.Duration
		want       bool
	}{
		{"k", "a", 0, true},
		{"k", "a", 0, false},
		{"other", "a", 0, true},
		{"k", "b", 29 * time.Minute, true},
		{"k", "a", 30 * time.Minute, false},
		{"k", "b", 58 * time.Minute, false},
		{"k", "b", 59 * time.Minute, false},
		{"k", "a", 61 * time.Minute, true},
	} {
		if got := n.use(c.key, c.nonce, at.Add(c.at)); got != c.want {
			t.Errorf("use(%q, %q) after %s = %t, want %t", c.key, c.nonce, c.at, got, c.want)
		}
	}
}

func TestNoncesAreBounded(t *testing.T) {
	t.Parallel()
	n := newNonces(time.Hour)
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for i := range 3 * maxNonces {
		n.use("k", fmt.Sprint(i), at)
	}
	if total := len(n.now) + len(n.old); total > 2*maxNonces {
		t.Errorf("%d nonces are remembered, want at most %d", total, 2*maxNonces)
	}
}

func TestIDsDiffer(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, m := range []*mint{newMint(1, "a"), newMint(1, "b"), newMint(2, "a")} {
		for range 1000 {
			id := m.id("x-")
			if seen[id] {
				t.Fatalf("id %s twice", id)
			}
			seen[id] = true
		}
	}
}

func FuzzReadToken(f *testing.F) {
	scope := []byte("scope")
	whole := writeToken(scope, position{seq: 7, sub: "key"})
	for _, s := range []string{whole, whole[1:], whole + "A", whole[:4] + "\n" + whole[4:], "", "====", "AAAAAAAAAAAAAAAAAAAAAAAAAAA"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, token string) {
		at, err := readToken(scope, token)
		if err == nil && writeToken(scope, at) != token {
			t.Errorf("readToken(%q) took a token that it does not write", token)
		}
		if _, err := readToken([]byte("other"), token); err == nil {
			t.Errorf("readToken(%q) took a token of another listing", token)
		}
	})
}

func TestReadToken(t *testing.T) {
	t.Parallel()
	scope := []byte("scope")
	want := position{seq: 1 << 40, sub: "a key"}
	got, err := readToken(scope, writeToken(scope, want))
	if err != nil || got != want {
		t.Errorf("readToken() = %v, %v, want %v", got, err, want)
	}
}
