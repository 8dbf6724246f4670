package pullrequest

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"unicode/utf16"
)

// A forgeKind describes a kind of forge: how its addresses look, which tokens it takes,
// and how to connect to it. Each kind is in a file of its own.
type forgeKind struct {
	name  string // the value of --forge
	title string // in messages

	// isHost reports whether the forge is at a host: the host is well known, or a
	// variable of the forge's own CI names it.
	isHost func(host string, env func(string) string) bool

	// sshHosts are the hosts that serve ssh for another host, by name.
	sshHosts map[string]string

	// apiSuffixes are ends of the URL of the API. They select the kind if only --api-url is
	// known.
	apiSuffixes []string

	// apiURL returns the URL of the API for the address of a remote that has a host.
	apiURL     func(a address, env func(string) string) string
	apiExample string // for messages

	// repo returns the name of the repository at an address, in the form of repoForm.
	repo     func(a address) (name string, ok bool)
	repoForm string // such as OWNER/NAME

	// tokens are the environment variables that may hold the token, after
	// REGMIGRATE_TOKEN. usesToken, if not nil, reports whether the token of a variable is
	// sent to a host.
	tokens    []string
	usesToken func(name, host string, env func(string) string) bool

	// tokenHint, if not nil, returns a hint about a variable that is set and not used.
	tokenHint func(host string, env func(string) string) string

	// apiAuth and gitAuth return the value of the header Authorization of requests to
	// the API, and of git over http.
	apiAuth, gitAuth func(token string, env func(string) string) string

	// apiHosts are further hosts of the API that get the token.
	apiHosts []string

	permission     string // that the token needs for pull requests
	pushPermission string // that the token needs to push

	// lacks are the labels, assignees and teams that its pull requests do not have.
	lacks []string

	// maxBody is the maximum length of the text of a pull request, in UTF-16 code units,
	// which are at least as many as characters. Each forge says where its limit is from.
	maxBody int

	// connect returns the forge of a repository. It sends no request.
	connect func(c connection) (forge, error)
}

// forges are the kinds of forges. The first kind whose isHost is true serves a host.
var forges = [...]*forgeKind{&githubKind, &gitlabKind, &giteaKind, &forgejoKind, &bitbucketKind, &dataCenterKind, &azureKind}

// ForgeNames are the names of the supported kinds of forges.
func ForgeNames() []string {
	var names []string
	for _, k := range forges {
		names = append(names, k.name)
	}
	return names
}

// A connection is what a forge needs for its requests. The client adds the token and
// returns an *apiError for a response that is not a success.
type connection struct {
	kind   *forgeKind
	client *http.Client
	api    string // URL of the API, without a final slash
	repo   string // the repository that gets the pull request
	fork   string // the repository with the branch; the same as repo if there is no fork
}

// isFork reports whether the branch is in another repository than the pull request.
func (c *connection) isFork() bool { return !strings.EqualFold(c.repo, c.fork) }

// A forge is a client for the pull requests of one repository.
type forge interface {
	// list returns the pull requests from the branch to the base: all that are open, or
	// the newest of those that are closed.
	list(ctx context.Context, base, branch string, open bool) ([]*pull, error)
	open(ctx context.Context, n newPull) (*pull, error)
	setText(ctx context.Context, p *pull, title, body string) error
	comment(ctx context.Context, p *pull, text string) error
	close(ctx context.Context, p *pull) error

	// The following methods add to the labels, assignees and reviewers of a pull request.
	// They are not called for what the kind lacks.
	addLabels(ctx context.Context, p *pull, labels []string) error
	addAssignees(ctx context.Context, p *pull, users []string) error
	requestReviews(ctx context.Context, p *pull, users, teams []string) error

	// hasReviews reports whether somebody was asked for a review or gave one.
	hasReviews(ctx context.Context, p *pull) (bool, error)
}

// A newPull is a pull request to open.
type newPull struct {
	base, branch string
	title, body  string
	draft        bool
}

// A pull is a pull request as a forge returned it.
type pull struct {
	number      int
	url         string // of its page
	title, body string
	draftPrefix string // the part of the title that marks a draft; "" if it is none
	draft       bool
	merged      bool
	commit      string   // of the branch; may be the first part only
	labels      []string // in lower case
	assignees   []string // in lower case
	native      any      // what the client of the forge returned
}

// findKind returns the kind of forge for an address and an API. The options win over the
// address, and the address over the API.
func findKind(o *Options, a address) (*forgeKind, error) {
	if o.Forge != "" {
		for _, k := range forges {
			if k.name == o.Forge {
				return k, nil
			}
		}
		return nil, &Problem{Message: fmt.Sprintf("forge %q: expected one of %s", o.Forge, strings.Join(ForgeNames(), ", ")), Usage: true}
	}
	for _, k := range forges {
		if a.host != "" && k.isHost(a.host, o.Getenv) {
			return k, nil
		}
	}
	for _, k := range forges {
		for _, suffix := range k.apiSuffixes {
			if strings.HasSuffix(strings.TrimSuffix(o.APIURL, "/"), suffix) {
				return k, nil
			}
		}
	}
	return &githubKind, nil // an Enterprise Server
}

// findPull returns the open pull request for the branch, or nil. Without an open one, it
// returns the newest pull request that was closed without a merge while the branch was at
// its present commit, or nil.
func (s *Session) findPull(ctx context.Context) (open, declined *pull, err error) {
	for _, isOpen := range []bool{true, false} {
		list, err := s.forge.list(ctx, s.Base, s.o.Branch, isOpen)
		if err != nil {
			return nil, nil, s.describeError(err, "looking for the pull request")
		}
		for _, p := range list {
			switch {
			case isOpen:
				return p, nil, nil
			case !p.merged && s.head != "" && isCommit(p.commit, s.head):
				return nil, p, nil
			}
		}
	}
	return nil, nil, nil
}

// isCommit reports whether a commit of a forge, which may be abbreviated, is the commit
// full.
func isCommit(commit, full string) bool { return len(commit) >= 7 && strings.HasPrefix(full, commit) }

// openForgePull opens a pull request and adds its metadata.
func (s *Session) openForgePull(ctx context.Context, c Change) (p *pull, warnings []string, err error) {
	p, err = s.forge.open(ctx, newPull{base: s.Base, branch: s.o.Branch, title: c.Title, body: c.Body, draft: s.o.Draft})
	if err != nil {
		return nil, nil, s.describeError(err, "opening the pull request")
	}
	if s.o.Draft && !p.draft {
		warnings = append(warnings, fmt.Sprintf("draft: %s opened an ordinary pull request", s.kind.title))
	}
	more, _ := s.addMetadata(ctx, p, true)
	return p, append(warnings, more...), nil
}

// setText changes title and body if they differ, and reports whether it did.
func (s *Session) setText(ctx context.Context, p *pull, c Change) (bool, error) {
	title := p.draftPrefix + c.Title
	if p.title == title && sameText(p.body, c.Body) {
		return false, nil
	}
	return true, s.describeError(s.forge.setText(ctx, p, title, c.Body), "updating the pull request")
}

// closePull adds a comment and closes the pull request.
func (s *Session) closePull(ctx context.Context, p *pull, comment string) error {
	if comment != "" {
		if err := s.forge.comment(ctx, p, comment); err != nil {
			return s.describeError(err, "commenting on the pull request")
		}
	}
	return s.describeError(s.forge.close(ctx, p), "closing the pull request")
}

// addMetadata adds the labels, assignees and reviewers that the pull request does not
// have yet. isNew says that the pull request was just opened. If the forge rejects some of
// them or has no such thing, addMetadata returns warnings instead of an error, because the
// pull request itself is complete.
func (s *Session) addMetadata(ctx context.Context, p *pull, isNew bool) (warnings []string, changed bool) {
	add := func(kind string, names []string, doing string, err error) {
		if err == nil {
			changed = true
			return
		}
		warnings = append(warnings, fmt.Sprintf("%s %s: %v", kind, strings.Join(names, ", "), s.describeError(err, doing)))
	}
	// supported returns the names, or none and a warning if the forge lacks the kind.
	supported := func(kind string, names []string) []string {
		if len(names) == 0 || !slices.Contains(s.kind.lacks, kind) {
			return names
		}
		warnings = append(warnings, fmt.Sprintf("%s %s: %s has no %s for pull requests", kind, strings.Join(names, ", "), s.kind.title, kind))
		return nil
	}
	if labels := missingFrom(supported("labels", s.o.Labels), p.labels); len(labels) > 0 {
		add("labels", labels, "adding labels", s.forge.addLabels(ctx, p, labels))
	}
	if users := missingFrom(supported("assignees", s.o.Assignees), p.assignees); len(users) > 0 {
		add("assignees", users, "adding assignees", s.forge.addAssignees(ctx, p, users))
	}
	users, teams := s.o.Reviewers, supported("teams", s.o.Teams)
	if len(users)+len(teams) == 0 {
		return warnings, changed
	}
	if !isNew { // the run that opened the pull request may have failed before it asked
		if has, err := s.forge.hasReviews(ctx, p); err != nil || has {
			return warnings, changed
		}
	}
	add("reviewers", slices.Concat(users, teams), "requesting reviews", s.forge.requestReviews(ctx, p, users, teams))
	return warnings, changed
}

// sameText compares texts, ignoring changes that forges make to line endings and
// to surrounding space.
func sameText(a, b string) bool {
	plain := func(s string) string { return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n")) }
	return plain(a) == plain(b)
}

// missingFrom returns the names that are not in existing, which are in lower case.
func missingFrom(names, existing []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return slices.Contains(existing, strings.ToLower(n)) })
}

// truncateBody shortens a text that a forge would reject, to limit UTF-16 code units.
func truncateBody(body string, limit int) string {
	if len(body) <= limit || utf16Len(body) <= limit {
		return body
	}
	const note = "\n\n(truncated: the text is longer than the forge accepts; regmigrate pr --dry-run prints all of it)\n"
	const fence = "\n```"
	room, end := limit-len(note)-len(fence), len(body)
	for i, r := range body {
		if room -= utf16.RuneLen(r); room < 0 {
			end = i
			break
		}
	}
	text := body[:end]
	if i := strings.LastIndexByte(text, '\n'); i > 0 {
		text = text[:i]
	}
	if strings.Count(text, fence)%2 == 1 {
		text += fence
	}
	return text + note
}

// utf16Len returns the number of UTF-16 code units of a text.
func utf16Len(s string) int {
	n := 0
	for _, r := range s {
		n += max(utf16.RuneLen(r), 1)
	}
	return n
}

// maxPages is the maximum number of pages that are read of a list of open pull requests,
// labels or users, and maxClosedPages that of closed pull requests if the forge has no
// filter for branches.
const (
	maxPages       = 40
	maxClosedPages = 4
)

// unknownNames returns the error for names that a forge does not have.
func unknownNames(what string, names []string) error {
	return &Problem{Message: fmt.Sprintf("the forge has no %s %s", what, strings.Join(names, ", "))}
}
