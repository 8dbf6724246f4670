package kustomize

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// maxComparisons bounds the comparisons of images with entries in one run. One
// takes some ten nanoseconds; a repository of thousands of kustomizations needs
// a thousandth of the bound.
const maxComparisons = 100_000_000

// imageKeys are the keys that hold entries of images, in the order in which
// kustomize applies them. The second is deprecated.
var imageKeys = []string{"images", "imageTags"}

// IsEntryField reports whether o is the value of key in an entry:
// .images[0].name.
func IsEntryField(o *format.Occurrence, key string) bool {
	if !strings.HasSuffix(o.Place.Field, "]."+key) || len(o.Pieces) != 1 {
		return false
	}
	return slices.ContainsFunc(imageKeys, func(k string) bool { return strings.HasPrefix(o.Place.Field, "."+k+"[") })
}

// imageUse reports whether a kustomization may change images, and whether it
// may rename short names.
func imageUse(root *syntax.Node) (images, shortNames bool) {
	for _, n := range slices.Concat(itemsOf(root, "images"), itemsOf(root, "imageTags")) {
		images = true
		if n.Str("newName") != "" && !strings.Contains(n.Str("name"), "/") || !hasDomain(n.Str("name")) {
			shortNames = true
		}
	}
	for _, key := range []string{"transformers", "replacements", "patches", "patchesJson6902", "configMapGenerator", "secretGenerator", "vars"} {
		images = images || len(itemsOf(root, key)) > 0
	}
	return images, shortNames
}

// An entryPlace is the place of an entry of images, or of the imageTag of a
// transformer.
type entryPlace struct {
	text  yamlText
	list  *syntax.Node // that has the entry; nil for a transformer
	key   string       // of the list, one of imageKeys
	index int
	specs map[string]bool // ids of the image fields that a transformer configures for itself
}

// field returns the field of the entry's key.
func (p entryPlace) field(key string) string {
	if p.list == nil {
		return ".imageTag." + key
	}
	return fmt.Sprintf(".%s[%d].%s", p.key, p.index, key)
}

// An entry is an entry of images as one layer applies it.
type entry struct {
	layer   *layer
	place   entryPlace
	node    *syntax.Node
	name    *pattern
	renamed renamedKey // name after the move
	newName renamedKey // newName after the move
	selection
}

// A selection is what an entry selects before and after the move.
type selection struct {
	selected   []int       // indexes into the images of the layer, before the move
	anyMoves   bool        // a rule moves one of them
	oldNameFit bool        // with its old name, the entry selects the same images after the move
	newNameFit bool        // with its new name, the entry selects the same images after the move
	misfit     *LayerImage // the first image that contradicts newNameFit
}

// id identifies the entry by the place of its name.
func (e *entry) id() link.PieceID {
	at := e.place.text.start(e.node.Field("name"))
	return link.PieceID{Path: e.place.text.file.Path, Span: edit.Span{Start: at, End: at}}
}

// newNameIsName reports whether the entry sets newName to its own name, and a rule
// moves that newName.
func (e *entry) newNameIsName() bool {
	return e.node.Str("newName") == e.name.name && e.newName.text != "" && e.newName.occ != nil
}

// isRemote reports whether the entry may select images of a remote base.
func (e *entry) isRemote() bool { return e.layer.hasRemote && !e.layer.renamedRemote[e.name.name] }

// onlySuffixesTag reports whether the entry changes tags only by appending a
// suffix. kustomize applies an entry twice to a container, by its legacy filter
// and by fields; the second time has an effect if the image still has a name
// that the entry selects. Source: api/internal/builtins/ImageTagTransformer.go
// of sigs.k8s.io/kustomize.
func (e *entry) onlySuffixesTag() bool {
	return e.node.Str("tagSuffix") != "" && e.node.Str("newTag") == "" && e.node.Str("digest") == ""
}

// applyEntry decides how the entry n at p changes, and applies the entry to the
// images of l.
func (g *Graph) applyEntry(l *layer, p entryPlace, n *syntax.Node) {
	name := n.Field("name")
	if name == nil || name.Kind != syntax.Scalar || name.Value == "" {
		return
	}
	before, err := parsePattern(name.Value)
	if err != nil {
		g.advise(p.text.file, p.text.start(name), "the name is not a valid regular expression, so the entry selects nothing: "+err.Error())
		return
	}
	e := &entry{layer: l, place: p, node: n, name: before, renamed: g.rename(p, name, "name"), newName: g.rename(p, n.Field("newName"), "newName")}
	if occ := e.newName.occ; occ != nil && e.newName.text != "" && !g.firstPass && !hasDomain(occ.Text()) {
		g.addOtherRefs([]imageRef{{text: occ.Text(), occ: occ}})
	}
	g.selectImages(e)
	if g.firstPass {
		g.recordReplacedNames(e)
	}
	g.transformImages(e, g.decide(e))
}

// selectImages compares the images of the layer with the name of e before and
// after the move.
func (g *Graph) selectImages(e *entry) {
	l := e.layer
	var after *pattern
	if e.renamed.text != "" {
		after, _ = parsePattern(e.renamed.text)
	}
	if g.comparisons += 3 * len(l.images); g.comparisons > maxComparisons {
		l.missing = "the kustomizations have too many images and entries to compare"
		return
	}
	e.oldNameFit, e.newNameFit = true, after != nil
	for i := range l.images {
		a := &l.images[i]
		if a.spec != "" && !e.readsField(a.spec) {
			continue
		}
		selects := e.name.matches(a.Before)
		if selects {
			e.selected = append(e.selected, i)
			e.anyMoves = e.anyMoves || a.moves()
			if a.spec != "" && a.Source != nil {
				g.selected[link.IDOf(&a.Source.Pieces[0])] = true
			}
		}
		e.oldNameFit = e.oldNameFit && e.name.matches(a.After) == selects
		if after != nil && after.matches(a.After) != selects {
			e.newNameFit = false
			if e.misfit == nil {
				e.misfit = a
			}
		}
	}
}

// readsField reports whether the entry reads a configured image field. An entry
// of images reads the fields that its layer or one below configures, a
// transformer only its own.
func (e *entry) readsField(spec string) bool {
	return e.place.specs[spec] || e.place.list != nil && e.layer.specs[spec]
}

// recordReplacedNames records the short names that the entry replaces: they do
// not name images of Docker Hub.
func (g *Graph) recordReplacedNames(e *entry) {
	newName := e.node.Str("newName")
	for _, i := range e.selected {
		a := &e.layer.images[i]
		if newName == "" || newName == ImageName(a.Before) || a.Source == nil || hasDomain(a.Before) {
			continue
		}
		if at := link.IDOf(&a.Source.Pieces[0]); g.replacedNames[at] == "" {
			g.replacedNames[at] = e.place.text.file.Path
		}
	}
}

// transformImages applies the entry to the images that it selects; d is nil if
// no rule concerns the entry.
func (g *Graph) transformImages(e *entry, d *decision) {
	l, n := e.layer, e.node
	newName := n.Str("newName")
	newNameAfter := newName
	if e.newName.text != "" {
		newNameAfter = e.newName.text
	}
	if len(e.selected) > 0 {
		l.ownImages()
	}
	for _, i := range e.selected {
		a := &l.images[i]
		if d != nil && d.outcome == keepAll {
			a.After, a.Insert = a.Before, link.FileEdit{}
		}
		a.Before, a.After = setImage(n, a.Before, newName), setImage(n, a.After, newNameAfter)
		if newName != "" {
			a.Source, a.Insert = e.newName.occ, link.FileEdit{}
		}
	}
	if !l.hasRemote {
		return
	}
	if e.name.re != nil {
		if newName != "" { // an image that the remote base may bring
			l.addImages([]LayerImage{{Before: setImage(n, newName, ""), After: setImage(n, newNameAfter, ""), Source: e.newName.occ}})
		}
		return
	}
	g.transformRemoteImage(e, d, newName, newNameAfter)
}

// transformRemoteImage adds the image that a remote base may have under the name
// of the entry, with the changes of the entry.
func (g *Graph) transformRemoteImage(e *entry, d *decision, newName, newNameAfter string) {
	l, n, name := e.layer, e.node, e.name.name
	if l.renamedRemote[name] {
		return
	}
	more := LayerImage{Before: setImage(n, name, newName), After: setImage(n, name, newNameAfter), Source: e.newName.occ}
	if newName == "" {
		if d == nil || d.outcome != insertNewName && d.outcome != moveAndInsert {
			return // the image keeps its name
		}
		more.After, more.Insert = setImage(n, e.renamed.text, ""), d.insert
	}
	l.renamedRemote = maps.Clone(l.renamedRemote)
	if l.renamedRemote == nil {
		l.renamedRemote = map[string]bool{}
	}
	l.renamedRemote[name] = true
	l.addImages([]LayerImage{more})
}
