package helm

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"sort"
	"strings"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"helm.sh/helm/v3/pkg/strvals"

	"github.com/regmigrate/regmigrate/pkg/render"
)

// All of this file runs in a child.

// renderChart renders c with set. Versions of charts that keep names are put
// in place of their own, so that a version that was raised does not show.
func renderChart(c *Chart, set *Values, as Capabilities, keep Versions, l render.Limits) (*Rendered, error) {
	values, err := mergeValues(set)
	if err != nil {
		return nil, err
	}
	r, _, err := renderValues(c, values, rendering{as: as, keep: keep, limits: l})
	return r, err
}

// A rendering is how a chart is rendered.
type rendering struct {
	as      Capabilities
	keep    Versions
	noNotes bool // leave NOTES.txt out: some charts refuse images there that they do not know
	limits  render.Limits
}

// renderValues renders c with values, which are changed, and returns all the
// values that its templates saw. It loads the chart afresh: loading renames
// files, and processing dependencies renames charts.
func renderValues(c *Chart, values map[string]any, how rendering) (*Rendered, map[string]any, error) {
	x, err := execute(c, values, how)
	if err != nil {
		return nil, nil, err
	}
	if !x.r.Library {
		x.r.Texts, err = texts(printed(x.chart, x.files))
	}
	return x.r, x.seen, err
}

// An executed is a chart of which the templates have been executed.
type executed struct {
	chart *chart.Chart
	files map[string]string // what each printed, by its name, which begins with that of the chart
	seen  map[string]any    // the values
	r     *Rendered         // without Texts
}

// execute is renderValues without a look at what is printed.
func execute(c *Chart, values map[string]any, how rendering) (*executed, error) {
	ch, err := load(c.Files)
	if err != nil {
		return nil, err
	}
	r := &Rendered{Versions: Versions{}, Missing: missing(ch)}
	if strings.EqualFold(ch.Metadata.Type, "library") {
		r.Library = true
		return &executed{chart: ch, r: r}, nil
	}
	caps, err := capabilities(ch, how.as)
	if err != nil {
		return nil, err
	}
	r.KubeVersion = caps.KubeVersion.Version
	if err := chartutil.ProcessDependenciesWithMerge(ch, values); err != nil {
		return nil, fmt.Errorf("processing the dependencies: %w", err)
	}
	eachChart(ch, ch.Name(), func(name string, ch *chart.Chart) {
		r.Versions[name] = ch.Metadata.Version
		if v, ok := how.keep[name]; ok {
			ch.Metadata.Version = v
		}
		if how.noNotes {
			ch.Templates = slices.DeleteFunc(ch.Templates, func(f *chart.File) bool { return path.Base(f.Name) == notes })
		}
	})
	release := chartutil.ReleaseOptions{Name: how.as.Release, Namespace: how.as.Namespace, Revision: 1, IsInstall: true}
	if release.Name == "" {
		release.Name = "release-name"
	}
	if release.Namespace == "" {
		release.Namespace = "default"
	}
	top, err := chartutil.ToRenderValuesWithSchemaValidation(ch, values, release, caps, true)
	if err != nil {
		return nil, fmt.Errorf("merging the values: %w", err)
	}
	files, err := engine.Render(ch, top)
	if err != nil {
		return nil, inChart(ch.Name(), r.Missing, err)
	}
	if err := total(files, how.limits); err != nil {
		return nil, err
	}
	seen, _ := top["Values"].(chartutil.Values)
	return &executed{ch, files, seen, r}, nil
}

// inChart cuts the chart's name off the template that an error of Helm names,
// as paths are below the chart's folder everywhere else, and says first what
// may be the reason.
func inChart(name string, missing []string, err error) error {
	text := strings.ReplaceAll(err.Error(), name+"/templates/", "templates/")
	if len(missing) > 0 {
		return fmt.Errorf("not in charts/: %s; %s", strings.Join(missing, ", "), text)
	}
	return errors.New(text)
}

// notes is what helm shows a person, and not a cluster.
const notes = "NOTES.txt"

// printed returns what counts of the output of a rendering: not the notes,
// nor what is blank; but the custom resource definitions, as they are. Names
// are paths below the chart's folder.
func printed(ch *chart.Chart, files map[string]string) map[string]string {
	out := map[string]string{}
	for name, text := range files {
		if path.Base(name) == notes || strings.TrimSpace(text) == "" {
			continue
		}
		out[strings.TrimPrefix(name, ch.Name()+"/")] = text
	}
	for _, crd := range ch.CRDObjects() {
		out[strings.TrimPrefix(crd.Filename, ch.Name()+"/")] = string(crd.File.Data)
	}
	return out
}

// total returns an error when texts are more than l allows.
func total(texts map[string]string, l render.Limits) error {
	var n int64
	for _, t := range texts {
		n += int64(len(t))
	}
	if n > l.MaxOutput {
		return errors.New(render.TooMuchOutput(l))
	}
	return nil
}

// eachChart calls f for ch, whose path is name, and all charts below it.
func eachChart(ch *chart.Chart, name string, f func(string, *chart.Chart)) {
	f(name, ch)
	for _, d := range ch.Dependencies() {
		eachChart(d, name+"/charts/"+d.Name(), f)
	}
}

// missing returns what Chart.yaml depends on and charts/ does not hold, as
// Helm's action.CheckDependencies has it: by name, and whether or not its
// condition holds.
func missing(ch *chart.Chart) []string {
	have := map[string]bool{}
	for _, d := range ch.Dependencies() {
		have[d.Name()] = true
	}
	var out []string
	for _, d := range ch.Metadata.Dependencies {
		if d != nil && !have[d.Name] {
			out = append(out, d.Name)
		}
	}
	return out
}

// DefaultKubeVersion is the version of Kubernetes that charts are rendered for
// when the user names none. Helm as a library would use 1.20.
const DefaultKubeVersion = "v1.31.0"

// olderKubeVersions are tried in this order for a chart whose kubeVersion
// excludes DefaultKubeVersion, when the user names no version.
var olderKubeVersions = [...]string{"v1.25.0", "v1.21.0", "v1.18.0", "v1.15.0", "v1.10.0"}

// capabilities returns what ch is told of the cluster. The error names the
// version that ch wants.
func capabilities(ch *chart.Chart, as Capabilities) (*chartutil.Capabilities, error) {
	caps := chartutil.DefaultCapabilities.Copy()
	caps.APIVersions = append(append(chartutil.VersionSet{}, caps.APIVersions...), as.APIVersions...)
	versions := append([]string{DefaultKubeVersion}, olderKubeVersions[:]...)
	if as.KubeVersion != "" {
		versions = []string{as.KubeVersion}
	}
	for _, v := range versions {
		kube, err := chartutil.ParseKubeVersion(v)
		if err != nil {
			return nil, fmt.Errorf("reading the version of Kubernetes %q: %w", v, err)
		}
		if want := ch.Metadata.KubeVersion; want == "" || chartutil.IsCompatibleRange(want, kube.Version) {
			caps.KubeVersion = *kube
			return caps, nil
		}
	}
	return nil, fmt.Errorf("the chart wants Kubernetes %s; --kube-version names one", ch.Metadata.KubeVersion)
}

// mergeValues returns the values of a set as `helm template` merges them.
func mergeValues(set *Values) (map[string]any, error) {
	out := map[string]any{}
	for i, src := range set.Files {
		v, err := chartutil.ReadValues(src)
		if err != nil {
			return nil, fmt.Errorf("reading value file %d of %s: %w", i+1, set.Name, err)
		}
		mergeInto(out, v)
	}
	for _, s := range set.Set {
		if err := strvals.ParseInto(s, out); err != nil {
			return nil, fmt.Errorf("reading --set %q: %w", s, err)
		}
	}
	return out, nil
}

// mergeInto lets src win over what dst has.
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

// texts reads what templates printed, sorted by template.
func texts(files map[string]string) ([]render.Text, error) {
	var out []render.Text
	for name, body := range files {
		objects, err := render.ReadObjects(body)
		if err != nil {
			return nil, fmt.Errorf("%s prints what is no YAML: %w", name, err)
		}
		out = append(out, render.Text{Template: name, Body: body, Objects: objects})
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Template < out[j].Template })
	return out, nil
}
