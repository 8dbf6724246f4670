package helm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/render"
)

// A TemplateRequest is the input of Template.
type TemplateRequest struct {
	Files        map[string][]byte // the files of the chart by their path in its folder
	Values       Values
	Capabilities Capabilities
	UseVersions  Versions // replace the versions of the chart and its sub-charts

	IncludeCRDs, SkipHooks, SkipTests bool
}

// Templated is the result of Template.
type Templated struct {
	Text     []byte   // a stream of YAML documents
	Versions Versions // the own versions of the chart and its sub-charts

	SchemaUnread []string // see SchemaCheck.Unread
}

// Template returns the output of `helm template` for a chart: objects in the order
// of installation, then hooks. As helm does, it returns an error for a library
// chart, for a missing dependency, and for values that a schema rejects.
func Template(ctx context.Context, r *render.Runner, q *TemplateRequest) (*Templated, error) {
	out := &Templated{}
	return out, runJob(ctx, r, TemplateJob, q, out)
}

// HandleTemplate is the handler of a TemplateJob.
func HandleTemplate(c *render.Call) (any, error) { return render.HandlerOf(templateChart)(c) }

// templateChart does the work of Template in a child process.
func templateChart(q *TemplateRequest, l render.Limits) (*Templated, error) {
	values, err := mergeValues(&q.Values)
	if err != nil {
		return nil, err
	}
	x, err := execute(&Chart{Files: q.Files}, values, renderOptions{as: q.Capabilities, useVersions: q.UseVersions, checkSchemas: true, limits: l})
	switch {
	case err != nil:
		return nil, err
	case x.rendered.Library:
		return nil, errors.New("helm does not install library charts")
	case len(x.rendered.Missing) > 0:
		return nil, missingError(x.rendered.Missing)
	case x.rendered.Schema.err() != nil:
		return nil, x.rendered.Schema.err()
	}
	text, err := q.print(x)
	return &Templated{text, x.rendered.Versions, x.rendered.Schema.Unread}, err
}

// print formats the output of `helm template`. Source: renderResources in
// helm.sh/helm/v3/pkg/action, and cmd/helm/template.go.
func (q *TemplateRequest) print(x *execution) ([]byte, error) {
	for name := range x.outputs {
		if strings.HasSuffix(name, notesFile) {
			delete(x.outputs, name)
		}
	}
	objects, err := sortObjects(x.outputs)
	if err != nil {
		return nil, fmt.Errorf("sorting the manifests: %w", err)
	}
	var b bytes.Buffer
	if q.IncludeCRDs {
		for _, crd := range x.chart.CRDObjects() {
			fmt.Fprintf(&b, "---\n%s\n", crd.File.Data)
		}
	}
	for _, o := range objects {
		if !o.isHook || !q.SkipHooks && !(q.SkipTests && o.isTest) {
			fmt.Fprintf(&b, "---\n%s\n", o.text)
		}
	}
	return b.Bytes(), nil
}
