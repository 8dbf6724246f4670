package render

import (
	"bytes"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/release"
	"helm.sh/helm/v3/pkg/releaseutil"
	"sigs.k8s.io/kustomize/api/konfig"
	"sigs.k8s.io/kustomize/api/provider"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/kyaml/yaml"
	"sigs.k8s.io/kustomize/kyaml/yaml/merge2"
)

// All of this file runs in a child.

// inflate renders the chart of in out of the files of tree, and returns what
// stands for it among the resources of its kustomization: what `helm template`
// would print, marked as kustomize marks it. Versions are as for renderChart.
func (in *inflation) inflate(tree *memoryTree, keep Versions, l limits) ([]byte, Versions, error) {
	read := func(name string) ([]byte, error) { return tree.ReadFile(path.Join(repository, name)) }
	c := Chart{Files: map[string][]byte{}}
	for name, at := range in.Files {
		src, err := read(at)
		if err != nil {
			return nil, nil, err
		}
		c.Files[name] = src
	}
	set := ValueSet{Name: "its values"}
	src, err := read(in.Chart.ValuesFile)
	if err != nil {
		return nil, nil, err
	}
	if src, err = in.withInline(src); err != nil {
		return nil, nil, err
	}
	set.Values = append(set.Values, src)
	for _, name := range in.Chart.AdditionalValuesFiles {
		if src, err = read(name); err != nil {
			return nil, nil, err
		}
		set.Values = append(set.Values, src)
	}
	values, err := mergeValues(&set)
	if err != nil {
		return nil, nil, err
	}
	x, err := execute(&c, values, rendering{as: in.as(), keep: keep, limits: l})
	switch {
	case err != nil:
		return nil, nil, err
	case x.r.Library:
		return nil, nil, errors.New("it is a library chart: helm installs none")
	case len(x.r.Missing) > 0:
		return nil, nil, fmt.Errorf("not in charts/: %s", strings.Join(x.r.Missing, ", "))
	}
	text, err := in.template(x.chart, x.files)
	if err != nil {
		return nil, nil, err
	}
	out, err := generated(text)
	return out, x.r.Versions, err
}

// as is what the chart is told. kustomize lets helm make up a name where none
// is given, which is another one each time.
func (in *inflation) as() Capabilities {
	as := in.As
	if in.Chart.KubeVersion != "" {
		as.KubeVersion = in.Chart.KubeVersion
	}
	if len(in.Chart.ApiVersions) > 0 {
		as.APIVersions = in.Chart.ApiVersions
	}
	as.Namespace, as.Release = in.Chart.Namespace, in.Chart.ReleaseName
	if as.Release == "" {
		as.Release = path.Base(in.Chart.Name)
	}
	return as
}

// withInline returns the values in src with those that the kustomization gives.
// Source: sigs.k8s.io/kustomize/api/internal/builtins, createNewMergedValuesFile.
func (in *inflation) withInline(src []byte) ([]byte, error) {
	if len(in.Inline) == 0 {
		return src, nil
	}
	given, err := chartutil.ReadValues(in.Inline)
	if err != nil {
		return nil, fmt.Errorf("reading valuesInline: %w", err)
	}
	if in.Chart.ValuesMerge != "replace" {
		values, err := yaml.Parse(string(src))
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", in.Chart.ValuesFile, err)
		}
		inline, err := yaml.FromMap(given)
		if err != nil {
			return nil, fmt.Errorf("reading valuesInline: %w", err)
		}
		switch in.Chart.ValuesMerge {
		case "", "override":
			values, err = merge2.Merge(inline, values, yaml.MergeOptions{})
		case "merge":
			values, err = merge2.Merge(values, inline, yaml.MergeOptions{})
		default:
			return nil, fmt.Errorf("valuesMerge is %q: expected merge, override or replace", in.Chart.ValuesMerge)
		}
		if err != nil {
			return nil, fmt.Errorf("merging valuesInline: %w", err)
		}
		if given, err = values.Map(); err != nil {
			return nil, fmt.Errorf("merging valuesInline: %w", err)
		}
	}
	out, err := chartutil.Values(given).YAML()
	return []byte(out), err
}

// template is what `helm template` prints. Source:
// helm.sh/helm/v3/pkg/action, renderResources, and cmd/helm/template.go.
func (in *inflation) template(ch *chart.Chart, files map[string]string) ([]byte, error) {
	for name := range files {
		if strings.HasSuffix(name, notes) {
			delete(files, name)
		}
	}
	hooks, manifests, err := releaseutil.SortManifests(files, nil, releaseutil.InstallOrder)
	if err != nil {
		return nil, fmt.Errorf("sorting what it prints: %w", err)
	}
	var b bytes.Buffer
	if in.Chart.IncludeCRDs {
		for _, crd := range ch.CRDObjects() {
			fmt.Fprintf(&b, "---\n%s\n", crd.File.Data)
		}
	}
	for _, m := range manifests {
		fmt.Fprintf(&b, "---\n%s\n", m.Content)
	}
	for _, h := range hooks {
		if !in.Chart.SkipHooks && !(in.Chart.SkipTests && slices.Contains(h.Events, release.HookTest)) {
			fmt.Fprintf(&b, "---\n%s\n", h.Manifest)
		}
	}
	return b.Bytes(), nil
}

// generated are the objects of text with the mark of what helm made: kustomize
// gives these no namespace.
func generated(text []byte) ([]byte, error) {
	m, err := resmap.NewFactory(provider.NewDefaultDepProvider().GetResourceFactory()).NewResMapFromBytes(text)
	if err != nil {
		return nil, err
	}
	for _, r := range m.Resources() {
		if err := r.PipeE(yaml.SetAnnotation(konfig.HelmGeneratedAnnotation, "true")); err != nil {
			return nil, fmt.Errorf("marking %s: %w", r.CurId(), err)
		}
	}
	return m.AsYaml()
}
