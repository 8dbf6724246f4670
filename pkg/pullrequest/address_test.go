package pullrequest

import (
	"net/http"
	"strings"
	"testing"
)

func TestAddress(t *testing.T) {
	for _, x := range []struct{ remote, slug, api string }{
		{"https://github.com/acme/shop.git", "acme/shop", "https://api.github.com"},
		{"https://user:secret@github.com/acme/shop", "acme/shop", "https://api.github.com"},
		{"git@github.com:acme/shop.git", "acme/shop", "https://api.github.com"},
		{"ssh://git@ssh.github.com:443/acme/shop.git", "acme/shop", "https://api.github.com"},
		{"https://acme.ghe.com/acme/shop.git", "acme/shop", "https://api.acme.ghe.com"},
		{"git@github.example:acme/shop.git", "acme/shop", "https://github.example/api/v3"},
		{"https://github.example:8443/acme/shop.git", "acme/shop", "https://github.example:8443/api/v3"},
		{"http://127.0.0.1:3000/git/acme/shop", "acme/shop", "http://127.0.0.1:3000/api/v3"},
		{"/srv/git/acme/shop.git", "", ""},
		{"../shop", "", ""},
		{`C:\git\shop`, "", ""},
		{"file:///srv/git/shop.git", "", ""},
	} {
		a := parseAddress(x.remote)
		slug, _ := a.slug()
		if slug != x.slug {
			t.Errorf("%s: slug %q, want %q", x.remote, slug, x.slug)
		}
		got := ""
		if a.host != "" {
			got = githubAPI(a, func(string) string { return "" })
		}
		if got != x.api {
			t.Errorf("%s: API %q, want %q", x.remote, got, x.api)
		}
		if strings.Contains(a.urlWithoutUser, "secret") {
			t.Errorf("%s: %q contains the password", x.remote, a.urlWithoutUser)
		}
	}
}

// A token is used only for its own host.
func TestTokenFor(t *testing.T) {
	for _, x := range []struct{ host, env, want string }{
		{"github.com", "GITHUB_TOKEN=a", "a"},
		{"github.com", "GITHUB_TOKEN=a GH_TOKEN=b", "b"},
		{"github.com", "GITHUB_TOKEN=a REGMIGRATE_TOKEN=c", "c"},
		{"acme.ghe.com", "GH_TOKEN=a", "a"},
		{"github.example", "GITHUB_TOKEN=a", ""},
		{"notgithub.com", "GITHUB_TOKEN=a", ""},
		{"github.com.example", "GH_TOKEN=a", ""},
		{"github.com", "GH_ENTERPRISE_TOKEN=a", ""},
		{"github.example", "GH_ENTERPRISE_TOKEN=a GITHUB_TOKEN=b", "a"},
		{"github.example", "GITHUB_TOKEN=a GITHUB_SERVER_URL=https://github.example", "a"},
		{"github.example:8443", "GITHUB_TOKEN=a GITHUB_SERVER_URL=https://github.example", ""},
		{"127.0.0.1:3000", "GITHUB_TOKEN=a GITHUB_SERVER_URL=http://127.0.0.1:3000/", "a"},
	} {
		env := map[string]string{}
		for _, kv := range strings.Fields(x.env) {
			k, v, _ := strings.Cut(kv, "=")
			env[k] = v
		}
		if got, _ := tokenFor(&githubKind, x.host, func(k string) string { return env[k] }); got != x.want {
			t.Errorf("%s with %s: token %q, want %q", x.host, x.env, got, x.want)
		}
	}
}

func TestRepositoryName(t *testing.T) {
	for url, want := range map[string]string{
		"https://user:secret@GitHub.com/a/b.git":   "github.com/a/b",
		"git@gitlab.example:group/sub/project.git": "gitlab.example/group/sub/project",
		"ssh://git@git.example:2222/a/b":           "git.example/a/b",
		"https://git.example:8443/a/b/":            "git.example:8443/a/b",
		"/srv/git/a.git":                           "",
		"file:///srv/git/a.git":                    "",
		"../a":                                     "",
		"":                                         "",
		"https://user:secret@%zz/a/b":              "",
	} {
		if got := RepositoryName(url); got != want {
			t.Errorf("%q: got %q, want %q", url, got, want)
		}
	}
}

// The kind of forge, the repository and the API follow from the address of the remote, the
// options and the variables of CI systems.
func TestFindKind(t *testing.T) {
	for _, x := range []struct{ remote, forge, api, env, kind, repo, wantAPI string }{
		{remote: "https://gitlab.com/group/sub/shop.git", kind: "gitlab", repo: "group/sub/shop", wantAPI: "https://gitlab.com/api/v4"},
		{remote: "git@gitlab.com:group/shop.git", kind: "gitlab", repo: "group/shop", wantAPI: "https://gitlab.com/api/v4"},
		{remote: "ssh://git@altssh.gitlab.com:443/group/shop.git", kind: "gitlab", repo: "group/shop", wantAPI: "https://gitlab.com/api/v4"},
		{remote: "https://git.example/group/shop", forge: "gitlab", kind: "gitlab", repo: "group/shop", wantAPI: "https://git.example/api/v4"},
		{remote: "https://git.example/group/shop", env: "CI_SERVER_URL=https://git.example CI_API_V4_URL=https://git.example/gitlab/api/v4", kind: "gitlab", repo: "group/shop", wantAPI: "https://git.example/gitlab/api/v4"},
		{remote: "https://other.example/group/shop", env: "CI_SERVER_URL=https://git.example", kind: "github", repo: "group/shop", wantAPI: "https://other.example/api/v3"},
		{remote: "https://git.example/group/shop", api: "https://git.example/api/v4", kind: "gitlab", repo: "group/shop"},
		{remote: "https://git.example/group/shop", api: "https://git.example/api/v1/", kind: "gitea", repo: "group/shop"},
		{remote: "https://gitea.com/acme/shop", kind: "gitea", repo: "acme/shop", wantAPI: "https://gitea.com/api/v1"},
		{remote: "https://git.example/acme/shop", env: "GITHUB_SERVER_URL=https://git.example GITEA_ACTIONS=true", kind: "gitea", repo: "acme/shop", wantAPI: "https://git.example/api/v1"},
		{remote: "https://git.example/acme/shop", env: "GITHUB_SERVER_URL=https://git.example GITEA_ACTIONS=true FORGEJO_ACTIONS=true", kind: "forgejo", repo: "acme/shop", wantAPI: "https://git.example/api/v1"},
		{remote: "https://git.example/acme/shop", env: "GITHUB_SERVER_URL=https://git.example GITHUB_API_URL=https://git.example/api/v3", kind: "github", repo: "acme/shop", wantAPI: "https://git.example/api/v3"},
		{remote: "git@codeberg.org:acme/shop.git", kind: "forgejo", repo: "acme/shop", wantAPI: "https://codeberg.org/api/v1"},
		{remote: "https://x-token-auth@bitbucket.org/acme/shop.git", kind: "bitbucket", repo: "acme/shop", wantAPI: "https://api.bitbucket.org/2.0"},
		{remote: "git@altssh.bitbucket.org:acme/shop.git", kind: "bitbucket", repo: "acme/shop", wantAPI: "https://api.bitbucket.org/2.0"},
		{remote: "https://git.example/scm/acme/shop.git", forge: "bitbucket-datacenter", kind: "bitbucket-datacenter", repo: "acme/shop", wantAPI: "https://git.example/rest/api/latest"},
		{remote: "https://git.example/bitbucket/scm/~ann/shop.git", forge: "bitbucket-datacenter", kind: "bitbucket-datacenter", repo: "~ann/shop", wantAPI: "https://git.example/bitbucket/rest/api/latest"},
		{remote: "ssh://git@git.example:7999/acme/shop.git", forge: "bitbucket-datacenter", kind: "bitbucket-datacenter", repo: "acme/shop", wantAPI: "https://git.example/rest/api/latest"},
		{remote: "https://me@dev.azure.com/org/My%20Project/_git/shop", kind: "azure", repo: "My Project/shop", wantAPI: "https://dev.azure.com/org"},
		{remote: "https://dev.azure.com/org/_git/shop", kind: "azure", repo: "shop/shop", wantAPI: "https://dev.azure.com/org"},
		{remote: "git@ssh.dev.azure.com:v3/org/My%20Project/shop", kind: "azure", repo: "My Project/shop", wantAPI: "https://dev.azure.com/org"},
		{remote: "https://org.visualstudio.com/DefaultCollection/project/_git/shop", kind: "azure", repo: "project/shop", wantAPI: "https://org.visualstudio.com/DefaultCollection"},
		{remote: "https://org.visualstudio.com/_git/shop", kind: "azure", repo: "shop/shop", wantAPI: "https://org.visualstudio.com"},
		{remote: "https://tfs.example/tfs/coll/project/_git/_optimized/shop", env: "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI=https://tfs.example/tfs/coll/", kind: "azure", repo: "project/shop", wantAPI: "https://tfs.example/tfs/coll"},
		{remote: "https://notgitlab.com/acme/shop", kind: "github", repo: "acme/shop", wantAPI: "https://notgitlab.com/api/v3"},
		{remote: "https://evil.example/dev.azure.com/_git/shop", kind: "github", repo: "_git/shop", wantAPI: "https://evil.example/api/v3"},
	} {
		env := testEnv(x.env)
		a := parseAddress(x.remote)
		k, err := findKind(&Options{Forge: x.forge, APIURL: x.api, Getenv: env}, a)
		if err != nil {
			t.Fatal(err)
		}
		repo, ok := k.repo(a)
		if k.name != x.kind || !ok || repo != x.repo {
			t.Errorf("%s %s: got %s %q, want %s %q", x.remote, x.env, k.name, repo, x.kind, x.repo)
		}
		if got := k.apiURL(a, env); x.wantAPI != "" && got != x.wantAPI {
			t.Errorf("%s: API %q, want %q", x.remote, got, x.wantAPI)
		}
	}
	if _, err := findKind(&Options{Forge: "sourceforge"}, address{}); err == nil || !strings.Contains(err.Error(), "expected one of github, gitlab") {
		t.Errorf("an unknown kind: %v", err)
	}
}

func testEnv(vars string) func(string) string {
	env := map[string]string{}
	for _, kv := range strings.Fields(vars) {
		k, v, _ := strings.Cut(kv, "=")
		env[k] = v
	}
	return func(name string) string { return env[name] }
}

// The token of a forge is not sent to the server of another one, and has the form that the
// forge expects.
func TestForgeTokens(t *testing.T) {
	for _, x := range []struct{ kind, host, env, want string }{
		{"gitlab", "gitlab.com", "GITLAB_TOKEN=a", "Bearer a"},
		{"gitlab", "gitlab.com", "GITLAB_TOKEN=a CI_SERVER_URL=https://git.example", ""},
		{"gitlab", "git.example", "GITLAB_TOKEN=a CI_SERVER_URL=https://git.example", "Bearer a"},
		{"gitlab", "gitlab.com", "CI_JOB_TOKEN=a GITHUB_TOKEN=b", ""},
		{"gitlab", "gitlab.com", "REGMIGRATE_TOKEN=c GITLAB_TOKEN=a", "Bearer c"},
		{"gitea", "git.example", "GITHUB_TOKEN=a", ""},
		{"gitea", "git.example", "GITHUB_TOKEN=a GITHUB_SERVER_URL=https://git.example", "Bearer a"},
		{"forgejo", "codeberg.org", "FORGEJO_TOKEN=a GITEA_TOKEN=b", "Bearer a"},
		{"bitbucket", "bitbucket.org", "BITBUCKET_TOKEN=a", "Bearer a"},
		{"bitbucket", "bitbucket.org", "BITBUCKET_TOKEN=a BITBUCKET_EMAIL=ann@example.com", basicAuth("ann@example.com", "a")},
		{"bitbucket-datacenter", "git.example", "BITBUCKET_TOKEN=a", ""},
		{"bitbucket-datacenter", "git.example", "BITBUCKET_SERVER_TOKEN=a", "Bearer a"},
		{"azure", "dev.azure.com", "AZURE_DEVOPS_EXT_PAT=a", basicAuth("", "a")},
		{"azure", "dev.azure.com", "SYSTEM_ACCESSTOKEN=eyJh.b.c", ""},
		{"azure", "ssh.dev.azure.com", "SYSTEM_ACCESSTOKEN=eyJh.b.c SYSTEM_TEAMFOUNDATIONCOLLECTIONURI=https://dev.azure.com/org/", "Bearer eyJh.b.c"},
		{"azure", "tfs.example", "SYSTEM_ACCESSTOKEN=eyJh.b.c SYSTEM_TEAMFOUNDATIONCOLLECTIONURI=https://dev.azure.com/org/", ""},
	} {
		k, err := findKind(&Options{Forge: x.kind}, address{})
		if err != nil {
			t.Fatal(err)
		}
		env := testEnv(x.env)
		got := ""
		if token, _ := tokenFor(k, x.host, env); token != "" {
			got = k.apiAuth(token, env)
		}
		if got != x.want {
			t.Errorf("%s at %s with %s: got %q, want %q", x.kind, x.host, x.env, got, x.want)
		}
	}
	if got := azureIdentityAPI("https://dev.azure.com/org"); got != "https://vssps.dev.azure.com/org" {
		t.Error(got)
	}
	if got := azureIdentityAPI("https://org.visualstudio.com/DefaultCollection"); got != "https://vssps.dev.azure.com/org" {
		t.Error(got)
	}
	if got := azureIdentityAPI("https://tfs.example/tfs/coll"); got != "https://tfs.example/tfs/coll" {
		t.Error(got)
	}
}

// The messages of the forges' error responses, in the forms that they document.
func TestAPIMessages(t *testing.T) {
	for _, x := range []struct{ body, want string }{
		{`{"message":"Validation Failed","errors":[{"resource":"PullRequest","field":"head","code":"invalid"},{"message":"No commits"}]}`, "Validation Failed: head is invalid: No commits"},
		{`{"message":{"base":["already exists"],"title":["is too long","is odd"]}}`, "base already exists: title is too long, is odd"},
		{`{"message":["Another open merge request already exists"]}`, "Another open merge request already exists"},
		{`{"error":"insufficient_scope","error_description":"needs more","scope":"api"}`, "insufficient_scope: needs more"},
		{`{"type":"error","error":{"message":"Bad request","fields":{"source":["branch not found"]}}}`, "Bad request: source branch not found"},
		{`{"errors":[{"context":null,"message":"Repository x does not exist.","exceptionName":"y"}]}`, "Repository x does not exist."},
		{`{"$id":"1","message":"TF401179: An active pull request exists.","typeName":"z"}`, "TF401179: An active pull request exists."},
		{`<html>`, ""},
	} {
		e := newAPIError(&http.Response{StatusCode: 400, Status: "400 Bad Request", Header: http.Header{}}, []byte(x.body))
		if e.message != x.want {
			t.Errorf("%s: got %q, want %q", x.body, e.message, x.want)
		}
	}
}
