package licenses

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write THIRD_PARTY_LICENSES")

const (
	root = "../.."
	file = root + "/THIRD_PARTY_LICENSES"
)

// header is the beginning of the file. It names no license: the texts do.
const header = `The program regmigrate contains the modules below. Each text is the license, or a
notice that belongs to it, of the modules that are listed before it. The standard
library of Go has the license of golang.org/x/sys.

This file is generated: make golden.
`

// A linkedPackage is a package of another module, as go list prints it.
type linkedPackage struct {
	ImportPath string
	Dir        string
	Module     *struct {
		Path string
		Dir  string
		Main bool
	}
}

// linkedPackages returns the packages of other modules that the program for a system
// contains.
func linkedPackages(t *testing.T, system string) []linkedPackage {
	t.Helper()
	cmd := exec.Command("go", "list", "-deps", "-json=ImportPath,Dir,Module", "./cmd/regmigrate")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0", "GOFLAGS=-mod=readonly")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list for %s: %v\n%s", system, err, &stderr)
	}
	var all []linkedPackage
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p linkedPackage
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		if p.Module != nil && !p.Module.Main {
			all = append(all, p)
		}
	}
}

// licenseRE matches the names of files with a license, or a notice that must go with
// the program. LICENSE.docs is about documentation, which is not linked.
var licenseRE = regexp.MustCompile(`(?i)^(licen[cs]es?|copying|notice|patents|unlicense)([.-].*)?$`)

// texts returns the license files of the folder dir by name.
func texts(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, e := range entries {
		if !e.Type().IsRegular() || !licenseRE.MatchString(e.Name()) || strings.HasSuffix(e.Name(), ".docs") || strings.HasSuffix(e.Name(), ".go") {
			continue
		}
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		out[e.Name()] = strings.TrimSpace(strings.ReplaceAll(string(data), "\r\n", "\n"))
	}
	return out
}

// collect returns the modules of each text. A package may have a license of its own,
// in its folder or one above it within the module.
func collect(t *testing.T, systems ...string) map[string][]string {
	t.Helper()
	owners := map[string]map[string]bool{}
	read := map[string]bool{}
	for _, system := range systems {
		for _, p := range linkedPackages(t, system) {
			for dir := p.Dir; !read[dir]; dir = filepath.Dir(dir) {
				read[dir] = true
				found := texts(t, dir)
				if dir == p.Module.Dir && len(found) == 0 {
					t.Errorf("the module %s has no license file", p.Module.Path)
				}
				below, err := filepath.Rel(p.Module.Dir, dir)
				if err != nil {
					t.Fatal(err)
				}
				for name, text := range found {
					if owners[text] == nil {
						owners[text] = map[string]bool{}
					}
					owner := strings.TrimSuffix(p.Module.Path+"/"+filepath.ToSlash(below), "/.")
					owners[text][fmt.Sprintf("%s (%s)", owner, name)] = true
				}
				if dir == p.Module.Dir {
					break
				}
			}
		}
	}
	out := map[string][]string{}
	for text, set := range owners {
		out[text] = slices.Sorted(maps.Keys(set))
	}
	return out
}

// page returns the content of the file.
func page(owners map[string][]string) string {
	all := slices.SortedFunc(maps.Keys(owners), func(a, b string) int { return cmp.Compare(owners[a][0], owners[b][0]) })
	line := strings.Repeat("-", 80) + "\n"
	var b strings.Builder
	b.WriteString(header)
	for _, text := range all {
		b.WriteString("\n" + line + strings.Join(owners[text], "\n") + "\n" + line + "\n" + text + "\n")
	}
	return b.String()
}

func TestLicenses(t *testing.T) {
	want := page(collect(t, "linux", "darwin", "windows"))
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.ReplaceAll(string(data), "\r\n", "\n"); got != want {
		for _, l := range strings.Split(want, "\n") {
			if strings.HasSuffix(l, ")") && !strings.Contains(got, l+"\n") {
				t.Errorf("THIRD_PARTY_LICENSES lacks %s", l)
			}
		}
		t.Error("THIRD_PARTY_LICENSES is not that of the linked modules: make golden writes it")
	}
}

// A module without a license in the file, and a text of a folder below the root of a
// module, are found.
func TestCollect(t *testing.T) {
	owners := collect(t, "linux")
	got := page(owners)
	for _, p := range linkedPackages(t, "linux") {
		if !strings.Contains(got, "\n"+p.Module.Path+" (") {
			t.Errorf("the page lacks the module %s of the package %s", p.Module.Path, p.ImportPath)
		}
	}
	below := 0
	for _, names := range owners {
		for _, name := range names {
			if strings.Contains(name, "/third_party/") || strings.Contains(name, "/internal/") {
				below++
			}
		}
	}
	t.Logf("%d texts, %d of them below the root of a module", len(owners), below)
}
