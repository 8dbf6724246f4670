package pullrequest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// The remotes of a session: where the base is fetched from, and where the branch is
// fetched from and pushed to.
type remotes struct{ base, fork, pushTo address }

// findRemotes finds the addresses of the remotes.
func (s *Session) findRemotes(ctx context.Context) (*remotes, error) {
	var r remotes
	var err, forkErr error
	if r.base, r.pushTo, err = s.remoteAddresses(ctx, s.o.Remote); s.o.PushRemote == s.o.Remote {
		r.fork = r.base
	} else {
		r.fork, r.pushTo, forkErr = s.remoteAddresses(ctx, s.o.PushRemote)
	}
	if err := errors.Join(err, forkErr); err != nil {
		s.missToken("", tokenVariables[:])
		return nil, err
	}
	return &r, nil
}

// openForge finds the forge of the remotes and its token.
func (s *Session) openForge(ctx context.Context, r *remotes) error {
	mirror := s.checkMirror(ctx)
	headSlug, err := s.findRepos(r.base, r.fork)
	api := s.o.APIURL
	if api == "" {
		api = apiURL(r.base, s.o.Getenv)
	}
	if err == nil && api == "" {
		err = &Problem{Message: fmt.Sprintf("the address of the remote %q does not name a forge", s.o.Remote), Hint: "add --api-url URL, such as --api-url https://api.github.com", Usage: true}
	}
	// A remote on this machine has no host; it uses the token of the API's host.
	host := r.base.host
	if host == "" {
		host = apiHost(api)
	}
	token, names := tokenFor(host, s.o.Getenv)
	if host == "" {
		names = tokenVariables[:]
	}
	if token == "" {
		s.missToken(host, names)
	}
	if err = errors.Join(mirror, err); err != nil || token == "" {
		return err
	}
	s.git.token = token
	s.git.addSecret(token)
	if err := s.checkConfig(ctx); err != nil {
		return err
	}
	s.git.tokenURLs = map[string][]string{}
	for _, x := range []struct {
		remote string
		address
	}{{s.o.Remote, r.base}, {s.o.PushRemote, r.fork}, {s.o.PushRemote, r.pushTo}} {
		if urls := s.git.tokenURLs[x.remote]; x.urlWithoutUser != "" && x.host == host && !slices.Contains(urls, x.urlWithoutUser) {
			s.git.tokenURLs[x.remote] = append(urls, x.urlWithoutUser)
		}
	}
	s.forge, err = newForge(api, s.slug, headSlug, token, s.o)
	return err
}

// missToken sets noToken if none of the variables is set. host is "" if it is not known.
func (s *Session) missToken(host string, names []string) {
	if slices.ContainsFunc(names, func(n string) bool { return strings.TrimSpace(s.o.Getenv(n)) != "" }) {
		return
	}
	s.noToken = &Problem{
		Message: fmt.Sprintf("no token%s: none of %s is set", prefixed(" for ", host), strings.Join(names, ", ")),
		Hint:    tokenHint(host, s.o.Getenv), Usage: true,
	}
}

// prefixed returns the prefix and s, or "" if s is "".
func prefixed(prefix, s string) string {
	if s == "" {
		return ""
	}
	return prefix + s
}

// findRepos sets s.slug, the repository that gets the pull request, and returns
// the repository that gets the branch. Both are OWNER/NAME.
func (s *Session) findRepos(base, fork address) (headSlug string, err error) {
	if s.slug = s.o.Repo; s.slug == "" {
		if s.slug, err = slugOf(base, s.o.Remote, "add --repo OWNER/NAME and --api-url URL"); err != nil {
			return "", err
		}
	}
	headSlug = s.slug
	if s.o.PushRemote != s.o.Remote {
		if headSlug, err = slugOf(fork, s.o.PushRemote, "use a remote with the address of the fork at its forge"); err != nil {
			return "", err
		}
		if fork.host != base.host {
			return "", &Problem{
				Message: fmt.Sprintf("the remotes %q and %q are at different forges, %s and %s", s.o.Remote, s.o.PushRemote, base.host, fork.host),
				Hint:    "use a fork at the same forge",
				Usage:   true,
			}
		}
	}
	if owner, name, ok := strings.Cut(s.slug, "/"); !ok || owner == "" || name == "" || strings.Contains(name, "/") {
		return "", &Problem{Message: fmt.Sprintf("repository %q: expected OWNER/NAME", s.slug), Usage: true}
	}
	return headSlug, nil
}

// remoteAddresses returns the addresses that a remote is fetched from and pushed
// to. Passwords in them are redacted from now on.
func (s *Session) remoteAddresses(ctx context.Context, remote string) (fetch, push address, err error) {
	if err := checkRemoteName(remote); err != nil {
		return fetch, push, err
	}
	out, err := s.git.run(ctx, gitCall{args: []string{"remote", "get-url", "--", remote}})
	if err != nil {
		return fetch, push, &Problem{Message: fmt.Sprintf("the repository has no remote %q", remote), Hint: "git remote -v lists the remotes; --remote NAME selects one", Usage: true, err: err}
	}
	fetch = parseAddress(strings.TrimRight(out, "\r\n"))
	if out, err = s.git.run(ctx, gitCall{args: []string{"remote", "get-url", "--push", "--", remote}}); err != nil {
		return fetch, push, err
	}
	push = parseAddress(strings.TrimRight(out, "\r\n"))
	s.git.addSecret(fetch.password)
	s.git.addSecret(push.password)
	return fetch, push, nil
}

// checkRemoteName returns an error for a name that git would read as an option.
func checkRemoteName(name string) error {
	if strings.HasPrefix(name, "-") {
		return &Problem{Message: fmt.Sprintf("remote %q: expected the name of a remote", name), Usage: true}
	}
	return nil
}

// slugOf returns OWNER/NAME of the repository at an address.
func slugOf(a address, remote, hint string) (string, error) {
	owner, name, ok := a.slug()
	if !ok {
		return "", &Problem{Message: fmt.Sprintf("the address of the remote %q does not name a repository of a forge", remote), Hint: hint, Usage: true}
	}
	return owner + "/" + name, nil
}

// checkMirror returns an error if the local branches are copies of the branches
// of the push remote: git updates these copies after a push, which would change
// a branch of the user.
func (s *Session) checkMirror(ctx context.Context) error {
	key := "remote." + s.o.PushRemote + "."
	mirror, _ := s.git.run(ctx, gitCall{args: []string{"config", "--type=bool", "--default=false", key + "mirror"}})
	fetch, _ := s.git.run(ctx, gitCall{args: []string{"config", "--get-all", key + "fetch"}})
	writesBranches := func(refspec string) bool {
		_, dst, ok := strings.Cut(refspec, ":")
		return ok && !strings.HasPrefix(refspec, "^") && (strings.HasPrefix(dst, "refs/heads/") || strings.HasPrefix(dst, "refs/*"))
	}
	if strings.TrimSpace(mirror) != "true" && !slices.ContainsFunc(lines(fetch), writesBranches) {
		return nil
	}
	return &Problem{
		Message: fmt.Sprintf("the remote %q is a mirror (%smirror is set, or it fetches into refs/heads): a push to it would change your local branches", s.o.PushRemote, key),
		Hint:    "git remote add NAME URL adds an ordinary remote with the same address; use it with --remote NAME",
		Usage:   true,
	}
}

// tokenHint says which permissions a token needs, and names a token in the
// environment that is not used for this host.
func tokenHint(host string, env func(string) string) string {
	hint := "the token needs the permissions contents: write and pull requests: write, and is read only from the environment"
	for _, name := range []string{"GH_TOKEN", "GITHUB_TOKEN"} {
		if env(name) != "" && host != "" && !isGitHub(host) {
			return hint + "\n  " + name + " is a token of github.com and is not sent to another host; if it is a token of " + host + ", set it as REGMIGRATE_TOKEN"
		}
	}
	return hint
}

// readBranches reads the commits of the branches of the remotes.
func (s *Session) readBranches(ctx context.Context) error {
	refs := []string{"HEAD"}
	if s.o.Base != "" {
		refs = append(refs, "refs/heads/"+s.o.Base)
	}
	branchRef := "refs/heads/" + s.o.Branch
	if s.o.PushRemote == s.o.Remote {
		refs = append(refs, branchRef)
	}
	heads, defaultBranch, err := s.listRemote(ctx, s.o.Remote, refs...)
	if err != nil {
		return err
	}
	s.Base = s.o.Base
	if s.Base == "" {
		if s.Base = defaultBranch; s.Base == "" {
			return &Problem{Message: fmt.Sprintf("the remote %q does not name a default branch", s.o.Remote), Hint: "select the base with --base BRANCH", Usage: true}
		}
		heads["refs/heads/"+s.Base] = heads["HEAD"]
	}
	if s.BaseCommit = heads["refs/heads/"+s.Base]; s.BaseCommit == "" {
		return &Problem{Message: fmt.Sprintf("the remote %q has no branch %q", s.o.Remote, s.Base), Hint: "select another base with --base BRANCH", Usage: true}
	}
	if s.Base == s.o.Branch {
		return &Problem{Message: fmt.Sprintf("the branch %q is the base branch", s.Base), Hint: "select another branch for the change with --branch NAME", Usage: true}
	}
	if s.o.PushRemote != s.o.Remote {
		if heads, _, err = s.listRemote(ctx, s.o.PushRemote, branchRef); err != nil {
			return err
		}
	}
	s.head = heads[branchRef]
	return nil
}

// fetchBase fetches the base, and reads its files.
func (s *Session) fetchBase(ctx context.Context) error {
	if err := s.fetch(ctx, s.o.Remote, s.BaseCommit, s.Base); err != nil {
		return err
	}
	return s.readTree(ctx)
}

// listRemote returns the commits of refs on a remote, by full name of the ref,
// and the branch that its HEAD points to.
func (s *Session) listRemote(ctx context.Context, remote string, refs ...string) (heads map[string]string, defaultBranch string, err error) {
	out, err := s.git.run(ctx, gitCall{args: append([]string{"ls-remote", "--symref", "--", remote}, refs...), remote: remote})
	if err != nil {
		return nil, "", remoteProblem(err, remote)
	}
	heads = map[string]string{}
	for _, l := range lines(out) {
		id, name, _ := strings.Cut(l, "\t")
		if ref, ok := strings.CutPrefix(id, "ref: refs/heads/"); ok && name == "HEAD" {
			defaultBranch = ref
			continue
		}
		heads[name] = id
	}
	return heads, defaultBranch, nil
}

// fetch fetches a commit of a branch of the remote unless the repository has it.
// It writes no ref, not even FETCH_HEAD.
func (s *Session) fetch(ctx context.Context, remote, commit, branch string) error {
	has := func() bool {
		_, err := s.git.run(ctx, gitCall{args: []string{"cat-file", "-e", commit + "^{tree}"}})
		return err == nil
	}
	if has() {
		return nil
	}
	_, err := s.git.run(ctx, gitCall{remote: remote, args: []string{"fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--no-prune",
		"--refmap=", "--", remote, "refs/heads/" + branch}})
	if err != nil {
		return remoteProblem(err, remote)
	}
	if !has() {
		return &Problem{Message: fmt.Sprintf("the branch %q changed on the remote %q during the run", branch, remote), Hint: "run the same command again"}
	}
	return nil
}
