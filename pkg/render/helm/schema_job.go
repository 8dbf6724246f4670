package helm

import (
	"bytes"
	"context"
	"maps"
	"path"
	"slices"

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
	Unread   []string // the SchemaCheck.Unread of the chart before the changes
}

// RejectedChanges returns, for each of changes, what the values schemas of the
// chart before, or of its sub-charts, reject after the change and do not reject
// before it. It is "" for a change that they accept, and for one after which the
// chart cannot be read. Unread is the SchemaCheck.Unread of the chart before.
// RejectedChanges renders nothing.
func RejectedChanges(ctx context.Context, r *render.Runner, before *Chart, changes []Chart, as Capabilities) (rejected, unread []string, err error) {
	if before.Err != nil {
		return make([]string, len(changes)), nil, nil
	}
	q := schemaRequest{Chart: before, As: as}
	for i := range changes {
		q.Changes = append(q.Changes, chartChange{changedFiles(before.Files, changes[i].Files), changes[i].Values})
	}
	var response schemaResponse
	if err := runJob(ctx, r, SchemaJob, &q, &response); err != nil {
		return nil, nil, err
	}
	return response.Rejected, response.Unread, nil
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

// HasSchema reports whether the chart or one of its sub-charts may have a schema.
func (c *Chart) HasSchema() bool {
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
	before := schemaChecks(q.Chart, q.As)
	for _, check := range before {
		out.Unread = append(out.Unread, check.Unread...)
	}
	slices.Sort(out.Unread)
	out.Unread = slices.Compact(out.Unread)
	for _, change := range q.Changes {
		c := Chart{Files: maps.Clone(q.Chart.Files), Values: change.Values}
		maps.Copy(c.Files, change.Files)
		rejected := ""
		after := schemaChecks(&c, q.As)
		for _, v := range c.Values {
			if added := newViolations(before[v.Name].Violations, after[v.Name].Violations); len(added) > 0 && rejected == "" {
				rejected = describeViolations(added)
			}
		}
		out.Rejected = append(out.Rejected, rejected)
	}
	return out, nil
}

// schemaChecks validates the values of c. The results are by the names of c.Values,
// without those of values with which the chart cannot be prepared.
func schemaChecks(c *Chart, as Capabilities) map[string]SchemaCheck {
	out := map[string]SchemaCheck{}
	for i := range c.Values {
		values, err := mergeValues(&c.Values[i])
		if err != nil {
			continue
		}
		if x, err := prepare(c, values, renderOptions{as: as, checkSchemas: true}); err == nil {
			out[c.Values[i].Name] = x.rendered.Schema
		}
	}
	return out
}
