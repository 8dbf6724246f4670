package pullrequest

import (
	"encoding/base64"
	"net/url"
	"regexp"
	"slices"
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

// sshHost returns the host of the forge for an ssh host.
func sshHost(host string) string {
	host = strings.ToLower(host)
	for _, k := range forges {
		if of, ok := k.sshHosts[host]; ok {
			return of
		}
	}
	return host
}

func repoPath(p string) string {
	return strings.TrimSuffix(strings.Trim(p, "/"), ".git")
}

// slug returns OWNER/NAME of the repository, which are the last two elements of the path.
func (a address) slug() (slug string, ok bool) {
	parts := strings.Split(a.path, "/")
	if a.host == "" || len(parts) < 2 {
		return "", false
	}
	return strings.Join(parts[len(parts)-2:], "/"), true
}

// webURL returns the URL of the host of an address, without a path.
func (a address) webURL() string {
	if a.scheme == "http" {
		return "http://" + a.host
	}
	return "https://" + a.host
}

// sameHost reports whether the URL server has the given host and port.
func sameHost(server, host string) bool {
	u, err := url.Parse(server)
	return err == nil && u.Host != "" && strings.EqualFold(u.Host, host)
}

// anyToken is the environment variable with a token of any forge.
const anyToken = "REGMIGRATE_TOKEN"

// tokenFor returns the token for a host of a kind, "" if no variable is set, and the names
// of the variables that it reads.
func tokenFor(kind *forgeKind, host string, env func(string) string) (token string, names []string) {
	names = append(names, anyToken)
	for _, name := range kind.tokens {
		if kind.usesToken == nil || kind.usesToken(name, host, env) {
			names = append(names, name)
		}
	}
	for _, name := range names {
		if v := strings.TrimSpace(env(name)); v != "" {
			return v, names
		}
	}
	return "", names
}

// tokenVariables returns all environment variables that may have a token. Git does not
// inherit them, because it runs programs that the configuration of the repository names.
func tokenVariables() []string {
	names := []string{anyToken}
	for _, k := range forges {
		for _, name := range k.tokens {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// bearerAuth returns a token as the value of the header Authorization.
func bearerAuth(token string, _ func(string) string) string { return "Bearer " + token }

// basicAuth returns a user and a token as the value of the header Authorization.
func basicAuth(user, token string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+token))
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
