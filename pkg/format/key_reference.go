package format

import (
	"github.com/regmigrate/regmigrate/internal/syntax"
)

// keyField returns the field that says what the keys of the mapping at f are, or nil.
func (d *detector) keyField(f *frame) *tableField {
	if f.keep != "" || f.up == nil {
		return nil
	}
	return d.fields.find(f, func(x *fieldIndex) [2][]*tableField { return [2][]*tableField{x.keys} })
}

// keyReference adds the key k of the mapping at f, whose keys t describes. It returns
// false if the key is no reference.
func (d *detector) keyReference(f *frame, k *syntax.Node, t *tableField) bool {
	if t == nil || !isReference(k.Value) || t.kind == featureField && !hasDomain(k.Value) {
		return false
	}
	o := Occurrence{IsKey: true}
	if t.kind == featureField {
		o.Kind, o.Pieces = Feature, []Piece{d.piece(k, Registry, "")}
	} else {
		o.IsImage, o.LikelyImage, o.Pieces = true, true, []Piece{d.piece(k, Whole, "")}
	}
	for i := 0; i+1 < len(f.node.Children); i += 2 {
		if other := f.node.Children[i]; other != k {
			o.OtherKeys = append(o.OtherKeys, other.Value)
		}
	}
	d.add(f.below(k).withKey(k.Value), o)
	return true
}

// feature adds the value at f if it is a feature of development containers. It
// returns false if it is not.
func (d *detector) feature(f *frame) bool {
	if !hasDomain(f.node.Value) || d.fieldKind(f) != featureField {
		return false
	}
	d.add(f, Occurrence{Pieces: []Piece{d.piece(f.node, Registry, "")}, Kind: Feature})
	return true
}
