package archtest

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/regmigrate/regmigrate"

// systems are the values of GOOS whose files are checked: build tags hide
// imports.
var systems = []string{"linux", "windows", "darwin"}

func TestImports(t *testing.T) {
	seen := map[string]bool{}
	for _, system := range systems {
		for _, p := range listPackages(t, system) {
			name, ok := belowModule(p.ImportPath)
			if !ok {
				t.Errorf("%s: not part of this module", p.ImportPath)
				continue
			}
			seen[name] = true
			e, ok := entryOf(name)
			if !ok {
				t.Errorf("%s is not in the table", name)
				continue
			}
			for _, i := range p.Imports {
				if problem := checkImport(e, i); problem != "" {
					t.Errorf("%s (%s): %s", name, system, problem)
				}
			}
			for _, i := range slices.Concat(p.TestImports, p.XTestImports) {
				if problem := checkTestImport(e, i); problem != "" {
					t.Errorf("tests of %s (%s): %s", name, system, problem)
				}
			}
		}
	}
	for _, e := range table {
		if !seen[e.path] {
			t.Errorf("%s is in the table, but does not exist", e.path)
		}
	}
}

func TestNames(t *testing.T) {
	var mains []string
	for _, p := range listPackages(t, "linux") {
		for _, name := range []string{p.Name, path.Base(p.ImportPath)} {
			if slices.Contains(forbidden, strings.TrimSuffix(name, "_test")) {
				t.Errorf("%s: the name %q does not say what the package is for", p.ImportPath, name)
			}
		}
		if p.Name == "main" {
			mains = append(mains, p.ImportPath)
		}
	}
	// pre-commit builds every command of the module, so there is one.
	if want := []string{module + "/cmd/regmigrate"}; !slices.Equal(mains, want) {
		t.Errorf("the commands are %q, want %q", mains, want)
	}
}

func TestTable(t *testing.T) {
	seen := map[string]bool{}
	for _, e := range table {
		if seen[e.path] {
			t.Errorf("%s has two entries", e.path)
		}
		seen[e.path] = true
		for _, o := range e.within {
			if to, ok := entryOf(o); !ok {
				t.Errorf("%s may import %s, which has no entry", e.path, o)
			} else if to.row != e.row {
				t.Errorf("%s may import %s within its row, but that is in row %d, not %d", e.path, o, to.row, e.row)
			}
		}
	}
}

// entryOf returns the table's entry for a path below the module.
func entryOf(p string) (pkg, bool) {
	i := slices.IndexFunc(table, func(e pkg) bool { return e.path == p })
	if i < 0 {
		return pkg{}, false
	}
	return table[i], true
}

// checkImport returns why a non-test file of package e may not import a
// package, "" if it may.
func checkImport(e pkg, imported string) string {
	ours, isOurs := belowModule(imported)
	switch {
	case e.row != tests && (imported == "testing" || strings.HasPrefix(imported, "testing/")):
		return "imports " + imported + " outside tests"
	case isStandard(imported):
		return ""
	case !isOurs:
		if matches(e.third, imported) {
			return ""
		}
		return "may not import " + imported
	}
	to, ok := entryOf(ours)
	switch {
	case !ok:
		return "imports " + ours + ", which is not in the table"
	case to.row == tests:
		return "imports " + ours + " outside tests"
	case to.row > e.row:
		return "imports " + ours + ", which is in a higher row"
	case to.row == e.row && !slices.Contains(e.within, ours):
		return "may not import " + ours + ", which is in the same row"
	}
	return ""
}

// checkTestImport returns why a test file of package e may not import a
// package, "" if it may. A test may compare packages of the same row.
func checkTestImport(e pkg, imported string) string {
	ours, isOurs := belowModule(imported)
	switch {
	case ours == e.path, isStandard(imported), matches(forTests, imported):
		return ""
	case isOurs:
		if to, ok := entryOf(ours); ok && (to.row == tests || to.row == e.row) {
			return ""
		}
	}
	return checkImport(e, imported)
}

// belowModule returns an import path as the table has it; false if the package
// is not part of this module.
func belowModule(importPath string) (string, bool) {
	if importPath == module {
		return ".", true
	}
	return strings.CutPrefix(importPath, module+"/")
}

// matches reports whether p matches one of patterns.
func matches(patterns []string, p string) bool {
	return slices.ContainsFunc(patterns, func(a string) bool {
		tree, ok := strings.CutSuffix(a, "...")
		return a == p || ok && strings.HasPrefix(p+"/", tree)
	})
}

// isStandard reports whether an import path belongs to the standard library:
// its first element has no dot.
func isStandard(importPath string) bool {
	first, _, _ := strings.Cut(importPath, "/")
	return !strings.Contains(first, ".")
}

func TestCheckImport(t *testing.T) {
	cases := []struct {
		pkg, imported string
		want          string // from a non-test file
		wantTest      string // from a test file
	}{
		{"pkg/edit", "bytes", "", ""},
		{"pkg/edit", "testing", "imports testing outside tests", ""},
		{"pkg/edit", "testing/fstest", "imports testing/fstest outside tests", ""},
		{"pkg/edit", module + "/pkg/edit", "may not import pkg/edit, which is in the same row", ""},
		{"pkg/edit", module + "/pkg/image", "may not import pkg/image, which is in the same row", ""},
		{"pkg/image", module + "/pkg/edit", "", ""},
		{"pkg/report", module + "/pkg/rules", "", ""},
		{"pkg/rewrite", module + "/pkg/report", "imports pkg/report, which is in a higher row", "imports pkg/report, which is in a higher row"},
		{"pkg/rewrite", module + "/pkg/odd", "imports pkg/odd, which is not in the table", "imports pkg/odd, which is not in the table"},
		{"cmd/regmigrate", module + "/pkg/report", "", ""},
		{"cmd/regmigrate", module + "/bench", "imports bench outside tests", ""},
		{"cmd/regmigrate", module + "/internal/testregistry", "imports internal/testregistry outside tests", ""},
		{"cmd/regmigrate", "github.com/spf13/cobra", "", ""},
		{"cmd/regmigrate", "github.com/spf13/cobra/doc", "may not import github.com/spf13/cobra/doc", ""},
		{"bench", module + "/pkg/rewrite", "", ""},
		{"pkg/image", "github.com/google/go-containerregistry/pkg/name", "may not import github.com/google/go-containerregistry/pkg/name", ""},
		{"pkg/image", "github.com/stretchr/testify/assert", "may not import github.com/stretchr/testify/assert", "may not import github.com/stretchr/testify/assert"},
	}
	for _, c := range cases {
		t.Run(fmt.Sprintf("%s imports %s", c.pkg, c.imported), func(t *testing.T) {
			e, ok := entryOf(c.pkg)
			if !ok {
				t.Fatal("not in the table")
			}
			if got := checkImport(e, c.imported); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if got := checkTestImport(e, c.imported); got != c.wantTest {
				t.Errorf("from a test: got %q, want %q", got, c.wantTest)
			}
		})
	}
}

func TestMatches(t *testing.T) {
	patterns := []string{"helm.sh/helm/v3/...", "example.com/one"}
	for p, want := range map[string]bool{
		"helm.sh/helm/v3":            true,
		"helm.sh/helm/v3/pkg/action": true,
		"helm.sh/helm/v33/pkg":       false,
		"example.com/one":            true,
		"example.com/one/two":        false,
	} {
		if got := matches(patterns, p); got != want {
			t.Errorf("matches(%q, %q) = %v, want %v", patterns, p, got, want)
		}
	}
}
