package absentchart

import (
	"path"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/internal/template"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// IsHelmfile reports whether the file at name has the name of a Helmfile:
// helmfile.yaml, helmfile-prod.yaml.gotmpl, or a file in helmfile.d.
// Source: https://helmfile.readthedocs.io/en/latest/#configuration
func IsHelmfile(name string) bool {
	base := strings.TrimSuffix(path.Base(name), ".gotmpl")
	isNamed := strings.HasPrefix(base, "helmfile") || path.Base(path.Dir(name)) == "helmfile.d"
	return isNamed && (path.Ext(base) == ".yaml" || path.Ext(base) == ".yml")
}

// ReleasesKey is a text that each Helmfile with releases contains.
const ReleasesKey = "releases:"

// LinkHelmfiles returns the groups of the values that releases of Helmfiles pass to
// charts which the repository does not have.
func LinkHelmfiles(t *link.Tree, move link.MoveFunc) []link.Group {
	names := slices.DeleteFunc(slices.Clone(t.Names), func(name string) bool { return !IsHelmfile(name) })
	if t.Partial && t.YAMLContaining != nil && anyShortMoves(t, move) {
		names = append(names, slices.DeleteFunc(t.YAMLContaining(ReleasesKey), func(name string) bool { return !IsHelmfile(name) })...)
		slices.Sort(names)
	}
	var groups []link.Group
	for _, name := range slices.Compact(names) {
		if !anyShortMoves(t, move) {
			return nil
		}
		if f := t.File(name); f != nil {
			h := helmfile{tree: t, file: f, move: move}
			groups = append(groups, h.link()...)
		}
	}
	return groups
}

// anyShortMoves reports whether a rule moves a name without a domain in a file that
// may have values of a chart.
func anyShortMoves(t *link.Tree, move link.MoveFunc) bool {
	return slices.ContainsFunc(t.Files, func(f *link.File) bool {
		return slices.ContainsFunc(f.Scanned.Occurrences, func(o format.Occurrence) bool {
			return o.InRepositoryKey && len(o.Pieces) == 1 && move.Moves(&o) || o.LikelyImage
		})
	})
}

// A helmfile is a Helmfile of the tree.
type helmfile struct {
	tree  *link.Tree
	file  *link.File
	move  link.MoveFunc
	roots []*syntax.Node
}

func (h *helmfile) link() []link.Group {
	h.parse()
	var groups []link.Group
	for _, root := range h.roots {
		for _, r := range link.Items(root.Field("releases")) {
			chart := r.Str("chart")
			if chart == "" || h.isLocal(chart) {
				continue
			}
			groups = append(groups, Link(func() string { return h.repository(chart) }, h.values(r), h.move)...)
		}
	}
	return groups
}

// releases returns the releases of the Helmfile.
func (h *helmfile) releases() []Release {
	h.parse()
	var out []Release
	for _, root := range h.roots {
		for _, r := range link.Items(root.Field("releases")) {
			chart := r.Str("chart")
			if chart == "" {
				continue
			}
			x := Release{Values: h.values(r)}
			if h.isLocal(chart) {
				dir, inside := h.tree.Resolve(path.Dir(h.file.Path), chart)
				if !inside {
					continue
				}
				x.Dir = dir
			} else {
				x.Repository = h.repository(chart)
			}
			out = append(out, x)
		}
	}
	return out
}

// parse sets the roots of the documents: of a YAML file, or of a template of one.
func (h *helmfile) parse() {
	var docs []*syntax.Document
	if y, err := h.file.ParseYAML(nil); err == nil && !template.Sniff(h.file.Src) {
		docs = y.Docs
	} else if t, err := template.Parse(h.file.Src, nil); err == nil {
		docs = t.Docs
	}
	for _, d := range docs {
		if d.Root != nil {
			h.roots = append(h.roots, d.Root)
		}
	}
}

// isLocal reports whether chart is the path of a chart.
func (h *helmfile) isLocal(chart string) bool {
	if strings.HasPrefix(chart, ".") || strings.HasPrefix(chart, "/") {
		return true
	}
	return !strings.Contains(chart, "://") && h.tree.File(path.Join(path.Dir(h.file.Path), chart, "Chart.yaml")) != nil
}

// repository returns the URL of the repository of a chart: oci://…, or NAME/CHART
// with a repository that has the name. It returns "" if no repository has it.
// Sources: https://helmfile.readthedocs.io/en/latest/#configuration,
// https://helmfile.readthedocs.io/en/latest/#oci-registries
func (h *helmfile) repository(chart string) string {
	if strings.Contains(chart, "://") {
		return chart
	}
	name, _, _ := strings.Cut(chart, "/")
	for _, root := range h.roots {
		for _, r := range link.Items(root.Field("repositories")) {
			if r.Str("name") == name {
				return r.Str("url") // without a scheme, that of a registry
			}
		}
	}
	return ""
}

// values returns the values of a release. Source:
// https://helmfile.readthedocs.io/en/latest/#configuration
func (h *helmfile) values(release *syntax.Node) []*Values {
	var out []*Values
	for _, item := range link.Items(release.Field("values")) {
		switch {
		case item.Kind == syntax.Mapping:
			v := NewValues(h.file)
			v.AddMapping("", item)
			out = append(out, v)
		case item.Kind == syntax.Scalar && !strings.Contains(item.Value, "{{"):
			if v := h.valuesFile(item.Value); v != nil {
				out = append(out, v)
			}
		}
	}
	set := NewValues(h.file)
	for _, key := range []string{"set", "setString"} {
		set.AddParameters(release.Field(key))
	}
	return append(out, set)
}

// valuesFile returns the values in the file at a path, nil if it cannot be read.
func (h *helmfile) valuesFile(name string) *Values {
	at, inside := h.tree.Resolve(path.Dir(h.file.Path), name)
	if !inside {
		return nil
	}
	f := h.tree.File(at)
	if f == nil {
		return nil
	}
	of := helmfile{file: f}
	of.parse()
	v := NewValues(f)
	for _, root := range of.roots {
		v.AddMapping("", root)
	}
	return v
}
