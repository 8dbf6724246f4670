package rewrite

import (
	"path"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/link/chart"
)

// runtimeAdvice returns advice about references that move and whose effect
// depends on something outside the repository. Each advice is listed once per
// file, at the first reference.
func (p *planner) runtimeAdvice() []Advice {
	charts := chart.Dirs(p.family)
	type key struct{ path, text string }
	seen := map[key]bool{}
	var out []Advice
	for m := range movingMembers(p.groups) {
		piece := &m.occ.Pieces[0]
		text := ""
		switch {
		case m.getsDomain() && m.occ.InRepositoryKey && isForeignValuesFile(piece.Path, charts):
			text = "The chart of these values is not in this repository. If it puts a registry before the name, set that registry to the new one instead."
		case p.splitsArg(m):
			text = "The path of the new name is now in FROM. A build that sets the argument (--build-arg) must set it to the host of the new registry only."
		case format.IsGitLabService(piece.Path, m.occ.Place.Field):
			text = "GitLab derives the host name of a service from its image, so the host name changes with the registry. Add an alias to keep it."
		}
		k := key{piece.Path, text}
		f := p.files.at(piece.Path)
		if text == "" || seen[k] || f == nil {
			continue
		}
		seen[k] = true
		a := Advice{Path: piece.Path, Ref: m.occ.Text(), Text: text}
		a.Line, _ = edit.NewLines(f.file.Before).Position(piece.Span.Start)
		out = append(out, a)
	}
	return out
}

// splitsArg reports whether the domain of the new name of m is written to a build
// argument, and the path to the reference that uses the argument.
func (p *planner) splitsArg(m *member) bool {
	f := p.files.at(m.occ.Pieces[0].Path)
	return f != nil && f.format != nil && f.format.HasBuildArgs &&
		slices.ContainsFunc(m.changes, func(c pieceChange) bool { return c.piece > 0 && c.Len() == 0 })
}

// getsDomain reports whether m is a short name whose new name has a domain.
func (m *member) getsDomain() bool {
	before, err := image.Parse(m.occ.Text())
	if err != nil || before.Domain != "" || len(m.occ.Pieces) != 1 {
		return false
	}
	after, err := image.Parse(m.newText())
	return err == nil && after.Domain != ""
}

// isForeignValuesFile reports whether the file at name is, by its name, a values
// file for a chart outside the repository. A helmfile is one.
func isForeignValuesFile(name string, charts []string) bool {
	base := path.Base(name)
	if strings.HasPrefix(base, "helmfile.") {
		return true
	}
	if !strings.Contains(base, "values") {
		return false
	}
	return !slices.ContainsFunc(charts, func(dir string) bool { return dir == "." || strings.HasPrefix(name, dir+"/") })
}
