package chart

import (
	"path"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// IsChartYAML reports whether the file at name describes a chart.
func IsChartYAML(name string) bool { return path.Base(name) == "Chart.yaml" }

// DependencyFiles are the files of a chart that can list its dependencies.
var DependencyFiles = []string{"Chart.yaml", "requirements.yaml"}

// LocalDependencies returns the folders, relative to the root, of the dependencies
// that the Chart.yaml or requirements.yaml at name, with the content src, takes by
// file://. It omits folders outside of the root.
// Source: https://helm.sh/docs/helm/helm_dependency/
func LocalDependencies(name string, src []byte) []string {
	if !strings.Contains(string(src), "file://") {
		return nil
	}
	file, err := syntax.ParseYAML(src, nil)
	if err != nil || len(file.Docs) == 0 {
		return nil
	}
	var out []string
	for _, d := range link.Items(file.Docs[0].Root.Field("dependencies")) {
		rel, ok := strings.CutPrefix(d.Str("repository"), "file://")
		dir := path.Join(path.Dir(name), rel)
		if ok && !path.IsAbs(rel) && dir != "." && dir != ".." && !strings.HasPrefix(dir, "../") {
			out = append(out, dir)
		}
	}
	return out
}
