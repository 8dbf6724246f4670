package pullrequest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// A Session holds the state of a repository and its remote at the time of
// [Prepare].
type Session struct {
	// Base is the branch to change, and BaseCommit its commit on the remote.
	Base, BaseCommit string

	o     Options
	git   git
	forge *forge               // nil in a dry run without a token
	slug  string               // OWNER/NAME of the repository that gets the pull request
	head  string               // commit of the change's branch on the remote; "" if the branch does not exist
	files map[string]treeEntry // of the base, by path
}

// Prepare checks the options and the repository, reads the branches of the
// remote and fetches the base. It fetches objects only and changes no ref. Its
// error is a *Problem if the user can fix it.
func Prepare(ctx context.Context, o Options) (*Session, error) {
	if o.Getenv == nil {
		o.Getenv = os.Getenv
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	if o.MaxWait == 0 {
		o.MaxWait = time.Minute
	}
	if o.Remote == "" {
		o.Remote = "origin"
	}
	if o.PushRemote == "" {
		o.PushRemote = o.Remote
	}
	s := &Session{o: o, git: git{dir: o.Dir}}
	for _, step := range []func(context.Context) error{s.checkOptions, s.openRepository, s.checkClean, s.openRemote, s.readRemote} {
		if err := step(ctx); err != nil {
			return nil, s.redactError(err)
		}
	}
	return s, nil
}

// sleep waits for d, or until the context is done.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// A redactedError is an error whose text contained a secret.
type redactedError struct {
	text string
	err  error
}

func (c *redactedError) Error() string { return c.text }
func (c *redactedError) Unwrap() error { return c.err }

// redactError removes the secrets from the text of an error.
func (s *Session) redactError(err error) error {
	if err == nil {
		return nil
	}
	if text := err.Error(); text != s.git.redact(text) {
		return &redactedError{s.git.redact(text), err}
	}
	return err
}

var identityRE = regexp.MustCompile(`^([^<>\n]*[^<>\s]) *<([^<>\s]+)>$`)
var trailerRE = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]*: *\S.*$`)

// checkOptions returns an error for options that git or the forge would reject
// only after other steps.
func (s *Session) checkOptions(ctx context.Context) error {
	for _, x := range []struct{ flag, value string }{{"author", s.o.Author}, {"committer", s.o.Committer}} {
		if x.value != "" && !identityRE.MatchString(x.value) {
			return &Problem{Message: fmt.Sprintf("%s %q: expected a name and an address", x.flag, x.value), Hint: `for example: "Ann Example <ann@example.com>"`, Usage: true}
		}
	}
	for _, t := range s.o.Trailers {
		if !trailerRE.MatchString(t) {
			return &Problem{Message: fmt.Sprintf("trailer %q: expected a key and a value", t), Hint: `for example: "Refs: OPS-12"`, Usage: true}
		}
	}
	for _, name := range []string{s.o.Branch, s.o.Base} {
		if name == "" {
			continue
		}
		if _, err := s.git.run(ctx, gitCall{args: []string{"check-ref-format", "refs/heads/" + name}}); err != nil {
			if p := (*Problem)(nil); errors.As(err, &p) {
				return err
			}
			return &Problem{Message: fmt.Sprintf("branch %q: not a valid branch name for git", name), Usage: true}
		}
	}
	for _, name := range []string{s.o.Remote, s.o.PushRemote} {
		if strings.HasPrefix(name, "-") {
			return &Problem{Message: fmt.Sprintf("remote %q: expected the name of a remote", name), Usage: true}
		}
	}
	return nil
}

var gitVersionRE = regexp.MustCompile(`(\d+)\.(\d+)`)

func (s *Session) openRepository(ctx context.Context) error {
	out, err := s.git.run(ctx, gitCall{args: []string{"version"}})
	if err != nil {
		return err
	}
	if m := gitVersionRE.FindStringSubmatch(out); m != nil {
		major, _ := strconv.Atoi(m[1])
		minor, _ := strconv.Atoi(m[2])
		if major < 2 || major == 2 && minor < 31 {
			return &Problem{Message: strings.TrimSpace(out) + " is too old", Hint: "install git 2.31 or newer, which accepts a token in its environment", Usage: true}
		}
	}
	top, err := s.git.run(ctx, gitCall{args: []string{"rev-parse", "--show-toplevel"}})
	if err != nil && strings.Contains(err.Error(), "dubious ownership") {
		return &Problem{
			Message: fmt.Sprintf("git does not trust %q, which belongs to another user", s.o.Dir),
			Hint:    "git config --global --add safe.directory " + strconv.Quote(s.o.Dir) + " makes git trust it", Usage: true, err: err,
		}
	}
	if err != nil {
		return &Problem{Message: fmt.Sprintf("%q is not in a git repository with a work tree: %v", s.o.Dir, err), Usage: true, err: err}
	}
	s.git.dir = filepath.FromSlash(strings.TrimRight(top, "\r\n"))
	return nil
}

// checkClean returns an error if tracked files in the work tree have changes: the
// pull request would not contain them, although the user may expect it.
// Untracked files do not matter.
func (s *Session) checkClean(ctx context.Context) error {
	out, err := s.git.run(ctx, gitCall{args: []string{"status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=no", "--ignore-submodules=all"}})
	if g := (*gitError)(nil); errors.As(err, &g) && strings.Contains(g.stderr, "filter") {
		return &Problem{
			Message: "git could not compare the work tree with its commit: " + strings.Join(lines(g.stderr), "\n  "),
			Hint:    "install the filter that .gitattributes names (for LFS: git lfs install), or use a fresh clone",
			Usage:   true, err: err,
		}
	}
	if err != nil {
		return err
	}
	var names []string
	for rec := range strings.SplitSeq(out, "\x00") {
		if len(rec) > 3 {
			names = append(names, strconv.Quote(rec[3:]))
		}
	}
	if len(names) == 0 {
		return nil
	}
	more := ""
	if n := len(names); n > 3 {
		names, more = names[:3], fmt.Sprintf(" and %d more", n-3)
	}
	return &Problem{
		Message: "the work tree has uncommitted changes: " + strings.Join(names, ", ") + more,
		Hint:    "the pull request is based on the remote and would not contain them; commit or stash them first",
		Usage:   true,
	}
}
