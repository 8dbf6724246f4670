package kustomize

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/regmigrate/regmigrate/pkg/render"
)

// TestCorpusKustomizations builds every kustomization of the repositories in
// REGMIGRATE_CORPUS. It compares those without omitted parts with the output of the
// kustomize program, which must be on PATH, and checks that replacements of
// kustomization files that change nothing do not change the result.
func TestCorpusKustomizations(t *testing.T) {
	corpus := os.Getenv("REGMIGRATE_CORPUS")
	if corpus == "" {
		t.Skip("REGMIGRATE_CORPUS is not set")
	}
	kustomize, err := exec.LookPath("kustomize")
	if err != nil {
		t.Skip("kustomize is not on PATH")
	}
	repositories, err := os.ReadDir(corpus)
	if err != nil {
		t.Fatal(err)
	}
	r := testRunner(t)
	n := counts{}
	start := time.Now()
	for _, repository := range repositories {
		root := filepath.Join(corpus, repository.Name())
		tree := os.DirFS(root)
		var names []string
		err := fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				names = append(names, name)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		x := OpenTree(tree)
		for _, dir := range Dirs(names) {
			if !x.needsVerdict(nil, dir, false) {
				n["components, and files of other programs"]++
				continue
			}
			n["kustomizations"]++
			againstKustomize(t, r, x, kustomize, root, dir, n)
		}
	}
	n.log(t, time.Since(start))
}

func againstKustomize(t *testing.T, r *render.Runner, x *Tree, kustomize, root, dir string, n counts) {
	p := comparison{runner: r, treeBefore: x, treeAfter: x}
	t1, err := x.overlayTree(dir)
	if err != nil {
		n["not read"]++
		t.Logf("%s %s: %v", root, dir, err)
		return
	}
	plain := func(t *overlayTree) replacements { return t.withoutOmitted() }
	got, err := p.build(context.Background(), t1, plain)
	again, err2 := p.build(context.Background(), t1, func(t *overlayTree) replacements {
		out := t.withoutOmitted()
		for _, l := range t.layers {
			if l.k != nil {
				out[l.file] = l.k
			}
		}
		return out
	})
	if err == nil && (err2 != nil || joinedText(got) != joinedText(again)) {
		t.Errorf("%s %s: written anew it gives something else: %v, %v", root, dir, err, err2)
	}
	if len(t1.omitted) > 0 {
		n["with parts that are not in the tree"]++
		if err != nil {
			n["with parts that are not in the tree: does not build without"]++
			t.Logf("%s %s: %v: %v", root, dir, t1.omitted, err)
		}
		return
	}
	want, why := realBuild(kustomize, filepath.Join(root, filepath.FromSlash(dir)))
	switch {
	case err == nil && why == nil && joinedText(got) == want:
		n["same as kustomize"]++
	case err == nil && why == nil:
		n["DIFFERENT"]++
		t.Errorf("%s %s: not what kustomize gives", root, dir)
	case err != nil && why != nil:
		n["neither builds"]++
		t.Logf("%s %s: %v", root, dir, err)
	default:
		n["only one of both builds"]++
		t.Errorf("%s %s: %v; kustomize: %v", root, dir, err, why)
	}
}

func joinedText(r *render.Rendered) string {
	var b []string
	for _, text := range r.Texts {
		b = append(b, text.Body)
	}
	return strings.Join(b, "---\n")
}

// realBuild returns the output of the kustomize program.
func realBuild(kustomize, dir string) (string, error) {
	cmd := exec.Command(kustomize, "build", "--load-restrictor", "LoadRestrictionsNone", dir)
	// A proxy that does not exist makes all requests fail.
	cmd.Env = append(os.Environ(), "HTTP_PROXY=http://127.0.0.1:1", "HTTPS_PROXY=http://127.0.0.1:1", "GIT_TERMINAL_PROMPT=0", "GIT_ALLOW_PROTOCOL=none")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", errors.New(stderr.String())
	}
	return string(out), nil
}
