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

// A forge is the interface for pull requests of one repository.
type forge struct {
	client      *github.Client
	api         string
	owner, repo string
	fork        string // OWNER/NAME of where the branch is, "" if that is the repository itself
	gitea       bool   // it speaks Gitea's dialect
	maxWait     time.Duration
	sleep       func(context.Context, time.Duration) error
}

// requestTimeout is how long one request may take.
const requestTimeout = time.Minute

func apiHost(api string) string {
	u, err := url.Parse(api)
	if err != nil {
		return ""
	}
	return strings.TrimPrefix(strings.ToLower(u.Host), "api.")
}

// newForge is the forge of the repository slug; head is where the branch is.
func newForge(api, slug, head, token string, o Options) (*forge, error) {
	u, err := url.Parse(api)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.RawQuery != "" {
		return nil, &Problem{Message: fmt.Sprintf("the address of the forge %q: expected an http(s) URL", api), Hint: "for example: --api-url https://github.example/api/v3", Usage: true}
	}
	base := strings.TrimSuffix(u.String(), "/") + "/"
	client, err := github.NewClient(
		github.WithURLs(&base, nil), github.WithUserAgent("regmigrate"), github.WithTimeout(requestTimeout),
		github.WithHTTPClient(&http.Client{Transport: tokenTransport{token, u.Host}, CheckRedirect: sameHostOnly}),
	)
	if err != nil {
		return nil, err
	}
	owner, repo, _ := strings.Cut(slug, "/")
	f := &forge{
		client: client, api: strings.TrimSuffix(base, "/"), owner: owner, repo: repo,
		gitea: strings.HasSuffix(base, "/api/v1/"), maxWait: o.MaxWait, sleep: o.Sleep,
	}
	if !strings.EqualFold(head, slug) {
		f.fork = head
	}
	return f, nil
}

// tokenTransport sends the token to one host, and to no other that an answer may lead
// to.
type tokenTransport struct{ token, host string }

func (b tokenTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Host == b.host {
		req = req.Clone(req.Context())
		req.Header.Set("Authorization", "Bearer "+b.token)
	}
	return http.DefaultTransport.RoundTrip(req)
}

func sameHostOnly(req *http.Request, via []*http.Request) error {
	if req.URL.Host != via[0].URL.Host || req.URL.Scheme != via[0].URL.Scheme || len(via) > 5 {
		return fmt.Errorf("the forge sends on to %s, which is not followed", req.URL.Host)
	}
	return nil
}

// callAPI sends a request, and once more if the forge asks to wait for less than
// is allowed. doing is what the request is for, in words that follow "while".
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

// retryAfter returns how long to wait if the forge takes no more requests for
// now; a negative duration where it does not say.
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

// headRepo is where the branch is, OWNER/NAME, and its owner.
func (f *forge) headRepo() (slug, owner string) {
	slug = cmp.Or(f.fork, f.owner+"/"+f.repo)
	owner, _, _ = strings.Cut(slug, "/")
	return slug, owner
}

// findPull returns the open pull request for the branch, nil when there is none,
// and the newest one that was closed without being merged while the branch was
// at the commit head.
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
			for _, p := range list { // some forges leave the filter to us
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
				break // the newest are first
			}
			o.Page = next
		}
	}
	return nil, nil, nil
}

// draftPrefix is how Gitea tells a draft.
const draftPrefix = "WIP: "

func (f *forge) openPull(ctx context.Context, base, branch string, c Change, draft bool) (*github.PullRequest, error) {
	p := &github.NewPullRequest{Title: &c.Title, Head: &branch, Base: &base, Body: &c.Body}
	if f.fork != "" {
		owner, name, _ := strings.Cut(f.fork, "/")
		p.Head = github.Ptr(owner + ":" + branch)
		if strings.EqualFold(owner, f.owner) { // the name of an owner would not do
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

// updatePull changes title and text where they differ, and reports whether.
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

// sameText compares texts as forges keep them.
func sameText(a, b string) bool {
	plain := func(s string) string { return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n")) }
	return plain(a) == plain(b)
}

// closePull says why, and closes.
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

// addMetadata adds labels, reviewers and assignees that are not there. What the
// forge refuses of them comes back as words: the pull request is there
// without.
func (f *forge) addMetadata(ctx context.Context, p *github.PullRequest, o Options, fresh bool) (warnings []string, changed bool) {
	note := func(what string, err error) {
		if err == nil {
			changed = true
			return
		}
		warnings = append(warnings, fmt.Sprintf("%s: %v", what, err))
	}
	var has []string
	for _, l := range p.Labels {
		has = append(has, strings.ToLower(l.GetName()))
	}
	if labels := missingFrom(o.Labels, has); len(labels) > 0 {
		_, err := callAPI(ctx, f, "adding labels", func() ([]*github.Label, *github.Response, error) {
			return f.addLabels(ctx, p.GetNumber(), labels)
		})
		note("labels "+strings.Join(labels, ", "), err)
	}
	has = nil
	for _, u := range p.Assignees {
		has = append(has, strings.ToLower(u.GetLogin()))
	}
	if users := missingFrom(o.Assignees, has); len(users) > 0 {
		_, err := callAPI(ctx, f, "adding assignees", func() (*github.Issue, *github.Response, error) {
			return f.client.Issues.Edit(ctx, f.owner, f.repo, p.GetNumber(), &github.IssueRequest{Assignees: &users})
		})
		note("assignees "+strings.Join(users, ", "), err)
	}
	if len(o.Reviewers)+len(o.Teams) == 0 || !fresh && !f.needsReviewers(ctx, p) {
		return warnings, changed
	}
	_, err := callAPI(ctx, f, "asking for reviews", func() (*github.PullRequest, *github.Response, error) {
		return f.client.PullRequests.RequestReviewers(ctx, f.owner, f.repo, p.GetNumber(), github.ReviewersRequest{Reviewers: o.Reviewers, TeamReviewers: o.Teams})
	})
	note("reviewers "+strings.Join(slices.Concat(o.Reviewers, o.Teams), ", "), err)
	return warnings, changed
}

// addLabels sends an object, as GitHub documents it, and not the bare list that
// go-github sends and GitHub takes as well: Gitea does not.
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

// needsReviewers reports whether nobody was asked for a review and nobody gave one:
// the run that opened the pull request got no further.
func (f *forge) needsReviewers(ctx context.Context, p *github.PullRequest) bool {
	if len(p.RequestedReviewers)+len(p.RequestedTeams) > 0 {
		return false
	}
	reviews, err := callAPI(ctx, f, "looking for reviews", func() ([]*github.PullRequestReview, *github.Response, error) {
		return f.client.PullRequests.ListReviews(ctx, f.owner, f.repo, p.GetNumber(), nil)
	})
	return err == nil && len(reviews) == 0
}

// missingFrom returns those of names that are not in has, which is in lower case.
func missingFrom(names, has []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return slices.Contains(has, strings.ToLower(n)) })
}
