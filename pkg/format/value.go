package format

import (
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/image"
)

// scalar reads a value.
func (d *detector) scalar(f *frame) {
	n := f.node
	if d.frames != nil {
		d.frames[n] = f
	}
	if n.Value == "" || n.Span.Len() == 0 || d.pieces[n] || !isText(n) {
		return
	}
	if f.keep != "" {
		d.contexts(f, n, Context{Reason: f.keep, Note: f.note})
		return
	}
	if f.prose {
		d.words(f, Docs, Prose)
		return
	}
	if hasChoice(n) && d.kotsValue(f) {
		return
	}
	if d.frames == nil && strings.Contains(n.Value, "{{") && (d.interesting(n) || strings.Contains(n.Value, "HasLocalRegistry")) {
		d.actionLiterals(f)
	}
	if !d.feature(f) && !d.gitops(f) && !d.chartRepository(f) {
		d.value(f)
	}
}

// isText reports whether the scalar n can be a reference: null and true are names
// of images only in quotes.
func isText(n *syntax.Node) bool {
	switch n.Tag {
	case "!!null", "!!bool", "!!int", "!!float":
		return false
	}
	return true
}

// value reads the scalar at f by its key and its text.
func (d *detector) value(f *frame) {
	n := f.node
	text, _ := image.TrimTransport(n.Value)
	if text == "" {
		return
	}
	key := fold(f.effectiveKey())
	isPath, isPattern := hasSuffix(key, pathKeys), hasSuffix(key, patternKeys)
	mayBeName := !isPath && !isPattern
	kind := d.fieldKind(f)
	d.addBranches(f, kind)
	d.erbImages(f, kind)
	switch {
	case d.keptByField(f, kind):
	case d.isHostText(f, text):
		d.host(f)
	case mayBeName && (d.dependencyProxy(f) || d.variableFirst(f, kind, text)):
	case kind.isImage() && isReference(text):
		d.addWhole(f, kind == imageField)
	case mayBeName && d.invalidTag(f, kind):
	case isPath && isReference(strings.TrimSuffix(text, "/")):
		d.contexts(f, n, Context{Reason: Path})
	case isRegistryWithPath(text) && (text != n.Value || d.isRegistryField(f)): // oci://docker.io/charts/
		d.addRegistry(f)
	case !isReference(text):
		d.longText(f)
	case isPattern:
		d.contexts(f, n, Context{Reason: Pattern})
	case IsRegistryKey(f.effectiveKey()):
		d.addRegistry(f)
	default:
		d.addWhole(f, false)
	}
}

// isHostText reports whether text, the value at f, is a registry host alone.
func (d *detector) isHostText(f *frame, text string) bool {
	return image.IsHost(strings.TrimSuffix(text, "/")) && !d.isNumericTag(f, text)
}

// variableFirst adds the reference in the value at f, whose text begins with a
// variable. It returns false if nothing shows that there is a reference.
func (d *detector) variableFirst(f *frame, kind fieldKind, text string) bool {
	return strings.HasPrefix(text, "${") && (d.variableDefault(f) || d.variableAlternative(f)) || d.afterVariable(f, kind)
}

// keptByField explains the value at f if its field, of the given kind, or the flag
// before it shows that it is no reference. It returns false otherwise.
func (d *detector) keptByField(f *frame, kind fieldKind) bool {
	flagReason := keptListReason(fold(d.flagBefore(f)))
	switch {
	case kind == noImageField && d.keptAsNoImage(f):
	case flagReason != "":
		d.contexts(f, f.node, Context{Reason: flagReason})
	case kind == pathField:
		d.contexts(f, f.node, Context{Reason: Path})
	case kind == unitField:
		d.contexts(f, f.node, Context{Reason: DifferentName, Note: "the name of another unit"})
	default:
		return false
	}
	return true
}

// host adds the registry host at f, or explains why it is not changed.
func (d *detector) host(f *frame) {
	if d.isRegistryField(f) {
		d.addRegistry(f)
		return
	}
	d.contexts(f, f.node, Context{Reason: RegistryHost})
}

// isRegistryWithPath reports whether text is a registry with a path and a slash at
// the end. The address of an API is not one: https://index.docker.io/v1/ is the
// address of a login.
func isRegistryWithPath(text string) bool {
	name, ok := strings.CutSuffix(text, "/")
	return ok && hasDomain(name) && !strings.HasSuffix(name, "/v1") && !strings.HasSuffix(name, "/v2")
}

// isRegistryField reports whether the key of f, or the keys next to it, show that
// images or charts are pulled from the registry at f.
func (d *detector) isRegistryField(f *frame) bool {
	return IsRegistryKey(f.effectiveKey()) || IsRegistryKey(d.flagBefore(f)) || d.hasImageSiblings(f) || isChartRegistry(f)
}

// addRegistry adds the scalar at f, which is a registry of images or of charts.
func (d *detector) addRegistry(f *frame) {
	o := Occurrence{Pieces: []Piece{d.piece(f.node, Registry, "")}}
	o.HostOnly = image.IsHost(strings.TrimSuffix(o.Pieces[0].Text, "/")) && isHostOnlyKey(f.effectiveKey())
	d.describe(f, &o)
	d.add(f, o)
}

// isNumericTag reports whether the field at f shows that text is an image with a
// numeric tag, such as redis:7, and not a host with a port that a rule names.
func (d *detector) isNumericTag(f *frame, text string) bool {
	if strings.ContainsAny(text, "./[") || !isReference(text) {
		return false
	}
	part, _ := keyPart(f.effectiveKey())
	return d.isImageField(f) || d.fieldKind(f) == unqualifiedField || part == namePart && fold(f.effectiveKey()) != "name" && len(d.marksIn(f.node.Span)) == 0
}

// interesting reports whether the scalar n has a mark or may have an occurrence.
func (d *detector) interesting(n *syntax.Node) bool {
	return len(d.marksIn(n.Span)) > 0 || d.in.May == nil || d.in.May([]byte(n.Value))
}

// addWhole adds the scalar at f, which is a whole reference. Unless isImage is
// true, a name without a domain must be a likely image.
func (d *detector) addWhole(f *frame, isImage bool) {
	r, _ := image.Parse(f.node.Value[transportLen(f.node.Value):])
	o := Occurrence{IsImage: isImage, IsDeclared: isImage && d.isDeclared(f)}
	if d.fieldKind(f) == unqualifiedField {
		o.IsImage, o.LikelyImage = r.Domain != "", true
	} else {
		d.readSiblings(f, r, &o)
	}
	if r.Domain == "" && !isImage && (!o.LikelyImage || image.HasVariable(r.Path) && len(d.marksIn(f.node.Span)) > 0) {
		// Plain text: report it only if it contains an old registry name.
		d.contexts(f, f.node, Context{Reason: DifferentName})
		return
	}
	role := Whole
	if !isImage && (strings.HasPrefix(f.node.Value, "oci://") || sourceURLs[fold(f.effectiveKey())] || d.fieldKind(f) == chartField) {
		role = Registry // of charts and other artifacts, which have no implicit library/
	}
	o.Pieces = []Piece{d.piece(f.node, role, "")}
	d.describe(f, &o)
	d.add(f, o)
	if r.Domain == "" && !o.IsImage {
		if d.likely == nil {
			d.likely = map[*syntax.Node]int{}
		}
		d.likely[f.node] = len(d.out.Occurrences) - 1
	}
}

// sourceURLs are keys for the source of a chart, whose value can be a registry
// without a transport: repoURL: registry-1.docker.io/bitnamicharts.
// Sources: https://argo-cd.readthedocs.io/en/stable/user-guide/helm/,
// https://helmfile.readthedocs.io/en/latest/#oci-registries
var sourceURLs = set("repourl", "url", "chart", "remotechart")
