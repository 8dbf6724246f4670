package compose

import (
	"io/fs"
	"sort"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/regmigrate/regmigrate/pkg/render"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// mirrorRules are the rules of all tests.
var mirrorRules = []string{"docker.io=mirror.example/hub", "k8s.gcr.io=registry.k8s.io", "quay.io=mirror.example/quay", "ghcr.io=mirror.example/ghcr", "mcr.microsoft.com=mirror.example/mcr", "lscr.io=mirror.example/lscr"}

func mirrorSet(t testing.TB) *rules.Set {
	t.Helper()
	var list []rules.Rule
	for _, text := range mirrorRules {
		r, err := rules.ParseRuleFlag(text)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, r)
	}
	set, err := rules.New(list)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// files returns the files of an archive of package txtar.
func files(archive string) fstest.MapFS {
	out := fstest.MapFS{}
	for _, f := range txtar.Parse([]byte(archive)).Files {
		out[f.Name] = &fstest.MapFile{Data: f.Data, Mode: 0o644}
	}
	return out
}

// verifyFiles verifies the Compose files called names.
func verifyFiles(t testing.TB, before, after fs.FS, names ...string) []render.Verdict {
	t.Helper()
	set := mirrorSet(t)
	verdicts, err := Verify(t.Context(), &render.Runner{}, before, after, Options{Rewrite: render.ByRules(set), Plan: rewrite.EditTextIn(set, before), HasLonger: set.HasLonger, Files: names})
	if err != nil || len(verdicts) != len(names) {
		t.Fatalf("got %v, error %v", verdicts, err)
	}
	return verdicts
}

// describe returns what tests compare of a verdict.
func describe(v *render.Verdict) string {
	lines := []string{v.State.String() + ": " + v.Summary()}
	for _, l := range v.Leftovers {
		lines = append(lines, "left: "+l.Ref+" in "+l.Field)
	}
	return strings.Join(lines, "\n")
}

// replaced returns files with text replaced in one of them, each occurrence.
func replaced(t testing.TB, all fstest.MapFS, name, old, text string) fstest.MapFS {
	t.Helper()
	out := fstest.MapFS{}
	for n, f := range all {
		out[n] = f
	}
	src := string(all[name].Data)
	if !strings.Contains(src, old) {
		t.Fatalf("%s does not contain %q", name, old)
	}
	out[name] = &fstest.MapFile{Data: []byte(strings.ReplaceAll(src, old, text)), Mode: 0o644}
	return out
}

func sortedKeys[V any](m map[string]V) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}
