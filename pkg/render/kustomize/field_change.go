package kustomize

import (
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"reflect"
	"slices"
	"strings"

	"helm.sh/helm/v3/pkg/chartutil"
	"sigs.k8s.io/kustomize/api/types"

	"github.com/regmigrate/regmigrate/pkg/render"
)

// fieldChange says in what a kustomization, of which something cannot be built,
// changes besides references and its images: what is done to what cannot be
// built is read instead. It is empty when there is nothing.
func (p *comparison) fieldChange() string {
	for _, b := range p.before.layers {
		i := slices.IndexFunc(p.after.layers, func(l *layer) bool { return l.dir == b.dir })
		if i < 0 || b.k == nil || p.after.layers[i].k == nil {
			continue
		}
		old, err1 := plainFields(b)
		now, err2 := plainFields(p.after.layers[i])
		if err1 != nil || err2 != nil {
			continue
		}
		if why := p.valueChange(old, now, ""); why != "" {
			return b.file + ": " + why
		}
		for _, name := range patchFiles(b.k) {
			at := path.Join(b.dir, name)
			if p.before.files[at] == p.after.files[at] || p.after.files[at] == "" {
				continue
			}
			old, err1 := p.before.load(at)
			now, err2 := p.after.load(at)
			if err1 != nil || err2 != nil {
				continue
			}
			if why := p.textChange(string(old), string(now), ""); why != "" {
				return at + ": " + why
			}
		}
	}
	return ""
}

// plainFields are those of l that say what is done, as plain values.
func plainFields(l *layer) (map[string]any, error) {
	bare := *l.k
	bare.Images, bare.HelmCharts = nil, l.helmCharts
	src, err := json.Marshal(&bare)
	if err != nil {
		return nil, err
	}
	var out map[string]any
	err = json.Unmarshal(src, &out)
	return out, err
}

func patchFiles(k *types.Kustomization) []string {
	var out []string
	//lint:ignore SA1019 files in use have it
	for _, patch := range slices.Concat(k.Patches, k.PatchesJson6902) {
		if patch.Path != "" {
			out = append(out, patch.Path)
		}
	}
	//lint:ignore SA1019 files in use have it
	for _, patch := range k.PatchesStrategicMerge {
		if !strings.Contains(string(patch), "\n") {
			out = append(out, string(patch))
		}
	}
	return out
}

// valuesKey is the key below which texts may be pieces of references.
const valuesKey = "valuesInline"

// valueChange says in what values of key differ besides references.
func (p *comparison) valueChange(before, after any, key string) string {
	switch b := before.(type) {
	case map[string]any:
		a, ok := after.(map[string]any)
		if !ok {
			return key + " is something else now"
		}
		for _, k := range slices.Sorted(maps.Keys(b)) {
			now, ok := a[k]
			if !ok {
				return k + " is gone"
			}
			under := k
			if key == valuesKey {
				under = key
			}
			if why := p.valueChange(b[k], now, under); why != "" {
				return why
			}
		}
		for _, k := range slices.Sorted(maps.Keys(a)) {
			if _, ok := b[k]; !ok {
				return k + " is new"
			}
		}
	case []any:
		a, ok := after.([]any)
		if !ok || len(a) != len(b) {
			return key + " has more or fewer items"
		}
		for i := range b {
			if why := p.valueChange(b[i], a[i], key); why != "" {
				return why
			}
		}
	case string:
		a, ok := after.(string)
		if !ok {
			return key + " is something else now"
		}
		if key == valuesKey {
			return ""
		}
		return p.textChange(b, a, key)
	default:
		if !reflect.DeepEqual(before, after) {
			return fmt.Sprintf("%s: %v became %v", key, before, after)
		}
	}
	return ""
}

// textChange is otherValue for text, which may hold documents. A piece of a
// reference is not known to be one: keys that have pieces are left out.
func (p *comparison) textChange(before, after, key string) string {
	if before == after || render.SameLines(before, after, p.rewrite) {
		return ""
	}
	b, a := render.SplitDocuments(before), render.SplitDocuments(after)
	if len(b) == len(a) && strings.ContainsAny(before, "\n{[") {
		parsed := true
		for i := range b {
			// A JSON patch is a list.
			old, err1 := chartutil.ReadValues([]byte("items:\n" + indented(b[i])))
			now, err2 := chartutil.ReadValues([]byte("items:\n" + indented(a[i])))
			if err1 != nil || err2 != nil {
				parsed = false
				break
			}
			if why := p.valueChange(old["items"], now["items"], key); why != "" {
				return why
			}
		}
		if parsed {
			return ""
		}
	}
	low := strings.ToLower(key)
	for _, piece := range []string{"registry", "repository", "repo", "hub", "image", "name"} {
		if strings.HasSuffix(low, piece) {
			return ""
		}
	}
	return key + ": " + render.FirstDifference(before, after)
}

func indented(s string) string { return "  " + strings.ReplaceAll(s, "\n", "\n  ") }
