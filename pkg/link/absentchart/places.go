package absentchart

import (
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// AllowKey is the path of the value with which charts of Bitnami use images that are not
// in docker.io/bitnami.
// Source: https://github.com/bitnami/charts/blob/main/bitnami/common/templates/_errors.tpl
const AllowKey = "global.security.allowInsecureImages"

// A Release is a chart with the values that it gets.
type Release struct {
	// Repository is the URL of the repository of the chart, which may continue with its
	// name; "" if it is not known.
	Repository string

	// Dir is the folder of the chart; "" if the repository does not have the chart.
	Dir string

	Values []*Values // later ones override earlier ones
}

// Releases returns the releases in the file f: those of a Helmfile, and those that
// LinkReleases reads.
func Releases(t *link.Tree, f *link.File) []Release {
	if IsHelmfile(f.Path) {
		h := helmfile{tree: t, file: f}
		return h.releases()
	}
	y, err := f.ParseYAML(mayHaveRelease(f.Path))
	if err != nil {
		return nil
	}
	var out []Release
	for _, d := range y.Docs {
		if d.Root == nil {
			continue
		}
		for _, r := range releasesOf(t, f, d.Root) {
			out = append(out, Release{Repository: r.repository, Values: r.values})
		}
	}
	return out
}

// File returns the file that has the values.
func (v *Values) File() *link.File { return v.file }

// Root returns the mapping with all values, nil if there is none. The result embedded is
// the scalar whose text is the mapping; nil if the mapping is in the file itself.
func (v *Values) Root() (root, embedded *syntax.Node) { return v.root, v.embedded }

// AddKnown adds the scalar n, which the chart gets at the path and which is in no file.
func (v *Values) AddKnown(path string, n *syntax.Node) {
	v.byPath[path] = &value{path: path, node: n}
}

// PathAt returns the path of the value that contains the bytes of s; false if no value
// does.
func (v *Values) PathAt(s edit.Span) (string, bool) {
	for _, x := range v.sorted {
		if x.node.Span.Contains(s) {
			return x.path, true
		}
	}
	return "", false
}

// Covers reports whether the byte at an offset of the file is between the first and the
// last of the values, or on the line of the last one.
func (v *Values) Covers(at int) bool {
	start, end := len(v.file.Src), 0
	for _, x := range v.sorted {
		start, end = min(start, x.node.Span.Start), max(end, x.node.Span.End)
		if x.key != nil {
			start = min(start, x.key.Span.Start)
		}
	}
	if v.root != nil {
		start = min(start, v.root.Span.Start)
	}
	if v.embedded != nil {
		start = min(start, v.embedded.Span.Start)
	}
	if start > end {
		return false
	}
	end, _ = lineEnd(string(v.file.Src), end)
	return start <= at && at <= end
}

// A Setting is the value that a chart gets at a path.
type Setting struct {
	File   *link.File
	Node   *syntax.Node
	IsText bool // helm --set gets the value, and finds its type
}

// SettingAt returns the value at a path in the last of all that has it, nil for none.
func SettingAt(all []*Values, path string) *Setting {
	x, f := find(all, path)
	if x == nil {
		return nil
	}
	return &Setting{f, x.node, x.list != nil || x.key == nil && x.parent == nil}
}

// AddedItem returns the place for an item with the name in the list of names and values
// that contains the bytes of s, and the text around its value. It returns nil if there is
// no place.
func (v *Values) AddedItem(s edit.Span, name string) (at int, before, after string, ok bool) {
	for _, x := range v.sorted {
		if x.item != nil && x.node.Span.Contains(s) && !strings.HasSuffix(v.file.Path, ".json") {
			at, added := addedItem(string(v.file.Src), x, name)
			if added != nil {
				return at, added.Before, added.After, true
			}
		}
	}
	return 0, "", "", false
}
