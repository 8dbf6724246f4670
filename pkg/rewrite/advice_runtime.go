package rewrite

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/link/chart"
)

// unseen is advice on what moves and may then do something that no file of the
// repository shows: once a file, at the first reference.
func (g *gatherer) unseen(groups []*group) []Advice {
	charts := chart.Dirs(g.names)
	type key struct{ path, text string }
	told := map[key]bool{}
	var out []Advice
	for m := range rewrittenMembers(groups) {
		p := m.occ.Pieces[0]
		text := ""
		switch {
		case m.getsDomain() && m.occ.InRepositoryKey && isForeignValuesFile(p.Path, charts):
			text = "The chart that these values are for is not in this repository. If it puts a registry of its own before the name, give that key the new registry instead."
		case g.splitsArgument(m):
			text = "A build that sets the argument itself (--build-arg) has to set it to the new registry's host alone: the path stands in the FROM now."
		case isService(m.occ, p.Path):
			text = "GitLab names a service after its image, so its host name changes with the registry: give it an alias."
		}
		k := key{p.Path, text}
		c := g.candidate(p.Path)
		if text == "" || told[k] || c == nil {
			continue
		}
		told[k] = true
		a := Advice{Path: p.Path, Ref: m.occ.Text(), Text: text}
		a.Line, _ = edit.NewLines(c.file.Before).Position(p.Span.Start)
		out = append(out, a)
	}
	return out
}

// splitsArgument reports whether m is an image of a Dockerfile of which an ARG
// gets the new domain, and the FROM the path that goes before the name.
func (g *gatherer) splitsArgument(m *member) bool {
	c := g.candidate(m.occ.Pieces[0].Path)
	return c != nil && c.file.Format == format.Dockerfile.Name && slices.ContainsFunc(m.changes, func(x pieceChange) bool { return x.piece > 0 && x.Len() == 0 })
}

// getsDomain reports whether m is a short name that moves to one with a domain.
func (m *member) getsDomain() bool {
	before, err := image.Parse(m.occ.Text())
	if err != nil || before.Domain != "" || len(m.occ.Pieces) != 1 {
		return false
	}
	now, err := image.Parse(newText(m))
	return err == nil && now.Domain != ""
}

// isForeignValuesFile reports whether the file at name holds values, by its name, and
// lies in none of the charts. A Helmfile's are for charts from elsewhere.
func isForeignValuesFile(name string, charts []string) bool {
	base := path.Base(name)
	if strings.HasPrefix(base, "helmfile.") {
		return true
	}
	if !strings.Contains(base, "values") {
		return false
	}
	for _, dir := range charts {
		if dir == "." || strings.HasPrefix(name, dir+"/") {
			return false
		}
	}
	return true
}

// serviceRE matches where an entry of services stands that is a name alone.
var serviceRE = regexp.MustCompile(`(?:^|\.)services\[\d+\]$`)

// isService reports whether o is an entry of services in a GitLab CI file that
// is a name alone, without an alias.
// Source: https://docs.gitlab.com/ci/services/#accessing-the-services
func isService(o *format.Occurrence, name string) bool {
	base := path.Base(name)
	return (strings.HasSuffix(base, ".gitlab-ci.yml") || base == ".gitlab-ci.yaml") && serviceRE.MatchString(o.Place.Field)
}
