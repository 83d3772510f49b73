//go:build unix

package report

import (
	"errors"
	"os"
	"syscall"
)

// busy locks the open folder and says whether somebody else has it.
func busy(f *os.File) bool {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	return errors.Is(err, syscall.EWOULDBLOCK)
}
