//go:build unix

package driver

import (
	"os/exec"
	"syscall"
)

// ownGroup makes the process the first of a group, so that what it starts ends
// with it, and that a terminal's interrupt is the harness's to deal with.
func ownGroup(c *exec.Cmd) { c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// killGroup ends the process and all that it started.
func killGroup(c *exec.Cmd) error { return syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }
