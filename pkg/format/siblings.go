package format

import (
	"github.com/regmigrate/regmigrate/internal/syntax"
)

// siblingKeys are the keys of a mapping that say something of a host beside them:
// the first two of each kind, so that one may be the host's own.
type siblingKeys struct {
	tag, repository, name [2]string
}

// hasImageSiblings reports whether a host alone at f is one that images are fetched
// from because of what stands beside it: a tag, a repository or an image.
func (d *detector) hasImageSiblings(f *frame) bool {
	if f.item || f.up == nil || f.up.node.Kind != syntax.Mapping {
		return false
	}
	if hasPrefix(fold(f.key), formerKeys) {
		return false
	}
	b := d.siblings[f.up.node]
	if b == nil {
		b = siblingKeysOf(f.up.node)
		d.siblings[f.up.node] = b
	}
	own, _ := keyPart(f.key)
	tag, repository := other(b.tag, f.key), other(b.repository, f.key)
	switch own {
	case repositoryPart:
		return tag || repository || other(b.name, f.key)
	case registryPart:
		return tag || repository
	}
	return tag && repository
}

func siblingKeysOf(n *syntax.Node) *siblingKeys {
	b := &siblingKeys{}
	for i := 0; i+1 < len(n.Children); i += 2 {
		key := n.Children[i].Value
		switch p, of := keyPart(key); {
		case of != "":
		case p == tagPart && fold(key) != "version" || p == digestPart:
			note(&b.tag, key)
		case p == repositoryPart || p == namePart && fold(key) != "name":
			note(&b.repository, key)
		case p == namePart:
			note(&b.name, key)
		}
	}
	return b
}

// note puts key among the first two that differ.
func note(two *[2]string, key string) {
	switch {
	case two[0] == "":
		two[0] = key
	case two[1] == "" && two[0] != key:
		two[1] = key
	}
}

// other reports whether one of two is a key other than own.
func other(two [2]string, own string) bool {
	return two[0] != "" && two[0] != own || two[1] != ""
}
