package pullrequest

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// bitbucketKind is Bitbucket Cloud.
// Source: https://developer.atlassian.com/cloud/bitbucket/rest/api-group-pullrequests/
//
// Two kinds of tokens exist. An access token of a repository, a project or a workspace is
// sent as it is. An API token of a user is sent with the address of the user, which
// BITBUCKET_EMAIL holds.
var bitbucketKind = forgeKind{
	name: "bitbucket", title: "Bitbucket Cloud",
	isHost: func(host string, env func(string) string) bool {
		return host == "bitbucket.org" || sameHost(env("BITBUCKET_GIT_HTTP_ORIGIN"), host)
	},
	sshHosts:    map[string]string{"altssh.bitbucket.org": "bitbucket.org"}, // on port 443
	apiSuffixes: []string{"/2.0"},
	apiURL:      func(address, func(string) string) string { return "https://api.bitbucket.org/2.0" },
	apiExample:  "https://api.bitbucket.org/2.0",
	repo:        address.slug, repoForm: "WORKSPACE/REPOSITORY",
	tokens: []string{"BITBUCKET_TOKEN"},
	apiAuth: func(token string, env func(string) string) string {
		if email := env("BITBUCKET_EMAIL"); email != "" {
			return basicAuth(email, token)
		}
		return "Bearer " + token
	},
	gitAuth: func(token string, env func(string) string) string {
		if env("BITBUCKET_EMAIL") != "" {
			return basicAuth("x-bitbucket-api-token-auth", token)
		}
		return basicAuth("x-token-auth", token)
	},
	permission: "pullrequest:write (write:pullrequest:bitbucket for an API token, with its address in BITBUCKET_EMAIL)", pushPermission: "repository:write",
	lacks: []string{"labels", "assignees", "teams"},
	// Bitbucket Cloud documents no limit, and accepted 1,310,720 characters:
	// https://github.com/dependabot/dependabot-core/issues/7678. A longer text has no use on its
	// page, and the limit of Bitbucket Data Center is known.
	maxBody: 32_000,
	connect: func(c connection) (forge, error) { return &bitbucketForge{c}, nil },
}

type bitbucketForge struct{ c connection }

// A bitbucketPull is a pull request, as far as it is needed.
type bitbucketPull struct {
	ID          int            `json:"id"`
	Title       string         `json:"title"`
	Description string         `json:"description"`
	State       string         `json:"state"`
	Draft       bool           `json:"draft"`
	Source      bitbucketEnd   `json:"source"`
	Destination bitbucketEnd   `json:"destination"`
	Reviewers   []bitbucketRef `json:"reviewers"`
	Links       struct {
		HTML struct {
			Href string `json:"href"`
		} `json:"html"`
	} `json:"links"`
}

type bitbucketEnd struct {
	Branch struct {
		Name string `json:"name"`
	} `json:"branch"`
	Commit struct {
		Hash string `json:"hash"` // abbreviated
	} `json:"commit"`
	Repository struct {
		FullName string `json:"full_name"`
	} `json:"repository"`
}

// A bitbucketRef names a user by one of two identifiers.
type bitbucketRef struct {
	UUID      string `json:"uuid,omitempty"`
	AccountID string `json:"account_id,omitempty"`
}

// pulls returns the path of the pull requests, or of a part of one.
func (f *bitbucketForge) pulls(parts ...string) string {
	workspace, repo, _ := strings.Cut(f.c.repo, "/")
	return pathOf(append([]string{"repositories", workspace, repo, "pullrequests"}, parts...)...)
}

// bitbucketPages reads the pages of a list, from the page at target, until each returns
// false.
func bitbucketPages[T any](ctx context.Context, c *connection, target string, each func([]T) bool) error {
	for range maxPages {
		var page struct {
			Values []T    `json:"values"`
			Next   string `json:"next"`
		}
		if err := c.call(ctx, http.MethodGet, target, nil, &page); err != nil {
			return err
		}
		if !each(page.Values) || page.Next == "" {
			return nil
		}
		if target = page.Next; !strings.HasPrefix(target, c.api+"/") {
			return fmt.Errorf("the next page of the list is not at %s", c.api)
		}
	}
	return nil
}

func (f *bitbucketForge) list(ctx context.Context, base, branch string, open bool) (out []*pull, err error) {
	filter := fmt.Sprintf("source.branch.name=%s AND destination.branch.name=%s", strconv.Quote(branch), strconv.Quote(base))
	pairs := []string{"q", filter, "sort", "-created_on", "pagelen", "50"}
	if open {
		pairs = append(pairs, "state", "OPEN")
	} else {
		pairs = append(pairs, "state", "DECLINED", "state", "SUPERSEDED")
	}
	err = bitbucketPages(ctx, &f.c, f.pulls()+query(pairs...), func(page []*bitbucketPull) bool {
		for _, p := range page {
			if p.Source.Branch.Name == branch && p.Destination.Branch.Name == base && strings.EqualFold(p.Source.Repository.FullName, f.c.fork) {
				out = append(out, p.pull())
			}
		}
		return open
	})
	if err != nil || !open {
		return out, err
	}
	for _, p := range out { // a list has no reviewers
		native := p.native.(*bitbucketPull)
		if err := f.c.call(ctx, http.MethodGet, f.pulls(strconv.Itoa(p.number)), nil, native); err != nil {
			return nil, err
		}
		*p = *native.pull()
	}
	return out, nil
}

func (p *bitbucketPull) pull() *pull {
	return &pull{
		number: p.ID, url: p.Links.HTML.Href, title: p.Title, body: p.Description, draft: p.Draft,
		merged: p.State == "MERGED", commit: p.Source.Commit.Hash, native: p,
	}
}

func (f *bitbucketForge) open(ctx context.Context, n newPull) (*pull, error) {
	type object map[string]any
	in := object{
		"title": n.title, "description": n.body, "draft": n.draft,
		"source":      object{"branch": object{"name": n.branch}, "repository": object{"full_name": f.c.fork}},
		"destination": object{"branch": object{"name": n.base}},
	}
	var p bitbucketPull
	if err := f.c.call(ctx, http.MethodPost, f.pulls(), in, &p); err != nil {
		return nil, err
	}
	return p.pull(), nil
}

// update changes a pull request. A request without reviewers would remove them.
func (f *bitbucketForge) update(ctx context.Context, p *pull, title, body string, reviewers []bitbucketRef) error {
	in := map[string]any{"title": title, "description": body, "reviewers": reviewers}
	var out bitbucketPull
	if err := f.c.call(ctx, http.MethodPut, f.pulls(strconv.Itoa(p.number)), in, &out); err != nil {
		return err
	}
	*p = *out.pull()
	return nil
}

// reviewers returns the reviewers that a pull request has.
func (p *bitbucketPull) reviewers() []bitbucketRef {
	out := []bitbucketRef{}
	for _, r := range p.Reviewers {
		out = append(out, bitbucketRef{UUID: r.UUID})
	}
	return out
}

func (f *bitbucketForge) setText(ctx context.Context, p *pull, title, body string) error {
	return f.update(ctx, p, title, body, p.native.(*bitbucketPull).reviewers())
}

func (f *bitbucketForge) comment(ctx context.Context, p *pull, text string) error {
	in := map[string]any{"content": map[string]string{"raw": text}}
	return f.c.call(ctx, http.MethodPost, f.pulls(strconv.Itoa(p.number), "comments"), in, nil)
}

func (f *bitbucketForge) close(ctx context.Context, p *pull) error {
	return f.c.call(ctx, http.MethodPost, f.pulls(strconv.Itoa(p.number), "decline"), nil, nil)
}

func (f *bitbucketForge) addLabels(context.Context, *pull, []string) error { return nil }

func (f *bitbucketForge) addAssignees(context.Context, *pull, []string) error { return nil }

func (f *bitbucketForge) requestReviews(ctx context.Context, p *pull, users, _ []string) error {
	refs, err := f.findUsers(ctx, users)
	if err != nil {
		return err
	}
	return f.update(ctx, p, p.title, p.body, append(p.native.(*bitbucketPull).reviewers(), refs...))
}

// findUsers returns references to users. A name is the UUID in braces, the account ID, or
// the nickname of a member of the workspace.
func (f *bitbucketForge) findUsers(ctx context.Context, names []string) ([]bitbucketRef, error) {
	var out []bitbucketRef
	left := map[string]bool{} // nicknames, in lower case
	for _, name := range names {
		switch {
		case strings.HasPrefix(name, "{"):
			out = append(out, bitbucketRef{UUID: name})
		case strings.Contains(name, ":") || len(name) == 24 && strings.Trim(name, "0123456789abcdef") == "":
			out = append(out, bitbucketRef{AccountID: name})
		default:
			left[strings.ToLower(name)] = true
		}
	}
	if len(left) == 0 {
		return out, nil
	}
	type member struct {
		User struct {
			UUID     string `json:"uuid"`
			Nickname string `json:"nickname"`
		} `json:"user"`
	}
	workspace, _, _ := strings.Cut(f.c.repo, "/")
	err := bitbucketPages(ctx, &f.c, pathOf("workspaces", workspace, "members")+query("pagelen", "100"), func(page []member) bool {
		for _, m := range page {
			if name := strings.ToLower(m.User.Nickname); left[name] {
				out = append(out, bitbucketRef{UUID: m.User.UUID})
				delete(left, name)
			}
		}
		return len(left) > 0
	})
	if err != nil {
		return nil, err
	}
	if len(left) > 0 {
		return nil, unknownNames("member of the workspace with the nickname", slices.Sorted(maps.Keys(left)))
	}
	return out, nil
}

func (f *bitbucketForge) hasReviews(_ context.Context, p *pull) (bool, error) {
	return len(p.native.(*bitbucketPull).Reviewers) > 0, nil
}
