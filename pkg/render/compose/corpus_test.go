package compose

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/render"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// faults are changes that no rule makes, each as a pattern and what replaces its first
// match.
var faults = []struct {
	kind    string
	pattern *regexp.Regexp
	to      string
}{
	{"another name", regexp.MustCompile(`(image: *["']?mirror\.example/[a-z]+/)`), "${1}x"},
	{"another registry", regexp.MustCompile(`(image: *["']?)mirror\.example/`), "${1}mirror2.example/"},
	{"another tag", regexp.MustCompile(`(image: *mirror\.example/[^\s:@$]+:[^\s@$]+)( *\n)`), "${1}x${2}"},
	{"no tag", regexp.MustCompile(`(image: *mirror\.example/[^\s:@$]+):[^\s@$]+( *\n)`), "${1}${2}"},
	{"a digest", regexp.MustCompile(`(image: *mirror\.example/[^\s@$]+)( *\n)`), "${1}@sha256:0123456789012345678901234567890123456789012345678901234567890123${2}"},
	{"quotes", regexp.MustCompile(`(image: *)(mirror\.example/[^\s@$]+)( *\n)`), "${1}'${2}'${3}"},
	{"another key", regexp.MustCompile(`image:( *["']?mirror)`), "imag:${1}"},
	{"a key of an environment", regexp.MustCompile(`(environment:[ \t]*\n\s+(?:- *)?["']?)([A-Z])`), "${1}X${2}"},
	{"a value of an environment", regexp.MustCompile(`(environment:[ \t]*\n\s+(?:- *)?[A-Z_]+(?:=|: +)[A-Za-z0-9/]+)`), "${1}x"},
	{"a port", regexp.MustCompile(`(ports:[ \t]*\n\s+- *["']?\d+)`), "${1}1"},
	{"a volume", regexp.MustCompile(`(volumes:[ \t]*\n\s+- *["']?[./A-Za-z]+)`), "${1}x"},
	{"a restart policy", regexp.MustCompile(`restart: *\S+`), "restart: never-x"},
	{"a name of a service", regexp.MustCompile(`(services:[ \t]*\n\s+)([a-z])`), "${1}x${2}"},
	{"a new key", regexp.MustCompile(`(\n)([ \t]+)(image: *["']?mirror)`), "${1}${2}user: x\n${2}${3}"},
	{"a command", regexp.MustCompile(`(command: *["']?[a-z]+)`), "${1}x"},
	{"a dependency", regexp.MustCompile(`(depends_on:[ \t]*\n\s+- *["']?)`), "${1}x"},
	{"a container name", regexp.MustCompile(`(container_name: *["']?)`), "${1}x"},
	{"a tag of YAML", regexp.MustCompile(`(environment:)([ \t]*\n)`), "${1} !override${2}"},
	{"a tag of a list", regexp.MustCompile(`(ports:)([ \t]*\n)`), "${1} !reset${2}"},
	{"a new service", regexp.MustCompile(`(\nservices:[ \t]*\n)(\s+)`), "${1}${2}xyz: {image: x}\n${2}"},
	{"a network", regexp.MustCompile(`(networks:[ \t]*\n\s+- *["']?)`), "${1}x"},
	{"a document", regexp.MustCompile(`$`), "\n---\nservices: {}\n"},
}

// TestCorpusCompose plans a move of all images of each Compose file of the repositories in
// REGMIGRATE_CORPUS, folders with ":" between them. No proof may fail, and no fault in a
// proven file may be proven.
func TestCorpusCompose(t *testing.T) {
	corpus := os.Getenv("REGMIGRATE_CORPUS")
	if corpus == "" {
		t.Skip("REGMIGRATE_CORPUS is not set")
	}
	plan := rewrite.EditText(mirrorSet(t))
	count := map[string]int{}
	seen := map[string]bool{}
	for _, folder := range filepath.SplitList(corpus) {
		err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() && d.Name() == ".git" {
				return filepath.SkipDir
			}
			name := filepath.ToSlash(path)
			if !d.Type().IsRegular() || !format.IsCompose(name) || strings.Contains(name, "/workflows/") {
				return nil
			}
			src, err := os.ReadFile(path)
			if err != nil || seen[string(src)] {
				return err
			}
			seen[string(src)] = true
			dir := filepath.Dir(path)
			before := fstest.MapFS{}
			entries, err := os.ReadDir(dir)
			if err != nil {
				return err
			}
			for _, e := range entries {
				if n := e.Name(); e.Type().IsRegular() && (n == d.Name() || isEnvironment(n) || format.HasYAMLName(n)) {
					text, err := os.ReadFile(filepath.Join(dir, n))
					if err != nil {
						return err
					}
					before[n] = &fstest.MapFile{Data: text, Mode: 0o644}
				}
			}
			changed := map[string][]byte{}
			for n, f := range before {
				if format.IsCompose(n) {
					if changed[n], err = plan(t.Context(), n, f.Data); err != nil {
						return err
					}
				}
			}
			after := render.Overlay(before, changed)
			v := verifyFiles(t, before, after, d.Name())[0]
			count["1 files"]++
			count["1 "+v.State.String()]++
			switch {
			case v.State == render.Failed:
				t.Errorf("%s: %s", path, describe(&v))
			case v.State == render.Unproven:
				t.Logf("%s: %s", path, v.Reason)
			case !v.Unchanged:
				count["1 proven, with changes"]++
				count["1 references moved"] += v.Moved
				plantFaults(t, path, before, changed, d.Name(), count)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, k := range sortedKeys(count) {
		t.Logf("%6d %s", count[k], k)
	}
}

// plantFaults plants each fault in a project that is proven.
func plantFaults(t *testing.T, path string, before fs.FS, changed map[string][]byte, name string, count map[string]int) {
	after := string(changed[name])
	for _, f := range faults {
		at := f.pattern.FindStringSubmatchIndex(after)
		if at == nil || strings.Contains(after[strings.LastIndexByte(after[:at[0]], '\n')+1:at[0]], "#") || strings.Contains(after[at[0]:at[1]], "#") {
			continue
		}
		wrong := map[string][]byte{}
		for n, src := range changed {
			wrong[n] = src
		}
		wrong[name] = []byte(after[:at[0]] + string(f.pattern.ExpandString(nil, f.to, after, at)) + after[at[1]:])
		v := verifyFiles(t, before, render.Overlay(before, wrong), name)[0]
		count["2 faults"]++
		count["2 faults "+v.State.String()]++
		count["3 fault: "+f.kind+" "+v.State.String()]++
		if v.State == render.Proven {
			t.Errorf("%s: the fault %q is not found", path, f.kind)
		}
	}
}
