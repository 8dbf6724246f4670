//go:build !unix

package render

import "os/exec"

func setProcessGroup(*exec.Cmd) {}

func kill(cmd *exec.Cmd) {
	_ = cmd.Process.Kill()
}
