package format

import (
	"github.com/regmigrate/regmigrate/internal/syntax"
)

// splitList adds the references that a list of names and values splits across
// its items, such as the environment of a container, the parameters of an Argo CD
// application, or the values that Helmfile sets.
func (d *detector) splitList(f *frame) {
	if f.keep != "" {
		return
	}
	var values []namedValue
	for i, item := range f.node.Children {
		item = item.Resolve()
		name, value := item.Str("name"), item.Field("value")
		if name == "" || value == nil || value.Kind != syntax.Scalar {
			continue
		}
		g := f.below(item)
		g.item, g.index = true, i
		v := g.below(value).withKey("value")
		values = append(values, namedValue{name, value.Value, v, func(role Role, sep string) Piece {
			p := d.piece(value, role, sep)
			p.Field = v.field()
			return p
		}})
	}
	joinNamed(values, func(at *frame, o Occurrence) { d.add(at, o) })
}
