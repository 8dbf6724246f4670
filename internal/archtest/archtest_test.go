package archtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/regmigrate/regmigrate"

// systems are those whose files are looked at: build tags hide imports.
var systems = []string{"linux", "windows", "darwin"}

// A listed is what go list says of a package.
type listed struct {
	ImportPath, Name                   string
	Imports, TestImports, XTestImports []string
	Error                              *struct{ Err string }
}

// list asks go list about all packages of the module as the named system sees
// them.
func list(t *testing.T, system string) []listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-e", "-json=ImportPath,Name,Imports,TestImports,XTestImports,Error", "./...")
	cmd.Dir = root(t)
	cmd.Env = append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, &stderr)
	}
	var all []listed
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if p.Error != nil {
			t.Errorf("%s on %s: %s", p.ImportPath, system, p.Error.Err)
		}
		all = append(all, p)
	}
	if len(all) == 0 {
		t.Fatal("go list named no package")
	}
	return all
}

// root returns the folder of the module. It looks at each Go file below, since
// go test takes a result from its cache until a file changes that the test
// itself has looked at, and go list is another process.
func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || name != dir && strings.HasPrefix(d.Name(), ".")):
			return filepath.SkipDir
		case strings.HasSuffix(name, ".go") || d.Name() == "go.mod":
			_, err := os.Stat(name)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// below returns an import path as the table has it; false if it is not ours.
func below(importPath string) (string, bool) {
	if importPath == module {
		return ".", true
	}
	return strings.CutPrefix(importPath, module+"/")
}

func entry(p string) (pkg, bool) {
	i := slices.IndexFunc(table, func(e pkg) bool { return e.path == p })
	if i < 0 {
		return pkg{}, false
	}
	return table[i], true
}

// allows reports whether one of patterns is p or has p below it.
func allows(patterns []string, p string) bool {
	return slices.ContainsFunc(patterns, func(a string) bool {
		tree, ok := strings.CutSuffix(a, "...")
		return a == p || ok && strings.HasPrefix(p+"/", tree)
	})
}

// standard reports whether an import path is one of the standard library,
// whose first element has no dot.
func standard(importPath string) bool {
	first, _, _ := strings.Cut(importPath, "/")
	return !strings.Contains(first, ".")
}

// complaint returns which rule an import of a package breaks, "" for nothing.
func complaint(e pkg, imported string, test bool) string {
	ours, isOurs := below(imported)
	switch {
	case !test && imported == "testing" || !test && strings.HasPrefix(imported, "testing/"):
		return "imports " + imported + " outside tests"
	case standard(imported):
		return ""
	case !test && isOurs && path.Dir(ours) == "internal" && strings.HasPrefix(path.Base(ours), "test"):
		return "imports " + ours + " outside tests"
	case test && isOurs:
		// A test makes what its package is given, which may be any value of a
		// lower row.
		if to, ok := entry(ours); ok && (ours == e.path || to.row < e.row) {
			return ""
		}
		return "tests with " + ours + ", which is no lower"
	case isOurs:
		to, ok := entry(ours)
		switch {
		case !ok:
			return "imports " + ours + ", which is not in the table"
		case !allows(e.ours, ours):
			return "may not import " + ours
		case to.row >= e.row:
			return "imports " + ours + ", which is no lower"
		}
		return ""
	case allows(e.third, imported), test && allows(forTests, imported):
		return ""
	}
	return "may not import " + imported
}

func TestImports(t *testing.T) {
	seen := map[string]bool{}
	for _, system := range systems {
		for _, p := range list(t, system) {
			name, ok := below(p.ImportPath)
			if !ok {
				t.Errorf("%s: not of this module", p.ImportPath)
				continue
			}
			seen[name] = true
			e, ok := entry(name)
			if !ok {
				t.Errorf("%s is not in the table", name)
				continue
			}
			for _, i := range p.Imports {
				if c := complaint(e, i, false); c != "" {
					t.Errorf("%s (%s): %s", name, system, c)
				}
			}
			for _, i := range slices.Concat(p.TestImports, p.XTestImports) {
				if c := complaint(e, i, true); c != "" {
					t.Errorf("tests of %s (%s): %s", name, system, c)
				}
			}
		}
	}
	for _, e := range table {
		if !seen[e.path] {
			t.Logf("%s is in the table and does not exist yet", e.path)
		}
	}
}

// What a package imports through others counts as well: no path leads from a
// lower row to a higher one.
func TestDependencies(t *testing.T) {
	imports := map[string][]string{}
	for _, p := range list(t, "linux") {
		if name, ok := below(p.ImportPath); ok {
			for _, i := range p.Imports {
				if o, ok := below(i); ok {
					imports[name] = append(imports[name], o)
				}
			}
		}
	}
	var reach func(from string, e pkg, way string)
	reach = func(from string, e pkg, way string) {
		for _, o := range imports[from] {
			way := way + " -> " + o
			to, ok := entry(o)
			if ok && to.row >= e.row {
				t.Errorf("%s reaches a row no lower than its own: %s", e.path, way)
			}
			reach(o, e, way)
		}
	}
	for _, e := range table {
		reach(e.path, e, e.path)
	}
}

func TestNames(t *testing.T) {
	var mains []string
	for _, p := range list(t, "linux") {
		for _, name := range []string{p.Name, path.Base(p.ImportPath)} {
			if slices.Contains(forbidden, strings.TrimSuffix(name, "_test")) {
				t.Errorf("%s: a package called %q says nothing about what it is", p.ImportPath, name)
			}
		}
		if p.Name == "main" {
			mains = append(mains, p.ImportPath)
		}
	}
	if len(mains) == 0 {
		t.Log("there is no command yet")
	} else if want := []string{module + "/cmd/regmigrate"}; !slices.Equal(mains, want) {
		t.Errorf("the commands are %q, want %q", mains, want)
	}
}

func TestTable(t *testing.T) {
	seen := map[string]bool{}
	for _, e := range table {
		if seen[e.path] {
			t.Errorf("%s has two lines", e.path)
		}
		seen[e.path] = true
		for _, o := range e.ours {
			if o == "..." {
				continue
			}
			if to, ok := entry(o); !ok {
				t.Errorf("%s may import %s, which has no line", e.path, o)
			} else if to.row >= e.row {
				t.Errorf("%s may import %s, which is no lower", e.path, o)
			}
		}
	}
}

func TestComplaint(t *testing.T) {
	tests := []struct {
		pkg, imported string
		test          bool
		want          string
	}{
		{"pkg/edit", "bytes", false, ""},
		{"pkg/edit", "testing", false, "imports testing outside tests"},
		{"pkg/edit", "testing/fstest", false, "imports testing/fstest outside tests"},
		{"pkg/edit", "testing", true, ""},
		{"pkg/edit", module + "/pkg/edit", true, ""},
		{"pkg/edit", module + "/pkg/image", false, "may not import pkg/image"},
		{"pkg/edit", module + "/pkg/image", true, "tests with pkg/image, which is no lower"},
		{"pkg/report", module + "/pkg/rules", true, ""},
		{"pkg/image", module + "/pkg/edit", false, ""},
		{"pkg/rewrite", module + "/pkg/report", false, "may not import pkg/report"},
		{"pkg/rewrite", module + "/pkg/odd", false, "imports pkg/odd, which is not in the table"},
		{"cmd/regmigrate", module + "/pkg/report", false, ""},
		{"cmd/regmigrate", module + "/bench", false, "imports bench, which is no lower"},
		{"cmd/regmigrate", module + "/internal/testregistry", false, "imports internal/testregistry outside tests"},
		{"cmd/regmigrate", module + "/internal/testregistry", true, ""},
		{"cmd/regmigrate", "github.com/spf13/cobra", false, ""},
		{"cmd/regmigrate", "github.com/spf13/cobra/doc", false, "may not import github.com/spf13/cobra/doc"},
		{"pkg/render", "helm.sh/helm/v3/pkg/action", false, ""},
		{"pkg/render", "helm.sh/helm/v33/pkg/action", false, "may not import helm.sh/helm/v33/pkg/action"},
		{"pkg/image", "github.com/google/go-containerregistry/pkg/name", false, "may not import github.com/google/go-containerregistry/pkg/name"},
		{"pkg/image", "github.com/google/go-containerregistry/pkg/name", true, ""},
		{"pkg/image", "github.com/stretchr/testify/assert", true, "may not import github.com/stretchr/testify/assert"},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%s imports %s", tt.pkg, tt.imported), func(t *testing.T) {
			e, ok := entry(tt.pkg)
			if !ok {
				t.Fatal("not in the table")
			}
			if got := complaint(e, tt.imported, tt.test); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
