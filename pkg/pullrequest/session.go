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

// A Session is a repository and its remote as they were when [Prepare] looked
// at them.
type Session struct {
	// Base is the branch to change, Commit what it is on the remote.
	Base, Commit string

	o     Options
	git   git
	forge *forge // nil when there is no token, in a dry run
	slug  string // OWNER/NAME
	owner string
	head  string // the commit of the branch of the change on the remote, "" when there is none
	files map[string]entry
}

// Prepare looks at the repository and its remote, and fetches what it needs of
// the base: objects alone, no reference changes. Its error is a *Problem where
// something has to be done about it.
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
	s := &Session{o: o, git: git{dir: o.Dir}}
	for _, step := range []func(context.Context) error{s.checkNames, s.openRepository, s.checkClean, s.openRemote, s.readRemote} {
		if err := step(ctx); err != nil {
			return nil, s.clean(err)
		}
	}
	return s, nil
}

// sleep waits until d is over or the context is done.
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

// An Error whose text had to be cleaned of a secret.
type cleaned struct {
	text string
	err  error
}

func (c *cleaned) Error() string { return c.text }
func (c *cleaned) Unwrap() error { return c.err }

// clean takes the secrets out of an error's text, wherever it comes from.
func (s *Session) clean(err error) error {
	if err == nil {
		return nil
	}
	if text := err.Error(); text != s.git.redact(text) {
		return &cleaned{s.git.redact(text), err}
	}
	return err
}

var ident = regexp.MustCompile(`^([^<>\n]*[^<>\s]) *<([^<>\s]+)>$`)
var trailer = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]*: *\S.*$`)

// checkNames refuses options that git or the forge would refuse late.
func (s *Session) checkNames(ctx context.Context) error {
	for _, x := range []struct{ flag, value string }{{"author", s.o.Author}, {"committer", s.o.Committer}} {
		if x.value != "" && !ident.MatchString(x.value) {
			return &Problem{What: fmt.Sprintf("the %s %q: expected a name and an address", x.flag, x.value), Do: `for example: "Ann Example <ann@example.com>"`, Usage: true}
		}
	}
	for _, t := range s.o.Trailers {
		if !trailer.MatchString(t) {
			return &Problem{What: fmt.Sprintf("the trailer %q: expected a key and a value", t), Do: `for example: "Refs: OPS-12"`, Usage: true}
		}
	}
	for _, name := range []string{s.o.Branch, s.o.Base} {
		if name == "" {
			continue
		}
		if _, err := s.git.run(ctx, call{args: []string{"check-ref-format", "refs/heads/" + name}}); err != nil {
			if p := (*Problem)(nil); errors.As(err, &p) {
				return err
			}
			return &Problem{What: fmt.Sprintf("the branch %q: git takes no such name", name), Usage: true}
		}
	}
	if strings.HasPrefix(s.o.Remote, "-") {
		return &Problem{What: fmt.Sprintf("the remote %q: expected the name of a remote", s.o.Remote), Usage: true}
	}
	return nil
}

var gitVersion = regexp.MustCompile(`(\d+)\.(\d+)`)

func (s *Session) openRepository(ctx context.Context) error {
	out, err := s.git.run(ctx, call{args: []string{"version"}})
	if err != nil {
		return err
	}
	if m := gitVersion.FindStringSubmatch(out); m != nil {
		major, _ := strconv.Atoi(m[1])
		minor, _ := strconv.Atoi(m[2])
		if major < 2 || major == 2 && minor < 31 {
			return &Problem{What: strings.TrimSpace(out) + " is too old", Do: "2.31 or newer takes a token without showing it", Usage: true}
		}
	}
	top, err := s.git.run(ctx, call{args: []string{"rev-parse", "--show-toplevel"}})
	if err != nil {
		return &Problem{What: fmt.Sprintf("%q is not in a git repository with a work tree: %v", s.o.Dir, err), Usage: true, err: err}
	}
	s.git.dir = filepath.FromSlash(strings.TrimRight(top, "\r\n"))
	return nil
}

// checkClean refuses a work tree with changes: the pull request would not have
// them, and the user might think that it does. Files that git does not know
// are no hindrance.
func (s *Session) checkClean(ctx context.Context) error {
	out, err := s.git.run(ctx, call{args: []string{"status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=no", "--ignore-submodules=all"}})
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
		What:  "the work tree has changes that are in no commit: " + strings.Join(names, ", ") + more,
		Do:    "the pull request is made of what is on the remote and would not have them; commit or stash them first",
		Usage: true,
	}
}

// openRemote finds out where the remote is, what its forge is, and which token
// goes there.
func (s *Session) openRemote(ctx context.Context) error {
	out, err := s.git.run(ctx, call{args: []string{"remote", "get-url", "--", s.o.Remote}})
	if err != nil {
		return &Problem{What: fmt.Sprintf("the repository has no remote %q", s.o.Remote), Do: "git remote -v lists those that it has; --remote NAME names another", Usage: true, err: err}
	}
	push, err := s.git.run(ctx, call{args: []string{"remote", "get-url", "--push", "--", s.o.Remote}})
	if err != nil {
		return err
	}
	a, to := parseAddress(strings.TrimRight(out, "\r\n")), parseAddress(strings.TrimRight(push, "\r\n"))
	s.git.hide(a.secret)
	s.git.hide(to.secret)

	s.slug = s.o.Repo
	if s.slug == "" {
		owner, name, ok := a.slug()
		if !ok {
			return &Problem{What: fmt.Sprintf("the remote %q does not say which repository of a forge it is", s.o.Remote), Do: "--repo OWNER/NAME and --api-url URL say it", Usage: true}
		}
		s.slug = owner + "/" + name
	}
	owner, name, ok := strings.Cut(s.slug, "/")
	if !ok || owner == "" || name == "" || strings.Contains(name, "/") {
		return &Problem{What: fmt.Sprintf("the repository %q: expected OWNER/NAME", s.slug), Usage: true}
	}
	s.owner = owner

	api := s.o.API
	if api == "" {
		api = apiOf(a, s.o.Getenv)
	}
	if api == "" {
		return &Problem{What: fmt.Sprintf("the remote %q does not say which forge it is at", s.o.Remote), Do: "--api-url URL says it, such as https://api.github.com", Usage: true}
	}
	// A remote on this disk has the token of its forge.
	host := a.host
	if host == "" {
		host = hostOf(api)
	}
	token, from := tokenFor(host, s.o.Getenv)
	if token == "" {
		if s.o.DryRun {
			return nil
		}
		return &Problem{What: fmt.Sprintf("no token for %s: none of %s is set", host, from), Do: tokenHelp(host, s.o.Getenv), Usage: true}
	}
	s.git.token = token
	s.git.hide(token)
	for _, x := range []address{a, to} {
		if x.plain != "" && x.host == host {
			s.git.urls = append(s.git.urls, x.plain)
		}
	}
	s.forge, err = newForge(api, owner, name, token, s.o)
	return err
}

// tokenHelp says what a token has to be allowed, and where one is that was not
// taken.
func tokenHelp(host string, env func(string) string) string {
	help := "it needs the permissions contents: write and pull requests: write, and is read from the environment only"
	for _, name := range []string{"GH_TOKEN", "GITHUB_TOKEN"} {
		if env(name) != "" && !isGitHub(host) {
			return help + "\n  " + name + " is one of github.com and is not shown to another host; if it belongs there, give it as REGMIGRATE_TOKEN"
		}
	}
	return help
}

// readRemote asks the remote for its branches, and fetches the base.
func (s *Session) readRemote(ctx context.Context) error {
	args := []string{"ls-remote", "--symref", "--", s.o.Remote, "HEAD", "refs/heads/" + s.o.Branch}
	if s.o.Base != "" {
		args = append(args, "refs/heads/"+s.o.Base)
	}
	out, err := s.git.run(ctx, call{args: args, network: true})
	if err != nil {
		return explainGit(err, s.o.Remote)
	}
	heads := map[string]string{}
	fallback := ""
	for _, l := range lines(out) {
		id, name, _ := strings.Cut(l, "\t")
		if ref, ok := strings.CutPrefix(id, "ref: refs/heads/"); ok && name == "HEAD" {
			fallback = ref
			continue
		}
		heads[name] = id
	}
	s.Base = s.o.Base
	if s.Base == "" {
		if s.Base = fallback; s.Base == "" {
			return &Problem{What: fmt.Sprintf("the remote %q does not say which branch is its default", s.o.Remote), Do: "--base BRANCH names one", Usage: true}
		}
		heads["refs/heads/"+s.Base] = heads["HEAD"]
	}
	if s.Commit = heads["refs/heads/"+s.Base]; s.Commit == "" {
		return &Problem{What: fmt.Sprintf("the remote %q has no branch %q", s.o.Remote, s.Base), Do: "--base BRANCH names another", Usage: true}
	}
	if s.Base == s.o.Branch {
		return &Problem{What: fmt.Sprintf("the branch %q is the base itself", s.Base), Do: "--branch NAME names one for the change", Usage: true}
	}
	s.head = heads["refs/heads/"+s.o.Branch]
	if err := s.fetch(ctx, s.Commit, s.Base); err != nil {
		return err
	}
	return s.readTree(ctx)
}

// fetch gets the commit of a branch of the remote unless it is here. No
// reference is written, not even FETCH_HEAD.
func (s *Session) fetch(ctx context.Context, commit, branch string) error {
	has := func() bool {
		_, err := s.git.run(ctx, call{args: []string{"cat-file", "-e", commit + "^{tree}"}})
		return err == nil
	}
	if has() {
		return nil
	}
	_, err := s.git.run(ctx, call{network: true, args: []string{"fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules",
		"--refmap=", "--", s.o.Remote, "refs/heads/" + branch}})
	if err != nil {
		return explainGit(err, s.o.Remote)
	}
	if !has() {
		return &Problem{What: fmt.Sprintf("the branch %q moved on the remote %q while it was looked at", branch, s.o.Remote), Do: "run the same command again"}
	}
	return nil
}
