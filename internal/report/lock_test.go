package report

import (
	"errors"
	"testing"
)

func TestLock(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	release, err := Lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Lock(dir); !errors.Is(err, ErrBusy) {
		t.Errorf("Lock() of a locked folder = %v, want ErrBusy", err)
	}
	other, err := Lock(t.TempDir())
	if err != nil {
		t.Errorf("Lock() of another folder = %v", err)
	}
	if err := errors.Join(release(), other()); err != nil {
		t.Error(err)
	}
	if release, err = Lock(dir); err != nil {
		t.Fatalf("Lock() of a released folder = %v", err)
	}
	if err := release(); err != nil {
		t.Error(err)
	}
	if _, err := Lock(dir + "/none"); err == nil {
		t.Error("Lock() of no folder = nil")
	}
}
