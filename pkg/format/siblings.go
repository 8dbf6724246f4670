package format

import (
	"github.com/regmigrate/regmigrate/internal/syntax"
)

// siblingKeys are the keys of a mapping that show whether a host in it is a
// registry of images. Of each role it has the first two keys, because one of
// them may be the key of the host itself.
type siblingKeys struct {
	tag, repository, name [2]string
}

// hasImageSiblings reports whether the sibling keys of the host at f show that
// images are pulled from it: a tag, a repository or an image.
func (d *detector) hasImageSiblings(f *frame) bool {
	if f.item || f.up == nil || f.up.node.Kind != syntax.Mapping {
		return false
	}
	if hasPrefix(fold(f.key), formerKeys) {
		return false
	}
	keys := d.siblings[f.up.node]
	if keys == nil {
		keys = siblingKeysOf(f.up.node)
		d.siblings[f.up.node] = keys
	}
	role, _ := keyPart(f.key)
	tag, repository := hasOther(keys.tag, f.key), hasOther(keys.repository, f.key)
	switch role {
	case repositoryPart:
		return tag || repository || hasOther(keys.name, f.key)
	case registryPart:
		return tag || repository
	}
	return tag && repository
}

// siblingKeysOf returns the keys of the mapping n that have no prefix.
func siblingKeysOf(n *syntax.Node) *siblingKeys {
	keys := &siblingKeys{}
	for i := 0; i+1 < len(n.Children); i += 2 {
		key := n.Children[i].Value
		switch role, prefix := keyPart(key); {
		case prefix != "":
		case role == tagPart && fold(key) != "version" || role == digestPart:
			addKey(&keys.tag, key)
		case role == repositoryPart || role == namePart && fold(key) != "name":
			addKey(&keys.repository, key)
		case role == namePart:
			addKey(&keys.name, key)
		}
	}
	return keys
}

// addKey sets the first empty element of two to key, unless two has key.
func addKey(two *[2]string, key string) {
	switch {
	case two[0] == "":
		two[0] = key
	case two[1] == "" && two[0] != key:
		two[1] = key
	}
}

// hasOther reports whether two has a key other than own.
func hasOther(two [2]string, own string) bool {
	return two[0] != "" && two[0] != own || two[1] != ""
}
