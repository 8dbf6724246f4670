package release

import (
	"maps"
	"net/url"
	"slices"
	"strings"
)

// Repository is what is known of the repository that is verified.
type Repository struct {
	URL string // of the remote origin, as configured; "" if there is none

	// Branches are the branches that the trees are known to be of.
	Branches []string
}

// whyNot says why a source with the address is not this repository, "" if it is. It is if
// host and path are those of the remote origin.
func (r *Repository) whyNot(address string) string {
	here, ok := place(r.URL)
	if !ok {
		return "whether the source of the chart is this repository is not known: it has no remote origin with a URL"
	}
	switch there, ok := place(address); {
	case !ok:
		return "the URL of the source is not understood"
	case there != here:
		return "the source of the chart is another repository than the remote origin: " + there
	}
	return ""
}

// whyNotBranch says why the chart of a branch is not the one of the trees.
func (r *Repository) whyNotBranch(branch string) string {
	if slices.Contains(r.Branches, branch) {
		return ""
	}
	return "the chart is that of the branch or revision " + branch + ", which is not known to be this one"
}

// place returns the host, the port and the path that a URL of git names.
func place(address string) (string, bool) {
	if strings.ContainsAny(address, "${}%?#\\ \t\n") || address == "" {
		return "", false
	}
	if !strings.Contains(address, "://") {
		// user@host:path
		userHost, rest, ok := strings.Cut(address, ":")
		if !ok || strings.Contains(userHost, "/") || strings.HasPrefix(rest, "/") || !strings.Contains(userHost, "@") {
			return "", false
		}
		address = "ssh://" + userHost + "/" + rest
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return "", false
	}
	ports := map[string]string{"https": "443", "http": "80", "ssh": "22", "git": "9418"}
	port, ok := ports[u.Scheme]
	if !ok {
		return "", false
	}
	host := strings.ToLower(u.Hostname())
	if p := u.Port(); p != "" && p != port {
		host += ":" + p
	}
	name := strings.TrimSuffix(strings.TrimSuffix(u.Path, "/"), ".git")
	if strings.Contains(name, "//") || strings.Contains(name, "/.") || strings.Trim(name, "/") == "" {
		return "", false
	}
	return host + name, true
}

func sortedKeys(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }

// otherField returns the first key of m that is not one of known.
func otherField(m map[string]any, known ...string) string {
	for _, key := range sortedKeys(m) {
		if !slices.Contains(known, key) {
			return key
		}
	}
	return ""
}
