package kustomize

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/types"
)

// replacements are the contents that replace kustomization files, by the path of
// the file.
type replacements = map[string]*types.Kustomization

// changeEntries adds replacements in which change has changed each entry of images of
// the layers. The kustomizations that it changes are copies.
func changeEntries(out replacements, layers []*layer, change func(e *types.Image, at markedEntry)) {
	for _, l := range layers {
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
			change(&copied.Images[i], markedEntry{l, i})
		}
		out[l.file] = &copied
	}
}

// A replaceFunc returns the replacements to build an overlayTree with.
type replaceFunc = func(t *overlayTree) replacements

// withoutOmitted replaces the kustomizations with omitted parts by ones without
// these parts, and adds the outputs of charts.
func (t *overlayTree) withoutOmitted() replacements {
	out := t.omittingLayers()
	t.addChartOutputs(out)
	return out
}

// omittingLayers returns the kustomizations with omitted parts.
func (t *overlayTree) omittingLayers() replacements {
	out := replacements{}
	for _, l := range t.layers {
		if len(l.omitted) > 0 {
			out[l.file] = l.k
		}
	}
	return out
}

// withoutPatches returns the same replacements as withoutOmitted, but without
// the fields that can refer to objects of omitted parts, and of what uses a component
// that is built alone. It removes these fields from such a component with its
// components, from the kustomizations with omitted parts, and from all layers above
// them.
func (t *overlayTree) withoutPatches() replacements {
	out := t.omittingLayers()
	for _, l := range t.layers {
		if t.layers[0].component && l.component && l.k != nil {
			out[l.file] = l.k
		}
	}
	for added := true; added; {
		added = false
		for _, l := range t.layers {
			if out[l.file] != nil || l.k == nil {
				continue
			}
			if slices.ContainsFunc(t.layers, func(b *layer) bool { return out[b.file] != nil && slices.Contains(l.bases, b.dir) }) {
				out[l.file], added = l.k, true
			}
		}
	}
	for name, k := range out {
		k := *k
		//lint:ignore SA1019 existing files use these fields
		k.Patches, k.PatchesStrategicMerge, k.PatchesJson6902 = nil, nil, nil
		//lint:ignore SA1019 existing files use these fields
		k.Replacements, k.Replicas, k.Vars = nil, nil, nil
		k.ConfigMapGenerator = slices.DeleteFunc(slices.Clone(k.ConfigMapGenerator), func(g types.ConfigMapArgs) bool { return modifiesExisting(g.Behavior) })
		k.SecretGenerator = slices.DeleteFunc(slices.Clone(k.SecretGenerator), func(g types.SecretArgs) bool { return modifiesExisting(g.Behavior) })
		out[name] = &k
	}
	t.addChartOutputs(out)
	return out
}

// modifiesExisting reports whether a generator with this behavior needs an
// existing object.
func modifiesExisting(behavior string) bool { return behavior == "merge" || behavior == "replace" }

// addChartOutputs adds the outputs of charts as resources to the kustomizations
// with entries of helmCharts.
func (t *overlayTree) addChartOutputs(out replacements) {
	for _, l := range t.layers {
		if len(l.charts) == 0 {
			continue
		}
		k := *l.k
		if replaced := out[l.file]; replaced != nil {
			k = *replaced
		}
		k.Resources = slices.Clone(k.Resources)
		for _, c := range t.charts {
			if path.Dir(c.Path) == l.dir {
				k.Resources = append(k.Resources, path.Base(c.Path))
			}
		}
		out[l.file] = &k
	}
}

// placeholderFile is the name of the file that replaces the omitted parts of a
// kustomization.
const placeholderFile = "regmigrate-placeholder.yaml"

// withPlaceholders keeps only the layers and images of each kustomization, and
// adds placeholderFile as a resource to those in the folders dirs.
func (t *overlayTree) withPlaceholders(dirs map[string]bool) replacements {
	out := replacements{}
	for _, l := range t.layers {
		if l.k == nil {
			continue
		}
		isBase := func(name string) bool { return slices.Contains(l.bases, path.Join(l.dir, name)) }
		k := &types.Kustomization{TypeMeta: l.k.TypeMeta, NamePrefix: l.k.NamePrefix, NameSuffix: l.k.NameSuffix, Images: l.k.Images}
		for _, name := range l.k.Resources {
			if isBase(name) {
				k.Resources = append(k.Resources, name)
			}
		}
		for _, name := range l.k.Components {
			if isBase(name) {
				k.Components = append(k.Components, name)
			}
		}
		if dirs[l.dir] {
			k.Resources = append(k.Resources, placeholderFile)
		}
		out[l.file] = k
	}
	return out
}

// placeholderTag is the tag of the images of a placeholder.
const placeholderTag = "the-tag-of-the-remote-base"

// placeholderDeployment returns a Deployment with each of images as an image.
func placeholderDeployment(name string, images []string) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: %s\nspec:\n  template:\n    spec:\n      containers:\n", name)
	for i, image := range images {
		fmt.Fprintf(&b, "      - name: c%d\n        image: %s:%s\n", i, image, placeholderTag)
	}
	return []byte(b.String())
}
