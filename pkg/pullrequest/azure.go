package pullrequest

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// azureKind is Azure DevOps Services and Azure DevOps Server.
// Source: https://learn.microsoft.com/en-us/rest/api/azure/devops/git/pull-requests
var azureKind = forgeKind{
	name: "azure", title: "Azure DevOps",
	isHost: func(host string, env func(string) string) bool {
		return isAzureHost(host) || sameHost(env("SYSTEM_TEAMFOUNDATIONCOLLECTIONURI"), host)
	},
	apiURL: azureAPI, apiExample: "https://dev.azure.com/ORGANIZATION",
	repo: func(a address) (string, bool) {
		_, project, repo := azureParts(a)
		return project + "/" + repo, repo != ""
	},
	repoForm: "PROJECT/REPOSITORY",
	tokens:   []string{"AZURE_DEVOPS_EXT_PAT", "SYSTEM_ACCESSTOKEN"},
	usesToken: func(name, host string, env func(string) string) bool {
		collection, err := url.Parse(env("SYSTEM_TEAMFOUNDATIONCOLLECTIONURI"))
		return name != "SYSTEM_ACCESSTOKEN" || err == nil && (strings.EqualFold(collection.Host, host) || isAzureHost(host) && isAzureHost(collection.Host))
	},
	tokenHint: func(_ string, env func(string) string) string {
		if env("TF_BUILD") == "" || env("SYSTEM_ACCESSTOKEN") != "" {
			return ""
		}
		return "in a pipeline, pass the token to the step: env: {SYSTEM_ACCESSTOKEN: $(System.AccessToken)}"
	},
	apiAuth: azureAuth, gitAuth: azureAuth,
	apiHosts:   []string{azureIdentityHost},
	permission: "Code (read & write); the build service of a pipeline: Contribute to pull requests", pushPermission: "Code (read & write); the build service of a pipeline: Contribute and Create branch",
	lacks:   []string{"assignees"},
	maxBody: 4000, // "must not be longer than 4000 characters": https://github.com/scala-steward-org/scala-steward/issues/3543
	connect: func(c connection) (forge, error) { return &azureForge{c}, nil },
}

// azureIdentityHost serves the users of Azure DevOps Services.
const azureIdentityHost = "vssps.dev.azure.com"

const azureVersion = "7.1"

// isAzureHost reports whether a host belongs to Azure DevOps Services.
func isAzureHost(host string) bool {
	return host == "dev.azure.com" || host == "ssh.dev.azure.com" || strings.HasSuffix(host, ".visualstudio.com")
}

// azureAuth returns a token as the value of the header Authorization. The token of a
// pipeline and those of Microsoft Entra are JSON web tokens; others are personal access
// tokens.
func azureAuth(token string, env func(string) string) string {
	if strings.HasPrefix(token, "eyJ") && strings.Count(token, ".") == 2 {
		return bearerAuth(token, env)
	}
	return basicAuth("", token)
}

// azureParts returns the URL of the organization or collection, the project and the
// repository of an address, or "" for each.
func azureParts(a address) (collection, project, repo string) {
	if strings.HasPrefix(a.path, "v3/") && a.scheme == "ssh" { // v3/ORGANIZATION/PROJECT/REPOSITORY
		parts := strings.Split(a.path, "/")
		if len(parts) != 4 {
			return "", "", ""
		}
		return "https://dev.azure.com/" + parts[1], azureUnescape(parts[2]), azureUnescape(parts[3])
	}
	left, repo, ok := strings.Cut("/"+a.path, "/_git/")
	if !ok {
		return "", "", ""
	}
	repo = strings.TrimPrefix(strings.TrimPrefix(repo, "_optimized/"), "_full/")
	parts := strings.Split(strings.Trim(left, "/"), "/")
	hasProject := len(parts) > 1
	if strings.HasSuffix(a.host, ".visualstudio.com") { // the organization is in the host
		hasProject = parts[len(parts)-1] != "" && parts[len(parts)-1] != "DefaultCollection"
	}
	project = repo // the name of a project's first repository is that of the project
	if hasProject {
		project, parts = parts[len(parts)-1], parts[:len(parts)-1]
	}
	return strings.TrimSuffix(a.webURL()+pathOf(parts...), "/"), project, repo
}

func azureUnescape(s string) string {
	if plain, err := url.PathUnescape(s); err == nil {
		return plain
	}
	return s
}

func azureAPI(a address, _ func(string) string) string {
	collection, _, _ := azureParts(a)
	return collection
}

type azureForge struct{ c connection }

// An azurePull is a pull request, as far as it is needed.
type azurePull struct {
	ID          int    `json:"pullRequestId"`
	Title       string `json:"title"`
	Description string `json:"description"`
	Status      string `json:"status"`
	IsDraft     bool   `json:"isDraft"`
	LastSource  struct {
		CommitID string `json:"commitId"`
	} `json:"lastMergeSourceCommit"`
	ForkSource *struct {
		Repository struct {
			ID string `json:"id"`
		} `json:"repository"`
	} `json:"forkSource"`
	Reviewers []struct {
		ID string `json:"id"`
	} `json:"reviewers"`
	Labels []struct {
		Name string `json:"name"`
	} `json:"labels"`
}

// repoPath returns the path of a repository PROJECT/REPOSITORY, or of a part of it.
func (f *azureForge) repoPath(repo string, parts ...string) string {
	project, name, _ := strings.Cut(repo, "/")
	return pathOf(append([]string{project, "_apis", "git", "repositories", name}, parts...)...)
}

// pulls returns the path of the pull requests, or of a part of one, with the version of the
// API and further parameters.
func (f *azureForge) pulls(params []string, parts ...string) string {
	return f.repoPath(f.c.repo, append([]string{"pullrequests"}, parts...)...) + query(append([]string{"api-version", azureVersion}, params...)...)
}

// forkID returns the ID of the repository with the branch.
func (f *azureForge) forkID(ctx context.Context) (string, error) {
	var repo struct {
		ID string `json:"id"`
	}
	err := f.c.call(ctx, http.MethodGet, f.repoPath(f.c.fork)+query("api-version", azureVersion), nil, &repo)
	return repo.ID, err
}

func (f *azureForge) list(ctx context.Context, base, branch string, open bool) (out []*pull, err error) {
	status := "abandoned"
	if open {
		status = "active"
	}
	params := []string{"searchCriteria.status", status, "searchCriteria.sourceRefName", "refs/heads/" + branch, "searchCriteria.targetRefName", "refs/heads/" + base, "$top", "100"}
	fork := ""
	if f.c.isFork() {
		if fork, err = f.forkID(ctx); err != nil {
			return nil, err
		}
		params = append(params, "searchCriteria.sourceRepositoryId", fork)
	}
	var page struct {
		Value []*azurePull `json:"value"`
	}
	if err := f.c.call(ctx, http.MethodGet, f.pulls(params), nil, &page); err != nil {
		return nil, err
	}
	for _, p := range page.Value {
		if (p.ForkSource == nil) != (fork == "") || fork != "" && p.ForkSource.Repository.ID != fork {
			continue
		}
		if open { // a list has the first 400 characters of the text
			if err := f.c.call(ctx, http.MethodGet, f.pulls(nil, strconv.Itoa(p.ID)), nil, p); err != nil {
				return nil, err
			}
		}
		out = append(out, f.pull(p))
	}
	return out, nil
}

func (f *azureForge) pull(p *azurePull) *pull {
	project, repo, _ := strings.Cut(f.c.repo, "/")
	out := &pull{
		number: p.ID, url: f.c.api + pathOf(project, "_git", repo, "pullrequest", strconv.Itoa(p.ID)), title: p.Title, body: p.Description,
		draft: p.IsDraft, merged: p.Status == "completed", commit: p.LastSource.CommitID, native: p,
	}
	for _, l := range p.Labels {
		out.labels = append(out.labels, strings.ToLower(l.Name))
	}
	return out
}

func (f *azureForge) open(ctx context.Context, n newPull) (*pull, error) {
	in := map[string]any{
		"title": n.title, "description": n.body, "isDraft": n.draft,
		"sourceRefName": "refs/heads/" + n.branch, "targetRefName": "refs/heads/" + n.base,
	}
	if f.c.isFork() {
		id, err := f.forkID(ctx)
		if err != nil {
			return nil, err
		}
		in["forkSource"] = map[string]any{"repository": map[string]string{"id": id}}
	}
	var p azurePull
	if err := f.c.call(ctx, http.MethodPost, f.pulls(nil), in, &p); err != nil {
		return nil, err
	}
	return f.pull(&p), nil
}

func (f *azureForge) patch(ctx context.Context, p *pull, in map[string]string) error {
	return f.c.call(ctx, http.MethodPatch, f.pulls(nil, strconv.Itoa(p.number)), in, nil)
}

func (f *azureForge) setText(ctx context.Context, p *pull, title, body string) error {
	return f.patch(ctx, p, map[string]string{"title": title, "description": body})
}

// comment opens a thread that is closed at once, so that it waits for no answer.
func (f *azureForge) comment(ctx context.Context, p *pull, text string) error {
	in := map[string]any{"status": "closed", "comments": []any{map[string]any{"parentCommentId": 0, "content": text, "commentType": "text"}}}
	return f.c.call(ctx, http.MethodPost, f.pulls(nil, strconv.Itoa(p.number), "threads"), in, nil)
}

func (f *azureForge) close(ctx context.Context, p *pull) error {
	return f.patch(ctx, p, map[string]string{"status": "abandoned"})
}

func (f *azureForge) addLabels(ctx context.Context, p *pull, labels []string) error {
	for _, l := range labels {
		if err := f.c.call(ctx, http.MethodPost, f.pulls(nil, strconv.Itoa(p.number), "labels"), map[string]string{"name": l}, nil); err != nil {
			return err
		}
	}
	return nil
}

func (f *azureForge) addAssignees(context.Context, *pull, []string) error { return nil }

var azureIDRE = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// requestReviews asks users and teams for a review. A name is an ID, or what the search for
// identities finds: an address or a user, or [PROJECT]\TEAM.
func (f *azureForge) requestReviews(ctx context.Context, p *pull, users, teams []string) error {
	project, _, _ := strings.Cut(f.c.repo, "/")
	var names []string
	names = append(names, users...)
	for _, t := range teams {
		if !strings.HasPrefix(t, "[") && !azureIDRE.MatchString(t) {
			t = "[" + project + `]\` + t
		}
		names = append(names, t)
	}
	for _, name := range names {
		id, err := f.identity(ctx, name)
		if err != nil {
			return err
		}
		if err := f.c.call(ctx, http.MethodPut, f.pulls(nil, strconv.Itoa(p.number), "reviewers", id), map[string]any{"vote": 0}, nil); err != nil {
			return err
		}
	}
	return nil
}

// identity returns the ID of a user or a team.
func (f *azureForge) identity(ctx context.Context, name string) (string, error) {
	if azureIDRE.MatchString(name) {
		return name, nil
	}
	var found struct {
		Value []struct {
			ID string `json:"id"`
		} `json:"value"`
	}
	target := azureIdentityAPI(f.c.api) + "/_apis/identities" + query("searchFilter", "General", "filterValue", name, "api-version", azureVersion)
	if err := f.c.call(ctx, http.MethodGet, target, nil, &found); err != nil {
		return "", err
	}
	if len(found.Value) != 1 {
		return "", unknownNames("single user or team", []string{name})
	}
	return found.Value[0].ID, nil
}

// azureIdentityAPI returns the URL of the API for identities, for that of an organization or
// a collection.
func azureIdentityAPI(api string) string {
	u, err := url.Parse(api)
	if err != nil || !isAzureHost(u.Host) {
		return api // Azure DevOps Server has one host
	}
	organization := strings.Trim(u.Path, "/")
	if name, ok := strings.CutSuffix(u.Host, ".visualstudio.com"); ok {
		organization = name
	}
	return "https://" + azureIdentityHost + pathOf(organization)
}

func (f *azureForge) hasReviews(_ context.Context, p *pull) (bool, error) {
	return len(p.native.(*azurePull).Reviewers) > 0, nil
}
