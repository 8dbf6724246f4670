package helm

import (
	"context"
	"slices"

	"helm.sh/helm/v3/pkg/chart"

	"github.com/regmigrate/regmigrate/pkg/render"
)

// ReadsJob is the kind of the jobs of ReadValues.
const ReadsJob = "helm value reads"

// ValueReads says which values the templates of a chart and of its sub-charts may
// read. It may contain values that no template reads, and never omits one.
type ValueReads struct {
	// All says why the templates may read any value: a template passes all values on,
	// is not known, or evaluates text that is not known. It is "" if Paths has all reads.
	All string

	// Paths are the paths of the values that the templates read, or read a part of.
	Paths [][]string

	// Subcharts are the keys of the values that sub-charts get. Absent are those of
	// sub-charts that are not in the chart.
	Subcharts, Absent []string
}

// MayRead reports whether a template may read the value at a path, or a part of it.
func (r *ValueReads) MayRead(at []string) bool {
	for i := range at {
		switch {
		case r.All != "", slices.Contains(r.Absent, at[i]) && i+1 < len(at), at[i] == "global":
			return true
		case slices.ContainsFunc(r.Paths, func(p []string) bool { return isPrefix(p, at[i:]) || isPrefix(at[i:], p) }):
			return true
		case !slices.Contains(r.Subcharts, at[i]):
			return false
		}
	}
	return false
}

func isPrefix(a, b []string) bool { return len(a) <= len(b) && slices.Equal(a, b[:len(a)]) }

// ReadValues returns which values the templates of c may read. It renders nothing.
func ReadValues(ctx context.Context, r *render.Runner, c *Chart) (*ValueReads, error) {
	if c.Err != nil {
		return nil, c.Err
	}
	out := &ValueReads{}
	return out, runJob(ctx, r, ReadsJob, &renderRequest{Chart: c}, out)
}

// HandleReads is the handler of a ReadsJob.
func HandleReads(c *render.Call) (any, error) { return render.HandlerOf(readValues)(c) }

// readValues does the work of ReadValues in a child process.
func readValues(q *renderRequest, _ render.Limits) (*ValueReads, error) {
	c, err := loadChart(q.Chart.Files)
	if err != nil {
		return nil, err
	}
	if isLibrary(c) {
		return &ValueReads{All: "the charts that use a library chart are not known"}, nil
	}
	s := readScan{out: &ValueReads{}, called: map[string]bool{}, calledWithRoot: map[string]bool{}}
	s.addChart(c)
	s.readAll()
	return s.out, nil
}

func isLibrary(c *chart.Chart) bool { return c.Metadata != nil && c.Metadata.Type == "library" }

// addChart adds the templates and the dependencies of c and of its sub-charts.
func (s *readScan) addChart(c *chart.Chart) {
	for _, f := range c.Templates {
		s.addTemplate(c.ChartFullPath()+"/"+f.Name, string(f.Data))
	}
	isHere := map[string]bool{}
	for _, sub := range c.Dependencies() {
		isHere[sub.Name()] = true
		s.out.Subcharts = append(s.out.Subcharts, sub.Name())
		s.addChart(sub)
	}
	if c.Metadata == nil {
		return
	}
	for _, d := range c.Metadata.Dependencies {
		if d == nil {
			continue
		}
		if len(d.ImportValues) > 0 {
			s.readsAll("import-values copies values of a sub-chart")
		}
		keys := []string{d.Name}
		if d.Alias != "" {
			keys = append(keys, d.Alias)
		}
		s.out.Subcharts = append(s.out.Subcharts, keys...)
		if !isHere[d.Name] {
			s.out.Absent = append(s.out.Absent, keys...)
		}
	}
}
