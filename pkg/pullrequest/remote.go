package pullrequest

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// openRemote finds out where the remote is, what its forge is, and which token
// goes there.
func (s *Session) openRemote(ctx context.Context) error {
	from, _, err := s.addresses(ctx, s.o.Remote)
	if err != nil {
		return err
	}
	fork, to, err := s.addresses(ctx, s.o.PushRemote)
	if err != nil {
		return err
	}
	if err := s.checkMirror(ctx); err != nil {
		return err
	}
	if s.slug = s.o.Repo; s.slug == "" {
		if s.slug, err = slugOf(from, s.o.Remote, "--repo OWNER/NAME and --api-url URL say it"); err != nil {
			return err
		}
	}
	head := s.slug
	if s.o.PushRemote != s.o.Remote {
		if head, err = slugOf(fork, s.o.PushRemote, "a fork is pushed to by its address at the forge"); err != nil {
			return err
		}
		if fork.host != from.host {
			return &Problem{Message: fmt.Sprintf("the remotes %q and %q are at different forges, %s and %s", s.o.Remote, s.o.PushRemote, from.host, fork.host), Hint: "a pull request comes from a fork at the same forge", Usage: true}
		}
	}
	if owner, name, ok := strings.Cut(s.slug, "/"); !ok || owner == "" || name == "" || strings.Contains(name, "/") {
		return &Problem{Message: fmt.Sprintf("the repository %q: expected OWNER/NAME", s.slug), Usage: true}
	}
	api := s.o.APIURL
	if api == "" {
		api = apiURL(from, s.o.Getenv)
	}
	if api == "" {
		return &Problem{Message: fmt.Sprintf("the remote %q does not say which forge it is at", s.o.Remote), Hint: "--api-url URL says it, such as https://api.github.com", Usage: true}
	}
	// A remote on this disk has the token of its forge.
	host := from.host
	if host == "" {
		host = apiHost(api)
	}
	token, names := tokenFor(host, s.o.Getenv)
	if token == "" {
		if s.o.DryRun {
			return nil
		}
		return &Problem{Message: fmt.Sprintf("no token for %s: none of %s is set", host, names), Hint: tokenHelp(host, s.o.Getenv), Usage: true}
	}
	s.git.token = token
	s.git.addSecret(token)
	for _, x := range []address{from, fork, to} {
		if x.urlWithoutUser != "" && x.host == host && !slices.Contains(s.git.urls, x.urlWithoutUser) {
			s.git.urls = append(s.git.urls, x.urlWithoutUser)
		}
	}
	s.forge, err = newForge(api, s.slug, head, token, s.o)
	return err
}

// addresses are where a remote is fetched from and pushed to. Passwords in them
// are hidden from then on.
func (s *Session) addresses(ctx context.Context, remote string) (fetch, push address, err error) {
	out, err := s.git.run(ctx, gitCall{args: []string{"remote", "get-url", "--", remote}})
	if err != nil {
		return fetch, push, &Problem{Message: fmt.Sprintf("the repository has no remote %q", remote), Hint: "git remote -v lists those that it has; --remote NAME names another", Usage: true, err: err}
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

// slugOf is OWNER/NAME of the repository at an address.
func slugOf(a address, remote, do string) (string, error) {
	owner, name, ok := a.slug()
	if !ok {
		return "", &Problem{Message: fmt.Sprintf("the remote %q does not say which repository of a forge it is", remote), Hint: do, Usage: true}
	}
	return owner + "/" + name, nil
}

// checkMirror refuses a remote that the branches here are copies of: what a push
// notes of the remote would be one of the user's branches.
func (s *Session) checkMirror(ctx context.Context) error {
	set := "remote." + s.o.PushRemote + "."
	mirror, _ := s.git.run(ctx, gitCall{args: []string{"config", "--type=bool", "--default=false", set + "mirror"}})
	fetch, _ := s.git.run(ctx, gitCall{args: []string{"config", "--get-all", set + "fetch"}})
	into := func(spec string) bool {
		_, to, ok := strings.Cut(spec, ":")
		return ok && !strings.HasPrefix(spec, "^") && (strings.HasPrefix(to, "refs/heads/") || strings.HasPrefix(to, "refs/*"))
	}
	if strings.TrimSpace(mirror) != "true" && !slices.ContainsFunc(lines(fetch), into) {
		return nil
	}
	return &Problem{
		Message: fmt.Sprintf("the remote %q is a mirror (%smirror, or a fetch into refs/heads): a push to it would change your own branches", s.o.PushRemote, set),
		Hint:    "git remote add NAME URL makes an ordinary one of the same address, and --remote NAME takes it",
		Usage:   true,
	}
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
	refs := []string{"HEAD"}
	if s.o.Base != "" {
		refs = append(refs, "refs/heads/"+s.o.Base)
	}
	change := "refs/heads/" + s.o.Branch
	if s.o.PushRemote == s.o.Remote {
		refs = append(refs, change)
	}
	heads, fallback, err := s.listRemote(ctx, s.o.Remote, refs...)
	if err != nil {
		return err
	}
	s.Base = s.o.Base
	if s.Base == "" {
		if s.Base = fallback; s.Base == "" {
			return &Problem{Message: fmt.Sprintf("the remote %q does not say which branch is its default", s.o.Remote), Hint: "--base BRANCH names one", Usage: true}
		}
		heads["refs/heads/"+s.Base] = heads["HEAD"]
	}
	if s.BaseCommit = heads["refs/heads/"+s.Base]; s.BaseCommit == "" {
		return &Problem{Message: fmt.Sprintf("the remote %q has no branch %q", s.o.Remote, s.Base), Hint: "--base BRANCH names another", Usage: true}
	}
	if s.Base == s.o.Branch {
		return &Problem{Message: fmt.Sprintf("the branch %q is the base itself", s.Base), Hint: "--branch NAME names one for the change", Usage: true}
	}
	if s.o.PushRemote != s.o.Remote {
		if heads, _, err = s.listRemote(ctx, s.o.PushRemote, change); err != nil {
			return err
		}
	}
	s.head = heads[change]
	if err := s.fetch(ctx, s.o.Remote, s.BaseCommit, s.Base); err != nil {
		return err
	}
	return s.readTree(ctx)
}

// listRemote returns the commits of refs at a remote, and what its HEAD is.
func (s *Session) listRemote(ctx context.Context, remote string, refs ...string) (heads map[string]string, head string, err error) {
	out, err := s.git.run(ctx, gitCall{args: append([]string{"ls-remote", "--symref", "--", remote}, refs...), network: true})
	if err != nil {
		return nil, "", remoteProblem(err, remote)
	}
	heads = map[string]string{}
	for _, l := range lines(out) {
		id, name, _ := strings.Cut(l, "\t")
		if ref, ok := strings.CutPrefix(id, "ref: refs/heads/"); ok && name == "HEAD" {
			head = ref
			continue
		}
		heads[name] = id
	}
	return heads, head, nil
}

// fetch gets the commit of a branch of the remote unless it is here. No
// reference is written, not even FETCH_HEAD.
func (s *Session) fetch(ctx context.Context, remote, commit, branch string) error {
	has := func() bool {
		_, err := s.git.run(ctx, gitCall{args: []string{"cat-file", "-e", commit + "^{tree}"}})
		return err == nil
	}
	if has() {
		return nil
	}
	_, err := s.git.run(ctx, gitCall{network: true, args: []string{"fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--no-prune",
		"--refmap=", "--", remote, "refs/heads/" + branch}})
	if err != nil {
		return remoteProblem(err, remote)
	}
	if !has() {
		return &Problem{Message: fmt.Sprintf("the branch %q moved on the remote %q while it was looked at", branch, remote), Hint: "run the same command again"}
	}
	return nil
}
