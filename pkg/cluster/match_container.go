package cluster

import (
	"path"
	"strings"
)

// sameContainer reports whether a place may be the field of a use in a cluster, such as
// `container "app"`. Where the repository does not name the container, the list decides.
func sameContainer(p place, u *Use) bool {
	field := p.use.Field
	isInit := strings.Contains(field, "initContainers[")
	switch {
	case p.use.Container != "":
		return p.use.Container == u.Field || isRenderedContainer(p, u)
	case strings.HasPrefix(u.Field, "init container "):
		return isInit
	case strings.HasPrefix(u.Field, "container "):
		return !isInit && strings.Contains(field, "containers[")
	}
	return true
}

// isRenderedContainer reports whether the container of a place is that of a use if the
// chart is rendered for the release of the use: templates may put the name of the release
// into the names of containers.
func isRenderedContainer(p place, u *Use) bool {
	item, name, ok := strings.Cut(strings.TrimSuffix(u.Field, `"`), ` "`)
	if !ok || p.chart == "" {
		return false
	}
	for _, release := range releasesOf(u) {
		for _, r := range renderedNames(name, release) {
			if p.use.Container == item+` "`+r.text+`"` && (r.chart == "" || r.chart == path.Base(p.chart)) {
				return true
			}
		}
	}
	return false
}
