package pullrequest

import (
	"net/url"
	"regexp"
	"strings"
)

// An address is the parsed URL of a remote.
type address struct {
	scheme         string // http, https, ssh, git, file; "" for a path on this machine
	host           string // for http and https with the port
	path           string // without leading and final slashes, and without .git
	urlWithoutUser string // for http and https
	password       string // "" if the URL has none
}

// scpLike matches git's short syntax for ssh: host:path without a slash before the
// colon. A single letter before the colon is a drive on Windows.
var scpLike = regexp.MustCompile(`^(?:[^/@:]+@)?([^/:@]{2,}):([^\\].*)$`)

// parseAddress parses the URL of a remote as git does. Source: git-fetch(1), "GIT
// URLS".
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

// sshHost returns the host of the forge for an ssh host. GitHub serves ssh on
// port 443 under another host name.
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

// slug returns the owner and the name of the repository, which are the last two
// elements of the path.
func (a address) slug() (owner, name string, ok bool) {
	parts := strings.Split(a.path, "/")
	if a.host == "" || len(parts) < 2 {
		return "", "", false
	}
	return parts[len(parts)-2], parts[len(parts)-1], true
}

// isGitHub reports whether a host belongs to GitHub itself, and not to an
// Enterprise Server or another forge.
func isGitHub(host string) bool { return host == "github.com" || strings.HasSuffix(host, ".ghe.com") }

// apiURL returns the URL of the REST API of the forge of a remote, or "" if the
// remote has no host.
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

// sameHost reports whether the URL server has the given host and port.
func sameHost(server, host string) bool {
	u, err := url.Parse(server)
	return err == nil && u.Host != "" && strings.EqualFold(u.Host, host)
}

// tokenVariables are the environment variables that have a token: of any forge, two of
// github.com, and two of an Enterprise Server. Git does not inherit them, because it runs
// programs that the configuration of the repository names.
var tokenVariables = [...]string{"REGMIGRATE_TOKEN", "GH_TOKEN", "GITHUB_TOKEN", "GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN"}

// tokenFor returns the token for a host, "" if no variable is set, and the names of the
// variables that it reads. A token of github.com is not sent to another host, unless
// GITHUB_SERVER_URL, which GitHub Actions sets, names that host.
func tokenFor(host string, env func(string) string) (token string, names []string) {
	names = append(names, tokenVariables[0])
	if isGitHub(host) || sameHost(env("GITHUB_SERVER_URL"), host) {
		names = append(names, tokenVariables[1:3]...)
	} else {
		names = append(names, tokenVariables[3:]...)
	}
	for _, name := range names {
		if v := strings.TrimSpace(env(name)); v != "" {
			return v, names
		}
	}
	return "", names
}

// RepositoryName returns HOST/PATH for the URL of a remote, such as
// github.com/owner/name, without a user and a password. It returns "" for a path on this
// machine.
func RepositoryName(remote string) string {
	a := parseAddress(remote)
	if a.host == "" || a.path == "" || a.scheme == "file" {
		return ""
	}
	return a.host + "/" + a.path
}
