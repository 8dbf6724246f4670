package kustomize

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"sigs.k8s.io/kustomize/api/types"

	"github.com/regmigrate/regmigrate/pkg/render"
)

// failLostEntries sets c.verdict to Failed if an entry of images selects an image
// before the change, and none after it. The output does not show that if the entry
// sets what the image already has.
func (c *comparison) failLostEntries(ctx context.Context, replace replaceFunc) error {
	v := &c.verdict
	pairs := c.entryPairs()
	if v.Unchanged || v.State == render.Failed || len(pairs) == 0 {
		return nil
	}
	selectsAfter, err := c.selectingEntries(ctx, c.after, replace)
	if err != nil {
		return c.noteUnknownSelection(err)
	}
	lost := slices.DeleteFunc(pairs, func(p entryPair) bool { return slices.ContainsFunc(p.after, selectsAfter.has) })
	if len(lost) == 0 {
		return nil
	}
	selectsBefore, err := c.selectingEntries(ctx, c.before, replace)
	if err != nil {
		return c.noteUnknownSelection(err)
	}
	lost = slices.DeleteFunc(lost, func(p entryPair) bool { return !selectsBefore.has(p.before) })
	var notes []string
	for _, p := range lost[:min(len(lost), maxNotes)] {
		e := p.after[0]
		notes = append(notes, fmt.Sprintf("images[%d], %s, selects no image after the change, and did before", e.index, e.layer.k.Images[e.index].Name), c.treeAfter.position(e))
	}
	if len(notes) > 0 {
		v.State, v.Reason, v.Notes = render.Failed, notes[0], append(notes[1:], v.Notes...)
	}
	return nil
}

// noteUnknownSelection adds a note that the entries of images were not compared,
// because the build that shows what they select failed with err. It returns err
// if no further build is possible.
func (c *comparison) noteUnknownSelection(err error) error {
	if !render.IsJobError(err) {
		return err
	}
	c.verdict.Notes = append(c.verdict.Notes, "not known is which images the entries of images select: with marked tags, the kustomization does not build: "+err.Error())
	return nil
}

// An entryPair is an entry of images before the change, and the entries that it
// is after the change: a second one may be inserted.
type entryPair struct {
	before markedEntry
	after  []markedEntry // at least one
}

// entryPairs returns the entries of images that are still there after the change.
func (c *comparison) entryPairs() []entryPair {
	var out []entryPair
	for _, b := range c.before.layers {
		i := slices.IndexFunc(c.after.layers, func(l *layer) bool { return l.dir == b.dir })
		if i < 0 || b.k == nil || c.after.layers[i].k == nil {
			continue
		}
		a := c.after.layers[i]
		for j := range b.k.Images {
			p := entryPair{before: markedEntry{b, j}}
			for _, n := range c.sameEntries(b.k.Images, j, a.k.Images) {
				p.after = append(p.after, markedEntry{a, n})
			}
			if len(p.after) > 0 {
				out = append(out, p)
			}
		}
	}
	return out
}

// sameEntries returns the indexes of the entries of after that are before[i]:
// those with its name or its new name. In a list of the same length it is the
// entry at i alone, if that has such a name or no entry has one: a rule does not
// rewrite a regular expression.
func (c *comparison) sameEntries(before []types.Image, i int, after []types.Image) []int {
	name := before[i].Name
	newName, ok := c.rewrite(name)
	var out []int
	for j := range after {
		if after[j].Name == name || ok && after[j].Name == newName {
			out = append(out, j)
		}
	}
	if len(before) == len(after) && (len(out) == 0 || slices.Contains(out, i)) {
		return []int{i}
	}
	return out
}

// An entrySet is a set of entries of images.
type entrySet map[markedEntry]bool

func (s entrySet) has(e markedEntry) bool { return s[e] }

// selectingEntries returns the entries of images of t that select an image. It
// builds t with entries that append a marker to the tag, so that an image has the
// markers of all entries that select it.
func (c *comparison) selectingEntries(ctx context.Context, t *overlayTree, replace replaceFunc) (entrySet, error) {
	var entries []markedEntry
	out, err := c.buildOnce(ctx, t, func(t *overlayTree) replacements {
		replaced := replace(t)
		changeEntries(replaced, t.layers, func(e *types.Image, at markedEntry) {
			e.NewTag, e.Digest, e.TagSuffix = "", "", fmt.Sprintf("%s%d.", markPrefix, len(entries))
			entries = append(entries, at)
		})
		return replaced
	})
	if err != nil {
		return nil, err
	}
	selecting := entrySet{}
	for i := range out.Texts {
		for _, m := range markRE.FindAllStringSubmatch(out.Texts[i].Body, -1) {
			if n, err := strconv.Atoi(m[1]); err == nil && n < len(entries) {
				selecting[entries[n]] = true
			}
		}
	}
	return selecting, nil
}

// markRE matches a marker of selectingEntries.
var markRE = regexp.MustCompile(regexp.QuoteMeta(markPrefix) + `([0-9]+)\.`)
