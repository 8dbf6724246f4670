package chart

import (
	"path"
	"strconv"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// OverrideHint says which value of the parent chart would override the field of
// the default values that a packed sub-chart has, or does so already, "" when
// none can: the file is none of its values, or lies in no chart's folder.
// name is the path of the file, such as charts/x.tgz!x/values.yaml.
func OverrideHint(t *link.Tree, name, field string) string {
	archive, inner, ok := strings.Cut(name, ".tgz!")
	if !ok || path.Base(inner) != "values.yaml" || !strings.HasPrefix(field, ".") {
		return ""
	}
	if path.Base(path.Dir(archive)) != "charts" {
		return ""
	}
	parent := &chart{dir: path.Dir(path.Dir(archive)), tree: t, values: map[string]*syntax.Node{}}
	if parent.read(parent.file("Chart.yaml")) == nil {
		return ""
	}
	keys := chartKeys(inner)
	if len(keys) == 0 {
		return ""
	}
	keys[0] = parent.alias(keys[0])
	at := strings.Join(keys, ".") + field
	if strings.HasPrefix(field, ".global.") {
		at = field[1:] // seen by all charts of a release
	}
	list, _, inList := strings.Cut(at, "[") // values replace lists, they do not reach into them
	file := parent.file("values.yaml")
	if root := parent.read(file); root != nil {
		n := root
		for key := range strings.SplitSeq(list, ".") {
			n = n.Field(key)
		}
		split := n.Str("registry")+n.Str("repository") != "" // the parts of a reference
		if n != nil && (n.Kind == syntax.Scalar || split || inList) {
			line, _ := edit.NewLines(t.File(file).Src).Position(n.Span.Start)
			return file + ":" + strconv.Itoa(line) + " sets " + list + " over it"
		}
	}
	if inList {
		return "the whole list " + list + " in " + file + " would override it"
	}
	return list + " in " + file + " would override it"
}

// chartKeys returns the keys under which a parent has the values in the file
// inner of an archive: redis/values.yaml, redis/charts/common/values.yaml. A
// packed chart's folder has its name.
func chartKeys(inner string) []string {
	dir := strings.ReplaceAll(path.Dir(inner), "!", "/charts/")
	var keys []string
	for i, part := range strings.Split(dir, "/") {
		switch {
		case strings.HasSuffix(part, ".tgz"), i > 0 && part == "charts":
			// charts/, or the archive that a chart is packed in
		default:
			keys = append(keys, part)
		}
	}
	return keys
}

// alias returns what the chart calls the sub-chart name in its values.
func (c *chart) alias(name string) string {
	for _, file := range []string{"Chart.yaml", "requirements.yaml"} {
		if deps := c.read(c.file(file)).Field("dependencies"); deps != nil {
			for _, d := range deps.Children {
				if d = d.Resolve(); d.Str("name") == name && d.Str("alias") != "" {
					return d.Str("alias")
				}
			}
		}
	}
	return name
}
