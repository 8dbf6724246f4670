package pullrequest

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
)

// A git runs the program git in a repository.
type git struct {
	dir     string
	token   string   // "" when git has to know itself who it is
	urls    []string // that the token may go to
	secrets []string // what no output may hold
}

// A gitError is a git that failed.
type gitError struct {
	command string // the subcommand
	stdout  string
	stderr  string
	err     error
}

func (e *gitError) Error() string {
	said := strings.TrimSpace(e.stderr)
	if said == "" {
		said = e.err.Error()
	}
	return "git " + e.command + ": " + said
}

func (e *gitError) Unwrap() error { return e.err }

// A gitCall is one run of git.
type gitCall struct {
	args    []string
	stdin   io.Reader
	index   string   // a file instead of the repository's index
	env     []string // more of the environment
	config  []string // settings of this run, "key=value"
	network bool     // it talks to the remote
}

// run runs git and returns its standard output.
func (g *git) run(ctx context.Context, c gitCall) (string, error) {
	var stdout bytes.Buffer
	err := g.stream(ctx, c, &stdout)
	return stdout.String(), err
}

// stream runs git with its standard output to w.
func (g *git) stream(ctx context.Context, c gitCall, w io.Writer) error {
	cmd := exec.CommandContext(ctx, "git", append([]string{"-C", g.dir}, c.args...)...)
	var stdout, stderr bytes.Buffer
	cmd.Env, cmd.Stdin, cmd.Stderr = g.env(c), c.stdin, &stderr
	cmd.Stdout = io.MultiWriter(w, limitedBuffer{&stdout})
	err := cmd.Run()
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errors.Is(err, exec.ErrNotFound) {
		return &Problem{Message: "the program git is not found", Hint: "install it, 2.31 or newer", Usage: true, err: err}
	}
	return &gitError{c.args[0], g.redact(stdout.String()), g.redact(stderr.String()), err}
}

// limitedBuffer keeps the first 64 KiB that are written, for an error.
type limitedBuffer struct{ *bytes.Buffer }

func (f limitedBuffer) Write(p []byte) (int, error) {
	if room := 64<<10 - f.Len(); room > 0 {
		f.Buffer.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}

// clearedVars are variables that a hook or a user may have set and that would have
// git work on something else, or write the token to a file.
var clearedVars = []string{"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY", "GIT_TRACE_REDACT",
	"GIT_TRACE2_CONFIG_PARAMS", "GIT_TRACE2_ENV_VARS", "GIT_OPTIONAL_LOCKS", "GIT_TERMINAL_PROMPT", "GIT_CONFIG_COUNT", "LC_ALL"}

// env is the environment of one run. The token stands in it and nowhere else:
// the arguments of a process can be read by every user of the machine.
func (g *git) env(c gitCall) []string {
	out := slices.DeleteFunc(os.Environ(), func(s string) bool {
		name, _, _ := strings.Cut(s, "=")
		return slices.Contains(clearedVars, name)
	})
	out = append(out, "LC_ALL=C", "GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0",
		"GIT_TRACE_REDACT=1", "GIT_TRACE2_CONFIG_PARAMS=", "GIT_TRACE2_ENV_VARS=")
	if c.index != "" {
		out = append(out, "GIT_INDEX_FILE="+c.index)
	}
	n, err := strconv.Atoi(os.Getenv("GIT_CONFIG_COUNT"))
	if err != nil || n < 0 {
		n = 0
	}
	config := func(key, value string) {
		out = append(out, fmt.Sprintf("GIT_CONFIG_KEY_%d=%s", n, key), fmt.Sprintf("GIT_CONFIG_VALUE_%d=%s", n, value))
		n++
	}
	config("i18n.commitEncoding", "UTF-8")
	// No hook of the user's is run for an index that is not theirs, and no
	// index keeps a part of itself in their repository.
	for _, x := range [][2]string{{"core.hooksPath", "/dev/null"}, {"core.splitIndex", "false"}, {"index.sparse", "false"}, {"core.fsmonitor", "false"}} {
		config(x[0], x[1])
	}
	for _, x := range c.config {
		key, value, _ := strings.Cut(x, "=")
		config(key, value)
	}
	if c.network {
		config("gc.auto", "0")
		config("maintenance.auto", "false")
		config("http.lowSpeedLimit", "1000") // a connection that is dead ends
		config("http.lowSpeedTime", "60")
		if g.token != "" {
			config("credential.helper", "")
		}
		for _, u := range g.urls {
			if g.token == "" {
				break
			}
			// An empty one takes away what a less specific setting has put
			// there, such as the checkout of a workflow: two are refused.
			config("http."+u+".extraHeader", "")
			config("http."+u+".extraHeader", "Authorization: Basic "+basicAuth(g.token))
		}
	}
	return append(append(out, fmt.Sprintf("GIT_CONFIG_COUNT=%d", n)), c.env...)
}

// basicAuth is the token as HTTP's basic authentication has it. GitHub wants the
// user x-access-token; others do not look at it.
func basicAuth(token string) string {
	return base64.StdEncoding.EncodeToString([]byte("x-access-token:" + token))
}

// redact takes the secrets out of what a person or a file gets to see.
func (g *git) redact(s string) string {
	for _, x := range g.secrets {
		s = strings.ReplaceAll(s, x, "***")
	}
	return s
}

// addSecret adds a secret, in all its forms.
func (g *git) addSecret(secret string) {
	if secret != "" {
		g.secrets = append(g.secrets, secret, basicAuth(secret), url.QueryEscape(secret), url.PathEscape(secret))
	}
}

// lines returns the lines of a text that are not empty.
func lines(s string) []string {
	return slices.DeleteFunc(strings.Split(s, "\n"), func(l string) bool { return strings.TrimSpace(l) == "" })
}
