package format

import (
	"path"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/image"
)

// split adds the references that the mapping at f splits across several keys.
// It returns the values that are pieces of them; the detector does not read
// these values again.
func (d *detector) split(f *frame) map[*syntax.Node]bool {
	if f.keep != "" || f.item && f.up.key == "dependencies" { // of a chart: its repository contains charts
		return nil
	}
	read := map[*syntax.Node]bool{}
	refs, order := d.splitReferences(f)
	d.keepSplit(f.node, refs)
	if isPublishing(f, refs) {
		d.noteLogins(f, refs, order)
		return d.publishing(f, refs, order)
	}
	if isLogin(f.node) {
		if registry := loneRegistry(refs, order); registry != nil {
			// A registry without an image next to it is that of the login.
			d.contexts(f, registry, Context{Reason: Credentials})
			read[registry] = true
			return read
		}
	}
	for _, prefix := range order {
		for _, n := range d.join(f, refs[prefix]) {
			read[n] = true
		}
	}
	return read
}

// splitReferences returns the references whose parts are keys of the mapping at
// f, by the prefix that their keys share (see keyPart), and the prefixes in
// order.
func (d *detector) splitReferences(f *frame) (map[string]*splitReference, []string) {
	refs := map[string]*splitReference{}
	var order []string
	get := func(prefix string) *splitReference {
		if refs[prefix] == nil {
			refs[prefix] = &splitReference{keys: map[*syntax.Node]string{}, key: f.key, isItem: f.item}
			order = append(order, prefix)
		}
		return refs[prefix]
	}
	n := f.node
	for i := 0; i+1 < len(n.Children); i += 2 {
		key, v := n.Children[i].Value, n.Children[i+1].Resolve()
		folded := fold(key)
		if folded == "pullpolicy" || folded == "imagepullpolicy" {
			get("").hasVersion, get("").hasTag = true, true
		}
		if sourceKeys[folded] {
			get("").hasSourceKey = true
		}
		if v.Kind != syntax.Scalar {
			continue
		}
		role, prefix, isImage := d.declared(f, key)
		if role == noPart {
			if role, prefix = keyPart(key); (role == repositoryPart || role == namePart) && d.isImageField(f.below(v).withKey(key)) {
				continue // the value is the whole reference
			}
		}
		if role != noPart {
			get(prefix).addPart(role, key, v)
			get(prefix).isImage = get(prefix).isImage || isImage
			if t := d.fields.splitWith(f, key); t != nil {
				get(prefix).suffix = t.Suffix
			}
		}
	}
	return refs, order
}

// declared returns the role of key in the first declared field that names it in
// the mapping at f, and the index of that field in place of a prefix. isImage is
// false if the field declares only the names of keys, and not where they are.
func (d *detector) declared(f *frame, key string) (role keyRole, prefix string, isImage bool) {
	for i, t := range d.fields.splitsAt(f) {
		prefix, isImage := string(rune('0'+i)), t.Path != "" || t.entry.tool != ""
		switch key {
		case "":
		case t.Registry:
			return registryPart, prefix, isImage
		case t.Repository:
			return repositoryPart, prefix, isImage
		case t.Tag:
			return tagPart, prefix, isImage
		case t.Digest:
			return digestPart, prefix, isImage
		}
	}
	return noPart, "", false
}

// join adds the reference r if its keys belong together, and returns the
// values that are its pieces. If a name may belong to it or not, join adds both
// references: they move if the rules change their common parts in the same way.
func (d *detector) join(f *frame, r *splitReference) []*syntax.Node {
	if d.notImages(f, r) {
		return nil
	}
	if nodes := r.kotsNodes(); len(nodes) > 0 && d.kotsParts(f, nodes...) {
		return nodes
	}
	use := r.nameUse()
	if use != nameMayJoin {
		return d.joinParts(f, r, use == nameJoins)
	}
	if r.registry == nil && !image.IsHost(r.repository.Value) && !strings.Contains(r.repository.Value, "/") {
		return d.joinShort(f, r)
	}
	read := d.joinParts(f, r, true)
	if r.registry != nil {
		d.joinParts(f, r, false)
	} else {
		d.add(f, d.withTag(f, r, Occurrence{Pieces: []Piece{d.piece(r.repository, Whole, "")}, IsImage: true, InRepositoryKey: true}))
	}
	return read
}

// joinShort adds the reference r, whose repository is one word: a repository of
// Docker Hub, or a namespace that the name follows. It does not change, except in
// the values of a chart: there, the rendering shows what follows.
func (d *detector) joinShort(f *frame, r *splitReference) []*syntax.Node {
	if strings.HasPrefix(path.Base(d.in.Path), "values") {
		return d.joinParts(f, r, false)
	}
	d.add(f, d.withTag(f, r, Occurrence{
		Pieces: []Piece{d.piece(r.repository, Whole, "")}, IsImage: true, InRepositoryKey: true,
		Keep: Conflict, Note: "the keys do not show whether the value of name follows this value in the reference",
	}))
	return []*syntax.Node{r.repository}
}

// joinParts adds the reference r, with its name or without it, if its keys
// belong together. It returns the values that are its pieces.
func (d *detector) joinParts(f *frame, r *splitReference, withName bool) []*syntax.Node {
	registry, parts, ok := r.parts(withName)
	if registry == nil {
		return d.withoutRegistry(f, r)
	}
	if host := strings.TrimSuffix(registry.Value, "/"); !ok && r.isImage && len(r.keys) == 1 && (image.IsHost(host) || isReference(host)) {
		o := Occurrence{}
		role := Registry
		if r.suffix != "" && isName(registry.Value) { // a namespace of Docker Hub
			role = Whole
			o.IsImage, o.Tail, o.Tag, o.Digest, o.InRepositoryKey = true, "/"+r.suffix, r.tag, r.digest, true
		}
		p := d.piece(registry, role, "")
		p.Field = f.below(registry).withKey(r.keys[registry]).field()
		o.Pieces = []Piece{p}
		d.add(f, o)
		return []*syntax.Node{registry}
	}
	if !ok {
		return nil
	}
	o := d.withTag(f, r, Occurrence{IsImage: true, InRepositoryKey: true})
	all := append([]*syntax.Node{registry}, parts...)
	for i, n := range all {
		role, sep := Repository, separatorAfter(n.Value)
		if i == 0 {
			role = Registry
		}
		if i == len(all)-1 {
			sep = ""
		}
		p := d.piece(n, role, sep)
		p.Field = f.below(n).withKey(r.keys[n]).field()
		o.Pieces = append(o.Pieces, p)
	}
	if r.suffix != "" {
		o.Tail = "/" + r.suffix
	}
	d.add(f, o)
	return all
}

// withoutRegistry adds a repository or name that has no registry in its own
// mapping. If an outer mapping has a registry, the occurrence is unconfirmed:
// only a template can show that the two belong together. Otherwise a
// repository with a tag is an image on Docker Hub.
func (d *detector) withoutRegistry(f *frame, r *splitReference) []*syntax.Node {
	if r.suffix != "" {
		return nil // the registry depends on the image
	}
	n := r.repository
	if n == nil && !r.nameIsGeneric {
		n = r.name
	}
	if n == nil || !isName(n.Value) || r.organization != nil {
		return nil
	}
	key := fold(r.keys[n])
	if above := d.registryAbove(f); above != nil && !r.isImage {
		o := d.withTag(f, r, Occurrence{Unconfirmed: true, IsImage: true, Place: f.place(), LikelyImage: r.hasTag || key == "image"})
		first, second := d.part(above, 0, len(above.Value), Registry, separatorAfter(above.Value)), d.part(n, 0, len(n.Value), Repository, "")
		second.Field = f.below(n).withKey(r.keys[n]).field()
		o.Pieces = append(o.Pieces, first, second)
		d.out.Occurrences = append(d.out.Occurrences, o)
		return nil
	}
	o := d.withTag(f, r, Occurrence{IsImage: true, InRepositoryKey: true})
	if !r.isImage && (r.repository == nil || !r.hasVersion || r.hasSourceKey || !r.hasTag && key == "repo") {
		if !isRepositoryOfImage(f, r) {
			return nil
		}
		o.IsImage, o.LikelyImage, o.IsUntagged = false, true, true
	}
	if d.isEnv && !r.isImage { // whoever reads the variables may put other text before the value
		o.IsImage, o.LikelyImage = false, true
	}
	p := d.piece(n, Whole, "")
	p.Field = f.below(n).withKey(r.keys[n]).field()
	o.Pieces = []Piece{p}
	d.add(f, o)
	return []*syntax.Node{n}
}

// isRepositoryOfImage reports whether the keys of the repository r, which has no tag
// and no pull policy, name an image: image.repository or imageRepository. A key
// repository alone often names a repository of source code.
func isRepositoryOfImage(f *frame, r *splitReference) bool {
	if r.repository == nil || r.hasSourceKey || !strings.Contains(r.repository.Value, "/") {
		return false
	}
	key := fold(r.keys[r.repository])
	return strings.HasSuffix(key, "repository") && (strings.Contains(key, "image") || !f.item && strings.HasSuffix(fold(f.key), "image"))
}

// notImages reports whether a value of r is declared not to be an image.
func (d *detector) notImages(f *frame, r *splitReference) bool {
	for n, key := range r.keys {
		if d.fieldKind(f.below(n).withKey(key)) == noImageField {
			return true
		}
	}
	return false
}

// separatorAfter returns the text between a piece with the text s and the next
// piece.
func separatorAfter(s string) string {
	if strings.HasSuffix(s, "/") {
		return ""
	}
	return "/"
}
