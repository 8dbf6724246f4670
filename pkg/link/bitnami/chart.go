package bitnami

import (
	"path"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/link"
	"github.com/regmigrate/regmigrate/pkg/link/chart"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// familyRepository is one of the repositories of Bitnami's charts.
const familyRepository = "oci://docker.io/bitnamicharts"

// isFamily reports whether the repository with a URL has charts of Bitnami.
func isFamily(url string) bool {
	f := rules.ChartFamilyOf(url)
	return f != nil && f.Source == rules.ChartFamilyOf(familyRepository).Source
}

// commonChart is the library of Bitnami's charts. Charts of others use it, too, and it has
// no images.
const commonChart = "common"

// imagesOf returns a function that reports whether a value of the chart in the folder dir,
// at a path, may be an image of a chart of Bitnami: of the chart itself, or of one of its
// dependencies. It returns nil if no value is.
func (f *finder) imagesOf(dir string) func(at string) bool {
	if f.isBitnami(dir) {
		if len(f.moved[path.Join(dir, "Chart.yaml")]) > 0 {
			return nil // the list of images that the chart accepts moves with them
		}
		return func(string) bool { return true }
	}
	keys := map[string]bool{}
	for _, file := range chart.DependencyFiles {
		for _, d := range link.Items(parse(f.tree, path.Join(dir, file)).Field("dependencies")) {
			name, key := d.Str("name"), d.Str("alias")
			if key == "" {
				key = name
			}
			switch {
			case name == "" || name == commonChart:
			case isFamily(d.Str("repository")), f.isBitnami(path.Join(dir, "charts", name)):
				keys[key] = true
			}
		}
	}
	if len(keys) == 0 {
		return nil
	}
	global := rules.ChartFamilyOf(familyRepository).GlobalRegistry
	return func(at string) bool {
		key, _, _ := strings.Cut(at, ".")
		return keys[key] || at == global
	}
}

// isBitnami reports whether the chart in the folder dir compares its images with a list
// that has images of Bitnami.
func (f *finder) isBitnami(dir string) bool {
	root := parse(f.tree, path.Join(dir, "Chart.yaml"))
	if root == nil || !strings.Contains(root.Field("annotations").Str("images"), "docker.io/bitnami") {
		return false
	}
	for _, file := range chart.DependencyFiles {
		for _, d := range link.Items(parse(f.tree, path.Join(dir, file)).Field("dependencies")) {
			if d.Str("name") == commonChart && isFamily(d.Str("repository")) {
				return true
			}
		}
	}
	return false
}

// chartAround returns the folder of the chart that the file at name belongs to, "" for
// none.
func chartAround(t *link.Tree, name string) string {
	for dir := path.Dir(name); ; dir = path.Dir(dir) {
		if t.File(path.Join(dir, "Chart.yaml")) != nil {
			return dir
		}
		if dir == "." || dir == "/" {
			return ""
		}
	}
}

// parse returns the root of the first document of the YAML file at name, nil if it cannot
// be parsed.
func parse(t *link.Tree, name string) *syntax.Node {
	f := t.File(name)
	if f == nil {
		return nil
	}
	y, err := f.ParseYAML(nil)
	if err != nil || len(y.Docs) == 0 {
		return nil
	}
	return y.Docs[0].Root
}
