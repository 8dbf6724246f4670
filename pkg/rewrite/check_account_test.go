package rewrite_test

import (
	"context"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/inventory"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// checkAccount checks that every reference that the inventory of the tree at root
// lists and a rule selects has a finding in the plan: on its line or, for a
// reference that is split across keys, with its text.
func checkAccount(t testing.TB, root string, o rewrite.Options, plan *rewrite.Plan) {
	t.Helper()
	o.Walk.Root = root
	list := inventory.New(inventory.Options{Rules: o.Rules, Walk: o.Walk, Fields: o.Fields, Scopes: o.Scopes})
	if err := list.AddFiles(context.Background()); err != nil {
		t.Fatal(err)
	}
	type line struct {
		path string
		line int
	}
	type text struct{ path, old string }
	lines, texts := map[line]bool{}, map[text]bool{}
	charts := map[string]bool{} // a release names a chart, and another file its registry
	for i := range plan.Files {
		f := &plan.Files[i]
		for _, x := range f.Findings {
			lines[line{f.Path, x.Line}] = true
			texts[text{f.Path, x.Old}] = true
			charts[x.Old] = true
			if host, _, ok := strings.Cut(x.Old, "/"); ok && isAlone(f.Before, x.Mention) {
				texts[text{f.Path, host}] = true // the registry of several references is one mention
			}
		}
	}
	hasText := func(path, ref string, isChart bool) bool {
		for ref != "" {
			if texts[text{path, ref}] || isChart && charts[ref] {
				return true
			}
			ref = ref[:max(strings.LastIndexAny(ref, "@:/"), 0)]
		}
		return false
	}
	for _, m := range inventory.SelectedByRules(list.Images()) {
		for _, u := range m.Uses {
			if !lines[line{u.Path, u.Line}] && !hasText(u.Path, m.Ref, m.Kind == format.Chart) {
				t.Errorf("%s:%d: the inventory lists %s, which becomes %s, and the plan has no finding", u.Path, u.Line, m.Ref, m.New)
			}
		}
	}
}

// isAlone reports whether nothing of a reference follows the mention in src.
func isAlone(src []byte, mention edit.Span) bool {
	return mention.End == len(src) || strings.IndexByte("/:@", src[mention.End]) < 0
}
