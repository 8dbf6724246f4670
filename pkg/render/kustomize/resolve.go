package kustomize

import (
	"io/fs"
	"path"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/types"

	"github.com/regmigrate/regmigrate/internal/chartutil"
	"github.com/regmigrate/regmigrate/pkg/render"
)

// resolve adds the files and bases of the layer l to l.files and l.bases, and
// removes the parts that are not in the tree from l.k, since the library would
// fetch them. Source of the fields with paths and URLs:
// sigs.k8s.io/kustomize/api/types, Kustomization.
func (x *Tree) resolve(l *layer) {
	k := l.k
	k.Resources = x.keepLocal(l, k.Resources, true)
	k.Components = x.keepLocal(l, k.Components, true)
	k.Crds = x.keepLocal(l, k.Crds, false)
	k.Configurations = x.keepLocal(l, k.Configurations, false)
	k.Generators = x.keepBuiltin(l, k.Generators, true)
	k.Transformers = x.keepBuiltin(l, k.Transformers, false)
	k.Validators = x.keepBuiltin(l, k.Validators, false)
	if p := k.OpenAPI["path"]; isURL(p) {
		l.omit(p, "remote, not fetched", false)
		k.OpenAPI = nil
	}
	k.Patches = slices.DeleteFunc(k.Patches, func(p types.Patch) bool { return l.omitURL(p.Path) })
	//lint:ignore SA1019 existing files use this field
	k.PatchesJson6902 = slices.DeleteFunc(k.PatchesJson6902, func(p types.Patch) bool { return l.omitURL(p.Path) })
	//lint:ignore SA1019 existing files use this field
	k.PatchesStrategicMerge = slices.DeleteFunc(k.PatchesStrategicMerge, func(p types.PatchStrategicMerge) bool { return l.omitURL(string(p)) })
	k.Replacements = slices.DeleteFunc(k.Replacements, func(p types.ReplacementField) bool { return l.omitURL(p.Path) })
	for i := range k.ConfigMapGenerator {
		l.omitRemoteSources(&k.ConfigMapGenerator[i].GeneratorArgs)
	}
	for i := range k.SecretGenerator {
		l.omitRemoteSources(&k.SecretGenerator[i].GeneratorArgs)
	}
	x.addChartEntries(l)
}

// omit adds an omitted part. hasImages says that the part can contain images.
func (l *layer) omit(what, why string, hasImages bool) {
	l.omitted = append(l.omitted, omission{what, l.file + ": " + why, hasImages})
}

// omitURL omits name and returns true when name is a URL.
func (l *layer) omitURL(name string) bool {
	if !isURL(name) {
		return false
	}
	l.omit(name, "remote, not fetched", false)
	return true
}

// omitRemoteSources omits the remote files of a generator.
func (l *layer) omitRemoteSources(g *types.GeneratorArgs) {
	remote := func(s string) bool {
		if _, file, ok := strings.Cut(s, "="); ok && l.omitURL(file) {
			return true
		}
		return l.omitURL(s)
	}
	g.FileSources = slices.DeleteFunc(g.FileSources, remote)
	g.EnvSources = slices.DeleteFunc(g.EnvSources, remote)
}

// keepLocal returns names without remote files and folders, which it omits.
func (x *Tree) keepLocal(l *layer, names []string, hasImages bool) []string {
	return slices.DeleteFunc(names, func(name string) bool {
		why := x.addPath(l, name)
		if why != "" {
			l.omit(name, why, hasImages)
		}
		return why != ""
	})
}

// addPath adds name to the files of l if it is a file, and to the bases of l if
// it is a folder. It returns why name must be omitted, "" if it is not omitted.
func (x *Tree) addPath(l *layer, name string) string {
	target := path.Join(l.dir, name)
	switch {
	case name == "":
	case isURL(name), isRepository(name):
		return "remote, not fetched"
	case path.IsAbs(name), !fs.ValidPath(target):
		return "outside of the repository"
	case x.isFile(target):
		l.files = append(l.files, target)
	case x.isDir(target):
		if len(x.kustomizationFiles(target)) == 0 {
			l.missing = append(l.missing, l.file+": "+name+" has no kustomization file")
			return ""
		}
		l.bases = append(l.bases, target)
	case isHosted(name):
		return "remote, not fetched"
	default:
		l.missing = append(l.missing, l.file+": "+name+" does not exist")
	}
	return ""
}

// keepBuiltin returns names, which configure plugins inline or in files, without
// plugins that are not built into kustomize. It omits these.
func (x *Tree) keepBuiltin(l *layer, names []string, hasImages bool) []string {
	return slices.DeleteFunc(names, func(name string) bool {
		text := name
		if !strings.Contains(name, "\n") {
			if why := x.addPath(l, name); why != "" {
				l.omit(name, why, hasImages)
				return true
			}
			src, err := x.load(path.Join(l.dir, name))
			if err != nil {
				return false // a folder, or missing
			}
			text = string(src)
			x.addPluginFiles(l, text)
		}
		why := whyNotBuiltin(text)
		if why != "" {
			what, _, _ := strings.Cut(strings.TrimSpace(name), "\n")
			l.omit(what, why, hasImages)
		}
		return why != ""
	})
}

// whyNotBuiltin returns why a plugin that text configures is not built into
// kustomize, "" if all are built in.
func whyNotBuiltin(text string) string {
	for _, doc := range render.SplitDocuments(text) {
		v, err := chartutil.ReadValues([]byte(doc))
		if err != nil || len(v) == 0 {
			continue
		}
		kind, _ := v["kind"].(string)
		switch api, _ := v["apiVersion"].(string); {
		case kind == "HelmChartInflationGenerator":
			return "requires the helm program"
		case api != "builtin":
			return "requires a program: a plugin or a function"
		}
	}
	return ""
}

func isURL(name string) bool {
	return !strings.Contains(name, "\n") && strings.Contains(name, "://")
}

// isRepository reports whether the form of a resource is that of a git repository.
// Source: https://github.com/kubernetes-sigs/kustomize/blob/master/examples/remoteBuild.md
func isRepository(name string) bool {
	return strings.HasPrefix(name, "git@") || strings.HasPrefix(name, "git::") || strings.HasPrefix(name, "gh:") ||
		strings.Contains(name, "?ref=") || strings.Contains(name, "?version=") || strings.Contains(name, ".git//")
}

// isHosted reports whether a resource that is not in the tree begins with a host
// name.
func isHosted(name string) bool {
	first, rest, _ := strings.Cut(name, "/")
	return rest != "" && strings.Trim(first, ".") != "" && strings.ContainsAny(first, ".:")
}
