package bench

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
	"github.com/regmigrate/regmigrate/pkg/rules"
	"github.com/regmigrate/regmigrate/pkg/walk"
)

// Work is what a run allocates: unlike time, it does not depend on the machine and its
// load.
type work struct{ objects, bytes uint64 }

// planWork returns the work of a plan for files.
func planWork(t *testing.T, set *rules.Set, files map[string]string) work {
	t.Helper()
	scopes, err := format.ParseScopes([]string{"all"})
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	for name, text := range files {
		name = filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	o := rewrite.Options{Walk: walk.Options{Root: root}, Rules: set, Scopes: scopes}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	p, err := rewrite.PlanFiles(context.Background(), o)
	runtime.ReadMemStats(&after)
	if err != nil {
		t.Fatal(err)
	}
	if p.Count().FailedFiles > 0 {
		t.Fatal("a limit ended the run")
	}
	return work{after.Mallocs - before.Mallocs, after.TotalAlloc - before.TotalAlloc}
}

// growth returns by which factor the increase of the work grows when the size of the
// input is doubled twice: 2 for linear growth, 4 for quadratic growth. The constant part
// of the work has no influence. If the increase is less than least, growth returns 0.
func growth(at [3]uint64, least uint64) float64 {
	first, second := int64(at[1]-at[0]), int64(at[2]-at[1])
	if second < int64(least) || first <= 0 {
		return 0
	}
	return float64(second) / float64(first)
}

func TestGrowth(t *testing.T) {
	for name, tt := range map[string]struct {
		at   [3]uint64
		want float64
	}{
		"linear":                     {[3]uint64{7100, 7200, 7400}, 2},
		"quadratic":                  {[3]uint64{7100, 7400, 8600}, 4},
		"linear and quadratic":       {[3]uint64{7110, 7240, 7560}, 320. / 130},
		"the input has no influence": {[3]uint64{7100, 7101, 7103}, 0},
	} {
		if got := growth(tt.at, 100); got != tt.want {
			t.Errorf("%s: expected %v, got %v", name, tt.want, got)
		}
	}
}

// TestWorkIsLinear doubles the inputs of BenchmarkBounds twice. The work of a plan must
// not grow faster than the inputs. Charts and kustomizations are not rendered here.
func TestWorkIsLinear(t *testing.T) {
	hub, err := rules.New([]rules.Rule{{From: "docker.io", To: "mirror.example/hub"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, in := range inputs {
		t.Run(in.name, func(t *testing.T) {
			set := defaultRules(t)
			if &in.args[0] == &oldHub[0] {
				set = hub
			}
			n := max(in.n/16, 8)
			planWork(t, set, in.files(n)) // fills caches
			var objects, bytes [3]uint64
			for i := range 3 {
				w := planWork(t, set, in.files(n<<i))
				objects[i], bytes[i] = w.objects, w.bytes
			}
			// Slices that grow add whole sizes, so bytes vary more.
			if g := growth(objects, 500); g > 2.3 {
				t.Errorf("the number of allocated objects grows faster than the input: %d with n = %d, then doubled (factor %.1f)", objects, n, g)
			}
			if g := growth(bytes, 1<<20); g > 3 {
				t.Errorf("the number of allocated bytes grows faster than the input: %d with n = %d, then doubled (factor %.1f)", bytes, n, g)
			}
			t.Logf("n = %d: objects %d, bytes %d", n, objects, bytes)
		})
	}
}
