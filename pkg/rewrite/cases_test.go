package rewrite_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link/chart"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

var update = flag.Bool("update", false, "regenerate want/ and ledger of the cases")

// TestCases runs every case in testdata/cases: a small tree, the expected tree
// after a run, and the expected ledger. It also checks all invariants.
//
// A case is a txtar file. Its comment describes the case; lines of the comment
// that start with one of these words and a colon are directives:
//
//	rule: FROM=TO              a rule (default: the preset k8s)
//	keep: PREFIX               a keep entry of the preceding rule
//	tags: RANGE   tag: TAG     of the preceding rule, which is then for a single image
//	renames: all               the renames of the catalogue
//	preset: NAME
//	scope: LIST
//	field: registry=A,repository=B,tag=C
//	bump: patch
//	allow-insecure-images: true
//	crlf: FILE   bom: FILE   no-newline: FILE      transform a file; txtar cannot store these
//
// Files under want/ are the expected files after the run; a file without one must
// not change. The file `ledger` has one line per finding and per advice.
func TestCases(t *testing.T) {
	files, err := filepath.Glob("../../testdata/cases/*/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("testdata/cases: expected .txtar files, got none, error %v", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.ToSlash(file[len("../../testdata/cases/"):]), ".txtar")
		t.Run(name, func(t *testing.T) { testCase(t, file) })
	}
}

func testCase(t *testing.T, file string) {
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	c := newCase(t, archive)
	root := t.TempDir()
	for name, data := range c.files {
		write(t, filepath.Join(root, filepath.FromSlash(name)), data)
	}
	plan := makePlan(t, root, c.options)
	got := ledgerText(plan)
	checkInvariants(t, root, c.options, plan)
	after := map[string][]byte{}
	for name := range c.files {
		data, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		after[name] = data
	}
	if *update {
		c.update(t, archive, file, after, got)
		return
	}
	for name, data := range after {
		want, changes := c.want[name]
		if !changes {
			want = c.files[name]
		}
		if !bytes.Equal(data, want) {
			t.Errorf("%s: expected\n%s\ngot\n%s", name, want, data)
		}
	}
	for name := range c.want {
		if _, ok := c.files[name]; !ok {
			t.Errorf("want/%s: the case has no file %s", name, name)
		}
	}
	if got != c.ledger {
		t.Errorf("expected the ledger\n%s\ngot\n%s", c.ledger, got)
	}
}

// caseData is a parsed case.
type caseData struct {
	options     rewrite.Options
	files, want map[string][]byte
	ledger      string
	transforms  map[string]func([]byte) []byte
}

func newCase(t testing.TB, archive *txtar.Archive) *caseData {
	c := &caseData{files: map[string][]byte{}, want: map[string][]byte{}, transforms: map[string]func([]byte) []byte{}}
	var list []rules.Rule
	var scopes []string
	for _, line := range strings.Split(string(archive.Comment), "\n") {
		word, value, ok := strings.Cut(line, ": ")
		if !ok {
			continue
		}
		switch word {
		case "rule":
			r, err := rules.ParseRuleFlag(value)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, r)
		case "keep":
			list[len(list)-1].Keep = append(list[len(list)-1].Keep, value)
		case "tags":
			list[len(list)-1].Tags, list[len(list)-1].IsImage = value, true
		case "tag":
			list[len(list)-1].Tag, list[len(list)-1].IsImage = value, true
		case "renames":
			r, err := rules.Renames(list)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, r...)
		case "preset":
			r, err := rules.Preset(value)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, r...)
		case "scope":
			scopes = append(scopes, strings.Split(value, ",")...)
		case "field":
			c.options.Fields = append(c.options.Fields, readField(t, value))
		case "allow-insecure-images":
			c.options.AllowInsecureImages = value == "true"
		case "bump":
			var err error
			if c.options.Bump, err = chart.ParseBump(value); err != nil {
				t.Fatal(err)
			}
		case "crlf":
			c.transforms[value] = func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("\n"), []byte("\r\n")) }
		case "bom":
			c.transforms[value] = func(b []byte) []byte { return append([]byte("\uFEFF"), b...) }
		case "no-newline":
			c.transforms[value] = func(b []byte) []byte { return bytes.TrimSuffix(b, []byte("\n")) }
		}
	}
	if len(list) == 0 {
		list, _ = rules.Preset("k8s")
	}
	var err error
	if c.options.Rules, err = rules.New(list); err != nil {
		t.Fatal(err)
	}
	if c.options.Scopes, err = format.ParseScopes(scopes); err != nil {
		t.Fatal(err)
	}
	for _, f := range archive.Files {
		name, isWant := strings.CutPrefix(f.Name, "want/")
		data := f.Data
		if tr := c.transforms[name]; tr != nil {
			data = tr(data)
		}
		switch {
		case isWant:
			c.want[name] = data
		case f.Name == "ledger":
			c.ledger = string(data)
		default:
			c.files[name] = data
		}
	}
	return c
}

// update writes the results of the run to want/ and ledger of the case.
func (c *caseData) update(t *testing.T, archive *txtar.Archive, file string, after map[string][]byte, ledger string) {
	var out []txtar.File
	for _, f := range archive.Files {
		if !strings.HasPrefix(f.Name, "want/") && f.Name != "ledger" {
			out = append(out, f)
		}
	}
	for _, f := range archive.Files {
		data, ok := after[f.Name]
		if !ok || bytes.Equal(data, c.files[f.Name]) {
			continue
		}
		data = bytes.TrimPrefix(bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n")), []byte("\uFEFF"))
		out = append(out, txtar.File{Name: "want/" + f.Name, Data: data})
	}
	out = append(out, txtar.File{Name: "ledger", Data: []byte(ledger)})
	archive.Files = out
	if err := os.WriteFile(file, txtar.Format(archive), 0o666); err != nil {
		t.Fatal(err)
	}
}

// ledgerText returns the ledger of the plan, one line per finding and per advice.
func ledgerText(p *rewrite.Plan) string {
	var b strings.Builder
	for i := range p.Files {
		f := &p.Files[i]
		if f.Err != nil {
			fmt.Fprintf(&b, "%s: error: %v\n", f.Path, f.Err)
		}
		for _, x := range f.Findings {
			fmt.Fprintf(&b, "%s:%d:%d ", f.Path, x.Line, x.Column)
			if x.Implicit {
				b.WriteString("implicit ")
			}
			if x.Status == rewrite.Rewritten {
				fmt.Fprintf(&b, "%s -> %s", x.Old, x.New)
			} else {
				fmt.Fprintf(&b, "not changed %s: %s", x.Old, x.Reason)
				if x.Note != "" {
					fmt.Fprintf(&b, " (%s)", x.Note)
				}
			}
			if f.Unverified && x.Status == rewrite.Rewritten {
				b.WriteString(" unverified")
			}
			b.WriteString("\n")
		}
	}
	for _, a := range p.Advice {
		fmt.Fprintf(&b, "advice %s:%d %s\n", a.Path, a.Line, a.Text)
	}
	return b.String()
}

func makePlan(t testing.TB, root string, o rewrite.Options) *rewrite.Plan {
	t.Helper()
	o.Walk.Root = root
	p, err := rewrite.PlanFiles(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func write(t testing.TB, name string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, data, 0o666); err != nil {
		t.Fatal(err)
	}
}

// readField returns the item of the list fields of a configuration in src.
func readField(t testing.TB, src string) format.Field {
	t.Helper()
	var n yaml.Node
	if err := yaml.Unmarshal([]byte(src), &n); err != nil {
		t.Fatal(err)
	}
	f, err := format.ReadField(n.Content[0], "case", "fields[0]", "")
	if err != nil {
		t.Fatal(err)
	}
	return f
}
