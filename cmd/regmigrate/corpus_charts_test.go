package main

import (
	"context"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/internal/app/prove"
	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// TestCorpusCharts runs on a copy of each repository with charts in
// REGMIGRATE_CORPUS and checks the proofs. A chart may fail only if an advice of
// the plan says that a template compares a value that moves. Each mention must
// have a finding, and a second run must change nothing.
func TestCorpusCharts(t *testing.T) {
	corpus := os.Getenv("REGMIGRATE_CORPUS")
	if corpus == "" {
		t.Skip("REGMIGRATE_CORPUS is not set")
	}
	repositories, err := os.ReadDir(corpus)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range repositories {
		t.Run(r.Name(), func(t *testing.T) {
			src, err := filepath.EvalSymlinks(filepath.Join(corpus, r.Name()))
			if err != nil {
				t.Fatal(err)
			}
			for name, rules := range map[string][]string{
				"mirrors": {"docker.io=mirror.example/hub", "quay.io=mirror.example/quay", "gcr.io=mirror.example/gcr", "k8s.gcr.io=mirror.example/k8s", "ghcr.io=mirror.example/ghcr"},
				"host":    {"docker.io=hub.mirror.example", "gcr.io=gcr.mirror.example"},
				"bitnami": {"docker.io/bitnami=docker.io/bitnamilegacy"},
			} {
				t.Run(name, func(t *testing.T) {
					root := filepath.Join(t.TempDir(), r.Name())
					copyTree(t, src, root, "Chart")
					moveCharts(t, root, rules)
				})
			}
		})
	}
}

// foretold reports whether an advice of the plan is about a template of the
// chart that failed, or of one that it depends on.
func foretold(plan *rewrite.Plan, x rewrite.Proof) bool {
	for _, a := range plan.Advice {
		rest, isComparison := strings.CutPrefix(a.Text, "The template ")
		file, _, ok := strings.Cut(rest, " compares this value")
		if !isComparison || !ok {
			continue
		}
		dir, _, _ := strings.Cut(file, "/templates/")
		if dir == x.Path || strings.Contains(strings.Join(x.Details, "\n"), "charts/"+path.Base(dir)+"/") {
			return true
		}
	}
	return false
}

// moveCharts runs on the charts below root, in place.
func moveCharts(t *testing.T, root string, rules []string) {
	ctx := context.Background()
	set, err := session.New(&session.Flags{Rules: rules, Color: "never"}, []string{root}, nil)
	if err != nil {
		t.Fatal(err)
	}
	p, err := prove.New(&session.RenderFlags{}, 0, session.NewProgress(io.Discard, true))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	set.Rewrite.TraceChart, set.Rewrite.TraceEdited = p.Tracer(ctx, set.Rewrite.Walk.Root, set.Rewrite.Rules)
	plan, err := rewrite.PlanFiles(ctx, set.Rewrite)
	if err != nil {
		t.Fatal(err)
	}
	for i := range plan.Files {
		for _, x := range plan.Files[i].Findings {
			if x.Note == rewrite.NoExplanation {
				t.Errorf("%s:%d: %s: nothing explains it", plan.Files[i].Path, x.Line, x.Old)
			}
		}
	}
	if err := p.Prove(ctx, plan, p.Tree(plan.Root), p.Overlay(plan), false); err != nil {
		t.Fatal(err)
	}
	states := map[string]int{}
	for _, x := range plan.Proofs {
		states[x.State.String()]++
		if x.State == rewrite.Failed && !foretold(plan, x) {
			t.Errorf("%s: %s %v", x.Path, x.Summary, x.Details)
		}
	}
	c := plan.Count()
	t.Logf("%d and %d in a short form moved, %d and %d kept: %v", c.Rewritten, c.RewrittenImplicit, c.NotChanged, c.NotChangedImplicit, states)
	if _, err := plan.Apply(ctx); err != nil {
		t.Fatal(err)
	}
	again, err := rewrite.PlanFiles(ctx, set.Rewrite)
	if err != nil {
		t.Fatal(err)
	}
	for i := range again.Files {
		if f := &again.Files[i]; len(f.Edits) > 0 {
			t.Errorf("%s: a second run would change it again: %+v", f.Path, f.Edits)
		}
	}
}
