package rewrite_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
	"github.com/regmigrate/regmigrate/pkg/rules"
	"github.com/regmigrate/regmigrate/pkg/walk"
)

// TestCorpus checks the invariants on real repositories. Each folder in
// REGMIGRATE_CORPUS is one tree; all of its files are scanned, including ignored
// and vendored ones. The test works on a copy.
func TestCorpus(t *testing.T) {
	corpus := os.Getenv("REGMIGRATE_CORPUS")
	if corpus == "" {
		t.Skip("REGMIGRATE_CORPUS is not set")
	}
	trees, err := filepath.Glob(filepath.Join(corpus, "*"))
	if err != nil || len(trees) == 0 {
		t.Fatalf("REGMIGRATE_CORPUS=%s: expected folders, got none, error %v", corpus, err)
	}
	total := newTally()
	for _, from := range trees {
		name := filepath.Base(from)
		from, err := filepath.EvalSymlinks(from)
		if err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(from); err != nil || !info.IsDir() {
			continue
		}
		t.Run(name, func(t *testing.T) {
			sum := newTally()
			corpusTree(t, from, sum)
			t.Logf("\n%s", sum)
			total.add(sum)
		})
	}
	t.Logf("\n%s", total)
}

// corpusRuns are the rules and scopes of the runs: common rules, and broad ones
// that match as many references as possible.
var corpusRuns = []struct{ name, rules, scope string }{
	{"k8s", "", "manifests"},
	{"k8s, all", "", "all"},
	{"docker.io", "docker.io=mirror.example/hub", "manifests"},
	{"quay.io", "quay.io=mirror.example/quay", "all"},
	{"gcr.io", "gcr.io=mirror.example/gcr", "all"},
	{"gcr.io, host", "gcr.io=gcr.mirror.example", "manifests"},
	{"registry.k8s.io", "registry.k8s.io=mirror.example/k8s", "all"},
	{"bitnami", "docker.io/bitnami=docker.io/bitnamilegacy", "manifests"},
	{"bitnami, all", "docker.io/bitnami=docker.io/bitnamilegacy", "all"},
	{"everything", "docker.io=mirror.example/hub quay.io=mirror.example/quay gcr.io=mirror.example/gcr k8s.gcr.io=mirror.example/k8s ghcr.io=mirror.example/ghcr", "all"},
}

// corpusTree does every run on a copy of the tree at from.
func corpusTree(t *testing.T, from string, sum *tally) {
	root := t.TempDir()
	for name, e := range readTree(t, from) {
		write(t, filepath.Join(root, filepath.FromSlash(name)), e.data)
	}
	before := readTree(t, root)
	if len(before) == 0 {
		t.Fatalf("%s: expected files, got none", from)
	}
	for _, run := range corpusRuns {
		t.Run(run.name, func(t *testing.T) {
			o := rewrite.Options{Rules: corpusRules(t, run.rules), Walk: walk.Options{NoIgnore: true}}
			var err error
			if o.Scopes, err = format.ParseScopes([]string{run.scope}); err != nil {
				t.Fatal(err)
			}
			plan := makePlan(t, root, o)
			for i := range plan.Files {
				if f := &plan.Files[i]; f.Err != nil {
					t.Logf("%s: %v", f.Path, f.Err)
					if len(f.Edits) > 0 || strings.Contains(f.Err.Error(), "could not be verified") {
						t.Errorf("%s: an edit failed its verification", f.Path)
					}
				}
			}
			sum.run(run.name, before, plan)
			checkInvariants(t, root, o, plan)
			checkChangedLines(t, root, before, o.Rules)
			restore(t, root, before, plan)
		})
	}
}

// corpusRules parses rules separated by spaces; an empty text is the preset k8s.
func corpusRules(t *testing.T, text string) *rules.Set {
	t.Helper()
	list, err := rules.Preset("k8s")
	if err != nil {
		t.Fatal(err)
	}
	if text != "" {
		list = nil
	}
	for _, f := range strings.Fields(text) {
		r, err := rules.ParseRuleFlag(f)
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

// restore writes the original content of the files that the plan edited.
func restore(t *testing.T, root string, before map[string]entry, plan *rewrite.Plan) {
	t.Helper()
	for i := range plan.Files {
		if f := &plan.Files[i]; len(f.Edits) > 0 {
			if err := os.WriteFile(filepath.Join(root, filepath.FromSlash(f.Path)), before[f.Path].data, before[f.Path].mode); err != nil {
				t.Fatal(err)
			}
		}
	}
}
