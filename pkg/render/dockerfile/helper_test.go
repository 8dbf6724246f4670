package dockerfile

import (
	"context"
	"testing"
	"testing/fstest"

	"github.com/regmigrate/regmigrate/pkg/format"
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

// planWith returns what Options.Plan is in the program.
func planWith(set *rules.Set) func(ctx context.Context, name string, src []byte) ([]byte, error) {
	return func(ctx context.Context, name string, src []byte) ([]byte, error) {
		scopes, err := format.ParseScopes([]string{"all"})
		if err != nil {
			return nil, err
		}
		plan, err := rewrite.PlanText(ctx, rewrite.Options{Rules: set, Scopes: scopes, AssumeImages: true}, name, src)
		if err != nil || len(plan.Files) == 0 {
			return src, err
		}
		return plan.Files[0].After(), nil
	}
}

// verifyText verifies a Dockerfile before and after a change.
func verifyText(t testing.TB, before, after string) render.Verdict {
	t.Helper()
	tree := func(src string) fstest.MapFS {
		return fstest.MapFS{"Dockerfile": {Data: []byte(src), Mode: 0o644}}
	}
	set := mirrorSet(t)
	v, err := Verify(t.Context(), &render.Runner{}, tree(before), tree(after), Options{Rewrite: render.ByRules(set), Plan: planWith(set), Files: []string{"Dockerfile"}})
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
