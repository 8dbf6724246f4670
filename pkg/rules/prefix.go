package rules

import (
	"fmt"
	"strings"
)

// dockerHub is the canonical name of Docker Hub. Its other spelled names are
// the host that serves its index and the one that serves its images.
// Source: github.com/distribution/reference, normalize.go.
const dockerHub = "docker.io"

// library is the namespace of the images that are named without one.
const library = "library"

// canonicalHost returns the one name of a registry that has several.
func canonicalHost(host string) string {
	switch host {
	case "index.docker.io", "registry-1.docker.io":
		return dockerHub
	}
	return host
}

// A prefix is a registry, or a registry and the first components of a path.
type prefix struct {
	host    string // with its port; canonical
	path    string // without slashes at its ends; may be empty
	spelled string // as it was written, a final slash left out
}

// A prefixKey is what two spellings of one prefix have in common.
type prefixKey struct{ host, path string }

func (p prefix) key() prefixKey { return prefixKey{p.host, p.path} }

func (p prefix) isDockerHub() bool { return p.host == dockerHub }

// isAtOrUnder reports whether p is q or lies under it.
func (p prefix) isAtOrUnder(q prefix) bool { return p.key() == q.key() || p.isUnder(q) }

func (p prefix) isUnder(q prefix) bool {
	if p.host != q.host || p.path == q.path {
		return false
	}
	return q.path == "" || strings.HasPrefix(p.path, q.path+"/")
}

// pathUnder returns what p has after q, which it lies under, without a slash.
func (p prefix) pathUnder(q prefix) string {
	return strings.TrimPrefix(p.path[len(q.path):], "/")
}

// join returns the prefix rest below p.
func (p prefix) join(rest string) prefix {
	if rest == "" {
		return p
	}
	out := prefix{p.host, rest, p.spelled + "/" + rest}
	if p.path != "" {
		out.path = p.path + "/" + rest
	}
	return out
}

// parsePrefix reads host[:port][/path]. One final slash is allowed and left
// out. The errors start with the quoted text and end with an example.
func parsePrefix(s string) (prefix, error) {
	if err := rejectNonPrefix(s); err != nil {
		return prefix{}, err
	}
	text := strings.TrimSuffix(s, "/")
	host, path, hasPath := strings.Cut(text, "/")
	if name, port, ok := cutPort(host); ok && !isDigits(port) {
		return prefix{}, fmt.Errorf("%q: %q is no port; tags never change and are no part of a rule, for example %s", s, port, name)
	}
	if !strings.ContainsAny(host, ".:") && host != "localhost" {
		return prefix{}, fmt.Errorf("%q does not begin with a registry (a host with a dot or a port, or localhost), for example %s", s, dockerHub+"/"+strings.ToLower(text))
	}
	if !validHost(host) {
		return prefix{}, fmt.Errorf("%q: %q is no host name, for example registry.example.com", s, host)
	}
	if hasPath {
		if err := checkPath(s, host, path); err != nil {
			return prefix{}, err
		}
	}
	return prefix{canonicalHost(host), path, text}, nil
}

// rejectNonPrefix returns an error for what people write instead of a prefix.
func rejectNonPrefix(s string) error {
	switch {
	case s == "":
		return fmt.Errorf("%q is empty, for example k8s.gcr.io", s)
	case strings.ContainsAny(s, " \t\r\n"):
		return fmt.Errorf("%q has a space in it, for example k8s.gcr.io", s)
	case strings.Contains(s, "://"):
		_, after, _ := strings.Cut(s, "://")
		return fmt.Errorf("%q has a scheme, which is no part of an image reference, for example %s", s, orExample(after))
	case strings.ContainsAny(s, "${}"):
		return fmt.Errorf("%q has a variable; a rule is literal text, for example k8s.gcr.io", s)
	case strings.ContainsAny(s, "*?") || strings.Contains(s[1:], "["):
		before := s[:strings.IndexAny(s, "*?[")]
		return fmt.Errorf("%q has a wildcard; a rule is a prefix and needs none, for example %s", s, orExample(before))
	case strings.Contains(s, "@"):
		before, _, _ := strings.Cut(s, "@")
		return fmt.Errorf("%q has a digest; digests never change and are no part of a rule, for example %s", s, orExample(before))
	}
	return nil
}

// orExample returns s as an example, when it is one.
func orExample(s string) string {
	if p, err := parsePrefix(s); err == nil {
		return p.spelled
	}
	return "k8s.gcr.io"
}

func checkPath(s, host, path string) error {
	for _, c := range strings.Split(path, "/") {
		switch before, _, tagged := strings.Cut(c, ":"); {
		case c == "":
			return fmt.Errorf("%q has an empty path component, for example %s/team", s, host)
		case tagged:
			return fmt.Errorf("%q has a tag; tags never change and are no part of a rule, for example %s", s, orExample(s[:strings.Index(s, c)+len(before)]))
		case c != strings.ToLower(c):
			return fmt.Errorf("%q has a capital letter in its path, where registries allow none, for example %s", s, orExample(host+"/"+strings.ToLower(path)))
		case !validComponent(c):
			return fmt.Errorf("%q: %q is no path component (a-z, 0-9, and between them . _ __ or dashes), for example %s/team", s, c, host)
		}
	}
	return nil
}

// hasDomain reports whether the first component of a reference is a domain
// and not a part of a path on Docker Hub.
// Source: github.com/distribution/reference, normalize.go, splitDockerDomain.
func hasDomain(first string) bool {
	return strings.ContainsAny(first, ".:") || first == "localhost" || strings.ToLower(first) != first
}

// cutPort splits the port from a host that is no bare IPv6 address.
func cutPort(host string) (name, port string, ok bool) {
	i := strings.LastIndexByte(host, ':')
	if i < 0 || i < strings.LastIndexByte(host, ']') {
		return host, "", false
	}
	return host[:i], host[i+1:], true
}

// validHost reports whether host[:port] is in the grammar of domains.
// Source: github.com/distribution/reference, regexp.go.
func validHost(host string) bool {
	name, port, ok := cutPort(host)
	if ok && !isDigits(port) {
		return false
	}
	if in, ok := strings.CutPrefix(name, "["); ok {
		in, ok = strings.CutSuffix(in, "]")
		return ok && in != "" && strings.Trim(in, "0123456789abcdefABCDEF:") == ""
	}
	for _, label := range strings.Split(name, ".") {
		if label == "" || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for i := range len(label) {
			if c := label[i]; !isAlnum(c) && (c < 'A' || c > 'Z') && c != '-' {
				return false
			}
		}
	}
	return true
}

// validComponent reports whether c is in the grammar of path components:
// letters and digits, and between them ".", "_", "__" or any number of "-".
// Source: github.com/distribution/reference, regexp.go.
func validComponent(c string) bool {
	for i := 0; i < len(c); {
		if !isAlnum(c[i]) {
			return false
		}
		for i < len(c) && isAlnum(c[i]) {
			i++
		}
		start := i
		for i < len(c) && !isAlnum(c[i]) {
			i++
		}
		if i == len(c) {
			return start == i
		}
		if sep := c[start:i]; sep != "." && sep != "_" && sep != "__" && strings.Trim(sep, "-") != "" {
			return false
		}
	}
	return false
}

func isAlnum(c byte) bool { return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' }

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
