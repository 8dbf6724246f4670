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
	kind  *forgeKind
	api   string // URL of the forge's API; "" if forge is nil
	forge forge  // nil in a dry run without a token

	// noToken says which token is missing, nil if none is.
	noToken *Problem

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
	if err := s.prepare(ctx); err != nil {
		return nil, s.redactError(err)
	}
	return s, nil
}

// prepare runs all steps before it returns an error, so that the error lists all that
// is missing.
func (s *Session) prepare(ctx context.Context) error {
	var lacks lackList
	if err := lacks.add(s.checkOptions(ctx)...); err != nil {
		return err
	}
	if err := s.openRepository(ctx); err != nil {
		if err := lacks.add(err); err != nil {
			return err
		}
		return lacks.problem()
	}
	validOptions := len(lacks) == 0
	if err := lacks.add(s.checkClean(ctx)); err != nil {
		return err
	}
	remotes, err := s.findRemotes(ctx)
	if err == nil {
		err = s.openForge(ctx, remotes)
	}
	if err := lacks.add(err); err != nil {
		return err
	}
	needsToken := !s.o.DryRun
	if remotes != nil && validOptions && (s.forge != nil || s.noToken != nil) {
		if needsToken, err = s.tryBranches(ctx, &lacks); err != nil {
			return err
		}
	}
	if s.noToken != nil && (len(lacks) > 0 || needsToken) {
		lacks = append(lacks, s.noToken)
	}
	if len(lacks) == 0 {
		return s.fetchBase(ctx)
	}
	if _, err := s.findIdentity(ctx); err != nil { // a run without a change needs no author
		if err := lacks.add(err); err != nil {
			return err
		}
	}
	return lacks.problem()
}

// tryBranches reads the branches of the remotes, and reports whether the run needs a token: a
// dry run needs one if the remote asks for it. That a missing token is needed is no error.
func (s *Session) tryBranches(ctx context.Context, lacks *lackList) (needsToken bool, err error) {
	err = lacks.add(s.readBranches(ctx))
	g := (*gitError)(nil)
	needsToken = !s.o.DryRun || errors.As(err, &g) && g.isUnauthorized()
	if s.noToken != nil && needsToken {
		err = nil
	}
	return needsToken, err
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

// checkOptions returns errors for options that git or the forge would reject
// only after other steps.
func (s *Session) checkOptions(ctx context.Context) []error {
	var out []error
	wrong := func(hint, format string, args ...any) {
		out = append(out, &Problem{Message: fmt.Sprintf(format, args...), Hint: hint, Usage: true})
	}
	for _, x := range []struct{ flag, value string }{{"author", s.o.Author}, {"committer", s.o.Committer}} {
		if x.value != "" && !identityRE.MatchString(x.value) {
			wrong(`for example: "Ann Example <ann@example.com>"`, "%s %q: expected a name and an address", x.flag, x.value)
		}
	}
	for _, t := range s.o.Trailers {
		if !trailerRE.MatchString(t) {
			wrong(`for example: "Refs: OPS-12"`, "trailer %q: expected a key and a value", t)
		}
	}
	for _, name := range []string{s.o.Branch, s.o.Base} {
		if name == "" {
			continue
		}
		if _, err := s.git.run(ctx, gitCall{args: []string{"check-ref-format", "refs/heads/" + name}}); err != nil {
			if p := (*Problem)(nil); errors.As(err, &p) {
				return []error{err} // git itself is missing
			}
			wrong("", "branch %q: not a valid branch name for git", name)
		}
	}
	return out
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
