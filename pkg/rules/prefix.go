package rules

import (
	"fmt"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/image"
)

// dockerHub is the canonical host of Docker Hub.
const dockerHub = image.DockerHub

// library is the namespace of Docker Hub images without a namespace.
const library = "library"

// A prefix is a registry, or a registry and the first components of a path.
type prefix struct {
	host    string // canonical, with the port
	path    string // without a leading or final slash; may be empty
	spelled string // as written, without a final slash
}

// A prefixKey identifies a prefix regardless of its spelling.
type prefixKey struct{ host, path string }

func (p prefix) key() prefixKey { return prefixKey{p.host, p.path} }

func (p prefix) isDockerHub() bool { return p.host == dockerHub }

// isAtOrUnder reports whether p equals q or is under q.
func (p prefix) isAtOrUnder(q prefix) bool { return p.key() == q.key() || p.isUnder(q) }

func (p prefix) isUnder(q prefix) bool {
	if p.host != q.host || p.path == q.path {
		return false
	}
	return q.path == "" || strings.HasPrefix(p.path, q.path+"/")
}

// pathUnder returns the part of p's path after q, without a leading slash. p is
// at or under q.
func (p prefix) pathUnder(q prefix) string {
	return strings.TrimPrefix(p.path[len(q.path):], "/")
}

// join returns p extended by the path rest.
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

// parsePrefix parses host[:port][/path], or such a prefix after https:// for
// repositories of charts. One final slash is allowed and dropped.
// Its errors start with the quoted text and end with an example.
func parsePrefix(s string) (prefix, error) {
	if err := rejectNonPrefix(s); err != nil {
		return prefix{}, err
	}
	if strings.HasPrefix(s, urlScheme) {
		return parseURLPrefix(s)
	}
	text := strings.TrimSuffix(s, "/")
	host, path, hasPath := strings.Cut(text, "/")
	if name, port, ok := cutPort(host); ok && !isDigits(port) {
		return prefix{}, fmt.Errorf("%q: %q is not a port; tags never change and are not part of a rule; expected a prefix such as %s", s, port, name)
	}
	if !strings.ContainsAny(host, ".:") && host != "localhost" {
		return prefix{}, fmt.Errorf("%q does not start with a registry (a host with a dot or a port, or localhost); expected a prefix such as %s", s, dockerHub+"/"+strings.ToLower(text))
	}
	if !validHost(host) {
		return prefix{}, fmt.Errorf("%q: %q is not a host name; expected a host name such as registry.example.com", s, host)
	}
	if hasPath {
		if err := checkPath(s, host, path); err != nil {
			return prefix{}, err
		}
	}
	return prefix{image.CanonicalHost(host), path, text}, nil
}

// rejectNonPrefix returns an error for texts that people write instead of a
// prefix.
func rejectNonPrefix(s string) error {
	switch {
	case s == "":
		return fmt.Errorf("%q is empty; expected a prefix such as k8s.gcr.io", s)
	case strings.ContainsAny(s, " \t\r\n"):
		return fmt.Errorf("%q contains a space; expected a prefix such as k8s.gcr.io", s)
	case strings.HasPrefix(s, urlScheme): // parseURLPrefix reports these texts itself
	case strings.Contains(s, "://"):
		_, after, _ := strings.Cut(s, "://")
		return fmt.Errorf("%q has a scheme, which is not part of an image reference; expected a prefix such as %s", s, orExample(after))
	case strings.ContainsAny(s, "${}"):
		return fmt.Errorf("%q contains a variable that is not a whole component of the path; expected a prefix such as k8s.gcr.io", s)
	case strings.ContainsAny(s, "*?") || strings.Contains(s[1:], "["):
		before := s[:strings.IndexAny(s, "*?[")]
		return fmt.Errorf("%q contains a wildcard; a rule is a prefix and needs no wildcard; expected a prefix such as %s", s, orExample(before))
	case strings.Contains(s, "@"):
		before, _, _ := strings.Cut(s, "@")
		return fmt.Errorf("%q has a digest; digests never change and are not part of a rule; expected a prefix such as %s", s, orExample(before))
	}
	return nil
}

// orExample returns s if it is a valid prefix, and a fixed example otherwise.
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
			return fmt.Errorf("%q has an empty path component; expected a prefix such as %s/team", s, host)
		case tagged:
			return fmt.Errorf("%q has a tag; tags never change and are not part of a rule; expected a prefix such as %s", s, orExample(s[:strings.Index(s, c)+len(before)]))
		case c != strings.ToLower(c):
			return fmt.Errorf("%q has a capital letter in its path, which registries do not allow; expected a prefix such as %s", s, orExample(host+"/"+strings.ToLower(path)))
		case !validComponent(c):
			return fmt.Errorf("%q: %q is not a path component (a-z and 0-9, separated by . _ __ or dashes); expected a prefix such as %s/team", s, c, host)
		}
	}
	return nil
}

// hasDomain reports whether the first component of a reference is a domain and
// not part of a path on Docker Hub.
// Source: github.com/distribution/reference, normalize.go, splitDockerDomain.
func hasDomain(first string) bool {
	return strings.ContainsAny(first, ".:") || first == "localhost" || strings.ToLower(first) != first
}

// cutPort splits host at its port. It does not split a bracketed IPv6 address
// without a port.
func cutPort(host string) (name, port string, ok bool) {
	i := strings.LastIndexByte(host, ':')
	if i < 0 || i < strings.LastIndexByte(host, ']') {
		return host, "", false
	}
	return host[:i], host[i+1:], true
}

// validHost reports whether host[:port] matches the grammar of domains.
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

// validComponent reports whether c matches the grammar of path components:
// letters and digits, separated by ".", "_", "__" or any number of "-".
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
