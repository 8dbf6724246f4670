package pullrequest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/url"
	"os/exec"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/gitcmd"
)

// A git runs git in a repository.
type git struct {
	dir           string
	authorization string              // the value of the header for tokenURLs
	tokenURLs     map[string][]string // by name of a remote: its addresses that get the token
	secrets       []string            // removed from all output
}

// A gitError is the error of a git command that failed.
type gitError struct {
	command string // the subcommand
	stdout  string
	stderr  string
	err     error
}

func (e *gitError) Error() string {
	message := strings.TrimSpace(e.stderr)
	if message == "" {
		message = e.err.Error()
	}
	return "git " + e.command + ": " + message
}

func (e *gitError) Unwrap() error { return e.err }

// A gitCall describes one run of git.
type gitCall struct {
	args   []string
	stdin  io.Reader
	index  string   // the index file; "" for the index of the repository
	env    []string // additional environment
	config []string // additional configuration, "key=value"
	remote string   // the remote that the command contacts; "" for none
}

// run runs git and returns its standard output.
func (g *git) run(ctx context.Context, c gitCall) (string, error) {
	var stdout bytes.Buffer
	err := g.stream(ctx, c, &stdout)
	return stdout.String(), err
}

// stream runs git and writes its standard output to w.
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
		return &Problem{Message: "git was not found", Hint: "install git 2.31 or newer", Usage: true, err: err}
	}
	return &gitError{c.args[0], g.redact(stdout.String()), g.redact(stderr.String()), err}
}

// limitedBuffer keeps the first 64 KiB of its input, for an error message.
type limitedBuffer struct{ *bytes.Buffer }

func (f limitedBuffer) Write(p []byte) (int, error) {
	if room := 64<<10 - f.Len(); room > 0 {
		f.Buffer.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}

// env returns the environment of one run. The token is passed only in the
// environment, because every user of the machine can read the arguments of a
// process.
func (g *git) env(c gitCall) []string {
	// Do not write a shared part of our temporary index to the repository of the user.
	config := [][2]string{{"i18n.commitEncoding", "UTF-8"}, {"core.splitIndex", "false"}, {"index.sparse", "false"}}
	for _, x := range c.config {
		key, value, _ := strings.Cut(x, "=")
		config = append(config, [2]string{key, value})
	}
	var extra []string
	if c.remote != "" {
		config = append(config, g.networkConfig(c.remote)...)
		if len(g.tokenURLs[c.remote]) > 0 {
			// Git runs no program with the token in its environment, except its own for http.
			extra = []string{"GIT_ASKPASS=", "GIT_ALLOW_PROTOCOL=http:https"}
		}
	}
	tokens := tokenVariables()
	out := slices.DeleteFunc(gitcmd.Environ(config...), func(s string) bool {
		name, _, _ := strings.Cut(s, "=")
		return slices.Contains(tokens, name)
	})
	out = append(out, extra...)
	if c.index != "" {
		out = append(out, "GIT_INDEX_FILE="+c.index)
	}
	return append(out, c.env...)
}

// networkConfig returns the settings for a command that contacts a remote.
func (g *git) networkConfig(remote string) [][2]string {
	out := [][2]string{
		{"gc.auto", "0"}, {"maintenance.auto", "false"},
		{"http.lowSpeedLimit", "1000"}, {"http.lowSpeedTime", "60"}, // end a dead connection
	}
	urls := g.tokenURLs[remote]
	if len(urls) == 0 {
		return out
	}
	out = append(out, [2]string{"credential.helper", ""})
	for _, u := range urls {
		// The empty value removes headers of less specific settings, such
		// as that of actions/checkout: servers reject two headers.
		key := "http." + u + ".extraHeader"
		out = append(out, [2]string{key, ""}, [2]string{key, "Authorization: " + g.authorization})
	}
	return out
}

// redact replaces all secrets in a text that is printed or stored.
func (g *git) redact(s string) string {
	for _, x := range g.secrets {
		s = strings.ReplaceAll(s, x, "***")
	}
	return s
}

// addSecret adds a secret and its encoded forms to the texts that are redacted.
func (g *git) addSecret(secret string) {
	if secret != "" {
		g.secrets = append(g.secrets, secret, url.QueryEscape(secret), url.PathEscape(secret))
	}
}

// lines returns the non-blank lines of a text.
func lines(s string) []string {
	return slices.DeleteFunc(strings.Split(s, "\n"), func(l string) bool { return strings.TrimSpace(l) == "" })
}
