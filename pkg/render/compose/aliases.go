package compose

import (
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
)

// hasOddKey reports whether a mapping below n has a key that is no plain name: an alias, a
// collection, or a text with a tag, which Compose may read as another key.
func (c *comparer) hasOddKey(n *syntax.Node) bool {
	for i, x := range n.Children {
		isKey := n.Kind == syntax.Mapping && i%2 == 0
		if isKey && (x.Kind != syntax.Scalar || !strings.HasPrefix(x.Tag, "!!") || x.Tag == "!!binary") {
			c.doubt(n, "", "a key is an alias, a list or a mapping, or has a tag")
			return true
		}
		if c.hasOddKey(x) {
			return true
		}
	}
	return false
}

// mergeKey is the key whose mappings count as part of the mapping that has it.
const mergeKey = "<<"

// findAliases records where aliases bring anchored nodes.
func (c *comparer) findAliases(p fieldPath, n *syntax.Node) {
	switch n.Kind {
	case syntax.Alias:
		c.aliases[n.Target] = append(c.aliases[n.Target], p)
	case syntax.Mapping:
		for i := 0; i+1 < len(n.Children); i += 2 {
			c.findAliases(fieldPath{"?"}, n.Children[i]) // a key is no image
			key, x := n.Children[i].Value, n.Children[i+1]
			switch {
			case key != mergeKey:
				c.findAliases(p.with(key), x)
			case x.Kind == syntax.Sequence: // <<: [*a, *b]
				for _, item := range x.Children {
					c.findAliases(p, item)
				}
			default:
				c.findAliases(p, x)
			}
		}
	case syntax.Sequence:
		for _, x := range n.Children {
			c.findAliases(p.with("[]"), x)
		}
	}
}
