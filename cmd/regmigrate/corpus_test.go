package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// TestCorpusKustomize moves a copy of each repository below REGMIGRATE_CORPUS
// that has kustomizations, and holds each verdict against what the kustomize
// program, which must be on PATH, builds before and after.
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
		t.Run(r.Name(), func(t *testing.T) {
			root := filepath.Join(t.TempDir(), r.Name())
			src, err := filepath.EvalSymlinks(filepath.Join(corpus, r.Name()))
			if err != nil {
				t.Fatal(err)
			}
			copyKustomizations(t, src, root)
			proveAgainst(t, kustomize, root)
		})
	}
}

// copyKustomizations copies what kustomizations may take.
func copyKustomizations(t *testing.T, from, to string) {
	t.Helper()
	found := false
	err := filepath.WalkDir(from, func(name string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			if err == nil && d.IsDir() && d.Name() == ".git" {
				return filepath.SkipDir
			}
			return err
		}
		rel, err := filepath.Rel(from, name)
		if err != nil {
			return err
		}
		found = found || strings.EqualFold(strings.TrimSuffix(d.Name(), filepath.Ext(name)), "kustomization")
		if info, err := d.Info(); err != nil || info.Size() > 8<<20 || strings.HasSuffix(name, ".go") {
			return err
		}
		data, err := os.ReadFile(name)
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
		t.Skip("no kustomization")
	}
}

func proveAgainst(t *testing.T, kustomize, root string) {
	ctx := context.Background()
	set, err := prepare(&flags{presets: []string{"k8s"}, rules: []string{"gcr.io=mirror.example/gcr", "quay.io=mirror.example/quay"}, color: "never"}, []string{root}, nil)
	if err != nil {
		t.Fatal(err)
	}
	p, err := newProver(&renderFlags{}, 0, newProgress(io.Discard, true))
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	plan, err := rewrite.Make(ctx, set.options)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.prove(ctx, plan, p.tree(plan.Root), p.overlay(plan), false, nil); err != nil {
		t.Fatal(err)
	}
	before := map[string]string{}
	for _, x := range plan.Proofs {
		if x.Kind == "kustomization" {
			before[x.Path] = programBuilds(t, kustomize, filepath.Join(root, x.Path))
		}
	}
	if _, err := plan.Apply(ctx); err != nil {
		t.Fatal(err)
	}
	n := map[string]int{}
	for _, x := range plan.Proofs {
		if x.Kind != "kustomization" {
			continue
		}
		after := before[x.Path]
		if !x.Unchanged {
			after = programBuilds(t, kustomize, filepath.Join(root, x.Path))
		}
		old, now := before[x.Path], after
		agrees := "neither builds by the program"
		switch {
		case old != "" && now == "":
			agrees = "LOST"
		case old != "" && alike(old) != alike(now):
			agrees = "OTHER"
		case old != "" && old == now:
			agrees = "builds, the same"
		case old != "":
			agrees = "builds, moved"
		case now != "":
			agrees = "builds after only"
		}
		n[x.State.String()+", "+agrees]++
		n["all"]++
		wrong := agrees == "LOST" || agrees == "OTHER"
		if wrong && x.State == rewrite.Proven || x.State == rewrite.Failed && !wrong {
			t.Errorf("%s is %s (%s), and by the program: %s", x.Path, x.State, x.Summary, agrees)
		}
		if x.State != rewrite.Proven {
			t.Logf("%-9s %s: %s %v", x.State, x.Path, x.Summary, x.Details)
		}
	}
	for what, k := range n {
		t.Logf("%5d %s", k, what)
	}
}

// programBuilds is what the program gives, "" when it does not build. A proxy
// that is not there keeps it from fetching.
func programBuilds(t *testing.T, kustomize, dir string) string {
	t.Helper()
	cmd := exec.Command(kustomize, "build", "--load-restrictor", "LoadRestrictionsNone", dir)
	cmd.Env = append(os.Environ(), "HTTP_PROXY=http://127.0.0.1:1", "HTTPS_PROXY=http://127.0.0.1:1", "GIT_TERMINAL_PROMPT=0", "GIT_ALLOW_PROTOCOL=none")
	var out bytes.Buffer
	cmd.Stdout = &out
	if cmd.Run() != nil {
		return ""
	}
	return out.String() + "\n"
}

var nameHash = regexp.MustCompile(`-[245-9bcdfghkmt]{10}\b`)

// alike is text with all registries of the rules as one, and nameHash as one.
func alike(text string) string {
	text = nameHash.ReplaceAllString(text, "-HASH")
	for _, name := range []string{"k8s.gcr.io/", "gcr.io/google_containers/", "gcr.io/google-containers/", "registry.k8s.io/", "mirror.example/gcr/", "mirror.example/quay/", "gcr.io/", "quay.io/"} {
		text = strings.ReplaceAll(text, name, "R/")
	}
	return strings.Join(strings.Fields(text), " ")
}
