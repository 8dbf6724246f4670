package link

import "github.com/regmigrate/regmigrate/internal/syntax"

// Items returns the items of the sequence n, aliases resolved; nil if n is not
// a sequence.
func Items(n *syntax.Node) []*syntax.Node {
	if n == nil || n.Kind != syntax.Sequence {
		return nil
	}
	out := make([]*syntax.Node, len(n.Children))
	for i, c := range n.Children {
		out[i] = c.Resolve()
	}
	return out
}
