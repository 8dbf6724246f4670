//go:build unix

package render

import (
	"os/exec"
	"syscall"
)

// setProcessGroup makes cmd the leader of a process group: an interrupt of the
// program does not reach cmd, and kill reaches every process that cmd started.
func setProcessGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}

// kill ends the process group of cmd.
func kill(cmd *exec.Cmd) {
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
}
