package kustomize

import (
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/types"
)

type kustomizationFile = types.Kustomization

// request is what a child is to build: the tower with some of its kustomizations
// replaced.
func (t *overlayTree) request(replaced replacements) (*buildRequest, error) {
	b := &buildRequest{Dir: t.dir, Files: t.files, load: t.load}
	for _, l := range t.layers {
		b.Schema = b.Schema || l.schema
	}
	if len(replaced) == 0 {
		return b, nil
	}
	b.Files, b.generated = maps.Clone(t.files), map[string][]byte{}
	return b, b.replaceFiles(replaced)
}

// replaceFiles puts kustomizations in the place of files.
func (b *buildRequest) replaceFiles(by replacements) error {
	for name, k := range by {
		k := *k
		if k.MetaData == nil {
			k.MetaData = &types.ObjectMeta{Name: "stub"} // one that is empty does not build
		}
		src, err := json.Marshal(&k) // which is YAML
		if err != nil {
			return fmt.Errorf("writing %s anew: %w", name, err)
		}
		b.addFile(name, src)
	}
	return nil
}

// withoutOmitted are the kustomizations that take what is not to be had, without it, and
// those that have charts, with what stands for these.
func (t *overlayTree) withoutOmitted() replacements {
	out := replacements{}
	for _, l := range t.layers {
		if len(l.omitted) > 0 {
			out[l.file] = l.k
		}
	}
	t.addChartOutputs(out)
	return out
}

// withoutPatches are those that have something below them that is not to be had,
// without all that may refer to it.
func (t *overlayTree) withoutPatches() replacements {
	out := replacements{}
	for _, l := range t.layers {
		if len(l.omitted) > 0 {
			out[l.file] = l.k
		}
	}
	for more := true; more; {
		more = false
		for _, l := range t.layers {
			if out[l.file] != nil || l.k == nil {
				continue
			}
			if slices.ContainsFunc(t.layers, func(b *layer) bool { return out[b.file] != nil && slices.Contains(l.bases, b.dir) }) {
				out[l.file], more = l.k, true
			}
		}
	}
	for name, k := range out {
		k := *k
		//lint:ignore SA1019 files in use have them
		k.Patches, k.PatchesStrategicMerge, k.PatchesJson6902 = nil, nil, nil
		//lint:ignore SA1019 files in use have them
		k.Replacements, k.Replicas, k.Vars = nil, nil, nil
		k.ConfigMapGenerator = slices.DeleteFunc(slices.Clone(k.ConfigMapGenerator), func(g types.ConfigMapArgs) bool { return modifiesExisting(g.Behavior) })
		k.SecretGenerator = slices.DeleteFunc(slices.Clone(k.SecretGenerator), func(g types.SecretArgs) bool { return modifiesExisting(g.Behavior) })
		out[name] = &k
	}
	t.addChartOutputs(out)
	return out
}

// modifiesExisting reports whether a generator wants what it generates to be there.
func modifiesExisting(behavior string) bool { return behavior == "merge" || behavior == "replace" }

// placeholderTag is the tag of images that are made up.
const placeholderTag = "the-tag-of-the-remote-base"

// placeholderDeployment has each of names as an image.
func placeholderDeployment(name string, names []string) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: %s\nspec:\n  template:\n    spec:\n      containers:\n", name)
	for i, n := range names {
		fmt.Fprintf(&b, "      - name: c%d\n        image: %s:%s\n", i, n, placeholderTag)
	}
	return []byte(b.String())
}

// placeholderFile is the name of the file that stands for what is not built.
const placeholderFile = "regmigrate-made-up.yaml"

// withPlaceholder are the kustomizations of t with nothing but their layers and their
// images, each of those in sites with the file that is made up.
func (t *overlayTree) withPlaceholder(sites map[string]bool) replacements {
	out := replacements{}
	for _, l := range t.layers {
		if l.k == nil {
			continue
		}
		isBelow := func(name string) bool { return slices.Contains(l.bases, path.Join(l.dir, name)) }
		k := &types.Kustomization{TypeMeta: l.k.TypeMeta, NamePrefix: l.k.NamePrefix, NameSuffix: l.k.NameSuffix, Images: l.k.Images}
		for _, name := range l.k.Resources {
			if isBelow(name) {
				k.Resources = append(k.Resources, name)
			}
		}
		for _, name := range l.k.Components {
			if isBelow(name) {
				k.Components = append(k.Components, name)
			}
		}
		if sites[l.dir] {
			k.Resources = append(k.Resources, placeholderFile)
		}
		out[l.file] = k
	}
	return out
}
