package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/pkg/link/chart"
	"github.com/regmigrate/regmigrate/pkg/render/helm"
	"github.com/regmigrate/regmigrate/pkg/render/kustomize"
	"github.com/regmigrate/regmigrate/pkg/report"
)

// mostOfEach is the maximum number of charts, and of kustomizations, of one
// repository that the real programs render.
const mostOfEach = 25

// TestImagesCorpus compares the inventory of real repositories with the output
// of helm and kustomize: with --render, the inventory must contain all images in
// that output.
func TestImagesCorpus(t *testing.T) {
	corpus := os.Getenv("REGMIGRATE_CORPUS")
	if corpus == "" {
		t.Skip("NOT TESTED: REGMIGRATE_CORPUS names no folder of work trees")
	}
	helmPath, err1 := exec.LookPath("helm")
	kustomizePath, err2 := exec.LookPath("kustomize")
	if err := errors.Join(err1, err2); err != nil {
		t.Skipf("NOT TESTED: %v", err)
	}
	for _, name := range []string{"helm-charts", "kubeflow", "argo-cd"} {
		root := filepath.Join(corpus, name)
		if _, err := os.Stat(root); err != nil {
			t.Logf("NOT TESTED on %s: %v", name, err)
			continue
		}
		t.Run(name, func(t *testing.T) {
			var names []string
			err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
				if rel, relErr := filepath.Rel(root, path); relErr == nil && err == nil && !d.IsDir() {
					names = append(names, filepath.ToSlash(rel))
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			sort.Strings(names)
			charts, layers := spread(chart.Dirs(names)), spread(kustomize.Dirs(names))
			args := []string{"images", "--render", "-o", "json"}
			for _, dir := range slices.Concat(charts, layers) {
				args = append(args, filepath.Join(root, dir))
			}
			var out, problems bytes.Buffer
			Main(context.Background(), args, session.Streams{In: strings.NewReader(""), Out: &out, Err: &problems})
			var list report.JSONInventory
			if err := json.Unmarshal(out.Bytes(), &list); err != nil {
				t.Fatalf("%v\n%s", err, &problems)
			}
			rendered := map[string][]string{} // references by the folder that renders them
			for _, m := range list.Images {
				for _, u := range m.Uses {
					if u.Origin == "rendered" {
						rendered[u.Path] = append(rendered[u.Path], m.Reference)
					}
				}
			}
			unrendered := map[string]bool{}
			for _, f := range list.Unrendered {
				unrendered[f.Path] = true
			}
			held, images := 0, 0
			hold := func(dir string, cmd *exec.Cmd) {
				printed, err := cmd.Output()
				if err != nil || unrendered[dir] {
					return // the inventory lists charts that do not render
				}
				held++
				for _, ref := range imagesOf(t, printed) {
					images++
					if !printedBy(rendered, dir, ref) {
						t.Errorf("%s prints %s, which the inventory does not have", dir, ref)
					}
				}
			}
			for _, dir := range charts {
				hold(dir, exec.Command(helmPath, "template", "--include-crds", "--kube-version", helm.DefaultKubeVersion, "release-name", filepath.Join(root, dir)))
			}
			for _, dir := range layers {
				hold(dir, exec.Command(kustomizePath, "build", "--load-restrictor", "LoadRestrictionsNone", filepath.Join(root, dir)))
			}
			t.Logf("%d images in %d uses listed; %d charts and kustomizations rendered by helm and kustomize, which print %d images", list.Counts.Images, list.Counts.Uses, held, images)
			if held == 0 || images == 0 {
				t.Error("nothing was held against anything")
			}
		})
	}
}

// spread returns at most mostOfEach of dirs, spread over all of them.
func spread(dirs []string) []string {
	var out []string
	step := max(1, (len(dirs)+mostOfEach-1)/mostOfEach)
	for i := 0; i < len(dirs); i += step {
		out = append(out, dirs[i])
	}
	return out
}

// printedBy reports whether ref is listed under the chart or kustomization in dir.
func printedBy(rendered map[string][]string, dir, ref string) bool {
	for path, refs := range rendered {
		if (path == dir || dir == "." || strings.HasPrefix(path, dir+"/")) && slices.Contains(refs, ref) {
			return true
		}
	}
	return false
}

// imagesOf returns the values of `image` in containers of all kinds. It is
// independent of the program.
func imagesOf(t *testing.T, printed []byte) []string {
	t.Helper()
	var out []string
	var walk func(v any, key string)
	walk = func(v any, key string) {
		switch v := v.(type) {
		case map[string]any:
			if ref, ok := v["image"].(string); ok && ref != "" && strings.HasSuffix(strings.ToLower(key), "containers") {
				out = append(out, ref)
			}
			for k, x := range v {
				walk(x, k)
			}
		case []any:
			for _, x := range v {
				walk(x, key)
			}
		}
	}
	d := yaml.NewDecoder(bytes.NewReader(printed))
	for {
		var doc any
		err := d.Decode(&doc)
		if err == io.EOF {
			return out
		}
		if err != nil {
			t.Logf("what it prints does not parse: %v", err)
			return out
		}
		walk(doc, "")
	}
}
