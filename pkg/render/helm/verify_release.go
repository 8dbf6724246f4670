package helm

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/regmigrate/regmigrate/pkg/render"
)

// VerifyRelease renders a chart before and after the change with exactly the given values, and
// compares the outputs as Verify does. It uses Rewrite and Capabilities of o. If anything is not
// rendered, the verdict is not Proven.
func VerifyRelease(ctx context.Context, r *render.Runner, charts [2]Chart, values [2]Values, o Options) (render.Verdict, error) {
	before, after := &charts[0], &charts[1]
	v := render.Verdict{Dir: before.Dir, DependencyDirs: before.DependencyDirs}
	switch {
	case before.Err != nil:
		v.State, v.Reason = render.Unproven, before.Err.Error()
		return v, nil
	case after.Err != nil:
		v.Reason = "after the change: " + after.Err.Error()
		return v, nil
	case !maps.Equal(before.DependencyDirs, after.DependencyDirs):
		v.State, v.Reason = render.Unproven, "a dependency is taken from another folder after the change"
		return v, nil
	}
	c := chartVerdict{verdict: v, objects: map[string]bool{}, moved: map[string]bool{}, leftovers: map[render.Leftover]bool{}}
	x := comparison{&verifier{runner: r, options: &Options{Rewrite: o.Rewrite, Capabilities: o.Capabilities}}, before, after, values[0], values[1], false}
	if _, err := x.run(ctx, &c); err != nil {
		return render.Verdict{}, err
	}
	c.addStateComparison(before, after)
	v = c.result()
	if n := len(v.NotRendered); n > 0 && v.State == render.Proven {
		v.State, v.Reason = render.Unproven, v.NotRendered[0].Why
	}
	if dirs := slices.Sorted(maps.Keys(v.DependencyDirs)); len(dirs) > 0 && v.State == render.Proven {
		v.State = render.Unproven
		v.Reason = fmt.Sprintf("the dependency %s is not in charts/: which chart is deployed is not known", dirs[0])
	}
	return v, nil
}
