package format

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/regmigrate/regmigrate/internal/syntax"
)

// TestFieldForms writes a file for each field of the tables that holds an image, and
// checks that a short name in it is certainly an image: so that a gate fails before the
// move. After the move, the field has no short name. The files are in testdata/forms.txtar,
// for the test of the gate itself: TestCheckForms in cmd/regmigrate.
func TestFieldForms(t *testing.T) {
	var all txtar.Archive
	all.Comment = []byte("A file for each field of the tables in pkg/format/fields that holds an image. TestFieldForms\nwrites them with the flag -update. The first two folders are the tool and a number.\n")
	add := func(table *fieldTable, n int, name string, src []byte) {
		all.Files = append(all.Files, txtar.File{Name: fmt.Sprintf("%s/%d/%s", slug(table.Tool), n, name), Data: append(src, '\n')})
	}
	// The forms of these tools are no YAML, or need text that no word of a table
	// describes. Their cases are in testdata/cases/fields.
	elsewhere := map[string]bool{"Ansible": true, "Bazel": true, "Cloud Native Buildpacks": true, "Earthly": true, "Jenkins": true, "JSON patches": true, "Nomad": true, "Terraform": true}
	tables, err := fieldTables()
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		forms := 0
		for _, e := range table.Entries {
			if e.contains != nil || e.language != nil || len(e.text) > 0 {
				continue
			}
			for j := range e.Fields {
				f := &e.Fields[j]
				if f.isSplit() && !f.Likely && f.Path != "" {
					name, src := formOf(t, e, f, splitForm(f))
					add(table, len(all.Files), name, src)
				}
				if f.kind != imageField || f.Keys || f.isSplit() {
					continue
				}
				const old, moved = "acme/web:1", "m.corp/acme/web:1"
				name, src := formOf(t, e, f, wholeForm(f, old))
				if path.Ext(name) == ".toml" {
					continue
				}
				forms++
				add(table, len(all.Files), name, src)
				if got := shortImages(t, name, src); !slices.Equal(got, []string{old}) {
					t.Errorf("%s: %s: %s in %s: expected the image %s, got %q", table.Tool, f.Path, src, name, old, got)
				}
				if got := shortImages(t, name, bytes.ReplaceAll(src, []byte(old), []byte(moved))); len(got) > 0 {
					t.Errorf("%s: %s: after the move: expected no short name, got %q", table.Tool, f.Path, got)
				}
			}
		}
		if hasImages := slices.ContainsFunc(table.Entries, func(e *tableEntry) bool {
			return slices.ContainsFunc(e.Fields, func(f tableField) bool { return f.kind == imageField && !f.isSplit() && !f.Keys })
		}); hasImages && forms == 0 && !elsewhere[table.Tool] {
			t.Errorf("%s: no field was checked", table.Tool)
		}
	}
	const golden = "testdata/forms.txtar"
	if *update {
		if err := os.WriteFile(golden, txtar.Format(&all), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(golden); err != nil || !bytes.Equal(want, txtar.Format(&all)) {
		t.Errorf("%s is not what the tables describe (error %v); write it with -update", golden, err)
	}
}

// slug returns the name of a tool as that of a folder.
func slug(tool string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(tool), func(c rune) bool { return (c < 'a' || c > 'z') && (c < '0' || c > '9') }), "-")
}

// wholeForm returns a value of the field f for the image.
func wholeForm(f *tableField, image string) any {
	if len(f.Value) > 0 {
		if transport, _, ok := strings.Cut(f.Value[0], "://"); ok {
			return transport + "://" + image
		}
	}
	return image
}

// splitForm returns a mapping with the keys of f, which together are an image.
func splitForm(f *tableField) any {
	m := map[string]any{}
	for key, value := range map[string]string{f.Registry: "docker.io", f.Repository: "acme/web", f.Tag: "1"} {
		if key != "" {
			m[key] = value
		}
	}
	if f.Registry != "" && f.Repository == "" {
		m[f.Registry] = "acme"
	}
	return m
}

// shortImages returns the short names in a file that are certainly images.
func shortImages(t *testing.T, name string, src []byte) []string {
	t.Helper()
	found, err := Detect(name, src).Scan(Input{Path: name, Src: src})
	if err != nil {
		t.Fatalf("%s in %s: %v", src, name, err)
	}
	var out []string
	for _, o := range found.Occurrences {
		if o.IsImage && !hasDomain(o.Text()) {
			out = append(out, o.Text())
		}
	}
	return out
}

// formOf returns the name and the content of a file of the entry e in which the field f
// has the value.
func formOf(t *testing.T, e *tableEntry, f *tableField, value any) (name string, src []byte) {
	t.Helper()
	one := func(glob, any string) string { return strings.ReplaceAll(glob, "*", any) }
	var steps []pathStep
	for _, s := range f.path.steps {
		if !s.anyDepth {
			steps = append(steps, s)
		}
	}
	for i, s := range slices.Backward(steps) {
		if s.item {
			value = []any{value}
			continue
		}
		m := map[string]any{one(s.key, "x"): value}
		if isLast := !slices.ContainsFunc(steps[i+1:], func(s pathStep) bool { return !s.item }); isLast {
			for key, globs := range f.Where {
				m[key] = one(globs[0], "x")
			}
		}
		value = m
	}
	root, isMapping := value.(map[string]any)
	set := func(key string, v any) {
		if _, known := root[key]; isMapping && !known {
			root[key] = v
		}
	}
	if len(e.APIVersion)+len(e.Kind) > 0 {
		version, kind := "v1", "Thing"
		if len(e.APIVersion) > 0 {
			version = one(e.APIVersion[0], "v1")
		}
		if len(e.Kind) > 0 {
			kind = one(e.Kind[0], "X")
		}
		labels := map[string]string{}
		for key, globs := range e.Labels {
			labels[key] = one(globs[0], "x")
		}
		objectName := "web"
		if len(e.Name) > 0 {
			objectName = one(e.Name[0], "x")
		}
		set("apiVersion", version)
		set("kind", kind)
		set("metadata", map[string]any{"name": objectName, "labels": labels})
	}
	if e.Root != nil {
		for _, key := range append(slices.Clone(e.Root.All), e.Root.Any[:min(1, len(e.Root.Any))]...) {
			set(key, map[string]any{})
		}
	}
	src, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	name = "form.yaml"
	if len(e.Files) > 0 {
		name = strings.ReplaceAll(e.Files[0], "**/", "")
		for strings.Contains(name, "{") {
			before, rest, _ := strings.Cut(name, "{")
			choices, after, _ := strings.Cut(rest, "}")
			first, _, _ := strings.Cut(choices, ",")
			name = before + first + after
		}
		name = one(name, "x")
	}
	if _, err := syntax.ParseYAML(src, nil); err != nil {
		t.Fatalf("%s: %v", src, err)
	}
	if path.Ext(name) == "" || len(e.Files) > 0 && strings.HasSuffix(e.Files[0], "*") {
		name += ".yaml"
	}
	return name, src
}
