package format

import (
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/image"
)

// registryAbove returns the registry of the mapping at f or of the nearest
// mapping around it, else that of `global` or `global.image` in the outermost
// mapping that has one, nil if none of them names a host.
func (d *detector) registryAbove(f *frame) *syntax.Node {
	var global *syntax.Node
	for ; f != nil; f = f.up {
		if f.node.Kind != syntax.Mapping {
			continue
		}
		if r := d.registryIn(f.node); r != nil {
			return r
		}
		if g := f.node.Field("global"); g != nil {
			global = g
		}
	}
	if r := d.registryIn(global); r != nil {
		return r
	}
	return d.registryIn(global.Field("image"))
}

// registryIn returns the cached result of registryOf. It returns nil for a node that is not
// a mapping.
func (d *detector) registryIn(n *syntax.Node) *syntax.Node {
	if n == nil || n.Kind != syntax.Mapping {
		return nil
	}
	r, known := d.registries[n]
	if !known {
		r = registryOf(n)
		d.registries[n] = r
	}
	return r
}

// registryOf returns the value of the first key of the mapping n that names a
// registry without a prefix and whose value has a host.
func registryOf(n *syntax.Node) *syntax.Node {
	for i := 0; i+1 < len(n.Children); i += 2 {
		v := n.Children[i+1].Resolve()
		if role, prefix := keyPart(n.Children[i].Value); role == registryPart && prefix == "" && v.Kind == syntax.Scalar && v.Value != "" {
			if host := strings.TrimSuffix(v.Value, "/"); image.IsHost(host) || hasDomain(host) {
				return v
			}
		}
	}
	return nil
}
