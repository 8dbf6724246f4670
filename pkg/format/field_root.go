package format

import (
	"slices"

	"github.com/regmigrate/regmigrate/internal/syntax"
)

// rootKeys describes the keys of the root of a document, or, if the root is a
// list, of one of its items.
type rootKeys struct {
	All  texts // keys that exist
	Any  texts // keys of which one exists
	None texts // keys that do not exist
	Only texts // globs, one of which matches each key
}

type rootOf struct {
	keys *rootKeys
	node *syntax.Node
}

// hasRoot reports whether k describes the root of a document.
func (s *selectedFields) hasRoot(k *rootKeys, root *syntax.Node) bool {
	if k == nil {
		return true
	}
	key := rootOf{k, root}
	is, known := s.roots[key]
	if !known {
		is = k.match(root)
		s.roots[key] = is
	}
	return is
}

func (k *rootKeys) match(n *syntax.Node) bool {
	if n.Kind == syntax.Sequence {
		return slices.ContainsFunc(n.Children, func(item *syntax.Node) bool { return item.Kind == syntax.Mapping && k.match(item) })
	}
	has := func(key string) bool { return n.Field(key) != nil }
	if n.Kind != syntax.Mapping || len(k.Any) > 0 && !slices.ContainsFunc(k.Any, has) || slices.ContainsFunc(k.None, has) {
		return false
	}
	for _, key := range k.All {
		if !has(key) {
			return false
		}
	}
	for i := 0; len(k.Only) > 0 && i < len(n.Children); i += 2 {
		if !matchesText(k.Only, n.Children[i].Value) {
			return false
		}
	}
	return true
}
