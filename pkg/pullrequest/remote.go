package pullrequest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
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
		s.missToken("", s.tokenNames())
		return nil, err
	}
	return &r, nil
}

// openForge finds the forge of the remotes and its token.
func (s *Session) openForge(ctx context.Context, r *remotes) error {
	mirror := s.checkMirror(ctx)
	var err error
	if s.kind, err = findKind(&s.o, r.base); err != nil {
		return errors.Join(mirror, err)
	}
	headSlug, err := s.findRepos(r.base, r.fork)
	api, apiErr := s.findAPI(r.base)
	if err == nil {
		err = apiErr
	}
	// A remote on this machine has no host; it uses the token of the API's host.
	host := r.base.host
	if host == "" && api != nil {
		host = strings.TrimPrefix(strings.ToLower(api.Host), "api.")
	}
	token, names := tokenFor(s.kind, host, s.o.Getenv)
	if host == "" {
		names = s.tokenNames()
	}
	if token == "" {
		s.missToken(host, names)
	}
	if err = errors.Join(mirror, err); err != nil || token == "" {
		return err
	}
	s.git.authorization = s.kind.gitAuth(token, s.o.Getenv)
	s.git.addSecret(token)
	for _, header := range []string{s.git.authorization, s.kind.apiAuth(token, s.o.Getenv)} {
		_, value, _ := strings.Cut(header, " ")
		s.git.addSecret(value)
	}
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
	s.api = strings.TrimSuffix(api.String(), "/")
	s.forge, err = s.kind.connect(connection{kind: s.kind, client: newAPIClient(s.kind, api, token, &s.o), api: s.api, repo: s.slug, fork: headSlug})
	return err
}

// findAPI returns the URL of the API of the forge of an address.
func (s *Session) findAPI(base address) (*url.URL, error) {
	api := s.o.APIURL
	if api == "" && base.host != "" {
		api = s.kind.apiURL(base, s.o.Getenv)
	}
	if api == "" {
		return nil, &Problem{Message: fmt.Sprintf("the address of the remote %q does not name a forge", s.o.Remote), Hint: "add --api-url URL, such as --api-url https://api.github.com", Usage: true}
	}
	u, err := url.Parse(api)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.RawQuery != "" {
		return nil, &Problem{Message: fmt.Sprintf("API address %q: expected an http or https URL", api), Hint: "for example: --api-url " + s.kind.apiExample, Usage: true}
	}
	return u, nil
}

// missToken sets noToken if none of the variables is set. host is "" if it is not known.
func (s *Session) missToken(host string, names []string) {
	if slices.ContainsFunc(names, func(n string) bool { return strings.TrimSpace(s.o.Getenv(n)) != "" }) {
		return
	}
	s.noToken = &Problem{
		Message: fmt.Sprintf("no token%s: none of %s is set", prefixed(" for ", host), strings.Join(names, ", ")),
		Hint:    s.tokenHint(host), Usage: true,
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
// the repository that gets the branch. Both have the form of the kind's repoForm.
func (s *Session) findRepos(base, fork address) (headSlug string, err error) {
	if s.slug = s.o.Repo; s.slug == "" {
		if s.slug, err = s.repoOf(base, s.o.Remote, "add --repo "+s.kind.repoForm+" and --api-url URL"); err != nil {
			return "", err
		}
	}
	headSlug = s.slug
	if s.o.PushRemote != s.o.Remote {
		if headSlug, err = s.repoOf(fork, s.o.PushRemote, "use a remote with the address of the fork at its forge"); err != nil {
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
	parts := strings.Split(s.slug, "/")
	if len(parts) < 2 || slices.Contains(parts, "") || len(parts) > 2 && s.kind != &gitlabKind {
		return "", &Problem{Message: fmt.Sprintf("repository %q: expected %s", s.slug, s.kind.repoForm), Usage: true}
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

// repoOf returns the name of the repository at an address.
func (s *Session) repoOf(a address, remote, hint string) (string, error) {
	if a.host != "" {
		if name, ok := s.kind.repo(a); ok {
			return name, nil
		}
	}
	return "", &Problem{Message: fmt.Sprintf("the address of the remote %q does not name a repository of a forge", remote), Hint: hint, Usage: true}
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

// tokenHint says which permissions a token needs, and names a variable that is set and
// not used for this host.
func (s *Session) tokenHint(host string) string {
	if s.kind == nil { // the remote is not known
		return "the token needs the permission to push and to open pull requests, and is read only from the environment"
	}
	hint := fmt.Sprintf("the token needs the permissions %s and %s, and is read only from the environment", s.kind.pushPermission, s.kind.permission)
	if s.kind.tokenHint != nil {
		if more := s.kind.tokenHint(host, s.o.Getenv); more != "" {
			hint += "\n  " + more
		}
	}
	return hint
}

// tokenNames returns the variables that may have a token of the forge, or of any forge if
// the remote is not known.
func (s *Session) tokenNames() []string {
	if s.kind == nil {
		return tokenVariables()
	}
	return append([]string{anyToken}, s.kind.tokens...)
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
		return nil, "", s.remoteProblem(err, remote)
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
		return s.remoteProblem(err, remote)
	}
	if !has() {
		return &Problem{Message: fmt.Sprintf("the branch %q changed on the remote %q during the run", branch, remote), Hint: "run the same command again"}
	}
	return nil
}
