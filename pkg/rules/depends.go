package rules

import (
	"strings"

	"github.com/regmigrate/regmigrate/pkg/image"
)

// DependsOnName reports whether the rules move images under prefix, a registry
// with or without a path, to targets that depend on the name after it: rules or
// keep entries name longer prefixes, or the name may be one without a namespace,
// which is in library only on Docker Hub.
func (s *Set) DependsOnName(prefix string) bool {
	host, path, _ := strings.Cut(strings.TrimSuffix(prefix, "/"), "/")
	host = image.CanonicalHost(host)
	nodes := s.hosts[host]
	for p := range nodes {
		if p != path && (path == "" || strings.HasPrefix(p, path+"/")) {
			return true
		}
	}
	n := nodes[""]
	return host == dockerHub && path == "" && n.rule != nil && (!n.to.isDockerHub() || n.to.path != "")
}

// HasLonger reports whether a rule or a keep entry names a prefix that begins with text,
// and is longer than text as a whole: the begin of a reference, as in quay.io/acme/ before
// a variable. A text with a tag has none.
func (s *Set) HasLonger(text string) bool {
	host, path, hasPath := strings.Cut(text, "/")
	switch {
	case strings.ContainsAny(path, ":@"):
		return false
	case !hasPath:
		for h := range s.hosts {
			if strings.HasPrefix(h, host) && h != host {
				return true
			}
		}
		path = host
		host = dockerHub
	case !image.IsHost(host):
		host, path = dockerHub, text
	}
	host = image.CanonicalHost(host)
	for p := range s.hosts[host] {
		inLibrary := host == dockerHub && !strings.Contains(path, "/") && strings.HasPrefix(p, library+"/"+path)
		if p != "" && (strings.HasPrefix(p, path) || inLibrary) {
			return true
		}
	}
	return false
}
