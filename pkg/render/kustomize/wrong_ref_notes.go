package kustomize

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sigs.k8s.io/kustomize/api/types"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/render"
)

// maxNotes bounds the references that the notes of a failure explain.
const maxNotes = 5

// wrongRefNotes returns notes that name, for references that did not change as the rules
// say, the entry of images that is the cause, and its position. It builds again
// with a marker in place of each tag that an entry sets.
func (c *comparison) wrongRefNotes(ctx context.Context, before, after *render.Rendered, replace replaceFunc) []string {
	return c.wrongRefNotesWith(ctx, before, after, replace, func(t *overlayTree, replace replaceFunc) (*render.Rendered, error) {
		return c.build(ctx, t, replace)
	})
}

// A buildFunc builds t with the replacements that replace returns.
type buildFunc = func(t *overlayTree, replace replaceFunc) (*render.Rendered, error)

func (c *comparison) wrongRefNotesWith(ctx context.Context, before, after *render.Rendered, replace replaceFunc, build buildFunc) []string {
	wrong := wrongRefs(before, after, c.rewrite)
	var notes []string
	for _, all := range []bool{false, true} {
		replaceB, entriesB := markTags(replace, all)
		replaceA, entriesA := markTags(replace, all)
		b, err1 := build(c.before, replaceB)
		a, err2 := build(c.after, replaceA)
		if err1 != nil || err2 != nil || ctx.Err() != nil {
			return nil
		}
		wrong = slices.DeleteFunc(wrong, func(w wrongRef) bool {
			entryB, okB := entriesB.entryOf(refAt(b, w))
			entryA, okA := entriesA.entryOf(refAt(a, w))
			if okB && okA && entryB.layer.dir == entryA.layer.dir && entryB.index == entryA.index || !okB && !okA {
				return false
			}
			if len(notes) < 2*maxNotes {
				if okB {
					notes = append(notes, c.lostEntryNotes(w, entryB)...)
				} else {
					notes = append(notes, newEntryNote(w, entryA), c.treeAfter.position(entryA))
				}
			}
			return true
		})
	}
	return notes
}

// newEntryNote returns a note on w that names an entry that selects the reference only after the
// change.
func newEntryNote(w wrongRef, entry markedEntry) string {
	return fmt.Sprintf("%s: images[%d] selects the image after the change, and did not before", describeChange(w.before, w.after), entry.index)
}

// lostEntryNotes returns notes on w that name an entry that selects the reference only before the
// change.
func (c *comparison) lostEntryNotes(w wrongRef, entry markedEntry) []string {
	change := describeChange(w.before, w.after)
	// When the list of entries is equally long after the change, the entry has the
	// same index.
	i := slices.IndexFunc(c.after.layers, func(l *layer) bool { return l.dir == entry.layer.dir })
	if i < 0 || c.after.layers[i].k == nil || len(c.after.layers[i].k.Images) != len(entry.layer.k.Images) {
		return []string{fmt.Sprintf("%s: images[%d] selected the image before the change, and does not after", change, entry.index), c.treeBefore.position(entry)}
	}
	entry.layer = c.after.layers[i]
	return []string{fmt.Sprintf("%s: images[%d].name no longer matches", change, entry.index), c.treeAfter.position(entry)}
}

// describeChange formats the change of a reference, without the repository paths
// when the rest differs.
func describeChange(before, after string) string {
	b, a := lastName(before), lastName(after)
	if b == a {
		b, a = before, after
	}
	return b + " would become " + a
}

// lastName returns the last path component of a reference, with its tag and a
// shortened digest.
func lastName(ref string) string {
	name, digest, _ := strings.Cut(ref, "@")
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		ref = ref[i+1:]
	}
	if digest != "" && len(digest) > 19 {
		ref = strings.TrimSuffix(ref, digest) + digest[:19] + "…"
	}
	return ref
}

// A markedEntry is an entry of images whose tag a marker replaces.
type markedEntry struct {
	layer *layer
	index int
}

// entryMarks lists marked entries; the index of an entry is the number of its
// marker.
type entryMarks struct{ entries []markedEntry }

const markPrefix = "regmigrate-mark-"

// markTags returns replace with markers in place of the tags that entries of
// images set; with all, every entry sets a marker.
func markTags(replace replaceFunc, all bool) (replaceFunc, *entryMarks) {
	m := &entryMarks{}
	return func(t *overlayTree) replacements {
		out := replace(t)
		changeEntries(out, t.layers, func(e *types.Image, at markedEntry) {
			if !all && e.NewTag == "" && e.Digest == "" && e.TagSuffix == "" {
				return
			}
			e.NewTag, e.Digest, e.TagSuffix = markPrefix+strconv.Itoa(len(m.entries)), "", ""
			m.entries = append(m.entries, at)
		})
		return out
	}, m
}

// entryOf returns the entry whose marker is the tag of ref.
func (m *entryMarks) entryOf(ref string) (markedEntry, bool) {
	r, err := image.Parse(ref)
	if err != nil {
		return markedEntry{}, false
	}
	text, ok := strings.CutPrefix(r.Tag, markPrefix)
	n, err := strconv.Atoi(text)
	if !ok || err != nil || n < 0 || n >= len(m.entries) {
		return markedEntry{}, false
	}
	return m.entries[n], true
}

// position returns the position of an entry of images, file:line, where the line
// is that of its name.
func (x *Tree) position(m markedEntry) string {
	src, err := x.load(m.layer.file)
	if err != nil {
		return m.layer.file
	}
	f, err := syntax.ParseYAML(src, nil)
	if err != nil || len(f.Docs) == 0 || f.Docs[0].Root == nil {
		return m.layer.file
	}
	list := f.Docs[0].Root.Field("images")
	if list = list.Resolve(); list == nil || m.index >= len(list.Children) {
		return m.layer.file
	}
	node := list.Children[m.index].Resolve()
	if name := node.Field("name"); name != nil {
		node = name
	}
	line, _ := edit.NewLines(src).Position(node.Span.Start)
	return fmt.Sprintf("%s:%d", m.layer.file, line)
}
