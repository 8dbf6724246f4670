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
	out, err := s.git.run(ctx, call{args: []string{"remote", "get-url", "--", s.o.Remote}})
	if err != nil {
		return &Problem{What: fmt.Sprintf("the repository has no remote %q", s.o.Remote), Do: "git remote -v lists those that it has; --remote NAME names another", Usage: true, err: err}
	}
	push, err := s.git.run(ctx, call{args: []string{"remote", "get-url", "--push", "--", s.o.Remote}})
	if err != nil {
		return err
	}
	if err := s.checkMirror(ctx); err != nil {
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

// checkMirror refuses a remote that the branches here are copies of: what a push
// notes of the remote would be one of the user's branches.
func (s *Session) checkMirror(ctx context.Context) error {
	set := "remote." + s.o.Remote + "."
	mirror, _ := s.git.run(ctx, call{args: []string{"config", "--type=bool", "--default=false", set + "mirror"}})
	fetch, _ := s.git.run(ctx, call{args: []string{"config", "--get-all", set + "fetch"}})
	into := func(spec string) bool {
		_, to, ok := strings.Cut(spec, ":")
		return ok && !strings.HasPrefix(spec, "^") && (strings.HasPrefix(to, "refs/heads/") || strings.HasPrefix(to, "refs/*"))
	}
	if strings.TrimSpace(mirror) != "true" && !slices.ContainsFunc(lines(fetch), into) {
		return nil
	}
	return &Problem{
		What:  fmt.Sprintf("the remote %q is a mirror (%smirror, or a fetch into refs/heads): a push to it would change your own branches", s.o.Remote, set),
		Do:    "git remote add NAME URL makes an ordinary one of the same address, and --remote NAME takes it",
		Usage: true,
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
	_, err := s.git.run(ctx, call{network: true, args: []string{"fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--no-prune",
		"--refmap=", "--", s.o.Remote, "refs/heads/" + branch}})
	if err != nil {
		return explainGit(err, s.o.Remote)
	}
	if !has() {
		return &Problem{What: fmt.Sprintf("the branch %q moved on the remote %q while it was looked at", branch, s.o.Remote), Do: "run the same command again"}
	}
	return nil
}
