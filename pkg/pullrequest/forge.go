package pullrequest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/go-github/v88/github"
)

// A forge is a client for the pull requests of one repository.
type forge struct {
	client      *github.Client
	api         string
	owner, repo string
	fork        string // OWNER/NAME of the repository with the branch; "" if it is the same repository
	gitea       bool   // whether the API is that of Gitea
	maxWait     time.Duration
	sleep       func(context.Context, time.Duration) error
}

// requestTimeout limits one request.
const requestTimeout = time.Minute

func apiHost(api string) string {
	u, err := url.Parse(api)
	if err != nil {
		return ""
	}
	return strings.TrimPrefix(strings.ToLower(u.Host), "api.")
}

// newForge returns the forge of the repository slug. headSlug is the repository
// with the branch. Both are OWNER/NAME.
func newForge(api, slug, headSlug, token string, o Options) (*forge, error) {
	u, err := url.Parse(api)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.RawQuery != "" {
		return nil, &Problem{Message: fmt.Sprintf("API address %q: expected an http or https URL", api), Hint: "for example: --api-url https://github.example/api/v3", Usage: true}
	}
	base := strings.TrimSuffix(u.String(), "/") + "/"
	client, err := github.NewClient(
		github.WithURLs(&base, nil), github.WithUserAgent("regmigrate"), github.WithTimeout(requestTimeout),
		github.WithHTTPClient(&http.Client{Transport: tokenTransport{token, u.Scheme, u.Host}, CheckRedirect: sameHostOnly}),
	)
	if err != nil {
		return nil, err
	}
	owner, repo, _ := strings.Cut(slug, "/")
	f := &forge{
		client: client, api: strings.TrimSuffix(base, "/"), owner: owner, repo: repo,
		gitea: strings.HasSuffix(base, "/api/v1/"), maxWait: o.MaxWait, sleep: o.Sleep,
	}
	if !strings.EqualFold(headSlug, slug) {
		f.fork = headSlug
	}
	return f, nil
}

// tokenTransport adds the token to requests to one host, and not to requests that
// are redirected to another host.
type tokenTransport struct{ token, scheme, host string }

func (b tokenTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Host == b.host && req.URL.Scheme == b.scheme {
		req = req.Clone(req.Context())
		req.Header.Set("Authorization", "Bearer "+b.token)
	}
	return http.DefaultTransport.RoundTrip(req)
}

// maxRequests is the maximum number of requests that redirects make of one.
const maxRequests = 10

func sameHostOnly(req *http.Request, via []*http.Request) error {
	if req.URL.Host != via[0].URL.Host || req.URL.Scheme != via[0].URL.Scheme {
		return fmt.Errorf("the forge redirects to %s://%s; redirects to another host are not followed", req.URL.Scheme, req.URL.Host)
	}
	if len(via) >= maxRequests {
		return fmt.Errorf("the forge redirects more than %d times", maxRequests-1)
	}
	return nil
}

// callAPI sends a request. If the forge rejects it because of a rate limit,
// callAPI waits and tries again, up to three times, unless the forge asks for more
// than maxWait. doing says what the request is for, in words such as "opening the
// pull request".
func callAPI[T any](ctx context.Context, f *forge, doing string, send func() (T, *github.Response, error)) (T, error) {
	for try := 0; ; try++ {
		out, _, err := send()
		if err == nil {
			return out, nil
		}
		if ctx.Err() != nil {
			return out, ctx.Err()
		}
		wait, limited := retryAfter(err)
		if !limited || wait < 0 || wait > f.maxWait || try == 3 {
			return out, f.describeError(err, doing)
		}
		if err := f.sleep(ctx, wait); err != nil {
			return out, err
		}
	}
}

// retryAfter reports whether err is a rate limit, and how long to wait. The
// duration is negative if the forge does not say how long.
func retryAfter(err error) (time.Duration, bool) {
	if e := (*github.RateLimitError)(nil); errors.As(err, &e) {
		return max(time.Until(e.Rate.Reset.Time)+time.Second, 0), true
	}
	if e := (*github.AbuseRateLimitError)(nil); errors.As(err, &e) {
		if e.RetryAfter == nil {
			return -1, true
		}
		return max(*e.RetryAfter, 0), true
	}
	return 0, false
}

// headRepo returns the repository with the branch, as OWNER/NAME, and its owner.
func (f *forge) headRepo() (slug, owner string) {
	slug = cmp.Or(f.fork, f.owner+"/"+f.repo)
	owner, _, _ = strings.Cut(slug, "/")
	return slug, owner
}

// findPull returns the open pull request for the branch, or nil. Without an open
// one, it returns the newest pull request that was closed without a merge while
// the branch was at the commit head, or nil.
func (f *forge) findPull(ctx context.Context, base, branch, head string) (open, declined *github.PullRequest, err error) {
	slug, owner := f.headRepo()
	for _, state := range []string{"open", "closed"} {
		o := &github.PullRequestListOptions{State: state, Head: owner + ":" + branch, Base: base, ListOptions: github.ListOptions{PerPage: 50}}
		for o.Page = 1; o.Page > 0 && o.Page <= 40; {
			var next int
			list, err := callAPI(ctx, f, "looking for the pull request", func() ([]*github.PullRequest, *github.Response, error) {
				l, r, err := f.client.PullRequests.List(ctx, f.owner, f.repo, o)
				if err == nil {
					next = r.NextPage
				}
				return l, r, err
			})
			if err != nil {
				return nil, nil, err
			}
			for _, p := range list { // some forges ignore the filter
				if p.GetHead().GetRef() != branch || p.GetBase().GetRef() != base || !strings.EqualFold(p.GetHead().GetRepo().GetFullName(), slug) {
					continue
				}
				if state == "open" {
					return p, nil, nil
				}
				if !p.GetMerged() && p.MergedAt == nil && head != "" && p.GetHead().GetSHA() == head {
					return nil, p, nil
				}
			}
			if state == "closed" {
				break // the newest pull requests are on the first page
			}
			o.Page = next
		}
	}
	return nil, nil, nil
}

// draftPrefix marks a draft in Gitea.
const draftPrefix = "WIP: "

func (f *forge) openPull(ctx context.Context, base, branch string, c Change, draft bool) (*github.PullRequest, error) {
	p := &github.NewPullRequest{Title: &c.Title, Head: &branch, Base: &base, Body: &c.Body}
	if f.fork != "" {
		owner, name, _ := strings.Cut(f.fork, "/")
		p.Head = github.Ptr(owner + ":" + branch)
		if strings.EqualFold(owner, f.owner) { // OWNER:BRANCH is ambiguous
			p.HeadRepo = &name
		}
	}
	switch {
	case draft && f.gitea:
		p.Title = github.Ptr(draftPrefix + c.Title)
	case draft:
		p.Draft = &draft
	}
	return callAPI(ctx, f, "opening the pull request", func() (*github.PullRequest, *github.Response, error) {
		return f.client.PullRequests.Create(ctx, f.owner, f.repo, p)
	})
}

// updatePull changes title and body if they differ, and reports whether it did.
func (f *forge) updatePull(ctx context.Context, p *github.PullRequest, c Change) (bool, error) {
	title := c.Title
	if f.gitea && strings.HasPrefix(p.GetTitle(), draftPrefix) {
		title = draftPrefix + title
	}
	if p.GetTitle() == title && sameText(p.GetBody(), c.Body) {
		return false, nil
	}
	_, err := callAPI(ctx, f, "updating the pull request", func() (*github.PullRequest, *github.Response, error) {
		return f.client.PullRequests.Edit(ctx, f.owner, f.repo, p.GetNumber(), &github.PullRequest{Title: &title, Body: &c.Body})
	})
	return true, err
}

// sameText compares texts, ignoring changes that forges make to line endings and
// to surrounding space.
func sameText(a, b string) bool {
	plain := func(s string) string { return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n")) }
	return plain(a) == plain(b)
}

// closePull adds a comment and closes the pull request.
func (f *forge) closePull(ctx context.Context, p *github.PullRequest, comment string) error {
	if comment != "" {
		if _, err := callAPI(ctx, f, "commenting on the pull request", func() (*github.IssueComment, *github.Response, error) {
			return f.client.Issues.CreateComment(ctx, f.owner, f.repo, p.GetNumber(), &github.IssueComment{Body: &comment})
		}); err != nil {
			return err
		}
	}
	_, err := callAPI(ctx, f, "closing the pull request", func() (*github.PullRequest, *github.Response, error) {
		return f.client.PullRequests.Edit(ctx, f.owner, f.repo, p.GetNumber(), &github.PullRequest{State: github.Ptr("closed")})
	})
	return err
}

// addMetadata adds the labels, assignees and reviewers that the pull request does
// not have yet. isNew says that the pull request was just opened. If the forge
// rejects some of them, addMetadata returns warnings instead of an error, because
// the pull request itself is complete.
func (f *forge) addMetadata(ctx context.Context, p *github.PullRequest, o Options, isNew bool) (warnings []string, changed bool) {
	record := func(kind string, names []string, err error) {
		if err == nil {
			changed = true
			return
		}
		warnings = append(warnings, fmt.Sprintf("%s %s: %v", kind, strings.Join(names, ", "), err))
	}
	var existing []string
	for _, l := range p.Labels {
		existing = append(existing, strings.ToLower(l.GetName()))
	}
	if labels := missingFrom(o.Labels, existing); len(labels) > 0 {
		_, err := callAPI(ctx, f, "adding labels", func() ([]*github.Label, *github.Response, error) {
			return f.addLabels(ctx, p.GetNumber(), labels)
		})
		record("labels", labels, err)
	}
	existing = nil
	for _, u := range p.Assignees {
		existing = append(existing, strings.ToLower(u.GetLogin()))
	}
	if users := missingFrom(o.Assignees, existing); len(users) > 0 {
		_, err := callAPI(ctx, f, "adding assignees", func() (*github.Issue, *github.Response, error) {
			return f.client.Issues.Edit(ctx, f.owner, f.repo, p.GetNumber(), &github.IssueRequest{Assignees: &users})
		})
		record("assignees", users, err)
	}
	if len(o.Reviewers)+len(o.Teams) == 0 || !isNew && !f.needsReviewers(ctx, p) {
		return warnings, changed
	}
	_, err := callAPI(ctx, f, "requesting reviews", func() (*github.PullRequest, *github.Response, error) {
		return f.client.PullRequests.RequestReviewers(ctx, f.owner, f.repo, p.GetNumber(), github.ReviewersRequest{Reviewers: o.Reviewers, TeamReviewers: o.Teams})
	})
	record("reviewers", slices.Concat(o.Reviewers, o.Teams), err)
	return warnings, changed
}

// addLabels adds labels to a pull request. It sends an object, as GitHub
// documents it. go-github sends a bare list, which GitHub accepts and Gitea
// rejects.
func (f *forge) addLabels(ctx context.Context, number int, labels []string) ([]*github.Label, *github.Response, error) {
	path := fmt.Sprintf("repos/%s/%s/issues/%d/labels", f.owner, f.repo, number)
	req, err := f.client.NewRequest(ctx, http.MethodPost, path, map[string][]string{"labels": labels})
	if err != nil {
		return nil, nil, err
	}
	var out []*github.Label
	resp, err := f.client.Do(req, &out)
	return out, resp, err
}

// needsReviewers reports whether nobody was asked for a review and nobody gave
// one, which happens if the run that opened the pull request failed afterwards.
func (f *forge) needsReviewers(ctx context.Context, p *github.PullRequest) bool {
	if len(p.RequestedReviewers)+len(p.RequestedTeams) > 0 {
		return false
	}
	reviews, err := callAPI(ctx, f, "looking for reviews", func() ([]*github.PullRequestReview, *github.Response, error) {
		return f.client.PullRequests.ListReviews(ctx, f.owner, f.repo, p.GetNumber(), nil)
	})
	return err == nil && len(reviews) == 0
}

// missingFrom returns the names that are not in existing, which are in lower case.
func missingFrom(names, existing []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return slices.Contains(existing, strings.ToLower(n)) })
}
