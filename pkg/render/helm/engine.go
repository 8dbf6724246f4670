package helm

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"sort"
	"strings"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/strvals"

	"github.com/regmigrate/regmigrate/internal/chartutil"
	"github.com/regmigrate/regmigrate/pkg/link"
	"github.com/regmigrate/regmigrate/pkg/render"
)

// The functions of this file run in child processes.

// renderChart renders c with values. The versions of the chart and its sub-charts
// in useVersions replace their own, so that a raised version does not appear in
// the output.
func renderChart(c *Chart, values *Values, as Capabilities, useVersions Versions, l render.Limits) (*Rendered, error) {
	merged, err := mergeValues(values)
	if err != nil {
		return nil, err
	}
	r, _, err := renderValues(c, merged, renderOptions{as: as, useVersions: useVersions, checkSchemas: true, limits: l})
	return r, err
}

// renderOptions are the settings of one rendering.
type renderOptions struct {
	as           Capabilities
	useVersions  Versions
	skipNotes    bool // leave out NOTES.txt: some charts reject unknown images there
	checkSchemas bool // set Rendered.Schema
	limits       render.Limits
	repairs      *repairs // of a chart that does not render; nil for none

	// branches decides about conditions; nil leaves that to the values. Templates that
	// fail then print what precedes the error.
	branches *branchChooser
}

// renderValues renders c with values, which it modifies, and returns all values
// that the templates get. It loads the chart anew: loading renames files, and
// processing dependencies renames charts.
func renderValues(c *Chart, values map[string]any, o renderOptions) (*Rendered, map[string]any, error) {
	x, err := execute(c, values, o)
	if err != nil {
		return nil, nil, err
	}
	if !x.rendered.Library {
		x.rendered.Texts, err = readTexts(manifests(x.chart, x.outputs), o.repairs != nil)
	}
	return x.rendered, x.values, err
}

// An execution is the result of executing the templates of a chart.
type execution struct {
	chart    *chart.Chart
	top      chartutil.Values  // what the templates get
	outputs  map[string]string // by the name of the template, which begins with the name of the chart
	values   map[string]any    // all values that the templates got
	rendered *Rendered         // without Texts
}

// execute renders c as renderValues does, but does not read the output.
func execute(c *Chart, values map[string]any, o renderOptions) (*execution, error) {
	x, err := prepare(c, values, o)
	if err != nil || x.rendered.Library {
		return x, err
	}
	if x.outputs, err = o.engine().render(x.chart, x.top); err != nil {
		return nil, renderError(x.chart.Name(), x.rendered.Missing, err)
	}
	return x, checkSize(x.outputs, o.limits)
}

// prepare loads the chart and merges the values: execute before it executes the
// templates.
func prepare(c *Chart, values map[string]any, o renderOptions) (*execution, error) {
	ch, err := loadChart(c.Files)
	if err != nil {
		return nil, err
	}
	r := &Rendered{Versions: Versions{}, Missing: missingDependencies(ch)}
	if strings.EqualFold(ch.Metadata.Type, "library") {
		r.Library = true
		return &execution{chart: ch, rendered: r}, nil
	}
	caps, err := capabilities(ch, o.as)
	if err != nil {
		return nil, err
	}
	r.KubeVersion = caps.KubeVersion.Version
	if o.branches != nil {
		enableAll(ch)
	}
	if err := chartutil.ProcessDependencies(ch, values); err != nil {
		return nil, fmt.Errorf("processing the dependencies: %w", err)
	}
	eachChart(ch, ch.Name(), func(name string, ch *chart.Chart) {
		r.Versions[name] = ch.Metadata.Version
		if v, ok := o.useVersions[name]; ok {
			ch.Metadata.Version = v
		}
		if o.skipNotes {
			// A dependency that is used twice shares its list of templates.
			ch.Templates = slices.DeleteFunc(slices.Clone(ch.Templates), func(f *chart.File) bool { return path.Base(f.Name) == notesFile })
		}
	})
	release := chartutil.ReleaseOptions{Name: o.as.Release, Namespace: o.as.Namespace, Revision: 1, IsInstall: !o.as.IsUpgrade, IsUpgrade: o.as.IsUpgrade}
	if o.as.IsUpgrade {
		release.Revision = 2
	}
	if release.Name == "" {
		release.Name = "release-name"
	}
	if release.Namespace == "" {
		release.Namespace = "default"
	}
	top, err := chartutil.ToRenderValues(ch, values, release, caps)
	if err != nil {
		return nil, fmt.Errorf("merging the values: %w", err)
	}
	o.repairs.apply(ch, top)
	all, _ := top["Values"].(chartutil.Values)
	if o.checkSchemas {
		r.Schema = checkSchemas(ch, all)
	}
	return &execution{chart: ch, top: top, values: all, rendered: r}, nil
}

// renderError rewords an error of Helm: template paths become relative to the
// chart's folder, as in all other messages, and missing dependencies come first,
// since they can be the cause.
func renderError(name string, missing []string, err error) error {
	text := strings.ReplaceAll(err.Error(), name+"/templates/", "templates/")
	if len(missing) > 0 {
		return fmt.Errorf("%w; %s", missingError(missing), text)
	}
	return errors.New(text)
}

// missingError says which dependencies are missing. One with several aliases is named once.
func missingError(names []string) error {
	var out []string
	for _, name := range names {
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return fmt.Errorf("%s %s", link.MissingDependencies, strings.Join(out, ", "))
}

// notesFile is the template whose output Helm shows to the user and does not send
// to the cluster.
const notesFile = "NOTES.txt"

// manifests returns the outputs without notes and blank texts, and with the
// custom resource definitions, which Helm does not render. Names are paths in
// the chart's folder.
func manifests(ch *chart.Chart, outputs map[string]string) map[string]string {
	out := map[string]string{}
	for name, text := range outputs {
		if path.Base(name) == notesFile || strings.TrimSpace(text) == "" {
			continue
		}
		out[strings.TrimPrefix(name, ch.Name()+"/")] = text
	}
	for _, crd := range ch.CRDObjects() {
		out[strings.TrimPrefix(crd.Filename, ch.Name()+"/")] = string(crd.File.Data)
	}
	return out
}

// checkSize returns an error when the outputs together exceed l.MaxOutput.
func checkSize(outputs map[string]string, l render.Limits) error {
	var n int64
	for _, t := range outputs {
		n += int64(len(t))
	}
	if n > l.MaxOutput {
		return errors.New(render.TooMuchOutput(l))
	}
	return nil
}

// eachChart calls f for ch, whose path is name, and all its sub-charts.
func eachChart(ch *chart.Chart, name string, f func(string, *chart.Chart)) {
	f(name, ch)
	for _, d := range ch.Dependencies() {
		eachChart(d, name+"/charts/"+d.Name(), f)
	}
}

// missingDependencies returns the names of dependencies in Chart.yaml that charts/
// does not hold, whether or not their conditions are true. Source: Helm's
// action.CheckDependencies.
func missingDependencies(ch *chart.Chart) []string {
	present := map[string]bool{}
	for _, d := range ch.Dependencies() {
		present[d.Name()] = true
	}
	var out []string
	for _, d := range ch.Metadata.Dependencies {
		if d != nil && !present[d.Name] {
			out = append(out, d.Name)
		}
	}
	return out
}

// DefaultKubeVersion is the version of Kubernetes that charts are rendered for by
// default. The default of the Helm library is 1.20.
const DefaultKubeVersion = "v1.31.0"

// olderKubeVersions are tried in this order for a chart whose kubeVersion excludes
// DefaultKubeVersion, unless the user sets a version.
var olderKubeVersions = [...]string{"v1.25.0", "v1.21.0", "v1.18.0", "v1.15.0", "v1.10.0"}

// capabilities returns the capabilities that ch gets. The error names the versions
// that ch supports.
func capabilities(ch *chart.Chart, as Capabilities) (*chartutil.Capabilities, error) {
	caps := chartutil.DefaultCapabilities()
	caps.APIVersions = append(caps.APIVersions, as.APIVersions...)
	versions := append([]string{DefaultKubeVersion}, olderKubeVersions[:]...)
	if as.KubeVersion != "" {
		versions = []string{as.KubeVersion}
	}
	for _, v := range versions {
		kube, err := chartutil.ParseKubeVersion(v)
		if err != nil {
			return nil, fmt.Errorf("reading the version of Kubernetes %q: %w", v, err)
		}
		if supported := ch.Metadata.KubeVersion; supported == "" || chartutil.IsCompatibleRange(supported, kube.Version) {
			caps.KubeVersion = *kube
			return caps, nil
		}
	}
	return nil, fmt.Errorf("the chart requires Kubernetes %s; --kube-version sets the version", ch.Metadata.KubeVersion)
}

// mergeValues merges values files and --set arguments as `helm template` does.
func mergeValues(values *Values) (map[string]any, error) {
	out := map[string]any{}
	for i, src := range values.Files {
		v, err := chartutil.ReadValues(src)
		if err != nil {
			return nil, fmt.Errorf("reading values file %d of %s: %w", i+1, values.Name, err)
		}
		mergeInto(out, v)
	}
	for _, s := range values.Set {
		if err := strvals.ParseInto(s, out); err != nil {
			return nil, fmt.Errorf("reading --set %q: %w", s, err)
		}
	}
	return out, nil
}

// mergeInto adds the values of src to dst; values of src override those of dst.
func mergeInto(dst, src map[string]any) {
	for k, v := range src {
		if s, ok := v.(map[string]any); ok {
			if d, ok := dst[k].(map[string]any); ok {
				mergeInto(d, s)
				continue
			}
		}
		dst[k] = v
	}
}

// emptyTag matches an image without its tag: the colon makes another value of it.
var emptyTag = regexp.MustCompile(`(?m)^([ \t]*(?:- )?image: [^\s"'#{}]*[^\s:]):[ \t]*$`)

// readTexts reads the objects in the outputs of templates. If tolerant is set, it
// leaves out outputs that are not YAML.
func readTexts(outputs map[string]string, tolerant bool) ([]render.Text, error) {
	var out []render.Text
	for name, body := range outputs {
		if tolerant {
			body = emptyTag.ReplaceAllString(body, "$1")
		}
		objects, err := render.ReadObjects(body)
		if err != nil && tolerant {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("the output of %s is not YAML: %w", name, err)
		}
		out = append(out, render.Text{Template: name, Body: body, Objects: objects})
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Template < out[j].Template })
	return out, nil
}
