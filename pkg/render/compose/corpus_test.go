package compose

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/render"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
	"github.com/regmigrate/regmigrate/pkg/walk"
)

// TestCorpusCompose plans a move of all images of the Compose files of each repository in
// REGMIGRATE_CORPUS. No proof may fail, and a wrong tag in a changed file of a proven
// project must make its proof fail.
func TestCorpusCompose(t *testing.T) {
	corpus := os.Getenv("REGMIGRATE_CORPUS")
	if corpus == "" {
		t.Skip("REGMIGRATE_CORPUS is not set")
	}
	repositories, err := os.ReadDir(corpus)
	if err != nil {
		t.Fatal(err)
	}
	set := mirrorSet(t)
	r := testRunner(t)
	count := map[string]int{}
	for _, repository := range repositories {
		root := filepath.Join(corpus, repository.Name())
		o := rewrite.Options{Rules: set, Walk: walk.Options{Root: root, NoIgnore: true}}
		for _, pattern := range []string{"**/*compose*.yml", "**/*compose*.yaml", "**/*.env", "**/.env*"} {
			g, err := walk.ParseGlob(pattern, ".")
			if err != nil {
				t.Fatal(err)
			}
			o.Walk.Include = append(o.Walk.Include, g)
		}
		plan, err := rewrite.PlanFiles(t.Context(), o)
		if err != nil {
			t.Errorf("%s: %v", root, err)
			continue
		}
		if len(plan.ComposeFiles) == 0 {
			continue
		}
		before := os.DirFS(root)
		changed := map[string][]byte{}
		for i := range plan.Files {
			if f := &plan.Files[i]; len(f.Edits) > 0 {
				changed[f.Path] = f.After()
			}
		}
		options := Options{Rewrite: render.ByRules(set), Files: plan.ComposeFiles}
		verdicts, err := Verify(t.Context(), r, before, render.Overlay(before, changed), options)
		if err != nil {
			t.Fatal(err)
		}
		for i := range verdicts {
			v := &verdicts[i]
			count["files"]++
			count[v.State.String()]++
			switch {
			case v.State == render.Failed:
				t.Errorf("%s/%s: %s", root, v.Dir, describe(v))
			case v.State == render.Unproven:
				t.Logf("%s/%s: %s", repository.Name(), v.Dir, v.Reason)
			case !v.Unchanged:
				count["proven, with changes"]++
				count["references moved"] += v.Moved
				wrong := map[string][]byte{}
				for name, src := range changed {
					wrong[name] = src
				}
				src, isChanged := changed[v.Dir]
				if !isChanged || !strings.Contains(string(src), "mirror.example/hub/") {
					continue
				}
				wrong[v.Dir] = []byte(strings.Replace(string(src), "mirror.example/hub/", "mirror.example/hub/x", 1))
				count["wrong names"]++
				options := options
				options.Files = []string{v.Dir}
				again, err := Verify(t.Context(), r, before, render.Overlay(before, wrong), options)
				if err != nil {
					t.Fatal(err)
				}
				if again[0].State != render.Failed {
					t.Errorf("%s/%s: a wrong name is not found: %s", root, v.Dir, describe(&again[0]))
				} else {
					count["wrong names found"]++
				}
			}
			if len(v.Leftovers) > 0 {
				count["with an image that does not move"]++
				t.Logf("%s/%s: left %s in %s", repository.Name(), v.Dir, v.Leftovers[0].Ref, v.Leftovers[0].Field)
			}
		}
	}
	for _, k := range sortedKeys(count) {
		t.Logf("%6d %s", count[k], k)
	}
}
