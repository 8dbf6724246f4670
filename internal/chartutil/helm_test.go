package chartutil

import (
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"helm.sh/helm/v3/pkg/chart"
	helm "helm.sh/helm/v3/pkg/chartutil"
)

// The capabilities, which this package has as a list, are those of Helm.
func TestCapabilities(t *testing.T) {
	got, want := DefaultCapabilities(), helm.DefaultCapabilities
	if !slices.Equal(got.APIVersions, VersionSet(want.APIVersions)) {
		t.Errorf("the API versions differ from those of Helm: %s", cmp.Diff([]string(want.APIVersions), []string(got.APIVersions)))
	}
	if got.KubeVersion != KubeVersion(want.KubeVersion) {
		t.Errorf("got %v, want %v", got.KubeVersion, want.KubeVersion)
	}
	version := BuildInfo(want.HelmVersion)
	version.GoVersion = runtime.Version() // Helm reports it, but not in tests
	if got.HelmVersion != version {
		t.Errorf("got %v, want %v", got.HelmVersion, version)
	}
	for _, text := range []string{"", "1", "1.2", "v1.31.0", "1.30.1-eks-x", "x", "v1.2.3+k3s1", "1.27.3.4"} {
		got, err := ParseKubeVersion(text)
		want, wantErr := helm.ParseKubeVersion(text)
		if fmt.Sprint(err) != fmt.Sprint(wantErr) || err == nil && *got != KubeVersion(*want) {
			t.Errorf("%q: got %v %v, want %v %v", text, got, err, want, wantErr)
		}
	}
}

// The names of types and their methods are those of Helm: templates print and call them.
func TestTypes(t *testing.T) {
	for _, x := range []struct{ got, want any }{
		{Values{}, helm.Values{}}, {&Values{}, &helm.Values{}}, {&Capabilities{}, &helm.Capabilities{}},
		{&KubeVersion{}, &helm.KubeVersion{}}, {VersionSet{}, helm.VersionSet{}}, {ErrNoTable{"a"}, helm.ErrNoTable{Key: "a"}}, {ErrNoValue{"a"}, helm.ErrNoValue{Key: "a"}},
	} {
		got, want := reflect.TypeOf(x.got), reflect.TypeOf(x.want)
		if got.String() != want.String() || fmt.Sprint(x.got) != fmt.Sprint(x.want) {
			t.Errorf("got %v %v, want %v %v", got, x.got, want, x.want)
		}
		for i := range want.NumMethod() {
			name := want.Method(i).Name
			if _, ok := got.MethodByName(name); !ok && name != "Copy" { // templates have no use for Copy
				t.Errorf("%v has no method %s", got, name)
			}
		}
	}
}

// Random trees of charts, with the conditions, tags, aliases and imports of their
// dependencies, get the values that Helm gives them.
func TestRandomCharts(t *testing.T) {
	before := log.Writer()
	log.SetOutput(io.Discard) // warnings
	t.Cleanup(func() { log.SetOutput(before) })
	for seed := range uint64(300) {
		ours, theirs := newGenerator(seed), newGenerator(seed)
		c, want := ours.chart("top", 3), theirs.chart("top", 3)
		v, wantValues := ours.table(3), theirs.table(3)
		err, wantErr := ProcessDependencies(c, v), helm.ProcessDependenciesWithMerge(want, wantValues)
		if fmt.Sprint(err) != fmt.Sprint(wantErr) {
			t.Fatalf("seed %d: got the error %v, want %v", seed, err, wantErr)
		}
		if diff := cmp.Diff(want, c, cmp.AllowUnexported(chart.Chart{}), cmpopts.IgnoreFields(chart.Chart{}, "parent")); diff != "" {
			t.Fatalf("seed %d: the charts differ: %s", seed, diff)
		}
		got, err := ToRenderValues(c, v, ReleaseOptions{Name: "r", Namespace: "n", Revision: 1, IsInstall: true}, nil)
		all, wantErr := helm.ToRenderValuesWithSchemaValidation(want, wantValues, helm.ReleaseOptions{Name: "r", Namespace: "n", Revision: 1, IsInstall: true}, nil, true)
		if fmt.Sprint(err) != fmt.Sprint(wantErr) {
			t.Fatalf("seed %d: got the error %v, want %v", seed, err, wantErr)
		}
		if err != nil {
			continue
		}
		if diff := cmp.Diff(map[string]any(all["Values"].(helm.Values)), map[string]any(got["Values"].(Values))); diff != "" {
			t.Fatalf("seed %d: the values differ: %s", seed, diff)
		}
		if !reflect.DeepEqual(got["Release"], all["Release"]) || !cmp.Equal(got["Chart"], all["Chart"]) {
			t.Fatalf("seed %d: got %v, want %v", seed, got, all)
		}
	}
}

// A generator makes random charts.
type generator struct{ *rand.Rand }

func newGenerator(seed uint64) generator { return generator{rand.New(rand.NewPCG(seed, 1))} }

var names = []string{"a", "b", "c", "d", "global", "exports", "tags"}

// table returns a mapping with at most the given depth.
func (g generator) table(depth int) map[string]any {
	out := map[string]any{}
	for range g.IntN(5) {
		var v any
		switch g.IntN(8) {
		case 0:
		case 1, 2:
			v = g.IntN(2) == 0
		case 3:
			v = []any{float64(g.IntN(3)), "x"}
		case 4:
			v = "text"
		default:
			if depth > 0 {
				v = g.table(depth - 1)
			}
		}
		out[names[g.IntN(len(names))]] = v
	}
	return out
}

func (g generator) chart(name string, depth int) *chart.Chart {
	c := &chart.Chart{Metadata: &chart.Metadata{Name: name, Version: []string{"1.0.0", "2.1.0"}[g.IntN(2)]}, Values: g.table(3)}
	if depth == 0 {
		return c
	}
	for range g.IntN(4) {
		c.AddDependency(g.chart(names[g.IntN(4)], depth-1))
	}
	for range g.IntN(4) {
		d := &chart.Dependency{Name: names[g.IntN(4)], Version: []string{"", "*", "1.x", ">=2"}[g.IntN(4)]}
		if g.IntN(3) == 0 {
			d.Alias = names[g.IntN(4)]
		}
		if g.IntN(2) == 0 {
			d.Condition = []string{"a.b", "b,c.d", "d", " a.c , b", ","}[g.IntN(5)]
		}
		if g.IntN(2) == 0 {
			d.Tags = []string{names[g.IntN(4)], names[g.IntN(4)]}
		}
		if g.IntN(2) == 0 {
			d.ImportValues = []any{names[g.IntN(4)], map[string]any{"child": names[g.IntN(4)] + "." + names[g.IntN(4)], "parent": []string{".", "a", "b.c"}[g.IntN(3)]}}
		}
		c.Metadata.Dependencies = append(c.Metadata.Dependencies, d)
	}
	return c
}
