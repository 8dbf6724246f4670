package helm

import (
	"bytes"
	"context"
	"maps"
	"path"

	"github.com/regmigrate/regmigrate/internal/archive"
	"github.com/regmigrate/regmigrate/pkg/render"
)

// SchemaJob is the kind of the jobs of RejectedChanges.
const SchemaJob = "helm schema"

// A schemaRequest is the request of a SchemaJob.
type schemaRequest struct {
	Chart   *Chart
	As      Capabilities
	Changes []chartChange
}

// A chartChange holds what a change of a chart replaces.
type chartChange struct {
	Files  map[string][]byte
	Values []Values
}

// A schemaResponse is the response of a SchemaJob.
type schemaResponse struct {
	Rejected []string // for each change, what a schema rejects; "" for nothing
}

// RejectedChanges returns, for each of changes, what the values schemas of the
// chart before, or of its sub-charts, reject after the change and do not reject
// before it. It is "" for a change that they accept, and for one after which the
// chart cannot be read. It renders nothing.
func RejectedChanges(ctx context.Context, r *render.Runner, before *Chart, changes []Chart, as Capabilities) ([]string, error) {
	out := make([]string, len(changes))
	if before.Err != nil || !before.hasSchema() {
		return out, nil
	}
	q := schemaRequest{Chart: before, As: as}
	for i := range changes {
		q.Changes = append(q.Changes, chartChange{changedFiles(before.Files, changes[i].Files), changes[i].Values})
	}
	var response schemaResponse
	if err := runJob(ctx, r, SchemaJob, &q, &response); err != nil {
		return out, err
	}
	return response.Rejected, nil
}

// changedFiles returns the files of after that differ from those of before.
func changedFiles(before, after map[string][]byte) map[string][]byte {
	out := map[string][]byte{}
	for name, src := range after {
		if !bytes.Equal(src, before[name]) {
			out[name] = src
		}
	}
	return out
}

// hasSchema reports whether the chart or one of its sub-charts may have a schema.
func (c *Chart) hasSchema() bool {
	for name := range c.Files {
		if path.Base(name) == SchemaFile || archive.IsPacked(name) {
			return true
		}
	}
	return false
}

// HandleSchema is the handler of a SchemaJob.
func HandleSchema(c *render.Call) (any, error) { return render.HandlerOf(rejectedChanges)(c) }

// rejectedChanges does the work of RejectedChanges in a child process.
func rejectedChanges(q *schemaRequest, _ render.Limits) (*schemaResponse, error) {
	out := &schemaResponse{}
	before := violationsOf(q.Chart, q.As)
	for _, change := range q.Changes {
		c := Chart{Files: maps.Clone(q.Chart.Files), Values: change.Values}
		maps.Copy(c.Files, change.Files)
		rejected := ""
		after := violationsOf(&c, q.As)
		for _, v := range c.Values {
			if added := newViolations(before[v.Name], after[v.Name]); len(added) > 0 && rejected == "" {
				rejected = describeViolations(added)
			}
		}
		out.Rejected = append(out.Rejected, rejected)
	}
	return out, nil
}

// violationsOf returns the violations of the values of c, by the names of c.Values.
// It leaves out values with which the chart cannot be prepared.
func violationsOf(c *Chart, as Capabilities) map[string][]Violation {
	out := map[string][]Violation{}
	for i := range c.Values {
		values, err := mergeValues(&c.Values[i])
		if err != nil {
			continue
		}
		if x, err := prepare(c, values, renderOptions{as: as, checkSchemas: true}); err == nil {
			out[c.Values[i].Name] = x.rendered.Schema.Violations
		}
	}
	return out
}
