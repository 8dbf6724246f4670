package chart

import (
	"path"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/image"
)

// withNamespace returns the short name o with the value that the templates print before
// it, if o is one word, and the value is in the same file and a namespace of Docker Hub:
// repo: acme in {{ .Values.repo }}/{{ .Values.image }}. In all other cases it returns o.
func (c *chart) withNamespace(o *format.Occurrence) format.Occurrence {
	uses, dir := c.usesAfterText(o)
	if len(uses) == 0 || strings.Contains(o.Text(), "/") || o.Pieces[0].Path != path.Join(dir, "values.yaml") {
		return *o
	}
	before := uses[0].before
	for i := range uses {
		if uses[i].before != before {
			return *o
		}
	}
	m := valuePath.FindStringSubmatch(before)
	if m == nil || templateAction.ReplaceAllString(before, "") != "/" || strings.Count(before, "{{") != 1 {
		return *o
	}
	at := strings.Split(strings.TrimPrefix(m[1], "."), ".")
	p, ok := c.scalar(o.Pieces[0].Path, at)
	if !ok || namesRegistry.MatchString(at[len(at)-1]) || !isPath(p.Text) || image.IsHost(p.Text) || strings.ContainsAny(p.Text, "/.") {
		return *o
	}
	p.Role, p.Sep = format.Repository, "/"
	out := *o
	out.Pieces = append([]format.Piece{p}, o.Pieces...)
	out.Pieces[1].Role = format.Repository
	out.Pieces[1].Field = o.Field(0)
	return out
}
