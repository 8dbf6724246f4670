package rewrite

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/regmigrate/regmigrate/pkg/account"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// TestShortNameFilter checks that the filters, which read no keys, omit no file and no
// part of a file of the cases in which a rule on all of Docker Hub selects a reference.
func TestShortNameFilter(t *testing.T) {
	set := allOfDockerHub(t)
	cases, err := filepath.Glob("../../testdata/cases/*/*.txtar")
	if err != nil || len(cases) == 0 {
		t.Fatalf("testdata/cases: expected .txtar files, got none, error %v", err)
	}
	scripts, err := filepath.Glob("../../cmd/regmigrate/testdata/script/*.txtar")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("testdata/script: expected .txtar files, got none, error %v", err)
	}
	cases = append(cases, scripts...)
	selected := 0
	for _, name := range cases {
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range txtar.Parse(src).Files {
			if f.Name == "ledger" || strings.HasPrefix(f.Name, "want/") {
				continue
			}
			reader := newReader(Options{Rules: set}, nil)
			filter := orObject(set.MayMatchByItself) // also for files of charts, which have a weaker one
			in := format.Input{Path: f.Name, Src: f.Data}
			all := selectedNames(in, set)
			selected += len(all)
			if reader.anyKeyNamesImage(f.Name) {
				continue // no filter reads it
			}
			if len(all) > 0 && !reader.mayMatch(filter)(f.Data) {
				t.Errorf("%s: %s: the run does not scan this file, and the rule selects %q", filepath.Base(name), f.Name, all)
			}
			in.May = func(part []byte) bool { return reader.mayMatchPart(filter, part) }
			if got := selectedNames(in, set); !slices.Equal(got, all) {
				t.Errorf("%s: %s: with the filter for parts of a file: expected %q, got %q", filepath.Base(name), f.Name, all, got)
			}
		}
	}
	if selected < 500 {
		t.Errorf("expected at least 500 selected references, got %d", selected)
	}
}

// TestShortNameFilterCorpus checks the same for each file of real repositories that only
// MayMatchByItself omits.
func TestShortNameFilterCorpus(t *testing.T) {
	root := os.Getenv("REGMIGRATE_CORPUS")
	if root == "" {
		t.Skip("REGMIGRATE_CORPUS does not name a folder with work trees of repositories")
	}
	set := allOfDockerHub(t)
	reader := newReader(Options{Rules: set}, nil)
	omitted := 0
	err := filepath.WalkDir(root, func(name string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.Name() == ".git" {
			return filepath.SkipDir
		}
		if !d.Type().IsRegular() {
			return nil
		}
		src, err := os.ReadFile(name)
		if err != nil || len(src) > 1<<20 {
			return err
		}
		rel := filepath.ToSlash(strings.TrimPrefix(name, root+"/"))
		if !set.MayMatch(src) || orObject(set.MayMatchByItself)(src) || reader.anyKeyNamesImage(rel) {
			return nil
		}
		omitted++
		if names := selectedNames(format.Input{Path: rel, Src: src}, set); len(names) > 0 {
			t.Errorf("%s: the run does not scan this file, and the rule selects %q", rel, names)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d files omitted", omitted)
}

// allOfDockerHub returns a set with one rule, on all of Docker Hub.
func allOfDockerHub(t *testing.T) *rules.Set {
	t.Helper()
	r, err := rules.ParseRuleFlag("docker.io=m.corp/hub")
	if err != nil {
		t.Fatal(err)
	}
	set, err := rules.New([]rules.Rule{r})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// selectedNames returns the texts of the occurrences in a file that a rule of set
// selects and that are likely or certain.
func selectedNames(in format.Input, set *rules.Set) []string {
	scanned, err := format.Detect(in.Path, in.Src).Scan(in)
	if err != nil {
		return nil
	}
	var out []string
	for i := range scanned.Occurrences {
		o := &scanned.Occurrences[i]
		if _, ok := account.Match(o, set); ok && account.ClassOf(o, set) != account.Unknown {
			out = append(out, o.Text())
		}
	}
	return out
}
