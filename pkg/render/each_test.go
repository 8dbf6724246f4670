package render

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestInterrupted ends the context after some verdicts: those are there as in a
// whole run, and how many are missing is said.
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
				got, err := r.VerifyKustomizations(ctx, before, after, Options{Move: mover(t, nil), Dirs: dirs, Progress: func(done, total int, v *Verdict) {
					if seen[v.Chart] = true; done != len(seen) || total != len(dirs) {
						t.Errorf("progress: %d of %d, after %d", done, total, len(seen))
					}
					if done == stop {
						cancel()
					}
				}})
				m := (*Missing)(nil)
				if !errors.As(err, &m) || !errors.Is(err, context.Canceled) || m.Total != len(dirs) || m.N != len(dirs)-len(got) || m.N == 0 {
					t.Fatalf("%d verdicts, error %v", len(got), err)
				}
				if len(got) != len(seen) || len(got) < stop {
					t.Errorf("%d verdicts; progress was told of %d", len(got), len(seen))
				}
				for _, v := range got {
					if !seen[v.Chart] || v.State != Proven || v.Moved != 1 {
						t.Errorf("%s %s: %s", v.State, v.Chart, v.Summary())
					}
				}
				if !slices.IsSortedFunc(got, func(a, b Verdict) int { return slices.Index(dirs, a.Chart) - slices.Index(dirs, b.Chart) }) {
					t.Error("not in order")
				}
			})
		}
	}
}

// TestNoChildren wants one error where no child can be started, and not one
// for each kustomization.
func TestNoChildren(t *testing.T) {
	before, after, dirs := overlays(50)
	r := &Runner{Self: []string{"/does/not/exist"}, Jobs: 2}
	got, err := r.VerifyKustomizations(context.Background(), before, after, Options{Move: mover(t, nil), Dirs: dirs})
	m := (*Missing)(nil)
	if !errors.As(err, &m) || m.N != len(dirs) || len(got) > 0 || strings.Count(err.Error(), "starting a child") != 1 {
		t.Errorf("%d verdicts, error %v", len(got), err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}

// TestDoomedBase wants a base that ends every child to be built a few times, and
// not for each of its overlays, and a good one beside it to be proven.
func TestDoomedBase(t *testing.T) {
	r := hostileRunner(t)
	chart := oneTemplate(`{{ tpl .Values.again . }}`)
	before := map[string]string{
		"base/kustomization.yaml": "helmCharts: [{name: web, releaseName: r}]\n",
		"good/kustomization.yaml": "resources: [pod.yaml]\n", "good/pod.yaml": pod,
		"mid/kustomization.yaml": "resources: [../base, ../good]\n",
	}
	for name, src := range chart.Files {
		before["base/charts/web/"+name] = string(src)
	}
	var dirs []string
	for i := range 20 {
		dir := fmt.Sprintf("o%02d", i)
		dirs = append(dirs, dir)
		before[dir+"/kustomization.yaml"] = "resources: [../mid]\n"
	}
	dirs = append(dirs, "good")
	got, err := r.VerifyKustomizations(t.Context(), ofTexts(before), ofTexts(before), Options{Move: mover(t, nil), Dirs: dirs})
	if err != nil || len(got) != 21 {
		t.Fatalf("%d verdicts: %v", len(got), err)
	}
	for i, v := range got[:20] {
		known := strings.HasPrefix(v.Reason, "it takes base: ")
		if v.State != Unproven || !strings.Contains(v.Reason, "endless recursion") || known != (i > 0) {
			t.Errorf("%s %s: %s", v.State, v.Chart, v.Reason)
		}
	}
	if v := got[20]; v.State != Proven {
		t.Errorf("%s %s: %s", v.State, v.Chart, v.Reason)
	}
}
