//go:build unix

package driver_test

import (
	"os/exec"
	"syscall"
)

// ownSession makes a process the first of a session, which no group reaches.
func ownSession(c *exec.Cmd) { c.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }
