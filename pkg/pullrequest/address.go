package pullrequest

import (
	"net/url"
	"regexp"
	"strings"
)

// An address is the URL of a remote, taken apart.
type address struct {
	scheme         string // http, https, ssh, git, file; "" for a path on this machine
	host           string // with its port, for http and https
	path           string // without a slash at either end, and without .git
	urlWithoutUser string // for http and https: the URL without user and password
	password       string // the password in the URL, "" when there is none
}

// scpLike is what git takes for ssh without a scheme: host:path with no slash
// before the colon. One letter is a drive of Windows.
var scpLike = regexp.MustCompile(`^(?:[^/@:]+@)?([^/:@]{2,}):([^\\].*)$`)

// parseAddress takes the URL of a remote apart, as git reads it (git-fetch(1),
// "GIT URLS").
func parseAddress(remote string) address {
	if !strings.Contains(remote, "://") {
		if m := scpLike.FindStringSubmatch(remote); m != nil {
			return address{scheme: "ssh", host: sshHost(m[1]), path: repoPath(m[2])}
		}
		return address{path: repoPath(remote)}
	}
	u, err := url.Parse(remote)
	if err != nil {
		return address{}
	}
	a := address{scheme: u.Scheme, host: strings.ToLower(u.Host), path: repoPath(u.Path)}
	switch u.Scheme {
	case "http", "https":
		a.urlWithoutUser = u.Scheme + "://" + u.Host + u.EscapedPath()
		if u.User != nil {
			a.password, _ = u.User.Password()
		}
	default:
		a.host = sshHost(u.Hostname())
	}
	return a
}

// sshHost is the host of the forge: GitHub takes ssh over 443 at another name.
func sshHost(host string) string {
	host = strings.ToLower(host)
	if host == "ssh.github.com" {
		return "github.com"
	}
	return host
}

func repoPath(p string) string {
	return strings.TrimSuffix(strings.Trim(p, "/"), ".git")
}

// slug returns OWNER and NAME, which are the last two elements of the path.
func (a address) slug() (owner, name string, ok bool) {
	parts := strings.Split(a.path, "/")
	if a.host == "" || len(parts) < 2 {
		return "", "", false
	}
	return parts[len(parts)-2], parts[len(parts)-1], true
}

// isGitHub reports whether the host is one of GitHub's own, and not of an
// Enterprise Server or another forge.
func isGitHub(host string) bool { return host == "github.com" || strings.HasSuffix(host, ".ghe.com") }

// apiURL returns the address of the interface that belongs to a remote.
func apiURL(a address, env func(string) string) string {
	if api := env("GITHUB_API_URL"); api != "" && sameHost(env("GITHUB_SERVER_URL"), a.host) {
		return api
	}
	switch {
	case a.host == "":
		return ""
	case a.host == "github.com":
		return "https://api.github.com"
	case isGitHub(a.host):
		return "https://api." + a.host
	case a.scheme == "http":
		return "http://" + a.host + "/api/v3"
	}
	return "https://" + a.host + "/api/v3"
}

// sameHost reports whether the URL server is at host, which has its port.
func sameHost(server, host string) bool {
	u, err := url.Parse(server)
	return err == nil && u.Host != "" && strings.EqualFold(u.Host, host)
}

// tokenFor returns the token for a host, and the name of the variable that it
// is from. A token of GitHub is not shown to another host, even if it is the
// only one there: unless a workflow says that it belongs there.
func tokenFor(host string, env func(string) string) (token, from string) {
	names := []string{"REGMIGRATE_TOKEN"}
	if isGitHub(host) || sameHost(env("GITHUB_SERVER_URL"), host) {
		names = append(names, "GH_TOKEN", "GITHUB_TOKEN")
	} else {
		names = append(names, "GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN")
	}
	for _, name := range names {
		if v := strings.TrimSpace(env(name)); v != "" {
			return v, name
		}
	}
	return "", strings.Join(names, ", ")
}
