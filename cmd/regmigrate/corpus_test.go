package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/internal/app/prove"
	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// TestCorpusKustomize runs on a copy of each repository with kustomizations in
// REGMIGRATE_CORPUS, and compares each verdict with the output of the kustomize
// program, which must be on PATH, before and after the run. It then makes the
// plan wrong in many ways; no verdict may be proven if the output of the program
// is wrong.
//
// Remote bases are replaced by folders of stubs, which have the old names before
// and after the run. A kustomization that uses one is unproven at best.
func TestCorpusKustomize(t *testing.T) {
	corpus := os.Getenv("REGMIGRATE_CORPUS")
	if corpus == "" {
		t.Skip("REGMIGRATE_CORPUS is not set")
	}
	kustomize, err := exec.LookPath("kustomize")
	if err != nil {
		t.Skip("kustomize is not on PATH; make test-real builds it")
	}
	repositories, err := os.ReadDir(corpus)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range repositories {
		src, err := filepath.EvalSymlinks(filepath.Join(corpus, r.Name()))
		if err != nil {
			t.Fatal(err)
		}
		for _, moves := range corpusMoves {
			t.Run(r.Name()+"/"+moves.name, func(t *testing.T) {
				w := &realWorld{kustomize: kustomize, moves: moves, root: filepath.Join(t.TempDir(), "tree"), old: filepath.Join(t.TempDir(), "old"), now: filepath.Join(t.TempDir(), "now")}
				copyTree(t, src, w.root, "kustomization")
				w.plan(t)
				w.check(t)
				w.mutate(t)
			})
		}
	}
}

// A realWorld is a repository before and after, for the kustomize program.
type realWorld struct {
	kustomize string
	moves     moves
	root      string // the unchanged repository
	old, now  string // with stubs in place of remote bases, before and after
	prover    *prove.Prover
	moved     *rewrite.Plan
	graph     layersOf
	built     map[string]string // by folder: the output of the program before the run, "" if it fails
}

// plan plans and proves, and makes the folders old and now.
func (w *realWorld) plan(t *testing.T) {
	ctx := context.Background()
	set, err := session.New(&session.Flags{Presets: w.moves.presets, Rules: w.moves.rules, Color: "never"}, []string{w.root}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if w.prover, err = prove.New(&session.RenderFlags{}, 0, session.NewProgress(io.Discard, true)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.prover.Close)
	if w.moved, err = rewrite.PlanFiles(ctx, set.Rewrite); err != nil {
		t.Fatal(err)
	}
	if err := w.prover.Prove(ctx, w.moved, w.prover.Tree(w.root), w.prover.Overlay(w.moved), false); err != nil {
		t.Fatal(err)
	}
	w.graph = readLayers(t, w.root)
	copyTree(t, w.root, w.old, "kustomization")
	copyTree(t, w.root, w.now, "kustomization")
	for i := range w.moved.Files {
		if f := &w.moved.Files[i]; len(f.Edits) > 0 {
			w.graph.write(t, w.now, f.Path, f.After())
		}
	}
	stubs := w.graph.stubs()
	for _, root := range []string{w.old, w.now} {
		w.graph.stub(t, root, stubs)
	}
	w.built = map[string]string{}
}

// before returns the output of the program for the folder dir before the run.
func (w *realWorld) before(dir string) string {
	out, ok := w.built[dir]
	if !ok {
		out = w.builds(w.old, dir)
		w.built[dir] = out
	}
	return out
}

// builds returns the output of the program, "" if it fails. A proxy that does
// not exist prevents network requests.
func (w *realWorld) builds(root, dir string) string {
	cmd := exec.Command(w.kustomize, "build", "--load-restrictor", "LoadRestrictionsNone", filepath.Join(root, filepath.FromSlash(dir)))
	cmd.Env = append(os.Environ(), "HTTP_PROXY=http://127.0.0.1:1", "HTTPS_PROXY=http://127.0.0.1:1", "GIT_TERMINAL_PROMPT=0", "GIT_ALLOW_PROTOCOL=none")
	var out bytes.Buffer
	cmd.Stdout = &out
	if cmd.Run() != nil {
		return ""
	}
	return out.String() + "\n"
}

// check compares the verdicts of the plan with the output of the program.
func (w *realWorld) check(t *testing.T) {
	n := map[string]int{}
	for _, x := range w.moved.Proofs {
		if x.Kind != "kustomization" {
			continue
		}
		n["kustomizations"]++
		if x.Unchanged {
			n["no file changes"]++
			continue
		}
		stubbed := ""
		if w.graph.remote(x.Path) {
			stubbed = ", with stubs"
		}
		before, after := w.before(x.Path), w.builds(w.now, x.Path)
		says, wrong := "moved", []string(nil)
		switch {
		case before == "":
			says = "does not build"
		case after == "":
			says, wrong = "DOES NOT BUILD ANY MORE", []string{"all of it"}
		case before == after:
			says = "the same"
		default:
			if wrong = w.moves.wrongPlaces(t, before, after); len(wrong) > 0 {
				says = "OTHER"
			}
		}
		n[x.State.String()+"; by the program"+stubbed+": "+says]++
		switch {
		case len(wrong) > 0:
			t.Errorf("the plan is wrong: %s is %s (%s), and by the program %s: %s", x.Path, x.State, x.Summary, says, wrong[0])
		case x.State == rewrite.Failed && before != "":
			t.Errorf("%s FAILED: %s %q; by the program: %s", x.Path, x.Summary, x.Details, says)
		case x.State == rewrite.Proven && before == after:
			t.Errorf("%s is proven to move (%s), and by the program: %s", x.Path, x.Summary, says)
		case x.State != rewrite.Proven:
			t.Logf("%s %s: %s; by the program%s: %s", x.State, x.Path, x.Summary, stubbed, says)
		}
	}
	for _, what := range sortedBy(n) {
		t.Logf("%5d %s", n[what], what)
	}
}

// copyTree copies the files that charts and kustomizations may use. It skips the
// test if no file is called name, with any extension and case.
func copyTree(t *testing.T, from, to, name string) {
	t.Helper()
	found := false
	err := filepath.WalkDir(from, func(file string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			if err == nil && d.IsDir() && d.Name() == ".git" {
				return filepath.SkipDir
			}
			return err
		}
		rel, err := filepath.Rel(from, file)
		if err != nil {
			return err
		}
		found = found || strings.EqualFold(strings.TrimSuffix(d.Name(), filepath.Ext(file)), name)
		if info, err := d.Info(); err != nil || info.Size() > 8<<20 || strings.HasSuffix(file, ".go") {
			return err
		}
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		out := filepath.Join(to, rel)
		if err := os.MkdirAll(filepath.Dir(out), 0o777); err != nil {
			return err
		}
		return os.WriteFile(out, data, 0o666)
	})
	if err != nil {
		t.Fatal(err)
	}
	if !found {
		t.Skip("no " + name)
	}
}
