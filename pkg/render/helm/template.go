package helm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"helm.sh/helm/v3/pkg/release"
	"helm.sh/helm/v3/pkg/releaseutil"

	"github.com/regmigrate/regmigrate/pkg/render"
)

// A TemplateRequest asks for what `helm template` prints for a chart.
type TemplateRequest struct {
	Files        map[string][]byte // of the chart, by their path below its folder
	Values       Values
	Capabilities Capabilities
	Keep         Versions // put in place of the chart's own versions

	IncludeCRDs, SkipHooks, SkipTests bool
}

// Templated is the result of Template.
type Templated struct {
	Text     []byte   // a stream of YAML documents
	Versions Versions // of the chart and its sub-charts
}

// Template renders a chart as `helm template` prints it: in the order of
// installation, with hooks after the other objects. A library chart and one
// with a missing dependency are errors, as with helm.
func Template(ctx context.Context, r *render.Runner, q *TemplateRequest) (*Templated, error) {
	out := &Templated{}
	return out, runJob(ctx, r, TemplateJob, q, out)
}

// HandleTemplate is the handler of a TemplateJob.
func HandleTemplate(c *render.Call) (any, error) { return render.HandlerOf(templateChart)(c) }

// templateChart is Template in the child process.
func templateChart(q *TemplateRequest, l render.Limits) (*Templated, error) {
	values, err := mergeValues(&q.Values)
	if err != nil {
		return nil, err
	}
	x, err := execute(&Chart{Files: q.Files}, values, rendering{as: q.Capabilities, keep: q.Keep, limits: l})
	switch {
	case err != nil:
		return nil, err
	case x.r.Library:
		return nil, errors.New("it is a library chart, which helm does not install")
	case len(x.r.Missing) > 0:
		return nil, fmt.Errorf("not in charts/: %s", strings.Join(x.r.Missing, ", "))
	}
	text, err := q.print(x)
	return &Templated{text, x.r.Versions}, err
}

// print returns what `helm template` prints. Source:
// helm.sh/helm/v3/pkg/action, renderResources, and cmd/helm/template.go.
func (q *TemplateRequest) print(x *executed) ([]byte, error) {
	for name := range x.files {
		if strings.HasSuffix(name, notes) {
			delete(x.files, name)
		}
	}
	hooks, manifests, err := releaseutil.SortManifests(x.files, nil, releaseutil.InstallOrder)
	if err != nil {
		return nil, fmt.Errorf("sorting the manifests: %w", err)
	}
	var b bytes.Buffer
	if q.IncludeCRDs {
		for _, crd := range x.chart.CRDObjects() {
			fmt.Fprintf(&b, "---\n%s\n", crd.File.Data)
		}
	}
	for _, m := range manifests {
		fmt.Fprintf(&b, "---\n%s\n", m.Content)
	}
	for _, h := range hooks {
		if !q.SkipHooks && !(q.SkipTests && isTest(h)) {
			fmt.Fprintf(&b, "---\n%s\n", h.Manifest)
		}
	}
	return b.Bytes(), nil
}

func isTest(h *release.Hook) bool { return slices.Contains(h.Events, release.HookTest) }
