package pullrequest

import (
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
		owner, name, ok := a.slug()
		slug := ""
		if ok {
			slug = owner + "/" + name
		}
		if slug != x.slug {
			t.Errorf("%s: slug %q, want %q", x.remote, slug, x.slug)
		}
		if got := apiURL(a, func(string) string { return "" }); got != x.api {
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
		if got, _ := tokenFor(x.host, func(k string) string { return env[k] }); got != x.want {
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
