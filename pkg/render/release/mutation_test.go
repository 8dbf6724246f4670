package release

import (
	"maps"
	"reflect"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/internal/chartutil"
	"github.com/regmigrate/regmigrate/pkg/render"
)

// Small wrong changes in the files of a release: a line that is gone, twice, or not indented
// alike, a word that is another one. A release is proven only if the objects are the same.
func TestMutations(t *testing.T) {
	t.Parallel()
	r := testRunner(t)
	before := files(fixture)
	good := moved(t, before)
	parts := map[string][]string{
		webRelease: {"web.yaml", "values.yaml", "sources.yaml", "charts/web/Chart.yaml", "charts/web/values.yaml", "charts/web/templates/pod.yaml"},
		revRelease: {"rev.yaml", "chart.yaml", "charts/rev/values.yaml", "charts/rev/templates/pod.yaml"},
		webApp:     {"app.yaml", "prod/values.yaml"},
	}
	states := map[render.State]int{}
	for object, names := range parts {
		for _, name := range names {
			for _, text := range mutations(good[name]) {
				after := maps.Clone(good)
				after[name] = text
				v, ok := verifyFiles(t, r, before, after)[object]
				states[v.State]++
				if (!ok || v.State == render.Proven) && !isSameYAML(text, good[name]) {
					t.Errorf("%s: %s is proven with %s:\n%s", object, v.Summary(), name, text)
				}
			}
		}
	}
	t.Logf("%v", states)
	if states[render.Failed] < 300 {
		t.Errorf("got %v", states)
	}
}

// mutations returns texts that differ from src in one place.
func mutations(src string) []string {
	var out []string
	lines := strings.SplitAfter(src, "\n")
	join := func(i int, with ...string) {
		out = append(out, strings.Join(lines[:i], "")+strings.Join(with, "")+strings.Join(lines[i+1:], ""))
	}
	for i, line := range lines {
		if strings.TrimSpace(line) == "" {
			continue
		}
		join(i)
		join(i, line, line)
		join(i, "  "+line)
		join(i, strings.TrimSuffix(line, "\n")+" x\n")
		inWord := false
		for j, c := range line {
			isWord := c >= 'a' && c <= 'z' || c >= '0' && c <= '9'
			if isWord && !inWord {
				join(i, line[:j]+"z"+line[j+1:])
			}
			inWord = isWord
		}
	}
	return out
}

// isSameYAML reports whether two texts are the same objects.
func isSameYAML(a, b string) bool {
	x, err1 := chartutil.ReadValues([]byte(a))
	y, err2 := chartutil.ReadValues([]byte(b))
	return err1 == nil && err2 == nil && reflect.DeepEqual(x, y)
}
