package format

import (
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/image"
)

// A splitReference is one reference that a mapping spreads over several keys.
type splitReference struct {
	registry, repository, name *syntax.Node
	org                        *syntax.Node // stands between registry and repository
	weak                       bool         // name is the value of `name`, which may be any name
	tagged                     bool         // a tag, a digest, a version or a pull policy stands beside them
	exact                      bool         // not just a version, which anything may have
	elsewhere                  bool         // keys beside them say that a repository is one of source code or charts
	keys                       map[*syntax.Node]string
	tag, digest                string // what stands beside them
}

// split finds the references that the mapping at f spreads over several keys
// and adds them. The values that have become pieces are in its result: they
// are not to be looked at again.
func (d *detector) split(f *frame) map[*syntax.Node]bool {
	if f.keep != "" || f.item && f.up.key == "dependencies" { // of a chart, in a repository of charts
		return nil
	}
	taken := map[*syntax.Node]bool{}
	refs, order := d.splitReferences(f)
	if isLogin(f.node) {
		// Credentials of a registry, unless an image stands beside them too.
		if h := refs[""]; h != nil && h.registry != nil && h.repository == nil && h.name == nil {
			d.contexts(f, h.registry, Context{Reason: Credentials})
			taken[h.registry] = true
			return taken
		}
	}
	for _, of := range order {
		h := refs[of]
		if nodes := d.join(f, h); nodes != nil {
			for _, n := range nodes {
				taken[n] = true
			}
		}
	}
	return taken
}

// splitReferences returns the references whose parts are keys of the mapping at
// f, by what the names of their keys share, and those names in order.
func (d *detector) splitReferences(f *frame) (map[string]*splitReference, []string) {
	refs := map[string]*splitReference{}
	var order []string
	get := func(of string) *splitReference {
		if refs[of] == nil {
			refs[of] = &splitReference{keys: map[*syntax.Node]string{}}
			order = append(order, of)
		}
		return refs[of]
	}
	n := f.node
	for i := 0; i+1 < len(n.Children); i += 2 {
		key, v := n.Children[i].Value, n.Children[i+1].Resolve()
		folded := fold(key)
		if folded == "pullpolicy" || folded == "imagepullpolicy" {
			get("").tagged, get("").exact = true, true
		}
		if sourceKeys[folded] {
			get("").elsewhere = true
		}
		if v.Kind != syntax.Scalar {
			continue
		}
		p, of := d.declared(key)
		if p == noPart {
			p, of = keyPart(key)
		}
		if p != noPart {
			get(of).addPart(p, key, v)
		}
	}
	return refs, order
}

// addPart adds the scalar v of key, which has the role p. The first value of
// each role counts.
func (h *splitReference) addPart(p keyRole, key string, v *syntax.Node) {
	if p == tagPart || p == digestPart {
		h.tagged = true
		h.exact = h.exact || fold(key) != "version"
		h.noteTag(p, fold(key), v.Value)
		return
	}
	if v.Value == "" {
		return
	}
	switch p {
	case registryPart:
		if h.registry == nil {
			h.registry, h.keys[v] = v, key
		}
	case orgPart:
		if h.org == nil {
			h.org = v
		}
	case repositoryPart:
		if h.repository == nil {
			h.repository, h.keys[v] = v, key
		}
	case namePart:
		weak := fold(key) == "name"
		if isName(v.Value) && (h.name == nil || h.weak && !weak) {
			h.name, h.weak = v, weak
			h.keys[v] = key
		}
	}
}

// declared returns what the configuration's fields say of key.
func (d *detector) declared(key string) (keyRole, string) {
	for i, x := range d.in.Fields {
		of := string(rune('0' + i))
		switch key {
		case "":
		case x.Registry:
			return registryPart, of
		case x.Repository:
			return repositoryPart, of
		case x.Tag:
			return tagPart, of
		case x.Digest:
			return digestPart, of
		}
	}
	return noPart, ""
}

// join adds the reference h if its keys belong together, and returns the
// values that are its pieces.
func (d *detector) join(f *frame, h *splitReference) []*syntax.Node {
	registry, parts, ok := h.parts()
	if registry == nil {
		return d.withoutRegistry(f, h)
	}
	if !ok {
		return nil
	}
	o := Occurrence{IsImage: true, Tag: h.tag, Digest: h.digest, InRepositoryKey: true}
	all := append([]*syntax.Node{registry}, parts...)
	for i, n := range all {
		role, sep := Repository, "/"
		if i == 0 {
			role = Registry
		}
		if strings.HasSuffix(n.Value, "/") || i == len(all)-1 {
			sep = ""
		}
		p := d.piece(n, role, sep)
		p.Field = f.below(n).called(h.keys[n]).field()
		o.Pieces = append(o.Pieces, p)
	}
	d.add(f, o)
	return all
}

// parts returns the registry of h, nil if there is none, and the values after
// it. It is false if the values do not make up a reference: the registry is a
// URL or a template, another value has a domain of its own, or the registry is
// alone.
func (h *splitReference) parts() (registry *syntax.Node, parts []*syntax.Node, ok bool) {
	registry, repository, name := h.registry, h.repository, h.name
	if h.weak && !h.exact {
		name = nil
	}
	if registry == nil && repository != nil && name != nil {
		// repository: HOST, image: NAME
		if r := repository.Value; image.IsHost(strings.TrimSuffix(r, "/")) || hasDomain(r) {
			registry, repository = repository, nil
		}
	}
	if registry == nil {
		return nil, nil, false
	}
	if host := strings.TrimSuffix(registry.Value, "/"); !image.IsHost(host) && !isReference(host) {
		return registry, nil, false
	}
	for _, n := range []*syntax.Node{repository, name} {
		if n == nil || n == registry {
			continue
		}
		if !isReference(n.Value) || hasDomain(n.Value) {
			return registry, nil, false
		}
		parts = append(parts, n)
	}
	if h.org != nil && len(parts) > 0 {
		if !isName(h.org.Value) {
			return registry, nil, false
		}
		parts = append([]*syntax.Node{h.org}, parts...)
	}
	return registry, parts, len(parts) > 0
}

// withoutRegistry adds a repository or name without a registry beside it. With a tag it
// is an image on Docker Hub; where a registry stands further up, that one may
// be put before it, which only a template can say: a loose occurrence.
func (d *detector) withoutRegistry(f *frame, h *splitReference) []*syntax.Node {
	n := h.repository
	if n == nil && !h.weak {
		n = h.name
	}
	if n == nil || !isName(n.Value) || h.org != nil {
		return nil
	}
	if up := d.registryAbove(f); up != nil {
		sep := "/"
		if strings.HasSuffix(up.Value, "/") {
			sep = ""
		}
		o := Occurrence{Unconfirmed: true, IsImage: true, Place: f.place(), Tag: h.tag, Digest: h.digest, LikelyImage: h.exact || fold(h.keys[n]) == "image"}
		first, second := d.part(up, 0, len(up.Value), Registry, sep), d.part(n, 0, len(n.Value), Repository, "")
		second.Field = f.below(n).called(h.keys[n]).field()
		o.Pieces = append(o.Pieces, first, second)
		d.out.Occurrences = append(d.out.Occurrences, o)
		return nil
	}
	if h.repository == nil || !h.tagged || h.elsewhere || !h.exact && fold(h.keys[h.repository]) == "repo" {
		return nil
	}
	p := d.piece(n, Whole, "")
	p.Field = f.below(n).called(h.keys[n]).field()
	d.add(f, Occurrence{Pieces: []Piece{p}, IsImage: true, Tag: h.tag, Digest: h.digest, InRepositoryKey: true})
	return []*syntax.Node{n}
}

// noteTag records the first tag and the first digest. A version is not a tag:
// it may be that of something else.
func (h *splitReference) noteTag(p keyRole, key, value string) {
	switch {
	case p == digestPart && h.digest == "":
		h.digest = value
	case p == tagPart && h.tag == "" && key != "version":
		h.tag = value
	}
}

// registryAbove returns the nearest registry that stands in the mapping at f
// or in one that holds it, or under `global` at the top, nil when there is
// none that says a host.
func (d *detector) registryAbove(f *frame) *syntax.Node {
	var top *syntax.Node
	for ; f != nil; f = f.up {
		if f.node.Kind != syntax.Mapping {
			continue
		}
		if r := d.registryIn(f.node); r != nil {
			return r
		}
		top = f.node
	}
	global := top.Field("global")
	if r := d.registryIn(global); r != nil {
		return r
	}
	return d.registryIn(global.Field("image"))
}

// registryIn returns the registry that the mapping n names for whatever is
// below it.
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

// registryOf is registryIn for a mapping that was not asked about before.
func registryOf(n *syntax.Node) *syntax.Node {
	for i := 0; i+1 < len(n.Children); i += 2 {
		v := n.Children[i+1].Resolve()
		if p, of := keyPart(n.Children[i].Value); p == registryPart && of == "" && v.Kind == syntax.Scalar && v.Value != "" {
			if host := strings.TrimSuffix(v.Value, "/"); image.IsHost(host) || hasDomain(host) {
				return v
			}
		}
	}
	return nil
}

// isName reports whether s is a name in a registry: a path, no domain before it.
func isName(s string) bool { return isReference(s) && !hasDomain(s) && !image.IsHost(s) }

// hasDomain reports whether s is a reference that spells out its domain.
func hasDomain(s string) bool {
	s, _ = image.TrimTransport(s)
	r, err := image.Parse(s)
	return err == nil && r.Domain != ""
}
