package kustomize

import (
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"reflect"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/types"

	"github.com/regmigrate/regmigrate/internal/chartutil"
	"github.com/regmigrate/regmigrate/pkg/render"
)

// fieldChange returns a change of a kustomization with omitted parts in a field
// other than images that is not a change of a reference, "" for none. It reads
// the fields, since their effect on omitted parts cannot be built.
func (c *comparison) fieldChange() string {
	for _, b := range c.before.layers {
		i := slices.IndexFunc(c.after.layers, func(l *layer) bool { return l.dir == b.dir })
		if i < 0 || b.k == nil || c.after.layers[i].k == nil {
			continue
		}
		fieldsB, err1 := plainFields(b)
		fieldsA, err2 := plainFields(c.after.layers[i])
		if err1 != nil || err2 != nil {
			continue
		}
		if why := c.valueChange(fieldsB, fieldsA, ""); why != "" {
			return b.file + ": " + why
		}
		if why := c.patchChange(b); why != "" {
			return why
		}
	}
	return ""
}

// patchChange returns the first change in the patch files of b that is not a
// change of a reference, "" for none. b is a layer before the change.
func (c *comparison) patchChange(b *layer) string {
	for _, name := range patchFiles(b.k) {
		file := path.Join(b.dir, name)
		if c.before.files[file] == c.after.files[file] || c.after.files[file] == "" {
			continue
		}
		before, err1 := c.before.load(file)
		after, err2 := c.after.load(file)
		if err1 != nil || err2 != nil {
			continue
		}
		if why := c.textChange(string(before), string(after), ""); why != "" {
			return file + ": " + why
		}
	}
	return ""
}

// plainFields returns the fields of l except for images.
func plainFields(l *layer) (map[string]any, error) {
	k := *l.k
	k.Images, k.HelmCharts = nil, l.helmCharts
	src, err := json.Marshal(&k)
	if err != nil {
		return nil, err
	}
	var out map[string]any
	err = json.Unmarshal(src, &out)
	return out, err
}

// patchFiles returns the paths of the patch files of k.
func patchFiles(k *types.Kustomization) []string {
	var out []string
	//lint:ignore SA1019 existing files use this field
	for _, patch := range slices.Concat(k.Patches, k.PatchesJson6902) {
		if patch.Path != "" {
			out = append(out, patch.Path)
		}
	}
	//lint:ignore SA1019 existing files use this field
	for _, patch := range k.PatchesStrategicMerge {
		if !strings.Contains(string(patch), "\n") {
			out = append(out, string(patch))
		}
	}
	return out
}

// valuesKey is the key of a mapping whose texts can be pieces of references.
const valuesKey = "valuesInline"

// valueChange returns the first change in the value of key that is not a change of
// a reference, "" for none.
func (c *comparison) valueChange(before, after any, key string) string {
	switch b := before.(type) {
	case map[string]any:
		if a, ok := after.(map[string]any); ok {
			return c.mappingChange(b, a, key)
		}
		return key + " has a different type"
	case []any:
		a, ok := after.([]any)
		if !ok || len(a) != len(b) {
			return key + " has more or fewer items"
		}
		for i := range b {
			if why := c.valueChange(b[i], a[i], key); why != "" {
				return why
			}
		}
	case string:
		a, ok := after.(string)
		if !ok {
			return key + " has a different type"
		}
		if key == valuesKey {
			return ""
		}
		return c.textChange(b, a, key)
	default:
		if !reflect.DeepEqual(before, after) {
			return fmt.Sprintf("%s: %v became %v", key, before, after)
		}
	}
	return ""
}

// mappingChange compares two mappings as valueChange does.
func (c *comparison) mappingChange(before, after map[string]any, key string) string {
	for _, k := range slices.Sorted(maps.Keys(before)) {
		value, ok := after[k]
		if !ok {
			return k + " was removed"
		}
		field := k
		if key == valuesKey {
			field = key
		}
		if why := c.valueChange(before[k], value, field); why != "" {
			return why
		}
	}
	for _, k := range slices.Sorted(maps.Keys(after)) {
		if _, ok := before[k]; !ok {
			return k + " was added"
		}
	}
	return ""
}

// textChange compares two texts, which can hold documents, as valueChange does.
// It ignores the keys that can hold pieces of references.
func (c *comparison) textChange(before, after, key string) string {
	if before == after || render.SameLines(before, after, c.rewrite) {
		return ""
	}
	if why, ok := c.documentChange(before, after, key); ok {
		return why
	}
	lower := strings.ToLower(key)
	for _, piece := range []string{"registry", "repository", "repo", "hub", "image", "name"} {
		if strings.HasSuffix(lower, piece) {
			return ""
		}
	}
	return key + ": " + render.FirstDifference(before, after)
}

// documentChange is like textChange, for text that consists of YAML documents.
// It returns false for other text.
func (c *comparison) documentChange(before, after, key string) (why string, ok bool) {
	b, a := render.SplitDocuments(before), render.SplitDocuments(after)
	if len(b) != len(a) || !strings.ContainsAny(before, "\n{[") {
		return "", false
	}
	for i := range b {
		// ReadValues does not accept a list at the top level, and a JSON patch
		// is a list.
		valuesB, err1 := chartutil.ReadValues([]byte("items:\n" + indented(b[i])))
		valuesA, err2 := chartutil.ReadValues([]byte("items:\n" + indented(a[i])))
		if err1 != nil || err2 != nil {
			return "", false
		}
		if why := c.valueChange(valuesB["items"], valuesA["items"], key); why != "" {
			return why, true
		}
	}
	return "", true
}

func indented(s string) string { return "  " + strings.ReplaceAll(s, "\n", "\n  ") }
