package kustomize

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/render"
)

// maxNotes bounds the references that a failure explains.
const maxNotes = 5

// explain says, for references that changed wrongly, which entry of images is
// the reason: a line each, and where that stands. It builds again with a mark
// in the place of each tag that an entry gives.
func (p *comparison) explain(ctx context.Context, old, now *render.Rendered, replaced func(*overlayTree) replacements) []string {
	return p.explainWith(ctx, old, now, replaced, func(t *overlayTree, by func(*overlayTree) replacements) (*render.Rendered, error) {
		return p.build(ctx, t, by)
	})
}

// A builder builds a tower with some kustomizations replaced.
type builder = func(t *overlayTree, by func(*overlayTree) replacements) (*render.Rendered, error)

func (p *comparison) explainWith(ctx context.Context, old, now *render.Rendered, replaced func(*overlayTree) replacements, build builder) []string {
	wrong := wrongRefs(old, now, p.rewrite)
	var out []string
	for _, all := range []bool{false, true} {
		b, marksB := markTags(replaced, all)
		a, marksA := markTags(replaced, all)
		before, err1 := build(p.before, b)
		after, err2 := build(p.after, a)
		if err1 != nil || err2 != nil || ctx.Err() != nil {
			return nil
		}
		wrong = slices.DeleteFunc(wrong, func(c wrongRef) bool {
			was, wasOK := marksB.entryOf(refAt(before, c))
			is, isOK := marksA.entryOf(refAt(after, c))
			if wasOK && isOK && was.layer.dir == is.layer.dir && was.index == is.index || !wasOK && !isOK {
				return false
			}
			if len(out) < 2*maxNotes {
				out = append(out, p.explainRef(c, was, is, wasOK)...)
			}
			return true
		})
	}
	return out
}

// explainRef is what explains c: the entry that gave its tag before, or the one that
// does now.
func (p *comparison) explainRef(c wrongRef, was, is markedEntry, wasOK bool) []string {
	what := describeChange(c.before, c.after)
	if !wasOK {
		return []string{fmt.Sprintf("%s: images[%d] selects it, and did not before", what, is.index), p.treeAfter.entryAt(is)}
	}
	// The entry as it is now, when the list is as long as it was.
	i := slices.IndexFunc(p.after.layers, func(l *layer) bool { return l.dir == was.layer.dir })
	if i < 0 || p.after.layers[i].k == nil || len(p.after.layers[i].k.Images) != len(was.layer.k.Images) {
		return []string{fmt.Sprintf("%s: images[%d], as it was, no longer selects it", what, was.index), p.treeBefore.entryAt(was)}
	}
	was.layer = p.after.layers[i]
	return []string{fmt.Sprintf("%s: images[%d].name no longer matches", what, was.index), p.treeAfter.entryAt(was)}
}

// describeChange says what became of a reference, without what both have in common.
func describeChange(old, now string) string {
	b, a := lastName(old), lastName(now)
	if b == a {
		b, a = old, now
	}
	return b + " would become " + a
}

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

// A markedEntry is an entry of images whose tag was marked.
type markedEntry struct {
	layer *layer
	index int
}

type entryMarks struct{ entries []markedEntry }

const markPrefix = "regmigrate-mark-"

// markTags is replaced with a mark in the place of each tag that entries of
// images give; with all, of every entry.
func markTags(replaced func(*overlayTree) replacements, all bool) (func(*overlayTree) replacements, *entryMarks) {
	m := &entryMarks{}
	return func(t *overlayTree) replacements {
		out := replaced(t)
		for _, l := range t.layers {
			k := out[l.file]
			if k == nil {
				k = l.k
			}
			if k == nil || len(k.Images) == 0 {
				continue
			}
			copied := *k
			copied.Images = slices.Clone(k.Images)
			for i := range copied.Images {
				e := &copied.Images[i]
				if !all && e.NewTag == "" && e.Digest == "" && e.TagSuffix == "" {
					continue
				}
				e.NewTag, e.Digest, e.TagSuffix = markPrefix+strconv.Itoa(len(m.entries)), "", ""
				m.entries = append(m.entries, markedEntry{l, i})
			}
			out[l.file] = &copied
		}
		return out
	}, m
}

// entryOf is the entry whose mark ref has.
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

// entryAt says where an entry of images stands: file:line of its name.
func (x *Tree) entryAt(m markedEntry) string {
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
	at := list.Children[m.index].Resolve()
	if name := at.Field("name"); name != nil {
		at = name
	}
	line, _ := edit.NewLines(src).Position(at.Span.Start)
	return fmt.Sprintf("%s:%d", m.layer.file, line)
}
