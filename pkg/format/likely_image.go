package format

import (
	"path"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/image"
)

// siblingParts returns the parts of the reference of f in the mapping around f,
// or nil.
func (d *detector) siblingParts(f *frame) *splitReference {
	if f.item || f.up == nil || f.up.node.Kind != syntax.Mapping {
		return nil
	}
	all, known := d.splits[f.up.node]
	if !known {
		all, _ = d.splitReferences(f.up)
		d.keepSplit(f.up.node, all)
	}
	_, prefix := keyPart(f.key)
	return all[prefix]
}

// keepSplit keeps refs, the references whose parts are keys of the mapping n, for siblingParts.
func (d *detector) keepSplit(n *syntax.Node, refs map[string]*splitReference) {
	if d.splits == nil {
		d.splits = map[*syntax.Node]map[string]*splitReference{}
	}
	d.splits[n] = refs
}

// readSiblings completes o, the reference r at f, by the sibling keys of f. It sets
// o.LikelyImage if the key of f says that r is an image, and o.IsUntagged.
func (d *detector) readSiblings(f *frame, r image.Ref, o *Occurrence) {
	if d.isKustomizeEntry(f) {
		d.readEntry(f, o)
		return
	}
	h := d.siblingParts(f)
	part, _ := keyPart(f.effectiveKey())
	if h != nil && part != tagPart && part != digestPart {
		d.readSiblingTag(f, r, h, o)
	}
	o.InRepositoryKey = part == repositoryPart
	o.IsUntagged = r.Tag == "" && r.Digest == "" && (h == nil || !h.hasTag)
	if o.IsUntagged && part == namePart {
		d.readListTag(f, o)
		o.IsUntagged = o.Tag == ""
	}
	if r.Domain == "" && !o.IsImage && isWeakKey(f.effectiveKey()) {
		o.LikelyImage = !o.IsUntagged && strings.Contains(r.Path, "/") && d.mayName(f, r)
		o.IsUntagged = true
		return
	}
	o.LikelyImage = d.namesImage(f, r, h) && (r.Domain != "" || !o.IsUntagged || strings.Contains(r.Path, "/"))
}

// readEntry completes o, the name or the newName at f of an entry of images in a
// kustomization.
func (d *detector) readEntry(f *frame, o *Occurrence) {
	entry := f.up.node
	o.Tag, o.Digest = entry.Str("newTag"), entry.Str("digest")
	o.IsImage = o.IsImage || f.key == "newName"
	o.LikelyImage = o.IsImage || f.key == "name" && entry.Str("newName") == "" && o.Tag+o.Digest != ""
	o.IsSelector = f.key == "name"
	if f.key == "newName" || entry.Str("newName") == "" {
		d.setTagPiece(o, f.up, entry.Field("newTag"), "newTag")
	}
}

// isWeakKey reports whether key often names an image, and often something else: img,
// builder. A short name below it is likely one only if it has a tag and a rule names its
// namespace.
func isWeakKey(key string) bool {
	k := fold(key)
	return strings.HasSuffix(k, "img") || strings.HasSuffix(k, "builder") || k == "container"
}

// tagInList returns the tag that another item of the list around the value at f has for the
// image that the value names: {name: IMAGE_NAME, value: acme/app}, {name: IMAGE_TAG, value: "1"}.
func (d *detector) tagInList(f *frame) string {
	if f.item || !valueKeys[fold(f.key)] || f.up == nil || !f.up.item || f.up.up == nil {
		return ""
	}
	list := f.up.up.node
	if d.listTags == nil {
		d.listTags = map[*syntax.Node]map[string]string{}
	}
	tags, known := d.listTags[list]
	if !known {
		tags = map[string]string{}
		for _, item := range list.Children {
			item = item.Resolve()
			name, value := item.Str("name"), item.Str(f.key)
			if part, prefix := keyPart(name); part == tagPart && value != "" && fold(name) != "version" && fold(name) != "tag" {
				tags[prefix] = value
			}
		}
		d.listTags[list] = tags
	}
	_, prefix := keyPart(f.effectiveKey())
	return tags[prefix]
}

// isKustomizeEntry reports whether f is the name or newName of an entry of a
// kustomization's images, or of such a list in an object of Flux.
// Source: https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/images/
func (d *detector) isKustomizeEntry(f *frame) bool {
	if f.object != nil && f.up != nil && (f.object.group() == fluxKustomize || f.object.group() == fluxHelm) {
		return isFluxSelector(f)
	}
	switch path.Base(d.in.Path) {
	case "kustomization.yaml", "kustomization.yml", "Kustomization":
		return (f.key == "name" || f.key == "newName") && f.up != nil && f.up.item && (f.up.up.key == "images" || f.up.up.key == "imageTags")
	}
	return false
}

// namesImage reports whether the key of f and its siblings h name r as an image.
// For a name without a domain this is not enough, because a key such as image also
// names pictures: see [Occurrence].
func (d *detector) namesImage(f *frame, r image.Ref, h *splitReference) bool {
	key := f.effectiveKey()
	k := fold(key)
	switch part, _ := keyPart(key); {
	case k == "name":
		return false
	case part == repositoryPart:
		return r.Domain != "" && h != nil && h.hasTag && !h.hasSourceKey
	case part == namePart, strings.HasSuffix(k, "imageref"):
	case strings.HasSuffix(k, "images") && (f.item || r.Tag != ""):
	default:
		return false
	}
	return r.Domain != "" || d.mayName(f, r)
}

// mayName reports whether nothing at f shows that r, a name without a domain, is no image.
func (d *detector) mayName(f *frame, r image.Ref) bool {
	switch {
	case hasSuffix(strings.ToLower(r.Path), pictures), len(r.Path) == 1:
		return false
	case d.fieldKind(f) == noImageField, f.up != nil && metadataKeys[f.up.key], isSelected(f), d.isSchemaExample(f):
		return false
	case f.up != nil && machineKeys[fold(f.up.key)]:
		return false
	case d.fieldKind(f) == builtField, isBuiltService(f), isRecord(f):
		return false
	}
	return true
}

// isBuiltService reports whether f is the name of the image that a service of a Compose
// file with any name builds.
func isBuiltService(f *frame) bool {
	return f.key == "image" && f.up != nil && f.up.has("build") && f.up.up != nil && f.up.up.key == "services"
}

// isRecord reports whether the mapping around f describes a container that exists, with the
// ID of its image: what docker inspect prints, or the status of a pod.
func isRecord(f *frame) bool {
	if f.item || f.up == nil {
		return false
	}
	for _, key := range []string{"ImageID", "imageID"} {
		if id := f.up.node.Field(key); id != nil && strings.Contains(id.Value, "sha256:") {
			return true
		}
	}
	return false
}

// isSelected reports whether a mapping around f selects objects by their images, such
// as selectors: {images: [redis:7]}.
func isSelected(f *frame) bool {
	for g := f; g != nil && !g.inner; g = g.up {
		if k := fold(g.key); !g.item && g != f && (strings.HasSuffix(k, "selector") || strings.HasSuffix(k, "selectors")) {
			return true
		}
	}
	return false
}

// machineKeys are keys of mappings that describe a virtual machine, whose image is a disk.
var machineKeys = set("machine", "vm", "vmconfig", "virtualmachine")

// metadataKeys are keys of Kubernetes for names that only describe an object, or
// select one.
var metadataKeys = set("labels", "annotations", "matchLabels", "nodeSelector")

// pictures are the ends of names of pictures and of disk images.
var pictures = []string{".png", ".jpg", ".jpeg", ".gif", ".svg", ".ico", ".webp", ".bmp", ".tiff", ".iso", ".img", ".qcow2", ".vmdk", ".vhd", ".ova"}
