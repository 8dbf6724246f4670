package kustomize

import (
	"io/fs"
	"path"
	"slices"
	"strings"

	"helm.sh/helm/v3/pkg/chartutil"
	"sigs.k8s.io/kustomize/api/types"

	"github.com/regmigrate/regmigrate/pkg/render"
)

// resolve finds what the layer l takes, and cuts out of l.k what is not to be
// had: the library would fetch it. Source of the fields that take paths and
// URLs: sigs.k8s.io/kustomize/api/types, Kustomization.
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
		l.omit(p, "it is remote", false)
		k.OpenAPI = nil
	}
	k.Patches = slices.DeleteFunc(k.Patches, func(p types.Patch) bool { return l.omitURL(p.Path) })
	//lint:ignore SA1019 files in use have it
	k.PatchesJson6902 = slices.DeleteFunc(k.PatchesJson6902, func(p types.Patch) bool { return l.omitURL(p.Path) })
	//lint:ignore SA1019 files in use have it
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

// omit notes that a part of l is not to be had.
func (l *layer) omit(what, why string, brings bool) {
	l.omitted = append(l.omitted, omission{what, l.file + ": " + why, brings})
}

func (l *layer) omitURL(name string) bool {
	if !isURL(name) {
		return false
	}
	l.omit(name, "it is remote", false)
	return true
}

// omitRemoteSources cuts the files of a generator that are remote.
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

// keepLocal returns those of names that are in the tree, or should be.
func (x *Tree) keepLocal(l *layer, names []string, brings bool) []string {
	return slices.DeleteFunc(names, func(name string) bool {
		why := x.addPath(l, name)
		if why != "" {
			l.omit(name, why, brings)
		}
		return why != ""
	})
}

// addPath adds the file or the layer name to what l takes. It returns why that
// is not to be had, "" when it is.
func (x *Tree) addPath(l *layer, name string) string {
	at := path.Join(l.dir, name)
	switch {
	case name == "":
	case isURL(name), isRepository(name):
		return "it is remote"
	case path.IsAbs(name), !fs.ValidPath(at):
		return "it is outside of the repository"
	case x.isFile(at):
		l.files = append(l.files, at)
	case x.isDir(at):
		if len(x.kustomizationFiles(at)) == 0 {
			l.missing = append(l.missing, l.file+": "+name+" has no kustomization")
			return ""
		}
		l.bases = append(l.bases, at)
	case isHosted(name):
		return "it is remote"
	default:
		l.missing = append(l.missing, l.file+": "+name+" is not there")
	}
	return ""
}

// keepBuiltin returns those of the plugins that are built into kustomize.
func (x *Tree) keepBuiltin(l *layer, names []string, brings bool) []string {
	return slices.DeleteFunc(names, func(name string) bool {
		text := name
		if !strings.Contains(name, "\n") {
			if why := x.addPath(l, name); why != "" {
				l.omit(name, why, brings)
				return true
			}
			at := path.Join(l.dir, name)
			src, err := x.load(at)
			if err != nil {
				return false // a folder, or something that is not there
			}
			text = string(src)
			x.addPluginFiles(l, text)
		}
		why := whyNotBuiltin(text)
		if why != "" {
			what, _, _ := strings.Cut(strings.TrimSpace(name), "\n")
			l.omit(what, why, brings)
		}
		return why != ""
	})
}

// whyNotBuiltin says what the plugins that text configures need, "" when it is
// nothing but kustomize.
func whyNotBuiltin(text string) string {
	for _, doc := range render.SplitDocuments(text) {
		v, err := chartutil.ReadValues([]byte(doc))
		if err != nil || len(v) == 0 {
			continue
		}
		kind, _ := v["kind"].(string)
		switch api, _ := v["apiVersion"].(string); {
		case kind == "HelmChartInflationGenerator":
			return "it takes the program helm"
		case api != "builtin":
			return "it takes a program of its own: a plugin or a function"
		}
	}
	return ""
}

func isURL(name string) bool {
	return !strings.Contains(name, "\n") && strings.Contains(name, "://")
}

// isRepository reports whether a resource can be nothing but a repository.
// Source: https://github.com/kubernetes-sigs/kustomize/blob/master/examples/remoteBuild.md
func isRepository(name string) bool {
	return strings.HasPrefix(name, "git@") || strings.HasPrefix(name, "git::") || strings.HasPrefix(name, "gh:") ||
		strings.Contains(name, "?ref=") || strings.Contains(name, "?version=") || strings.Contains(name, ".git//")
}

// isHosted reports whether a resource that is not in the tree begins with the
// name of a host.
func isHosted(name string) bool {
	first, rest, _ := strings.Cut(name, "/")
	return rest != "" && strings.Trim(first, ".") != "" && strings.ContainsAny(first, ".:")
}
