package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/report"
)

// TestAccount checks the account of the cases that have charts or kustomizations:
// every reference that images --render lists and a rule selects has a finding.
func TestAccount(t *testing.T) {
	files, err := filepath.Glob("../../testdata/cases/*/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("testdata/cases: expected .txtar files, got none, error %v", err)
	}
	cases, rendered := 0, 0
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		args, ok := caseArgs(archive)
		if !ok {
			continue
		}
		cases++
		name := strings.TrimSuffix(filepath.ToSlash(file[len("../../testdata/cases/"):]), ".txtar")
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			for _, f := range archive.Files {
				if f.Name == "ledger" || strings.HasPrefix(f.Name, "want/") {
					continue
				}
				at := filepath.Join(root, filepath.FromSlash(f.Name))
				if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(at, f.Data, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			_, n := checkRenderedAccount(t, root, args)
			rendered += n
		})
	}
	if (cases < 50 || rendered < 50) && flag.Lookup("test.run").Value.String() == "" {
		t.Errorf("expected at least 50 cases and 50 rendered references, got %d and %d", cases, rendered)
	}
}

// caseArgs returns the flags for the rules of a case. It is false for a case without a
// chart or a kustomization, and for one with settings that flags cannot express.
func caseArgs(archive *txtar.Archive) (args []string, ok bool) {
	for _, f := range archive.Files {
		base := path.Base(f.Name)
		ok = ok || base == "Chart.yaml" || strings.HasPrefix(base, "kustomization.")
	}
	for line := range strings.Lines(string(archive.Comment)) {
		word, value, isSetting := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		switch {
		case !isSetting:
		case word == "rule", word == "preset", word == "scope":
			args = append(args, "--"+word, value)
		case word == "keep", word == "field":
			return nil, false
		}
	}
	if len(args) == 0 {
		args = []string{"--preset", "k8s"}
	}
	return args, ok
}

// corpusTrees returns the folders of the repositories in REGMIGRATE_CORPUS. It skips the
// test if the variable is not set.
func corpusTrees(t *testing.T) []string {
	t.Helper()
	corpus := os.Getenv("REGMIGRATE_CORPUS")
	if corpus == "" {
		t.Skip("NOT TESTED: REGMIGRATE_CORPUS names no folder of work trees")
	}
	repositories, err := os.ReadDir(corpus)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, r := range repositories {
		root, err := filepath.EvalSymlinks(filepath.Join(corpus, r.Name()))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, root)
	}
	return out
}

// TestCorpusAccount checks the account of the repositories in REGMIGRATE_CORPUS,
// with their renderings.
func TestCorpusAccount(t *testing.T) {
	for _, root := range corpusTrees(t) {
		for name, args := range map[string][]string{
			"hub":     {"--rule", "docker.io=mirror.example/hub"},
			"presets": {"--preset", "k8s", "--preset", "bitnami"},
			// A rule for a namespace, or for one name, makes names without a tag likely images.
			"namespaces": {"--rule", "docker.io/grafana=mirror.example/grafana", "--rule", "docker.io/curlimages=mirror.example/curl",
				"--rule", "docker.io/library/busybox=mirror.example/busybox", "--rule", "docker.io/otel=mirror.example/otel",
				"--rule", "docker.io/prom=mirror.example/prom", "--rule", "docker.io/redis=mirror.example/redis",
				"--rule", "docker.io/sapcc=mirror.example/sapcc", "--rule", "docker.io/jaegertracing=mirror.example/jaeger"},
		} {
			t.Run(filepath.Base(root)+"/"+name, func(t *testing.T) {
				inFiles, rendered := checkRenderedAccount(t, root, args)
				t.Logf("%d uses in files and %d in renderings are selected", inFiles, rendered)
			})
		}
	}
}

// checkRenderedAccount checks that every reference that images --render lists for the tree
// at root, and that a rule selects, has a finding: on its line or with its text in the
// same file, and for a rendering, with its name in a file of the chart, or anywhere for a
// kustomization. It returns the numbers of such uses in files and in renderings.
func checkRenderedAccount(t *testing.T, root string, args []string) (inFiles, rendered int) {
	t.Helper()
	var list report.JSONInventory
	runJSON(t, &list, append([]string{"images", "--render", "-o", "json", root}, args...))
	var plan report.JSONReport
	runJSON(t, &plan, append([]string{"--dry-run", "-o", "json", root}, args...))
	a := newAccount(&plan)
	for _, m := range list.Images {
		if m.New == "" {
			continue
		}
		for _, u := range m.Uses {
			ok := false
			if u.Origin == "rendered" {
				rendered++
				ok = a.hasRendered(root, u.Path, m.Reference)
			} else {
				inFiles++
				ok = a.hasInFile(u, m.Reference, m.Kind == "chart")
			}
			if !ok {
				t.Errorf("%s:%d: images --render lists %s (%s), which becomes %s, and the plan has no finding", u.Path, u.Line, m.Reference, u.Origin, m.New)
			}
		}
	}
	return inFiles, rendered
}

// runJSON runs the program and reads its output into out.
func runJSON(t *testing.T, out any, args []string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	Main(context.Background(), args, session.Streams{In: strings.NewReader(""), Out: &stdout, Err: &stderr})
	if err := json.Unmarshal(stdout.Bytes(), out); err != nil {
		t.Fatalf("regmigrate %s: %v\n%s", strings.Join(args, " "), err, &stderr)
	}
}

// An account has the findings of a plan.
type account struct {
	lines map[fileLine]bool
	texts map[string]map[string]bool // texts of the references, by file
	names map[string]map[string]bool // normalized names, by file
	all   map[string]bool            // texts of all files
}

type fileLine struct {
	path string
	line int
}

func newAccount(plan *report.JSONReport) *account {
	a := &account{lines: map[fileLine]bool{}, texts: map[string]map[string]bool{}, names: map[string]map[string]bool{}, all: map[string]bool{}}
	for _, f := range plan.Files {
		a.texts[f.Path], a.names[f.Path] = map[string]bool{}, map[string]bool{}
		for _, x := range f.Findings {
			a.lines[fileLine{f.Path, x.Line}] = true
			a.texts[f.Path][x.Old], a.all[x.Old] = true, true
			a.names[f.Path][normalName(x.Old)] = true
			if host, _, ok := strings.Cut(x.Old, "/"); ok && !x.Implicit && x.End-x.Start == len(host) {
				a.texts[f.Path][host] = true // the registry of several references is one mention
			}
		}
	}
	return a
}

// hasInFile reports whether a use in a file has a finding: on its line, with its text, or
// with its name in the registry, where a template prints the registry before it. The
// registry of a chart may be in another file.
func (a *account) hasInFile(u report.JSONUse, ref string, isChart bool) bool {
	if a.lines[fileLine{u.Path, u.Line}] || a.names[u.Path][normalName(ref)] {
		return true
	}
	for ; ref != ""; ref = ref[:max(strings.LastIndexAny(ref, "@:/"), 0)] {
		if a.texts[u.Path][ref] || isChart && a.all[ref] {
			return true
		}
	}
	return false
}

// hasRendered reports whether a file of the chart or kustomization that prints ref has a
// finding with the name of ref. The dependencies of a chart may be in other folders.
func (a *account) hasRendered(root, printedBy, ref string) bool {
	dir, isChart := "", false
	for _, folder := range []string{"charts/", "templates/", "crds/"} {
		if before, _, ok := strings.Cut("/"+printedBy, "/"+folder); ok && (!isChart || len(before) < len(dir)) {
			dir, isChart = before, true
		}
	}
	if sub, ok := strings.CutPrefix("/"+printedBy, dir+"/charts/"); ok && isChart {
		name, _, _ := strings.Cut(sub, "/")
		packed, _ := filepath.Glob(filepath.Join(root, filepath.FromSlash(dir), "charts", name+"*"))
		isChart = len(packed) > 0 // otherwise the dependency is in another folder
	}
	r, _ := image.Parse(ref)
	for file, names := range a.names {
		// A template may print the rest of the name after a registry.
		if (names[normalName(ref)] || r.Domain != "" && a.texts[file][r.Domain]) && (!isChart || strings.HasPrefix("/"+file, dir+"/")) {
			return true
		}
	}
	return false
}

// normalName returns the registry and the repository of ref as a client requests them.
func normalName(ref string) string {
	ref, _ = image.TrimTransport(ref)
	r, err := image.Parse(ref)
	if err != nil {
		return ref
	}
	registry, repository := image.Normalize(r.Domain, r.Path)
	return registry + "/" + repository
}
