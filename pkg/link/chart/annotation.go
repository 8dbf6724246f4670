package chart

import (
	"strings"

	"github.com/regmigrate/regmigrate/pkg/link"
)

// addAnnotations adds the images that annotations of Chart.yaml list to the
// groups whose values form the same references.
func (c *chart) addAnnotations(groups []link.Group) {
	f := c.tree.File(c.path("Chart.yaml"))
	if f == nil {
		return
	}
	for i := range f.Scanned.Occurrences {
		o := &f.Scanned.Occurrences[i]
		if !strings.HasPrefix(o.Place.Field, ".annotations") || len(o.Pieces) != 1 {
			continue
		}
		for g := range groups {
			if formsReference(&groups[g], o.Pieces[0].Text) {
				groups[g].Occurrences = append(groups[g].Occurrences, *o)
				break
			}
		}
	}
}

// formsReference reports whether the values of an occurrence of g form ref, with
// or without its tag and digest.
func formsReference(g *link.Group, ref string) bool {
	for i := range g.Occurrences {
		rest, ok := strings.CutPrefix(ref, g.Occurrences[i].Text())
		if ok && (rest == "" || rest[0] == ':' || rest[0] == '@') {
			return true
		}
	}
	return false
}
