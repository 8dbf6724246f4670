//go:build unix

package render

import (
	"os/exec"
	"syscall"
)

// alone makes cmd the leader of a process group, so that it is not
// interrupted with the program and can be killed with all it started.
func alone(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}

// kill ends cmd's process group.
func kill(cmd *exec.Cmd) {
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
}
