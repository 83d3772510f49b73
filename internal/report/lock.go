package report

import (
	"errors"
	"fmt"
	"os"
)

// ErrBusy says that another run writes into the folder.
var ErrBusy = errors.New("another run is writing there")

// Lock keeps other runs out of the report folder, which must exist, until
// release is called or the process ends, however it ends. Its error wraps
// ErrBusy. Where the file system knows no locks nobody is kept out.
func Lock(dir string) (release func() error, err error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, fmt.Errorf("lock report folder: %w", err)
	}
	if busy(f) {
		return nil, errors.Join(fmt.Errorf("report folder %s: %w", dir, ErrBusy), f.Close())
	}
	return f.Close, nil
}
