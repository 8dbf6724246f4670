package pullrequest

import (
	"context"
	"net/http"
	"strconv"
	"strings"
)

// dataCenterKind is Bitbucket Data Center, formerly Bitbucket Server. Its API is not that of
// Bitbucket Cloud. No host and no variable of a CI system names it.
// Source: https://developer.atlassian.com/server/bitbucket/rest/latest/api-group-pull-requests/
var dataCenterKind = forgeKind{
	name: "bitbucket-datacenter", title: "Bitbucket Data Center",
	isHost:      func(string, func(string) string) bool { return false },
	apiSuffixes: []string{"/rest/api/latest", "/rest/api/1.0"},
	apiURL: func(a address, _ func(string) string) string {
		context, _, isHTTP := strings.Cut("/"+a.path, "/scm/") // of a server that is not at the root of its host
		if !isHTTP {
			context = ""
		}
		return a.webURL() + context + "/rest/api/latest"
	},
	apiExample: "https://bitbucket.example/rest/api/latest",
	repo:       address.slug, repoForm: "PROJECT/REPOSITORY",
	tokens:  []string{"BITBUCKET_SERVER_TOKEN"},
	apiAuth: bearerAuth, gitAuth: bearerAuth,
	permission: "repository write", pushPermission: "repository write",
	lacks:   []string{"labels", "assignees", "teams"},
	maxBody: 32_000, // the limit is 32,768 characters: https://jira.atlassian.com/browse/BSERV-14135
	connect: func(c connection) (forge, error) { return &dataCenterForge{c}, nil },
}

type dataCenterForge struct{ c connection }

// A dataCenterPull is a pull request, as far as it is needed.
type dataCenterPull struct {
	ID          int           `json:"id"`
	Version     int           `json:"version"` // of its text; a change must name the present one
	Title       string        `json:"title"`
	Description string        `json:"description"`
	State       string        `json:"state"`
	Draft       bool          `json:"draft"`
	FromRef     dataCenterRef `json:"fromRef"`
	ToRef       dataCenterRef `json:"toRef"`
	Reviewers   []struct {
		User dataCenterUser `json:"user"`
	} `json:"reviewers"`
	Links struct {
		Self []struct {
			Href string `json:"href"`
		} `json:"self"`
	} `json:"links"`
}

type dataCenterUser struct {
	Name string `json:"name"`
}

type dataCenterReviewer struct {
	User dataCenterUser `json:"user"`
}

type dataCenterRef struct {
	ID           string `json:"id"` // refs/heads/BRANCH
	LatestCommit string `json:"latestCommit,omitempty"`
	Repository   struct {
		Slug    string `json:"slug"`
		Project struct {
			Key string `json:"key"`
		} `json:"project"`
	} `json:"repository"`
}

// dataCenterBranch returns a reference to a branch of the repository PROJECT/REPOSITORY.
func dataCenterBranch(repo, branch string) dataCenterRef {
	r := dataCenterRef{ID: "refs/heads/" + branch}
	r.Repository.Project.Key, r.Repository.Slug, _ = strings.Cut(repo, "/")
	return r
}

// isIn reports whether a reference is a branch of a repository. Their names are not case
// sensitive.
func (r dataCenterRef) isIn(repo, branch string) bool {
	return r.ID == "refs/heads/"+branch && strings.EqualFold(r.Repository.Project.Key+"/"+r.Repository.Slug, repo)
}

// pulls returns the path of the pull requests, or of a part of one.
func (f *dataCenterForge) pulls(parts ...string) string {
	project, repo, _ := strings.Cut(f.c.repo, "/")
	return pathOf(append([]string{"projects", project, "repos", repo, "pull-requests"}, parts...)...)
}

func (f *dataCenterForge) list(ctx context.Context, base, branch string, open bool) (out []*pull, err error) {
	state := "DECLINED"
	if open {
		state = "OPEN"
	}
	start := 0
	for range maxPages {
		var page struct {
			Values        []*dataCenterPull `json:"values"`
			IsLastPage    bool              `json:"isLastPage"`
			NextPageStart int               `json:"nextPageStart"`
		}
		target := f.pulls() + query("state", state, "at", "refs/heads/"+base, "direction", "INCOMING", "order", "NEWEST", "limit", "100", "start", strconv.Itoa(start))
		if err := f.c.call(ctx, http.MethodGet, target, nil, &page); err != nil {
			return nil, err
		}
		for _, p := range page.Values { // the API has no filter for the branch
			if p.FromRef.isIn(f.c.fork, branch) && p.ToRef.isIn(f.c.repo, base) {
				out = append(out, p.pull())
			}
		}
		if page.IsLastPage || len(page.Values) == 0 || len(out) > 0 && !open {
			break
		}
		start = page.NextPageStart
	}
	return out, nil
}

func (p *dataCenterPull) pull() *pull {
	out := &pull{number: p.ID, title: p.Title, body: p.Description, draft: p.Draft, merged: p.State == "MERGED", commit: p.FromRef.LatestCommit, native: p}
	if len(p.Links.Self) > 0 {
		out.url = p.Links.Self[0].Href
	}
	return out
}

func (f *dataCenterForge) open(ctx context.Context, n newPull) (*pull, error) {
	in := map[string]any{"title": n.title, "description": n.body, "fromRef": dataCenterBranch(f.c.fork, n.branch), "toRef": dataCenterBranch(f.c.repo, n.base)}
	if n.draft {
		in["draft"] = true // since 8.18
	}
	var p dataCenterPull
	if err := f.c.call(ctx, http.MethodPost, f.pulls(), in, &p); err != nil {
		return nil, err
	}
	return p.pull(), nil
}

// update changes a pull request. A request without reviewers would remove them.
func (f *dataCenterForge) update(ctx context.Context, p *pull, title, body string, more []string) error {
	native := p.native.(*dataCenterPull)
	reviewers := []dataCenterReviewer{}
	for _, r := range native.Reviewers {
		reviewers = append(reviewers, dataCenterReviewer{dataCenterUser{r.User.Name}})
	}
	for _, name := range more {
		reviewers = append(reviewers, dataCenterReviewer{dataCenterUser{name}})
	}
	in := map[string]any{"version": native.Version, "title": title, "description": body, "reviewers": reviewers}
	if native.Draft {
		in["draft"] = true
	}
	var out dataCenterPull
	if err := f.c.call(ctx, http.MethodPut, f.pulls(strconv.Itoa(p.number)), in, &out); err != nil {
		return err
	}
	*p = *out.pull() // has the new version
	return nil
}

func (f *dataCenterForge) setText(ctx context.Context, p *pull, title, body string) error {
	return f.update(ctx, p, title, body, nil)
}

func (f *dataCenterForge) comment(ctx context.Context, p *pull, text string) error {
	return f.c.call(ctx, http.MethodPost, f.pulls(strconv.Itoa(p.number), "comments"), map[string]string{"text": text}, nil)
}

func (f *dataCenterForge) close(ctx context.Context, p *pull) error {
	version := strconv.Itoa(p.native.(*dataCenterPull).Version)
	return f.c.call(ctx, http.MethodPost, f.pulls(strconv.Itoa(p.number), "decline")+query("version", version), map[string]any{}, nil)
}

func (f *dataCenterForge) addLabels(context.Context, *pull, []string) error { return nil }

func (f *dataCenterForge) addAssignees(context.Context, *pull, []string) error { return nil }

func (f *dataCenterForge) requestReviews(ctx context.Context, p *pull, users, _ []string) error {
	return f.update(ctx, p, p.title, p.body, users)
}

func (f *dataCenterForge) hasReviews(_ context.Context, p *pull) (bool, error) {
	return len(p.native.(*dataCenterPull).Reviewers) > 0, nil
}
