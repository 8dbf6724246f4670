package dockerfile

import (
	"testing"
	"testing/fstest"

	"github.com/regmigrate/regmigrate/pkg/render"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

func mirrorSet(t testing.TB) *rules.Set {
	t.Helper()
	var list []rules.Rule
	for _, text := range []string{"docker.io=mirror.example/hub", "k8s.gcr.io=registry.k8s.io", "quay.io=mirror.example/quay", "ghcr.io=mirror.example/ghcr", "mcr.microsoft.com=mirror.example/mcr"} {
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

// verifyText verifies a Dockerfile before and after a change.
func verifyText(t testing.TB, before, after string) render.Verdict {
	t.Helper()
	tree := func(src string) fstest.MapFS {
		return fstest.MapFS{"Dockerfile": {Data: []byte(src), Mode: 0o644}}
	}
	set := mirrorSet(t)
	v, err := Verify(t.Context(), &render.Runner{}, tree(before), tree(after), Options{Rewrite: render.ByRules(set), Plan: rewrite.EditText(set), Files: []string{"Dockerfile"}})
	if err != nil || len(v) != 1 {
		t.Fatalf("expected one verdict, got %v, error %v", v, err)
	}
	return v[0]
}

func describe(v *render.Verdict) string {
	out := v.State.String() + ": " + v.Summary()
	for _, l := range v.Leftovers {
		out += "\nleft: " + l.Ref + " in " + l.Field
	}
	return out
}
