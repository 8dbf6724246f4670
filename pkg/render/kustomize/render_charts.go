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

// renderCharts renders the charts of t and adds their manifests to b.
func (p *comparison) renderCharts(ctx context.Context, t *overlayTree, b *buildRequest) error {
	if len(t.charts) == 0 {
		return nil
	}
	b.Files = maps.Clone(b.Files)
	if b.generated == nil {
		b.generated = map[string][]byte{}
	}
	if p.versions == nil {
		p.versions = map[string]helm.Versions{}
	}
	for i := range t.charts {
		in := &t.charts[i]
		q, err := p.chartRequest(ctx, t, in)
		if err != nil {
			return fmt.Errorf("the chart %s: %w", in.Chart.Name, err)
		}
		out, err := helm.Template(ctx, p.runner, q)
		if err != nil {
			return fmt.Errorf("the chart %s: %w", in.Chart.Name, err)
		}
		if p.versions[in.Path] == nil {
			p.versions[in.Path] = out.Versions
		}
		b.addFile(in.Path, out.Text)
		b.HelmOutputs = append(b.HelmOutputs, in.Path)
	}
	return nil
}

// chartRequest reads the files of in.
func (p *comparison) chartRequest(ctx context.Context, t *overlayTree, in *chartEntry) (*helm.TemplateRequest, error) {
	q := &helm.TemplateRequest{
		Files: map[string][]byte{}, Values: helm.Values{Name: "the values of the entry"}, Capabilities: in.capabilities(p.capabilities), UseVersions: p.versions[in.Path],
		IncludeCRDs: in.Chart.IncludeCRDs, SkipHooks: in.Chart.SkipHooks, SkipTests: in.Chart.SkipTests,
	}
	for name, at := range in.Files {
		src, err := t.read(at)
		if err != nil {
			return nil, err
		}
		q.Files[name] = src
	}
	src, err := t.read(in.Chart.ValuesFile)
	if err != nil {
		return nil, err
	}
	if src, err = mergeInline(ctx, p.runner, &valuesRequest{in.Chart.ValuesFile, src, in.ValuesInline, in.Chart.ValuesMerge}); err != nil {
		return nil, err
	}
	q.Values.Files = append(q.Values.Files, src)
	for _, name := range in.Chart.AdditionalValuesFiles {
		if src, err = t.read(name); err != nil {
			return nil, err
		}
		q.Values.Files = append(q.Values.Files, src)
	}
	return q, nil
}

// read returns a file of t, with the content that t was made for.
func (t *overlayTree) read(name string) ([]byte, error) {
	src, err := t.load(name)
	if err == nil && sumOf(src) != t.files[name] {
		err = fmt.Errorf("%s changed while it was read", name)
	}
	if err != nil {
		return nil, &render.JobError{Text: err.Error()}
	}
	return src, nil
}

// capabilities is what the chart is told. kustomize lets helm make up a name where none
// is given, which is another one each time.
func (in *chartEntry) capabilities(as helm.Capabilities) helm.Capabilities {
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

// markHelmObjects are the objects of text with the mark of what helm made: kustomize
// gives these no namespace.
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
