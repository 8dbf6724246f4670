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
