package kustomize

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"testing"
	"time"

	"github.com/regmigrate/regmigrate/pkg/render"
	"github.com/regmigrate/regmigrate/pkg/render/helm"
)

// TestCorpusChartEntries builds a kustomization for each chart of the repositories in
// REGMIGRATE_CORPUS, and compares with the output of the programs kustomize and
// helm.
func TestCorpusChartEntries(t *testing.T) {
	corpus := os.Getenv("REGMIGRATE_CORPUS")
	if corpus == "" {
		t.Skip("REGMIGRATE_CORPUS is not set")
	}
	kustomize, err1 := exec.LookPath("kustomize")
	helmPath, err2 := exec.LookPath("helm")
	if err1 != nil || err2 != nil {
		t.Skip("kustomize and helm are not on PATH; make test-real builds them")
	}
	repositories, err := os.ReadDir(corpus)
	if err != nil {
		t.Fatal(err)
	}
	r := testRunner(t)
	n := counts{}
	start := time.Now()
	for _, repository := range repositories {
		root, err := filepath.EvalSymlinks(filepath.Join(corpus, repository.Name()))
		if err != nil {
			t.Fatal(err)
		}
		charts, err := chartsIn(os.DirFS(root))
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range charts {
			if c.Err != nil || c.Dir == "." {
				continue
			}
			n["charts"]++
			text := func(home string) string {
				return fmt.Sprintf("helmGlobals: {chartHome: %q}\nhelmCharts:\n- {name: %q, releaseName: rel, namespace: space, includeCRDs: true}\n", home, path.Base(c.Dir))
			}
			const dir = "regmigrate-inflated"
			tree := render.Overlay(os.DirFS(root), map[string][]byte{dir + "/kustomization.yaml": []byte(text("../" + path.Dir(c.Dir)))})
			got, left, err := Build(context.Background(), r, OpenTree(tree), dir)
			at := t.TempDir()
			if err := os.WriteFile(filepath.Join(at, "kustomization.yaml"), []byte(text(filepath.Join(root, path.Dir(c.Dir)))), 0o666); err != nil {
				t.Fatal(err)
			}
			build := func() (string, error) {
				cmd := exec.Command(kustomize, "build", "--load-restrictor", "LoadRestrictionsNone", "--enable-helm", "--helm-command", helmPath, "--helm-kube-version", helm.DefaultKubeVersion, at)
				cmd.Env = append(os.Environ(), "HTTP_PROXY=http://127.0.0.1:1", "HTTPS_PROXY=http://127.0.0.1:1")
				var stderr bytes.Buffer
				cmd.Stderr = &stderr
				out, err := cmd.Output()
				if err != nil {
					err = fmt.Errorf("%w: %s", err, stderr.String())
				}
				return string(out), err
			}
			want, why := build()
			switch {
			case len(left) > 0:
				n["not taken: "+left[0]]++
			case err == nil && why == nil && joinedText(got) == want:
				n["same"]++
			case err == nil && why == nil:
				again, _ := build()
				if again != want {
					n["random"]++
					continue
				}
				n["DIFFERENT"]++
				t.Errorf("%s: not what kustomize gives", c.Dir)
			case err != nil && why != nil:
				n["neither builds"]++
				t.Logf("%s: %v; kustomize: %v", c.Dir, err, why)
			default:
				n["only one of both builds"]++
				t.Logf("%s: %v; kustomize: %v", c.Dir, err, why)
			}
		}
	}
	n.log(t, time.Since(start))
}

// chartsIn returns the charts of a tree that can be read.
func chartsIn(tree fs.FS) ([]helm.Chart, error) {
	charts, err := helm.OpenTree(tree, "")
	if err != nil {
		return nil, err
	}
	var out []helm.Chart
	return out, fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && d.Name() == "Chart.yaml" {
			if c := charts.Chart(path.Dir(name)); c.Err == nil {
				out = append(out, c)
			}
		}
		return nil
	})
}
