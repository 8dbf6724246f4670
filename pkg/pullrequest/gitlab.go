package pullrequest

import (
	"context"
	"io"
	"log/slog"
	"strings"

	gitlab "gitlab.com/gitlab-org/api/client-go/v2"
)

// gitlabKind is GitLab. Its pull requests are called merge requests.
// Source: https://docs.gitlab.com/api/merge_requests/
var gitlabKind = forgeKind{
	name: "gitlab", title: "GitLab",
	isHost: func(host string, env func(string) string) bool {
		return host == "gitlab.com" || sameHost(env("CI_SERVER_URL"), host)
	},
	sshHosts:    map[string]string{"altssh.gitlab.com": "gitlab.com"}, // on port 443
	apiSuffixes: []string{"/api/v4"},
	apiURL: func(a address, env func(string) string) string {
		if api := env("CI_API_V4_URL"); api != "" && sameHost(env("CI_SERVER_URL"), a.host) {
			return api
		}
		return a.webURL() + "/api/v4"
	},
	apiExample: "https://gitlab.example/api/v4",
	repo:       func(a address) (string, bool) { return a.path, strings.Contains(a.path, "/") },
	repoForm:   "GROUP/PROJECT",
	tokens:     []string{"GITLAB_TOKEN"},
	usesToken: func(_, host string, env func(string) string) bool {
		return env("CI_SERVER_URL") == "" || sameHost(env("CI_SERVER_URL"), host)
	},
	tokenHint: func(host string, env func(string) string) string {
		if env("CI_JOB_TOKEN") == "" {
			return ""
		}
		return "CI_JOB_TOKEN cannot open merge requests; set GITLAB_TOKEN to a project access token with the role Developer"
	},
	apiAuth:    bearerAuth,
	gitAuth:    func(token string, _ func(string) string) string { return basicAuth("oauth2", token) },
	permission: "api (a scope, with the role Developer)", pushPermission: "write_repository (a scope; api includes it)",
	lacks:   []string{"teams"},
	maxBody: 1_000_000, // GitLab accepts 1 megabyte: https://docs.gitlab.com/development/issuable-like-models
	connect: newGitLab,
}

// gitlabDraftPrefix marks a draft.
const gitlabDraftPrefix = "Draft: "

type gitlabForge struct {
	client *gitlab.Client
	c      connection
}

func newGitLab(c connection) (forge, error) {
	client, err := gitlab.NewAuthSourceClient(gitlab.Unauthenticated{}, // the transport adds the token
		gitlab.WithBaseURL(c.api), gitlab.WithHTTPClient(c.client), gitlab.WithUserAgent("regmigrate"), gitlab.WithoutRetries(),
		gitlab.WithURLWarningLogger(slog.New(slog.NewTextHandler(io.Discard, nil))))
	return &gitlabForge{client, c}, err
}

// projectID returns the number of a project.
func (f *gitlabForge) projectID(ctx context.Context, path string) (int64, error) {
	p, _, err := f.client.Projects.GetProject(path, nil, gitlab.WithContext(ctx))
	if err != nil {
		return 0, err
	}
	return p.ID, nil
}

func (f *gitlabForge) list(ctx context.Context, base, branch string, open bool) (out []*pull, err error) {
	fork := int64(0)
	if f.c.isFork() {
		if fork, err = f.projectID(ctx, f.c.fork); err != nil {
			return nil, err
		}
	}
	o := &gitlab.ListProjectMergeRequestsOptions{
		State: new(string), SourceBranch: &branch, TargetBranch: &base, ListOptions: gitlab.ListOptions{PerPage: 50},
	}
	if *o.State = "closed"; open {
		*o.State = "opened"
	}
	for o.Page = 1; o.Page > 0 && o.Page <= maxPages; {
		page, resp, err := f.client.MergeRequests.ListProjectMergeRequests(f.c.repo, o, gitlab.WithContext(ctx))
		if err != nil {
			return nil, err
		}
		for _, m := range page {
			if m.SourceBranch == branch && m.TargetBranch == base && (m.SourceProjectID == fork || fork == 0 && m.SourceProjectID == m.TargetProjectID) {
				out = append(out, gitlabPull(m))
			}
		}
		if o.Page = resp.NextPage; !open {
			break // the newest merge requests are on the first page
		}
	}
	return out, nil
}

func gitlabPull(m *gitlab.BasicMergeRequest) *pull {
	out := &pull{
		number: int(m.IID), url: m.WebURL, title: m.Title, body: m.Description, draft: m.Draft,
		merged: m.State == "merged" || m.MergedAt != nil, commit: m.SHA, native: m,
	}
	if strings.HasPrefix(m.Title, gitlabDraftPrefix) {
		out.draftPrefix = gitlabDraftPrefix
	}
	for _, l := range m.Labels {
		out.labels = append(out.labels, strings.ToLower(l))
	}
	for _, u := range m.Assignees {
		out.assignees = append(out.assignees, strings.ToLower(u.Username))
	}
	return out
}

func (f *gitlabForge) open(ctx context.Context, n newPull) (*pull, error) {
	title := n.title
	if n.draft {
		title = gitlabDraftPrefix + title
	}
	in := &gitlab.CreateMergeRequestOptions{Title: &title, Description: &n.body, SourceBranch: &n.branch, TargetBranch: &n.base}
	if f.c.isFork() {
		target, err := f.projectID(ctx, f.c.repo)
		if err != nil {
			return nil, err
		}
		in.TargetProjectID = &target
	}
	m, _, err := f.client.MergeRequests.CreateMergeRequest(f.c.fork, in, gitlab.WithContext(ctx))
	if err != nil {
		return nil, err
	}
	return gitlabPull(&m.BasicMergeRequest), nil
}

func (f *gitlabForge) update(ctx context.Context, p *pull, in *gitlab.UpdateMergeRequestOptions) error {
	_, _, err := f.client.MergeRequests.UpdateMergeRequest(f.c.repo, int64(p.number), in, gitlab.WithContext(ctx))
	return err
}

func (f *gitlabForge) setText(ctx context.Context, p *pull, title, body string) error {
	return f.update(ctx, p, &gitlab.UpdateMergeRequestOptions{Title: &title, Description: &body})
}

func (f *gitlabForge) comment(ctx context.Context, p *pull, text string) error {
	_, _, err := f.client.Notes.CreateMergeRequestNote(f.c.repo, int64(p.number), &gitlab.CreateMergeRequestNoteOptions{Body: &text}, gitlab.WithContext(ctx))
	return err
}

func (f *gitlabForge) close(ctx context.Context, p *pull) error {
	event := "close"
	return f.update(ctx, p, &gitlab.UpdateMergeRequestOptions{StateEvent: &event})
}

// addLabels adds labels. GitLab creates those that the project does not have.
func (f *gitlabForge) addLabels(ctx context.Context, p *pull, labels []string) error {
	add := gitlab.LabelOptions(labels)
	return f.update(ctx, p, &gitlab.UpdateMergeRequestOptions{AddLabels: &add})
}

func (f *gitlabForge) addAssignees(ctx context.Context, p *pull, users []string) error {
	ids, err := f.userIDs(ctx, users)
	if err != nil {
		return err
	}
	for _, u := range p.native.(*gitlab.BasicMergeRequest).Assignees { // the request replaces the list
		ids = append(ids, u.ID)
	}
	return f.update(ctx, p, &gitlab.UpdateMergeRequestOptions{AssigneeIDs: &ids})
}

// requestReviews asks users for a review. Only approval rules of GitLab name groups.
func (f *gitlabForge) requestReviews(ctx context.Context, p *pull, users, _ []string) error {
	ids, err := f.userIDs(ctx, users)
	if err != nil {
		return err
	}
	return f.update(ctx, p, &gitlab.UpdateMergeRequestOptions{ReviewerIDs: &ids})
}

// userIDs returns the numbers of users.
func (f *gitlabForge) userIDs(ctx context.Context, names []string) (ids []int64, err error) {
	for _, name := range names {
		users, _, err := f.client.Users.ListUsers(&gitlab.ListUsersOptions{Username: &name}, gitlab.WithContext(ctx))
		if err != nil {
			return nil, err
		}
		if len(users) == 0 {
			return nil, unknownNames("user", []string{name})
		}
		ids = append(ids, users[0].ID)
	}
	return ids, nil
}

func (f *gitlabForge) hasReviews(_ context.Context, p *pull) (bool, error) {
	return len(p.native.(*gitlab.BasicMergeRequest).Reviewers) > 0, nil
}
