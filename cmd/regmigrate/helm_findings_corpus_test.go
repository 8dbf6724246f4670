package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/link/chart"
	"github.com/regmigrate/regmigrate/pkg/render/helm"
	"github.com/regmigrate/regmigrate/pkg/report"
)

// TestCorpusHelmFindings renders the charts of the repositories in REGMIGRATE_CORPUS
// with the helm program: each image of Docker Hub in a container has a finding under a
// rule for all of docker.io, with its name and in a file of the chart. Of a chart with
// dependencies, the file may be in another folder.
func TestCorpusHelmFindings(t *testing.T) {
	trees := corpusTrees(t)
	program, err := exec.LookPath("helm")
	if err != nil {
		t.Skipf("NOT TESTED: %v", err)
	}
	for _, root := range trees {
		t.Run(filepath.Base(root), func(t *testing.T) { checkHelmFindings(t, program, root) })
	}
}

func checkHelmFindings(t *testing.T, program, root string) {
	var plan report.JSONReport
	runJSON(t, &plan, []string{"--dry-run", "-o", "json", root, "--rule", "docker.io=mirror.example/hub"})
	a := newAccount(&plan)
	var names []string
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if rel, relErr := filepath.Rel(root, path); err == nil && relErr == nil && !d.IsDir() {
			names = append(names, filepath.ToSlash(rel))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	rendered, images := 0, 0
	for _, dir := range chart.Dirs(names) {
		printed, err := exec.Command(program, "template", "--include-crds", "--kube-version", helm.DefaultKubeVersion, "release-name", filepath.Join(root, filepath.FromSlash(dir))).Output()
		if err != nil {
			continue // a dependency is absent, or a value is required
		}
		rendered++
		for _, ref := range imagesOf(t, printed) {
			if name := normalName(ref); strings.HasPrefix(name, "docker.io/") {
				images++
				if !a.hasName(dir, name, hasDependencies(root, dir)) {
					t.Errorf("%s prints %s, and the plan has no finding", dir, ref)
				}
			}
		}
	}
	t.Logf("helm renders %d charts, which print %d uses of images of Docker Hub", rendered, images)
}

// hasName reports whether a file in the folder dir, or anywhere, has a finding with a
// normalized name, or with the registry alone, before which a template prints the name.
func (a *account) hasName(dir, name string, anywhere bool) bool {
	for file, names := range a.names {
		if (names[name] || a.texts[file]["docker.io"]) && (anywhere || dir == "." || strings.HasPrefix(file, dir+"/")) {
			return true
		}
	}
	return false
}

func hasDependencies(root, dir string) bool {
	for _, name := range []string{"Chart.yaml", "requirements.yaml"} {
		if src, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(dir), name)); err == nil && strings.Contains(string(src), "dependencies:") {
			return true
		}
	}
	return false
}
