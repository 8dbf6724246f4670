package kustomize

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/render"
)

// TestInterrupted cancels the context after some verdicts. These must equal the
// verdicts of a complete run, and the error must count the missing ones.
func TestInterrupted(t *testing.T) {
	before, after, dirs := overlays(12)
	for _, jobs := range []int{1, 3} {
		for _, stop := range []int{0, 1, 5, 11} {
			t.Run(fmt.Sprintf("%d jobs, after %d", jobs, stop), func(t *testing.T) {
				r := testRunner(t)
				r.Jobs = jobs
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				if stop == 0 {
					cancel()
				}
				seen := map[string]bool{}
				got, err := Verify(ctx, r, before, after, Options{Rewrite: rewriteOf(t, nil), Dirs: dirs, Progress: func(done, total int, v *render.Verdict) {
					if seen[v.Dir] = true; done != len(seen) || total != len(dirs) {
						t.Errorf("progress: %d of %d, after %d", done, total, len(seen))
					}
					if done == stop {
						cancel()
					}
				}})
				if stop+jobs > len(dirs) && err == nil && len(got) == len(dirs) {
					return // the last builds were running when the context ended
				}
				m := (*render.Incomplete)(nil)
				if !errors.As(err, &m) || !errors.Is(err, context.Canceled) || m.Total != len(dirs) || m.Missing != len(dirs)-len(got) || m.Missing == 0 {
					t.Fatalf("%d verdicts, error %v", len(got), err)
				}
				if len(got) != len(seen) || len(got) < stop {
					t.Errorf("%d verdicts; progress was called for %d", len(got), len(seen))
				}
				for _, v := range got {
					if !seen[v.Dir] || v.State != render.Proven || v.Moved != 1 {
						t.Errorf("%s %s: %s", v.State, v.Dir, v.Summary())
					}
				}
				if !slices.IsSortedFunc(got, func(a, b render.Verdict) int { return slices.Index(dirs, a.Dir) - slices.Index(dirs, b.Dir) }) {
					t.Error("not in order")
				}
			})
		}
	}
}

// TestNoChildren checks that Verify returns one error when no child process can be
// started, and not one for each kustomization.
func TestNoChildren(t *testing.T) {
	before, after, dirs := overlays(50)
	r := &render.Runner{Self: []string{"/does/not/exist"}, Jobs: 2}
	got, err := Verify(context.Background(), r, before, after, Options{Rewrite: rewriteOf(t, nil), Dirs: dirs})
	m := (*render.Incomplete)(nil)
	if !errors.As(err, &m) || m.Missing != len(dirs) || len(got) > 0 || strings.Count(err.Error(), "starting a child") != 1 {
		t.Errorf("%d verdicts, error %v", len(got), err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}

// TestFailedBase checks that a base that ends every child process is not built
// again for each of its overlays, and that its sibling base is proven.
func TestFailedBase(t *testing.T) {
	r := hostileRunner(t)
	before := map[string]string{
		"base/kustomization.yaml": "helmCharts: [{name: web, releaseName: r}]\n",
		"good/kustomization.yaml": "resources: [pod.yaml]\n", "good/pod.yaml": pod,
		"mid/kustomization.yaml": "resources: [../base, ../good]\n",
	}
	for name, src := range map[string]string{
		"Chart.yaml":       "apiVersion: v2\nname: web\nversion: 1.0.0\n",
		"values.yaml":      "{}\n",
		"templates/a.yaml": "{{ repeat 2000000000 \"x\" }}",
	} {
		before["base/charts/web/"+name] = src
	}
	var dirs []string
	for i := range 20 {
		dir := fmt.Sprintf("o%02d", i)
		dirs = append(dirs, dir)
		before[dir+"/kustomization.yaml"] = "resources: [../mid]\n"
	}
	dirs = append(dirs, "good")
	got, err := Verify(t.Context(), r, ofTexts(before), ofTexts(before), Options{Rewrite: rewriteOf(t, nil), Dirs: dirs})
	if err != nil || len(got) != 21 {
		t.Fatalf("%d verdicts: %v", len(got), err)
	}
	for i, v := range got[:20] {
		known := strings.HasPrefix(v.Reason, "the base in base ")
		if v.State != render.Unproven || !strings.Contains(v.Reason, "of memory") || known != (i > 0) {
			t.Errorf("%s %s: %s", v.State, v.Dir, v.Reason)
		}
	}
	if v := got[20]; v.State != render.Proven {
		t.Errorf("%s %s: %s", v.State, v.Dir, v.Reason)
	}
}
