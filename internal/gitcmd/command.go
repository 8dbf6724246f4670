// Package gitcmd runs git on a repository that is not trusted.
//
// The configuration of a repository can name programs: filters, hooks, a monitor of
// files, a program for ssh. Its objects can be replaced, or missing, so that git
// fetches them. None of this happens in a command of this package: git runs no
// program, and uses no network.
package gitcmd

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
)

// cleared are variables of the environment that git must not inherit. With them, git
// would use another repository or index, fetch objects, or write a secret to a trace
// file.
var cleared = []string{
	"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES",
	"GIT_COMMON_DIR", "GIT_NAMESPACE", "GIT_REPLACE_REF_BASE", "GIT_ATTR_SOURCE",
	"GIT_OPTIONAL_LOCKS", "GIT_TERMINAL_PROMPT", "GIT_CONFIG_COUNT", "LC_ALL",
	"GIT_TRACE_REDACT", "GIT_TRACE2_CONFIG_PARAMS", "GIT_TRACE2_ENV_VARS",
}

// Environ returns the environment for a git command that uses the repository of its
// folder, and that runs no hook and no monitor of files. The settings config, pairs of
// a key and a value, override those of all configuration files.
func Environ(config ...[2]string) []string {
	out := slices.DeleteFunc(os.Environ(), func(s string) bool {
		name, _, _ := strings.Cut(s, "=")
		return slices.Contains(cleared, name)
	})
	out = append(out, "LC_ALL=C", "GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0", "GIT_TRACE_REDACT=1", "GIT_TRACE2_CONFIG_PARAMS=", "GIT_TRACE2_ENV_VARS=")
	n, err := strconv.Atoi(os.Getenv("GIT_CONFIG_COUNT"))
	if err != nil || n < 0 {
		n = 0
	}
	for _, x := range append([][2]string{{"core.hooksPath", os.DevNull}, {"core.fsmonitor", "false"}}, config...) {
		out = append(out, fmt.Sprintf("GIT_CONFIG_KEY_%d=%s", n, x[0]), fmt.Sprintf("GIT_CONFIG_VALUE_%d=%s", n, x[1]))
		n++
	}
	return append(out, fmt.Sprintf("GIT_CONFIG_COUNT=%d", n))
}

// Command returns a git command for the repository that contains the folder dir. The
// command must be one that reads objects, names or attributes. It runs no program,
// uses no network and follows no replaced object.
func Command(ctx context.Context, dir string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "git", append([]string{"--no-pager", "--no-replace-objects", "-C", dir}, args...)...)
	cmd.Env = append(Environ(
		[2]string{"protocol.allow", "never"},
		[2]string{"core.sshCommand", "false"},
		[2]string{"core.gitProxy", ""},
		[2]string{"credential.helper", ""},
	),
		// Git before 2.44 does not know GIT_NO_LAZY_FETCH. There, the process that
		// fetches a missing object may use no protocol.
		"GIT_NO_LAZY_FETCH=1", "GIT_ALLOW_PROTOCOL=none")
	return cmd
}
