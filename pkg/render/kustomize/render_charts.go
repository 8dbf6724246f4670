package kustomize

import (
	"context"
	"fmt"
	"maps"
	"path"

	"sigs.k8s.io/kustomize/api/konfig"
	"sigs.k8s.io/kustomize/api/provider"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/regmigrate/regmigrate/pkg/render"
	"github.com/regmigrate/regmigrate/pkg/render/helm"
)

// renderCharts renders the charts of t and adds the outputs to b.
func (c *comparison) renderCharts(ctx context.Context, t *overlayTree, b *buildRequest) error {
	if len(t.charts) == 0 {
		return nil
	}
	b.Files = maps.Clone(b.Files)
	if b.generated == nil {
		b.generated = map[string][]byte{}
	}
	if c.versions == nil {
		c.versions = map[string]helm.Versions{}
	}
	for i := range t.charts {
		entry := &t.charts[i]
		q, err := c.chartRequest(ctx, t, entry)
		if err != nil {
			return fmt.Errorf("the chart %s: %w", entry.Chart.Name, err)
		}
		out, err := helm.Template(ctx, c.runner, q)
		c.verdict.Backstop = c.verdict.Backstop || render.IsBackstop(err)
		if err != nil {
			return fmt.Errorf("the chart %s: %w", entry.Chart.Name, err)
		}
		c.schemaUnread = append(c.schemaUnread, out.SchemaUnread...)
		if c.versions[entry.Path] == nil {
			c.versions[entry.Path] = out.Versions
		}
		b.addFile(entry.Path, out.Text)
		b.HelmOutputs = append(b.HelmOutputs, entry.Path)
	}
	return nil
}

// chartRequest returns the request to render the chart of entry.
func (c *comparison) chartRequest(ctx context.Context, t *overlayTree, entry *chartEntry) (*helm.TemplateRequest, error) {
	q := &helm.TemplateRequest{
		Files: map[string][]byte{}, Values: helm.Values{Name: "the values of the entry"},
		Capabilities: entry.capabilities(c.capabilities), UseVersions: c.versions[entry.Path],
		IncludeCRDs: entry.Chart.IncludeCRDs, SkipHooks: entry.Chart.SkipHooks, SkipTests: entry.Chart.SkipTests,
	}
	for name, file := range entry.Files {
		src, err := t.read(file)
		if err != nil {
			return nil, err
		}
		q.Files[name] = src
	}
	src, err := t.read(entry.Chart.ValuesFile)
	if err != nil {
		return nil, err
	}
	if src, err = mergeInline(ctx, c.runner, &valuesRequest{entry.Chart.ValuesFile, src, entry.ValuesInline, entry.Chart.ValuesMerge}); err != nil {
		return nil, err
	}
	q.Values.Files = append(q.Values.Files, src)
	for _, name := range entry.Chart.AdditionalValuesFiles {
		if src, err = t.read(name); err != nil {
			return nil, err
		}
		q.Values.Files = append(q.Values.Files, src)
	}
	return q, nil
}

// capabilities returns the capabilities of the chart: those of the entry, and
// otherwise defaults. For an entry without a release name, kustomize has helm
// generate a random one; the name of the chart replaces it here.
func (e *chartEntry) capabilities(defaults helm.Capabilities) helm.Capabilities {
	out := defaults
	if e.Chart.KubeVersion != "" {
		out.KubeVersion = e.Chart.KubeVersion
	}
	if len(e.Chart.ApiVersions) > 0 {
		out.APIVersions = e.Chart.ApiVersions
	}
	out.Namespace, out.Release = e.Chart.Namespace, e.Chart.ReleaseName
	if out.Release == "" {
		out.Release = path.Base(e.Chart.Name)
	}
	return out
}

// markHelmObjects adds the annotation of helm's objects to the objects of text:
// kustomize does not set the namespace of objects with it.
func markHelmObjects(text []byte) ([]byte, error) {
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
