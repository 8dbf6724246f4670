package kustomize

import (
	"context"
	"fmt"
	"path"
	"reflect"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/types"

	"github.com/regmigrate/regmigrate/pkg/render"
)

// A componentEntry is an entry of a component that changes resources.
type componentEntry struct {
	layer  *layer
	field  string
	index  int
	value  any
	file   string // a path that the entry names, in the folder of the layer; may be empty
	remove func(*types.Kustomization)
}

// String returns the field, as the kustomization has it.
func (e *componentEntry) String() string {
	return fmt.Sprintf("%s: %s[%d]", e.layer.file, e.field, e.index)
}

// maxChangedEntries bounds the builds that hiddenChange needs.
const maxChangedEntries = 50

// hiddenChange returns an entry that the change touches and that has no effect on the
// output after the change: the output does not show whether it is right. It returns ""
// if each such entry has an effect. A patch without a target and patchesStrategicMerge
// have an effect, because kustomize fails if nothing matches them.
func (c *comparison) hiddenChange(ctx context.Context) (string, error) {
	changed := c.changedEntries()
	if len(changed) == 0 {
		return "", nil
	}
	if len(changed) > maxChangedEntries || len(c.after.charts) > 0 { // the output of a chart can be random
		return changed[0].String(), nil
	}
	with, err := c.buildOnce(ctx, c.after, (*overlayTree).withoutOmitted)
	if err != nil {
		return changed[0].String(), ignoreJobError(err)
	}
	for i := range changed {
		e := &changed[i]
		without, err := c.buildOnce(ctx, c.after, func(t *overlayTree) replacements {
			out := t.withoutOmitted()
			k := *e.layer.k
			if out[e.layer.file] != nil {
				k = *out[e.layer.file]
			}
			e.remove(&k)
			out[e.layer.file] = &k
			return out
		})
		if err == nil && sameBodies(with, without) {
			return e.String(), nil
		}
		if err := ignoreJobError(err); err != nil {
			return "", err
		}
	}
	return "", nil
}

func ignoreJobError(err error) error {
	if render.IsJobError(err) {
		return nil
	}
	return err
}

func sameBodies(a, b *render.Rendered) bool {
	return slices.EqualFunc(a.Texts, b.Texts, func(x, y render.Text) bool { return x.Body == y.Body })
}

// changedEntries returns the entries of the components after the change that are new or
// different, or that name a file that is.
func (c *comparison) changedEntries() []componentEntry {
	var out []componentEntry
	for _, l := range c.after.layers {
		if !l.component || l.k == nil {
			continue
		}
		var before []componentEntry
		if i := slices.IndexFunc(c.before.layers, func(b *layer) bool { return b.dir == l.dir }); i >= 0 && c.before.layers[i].k != nil {
			before = componentEntries(c.before.layers[i])
		}
		for _, a := range componentEntries(l) {
			same := slices.ContainsFunc(before, func(b componentEntry) bool { return b.field == a.field && reflect.DeepEqual(b.value, a.value) })
			if !same || a.file != "" && c.pathChanged(path.Join(l.dir, a.file)) {
				out = append(out, a)
			}
		}
	}
	return out
}

// pathChanged reports whether the file name, or a file in the folder name, changed.
func (c *comparison) pathChanged(name string) bool {
	for file, sum := range c.after.files {
		if (file == name || strings.HasPrefix(file, name+"/")) && c.before.files[file] != sum {
			return true
		}
	}
	return false
}

// componentEntries returns the entries of l that change resources and that kustomize accepts if
// they select none.
func componentEntries(l *layer) []componentEntry {
	var out []componentEntry
	for i := range l.k.Images {
		out = append(out, componentEntry{layer: l, field: "images", index: i, value: l.k.Images[i], remove: func(k *types.Kustomization) {
			k.Images = slices.Delete(slices.Clone(k.Images), i, i+1)
		}})
	}
	for i, p := range l.k.Patches {
		out = append(out, componentEntry{layer: l, field: "patches", index: i, value: p, file: p.Path, remove: func(k *types.Kustomization) {
			k.Patches = slices.Delete(slices.Clone(k.Patches), i, i+1)
		}})
	}
	for i, r := range l.k.Replacements {
		out = append(out, componentEntry{layer: l, field: "replacements", index: i, value: r, file: r.Path, remove: func(k *types.Kustomization) {
			k.Replacements = slices.Delete(slices.Clone(k.Replacements), i, i+1)
		}})
	}
	for i, name := range l.k.Transformers {
		file := name
		if strings.Contains(name, "\n") {
			file = ""
		}
		out = append(out, componentEntry{layer: l, field: "transformers", index: i, value: name, file: file, remove: func(k *types.Kustomization) {
			k.Transformers = slices.Delete(slices.Clone(k.Transformers), i, i+1)
		}})
	}
	return out
}
