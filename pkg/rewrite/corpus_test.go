package rewrite_test

import (
	"bytes"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
	"github.com/regmigrate/regmigrate/pkg/rules"
	"github.com/regmigrate/regmigrate/pkg/walk"
)

// TestCorpus checks the invariants on real repositories. Each folder in
// REGMIGRATE_CORPUS is one tree; all of its files are scanned, including ignored
// and vendored ones. The test works on a copy.
func TestCorpus(t *testing.T) {
	corpus := os.Getenv("REGMIGRATE_CORPUS")
	if corpus == "" {
		t.Skip("REGMIGRATE_CORPUS is not set")
	}
	trees, err := filepath.Glob(filepath.Join(corpus, "*"))
	if err != nil || len(trees) == 0 {
		t.Fatalf("no trees in %s: %v", corpus, err)
	}
	total := newTally()
	for _, from := range trees {
		name := filepath.Base(from)
		from, err := filepath.EvalSymlinks(from)
		if err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(from); err != nil || !info.IsDir() {
			continue
		}
		t.Run(name, func(t *testing.T) {
			sum := newTally()
			corpusTree(t, from, sum)
			t.Logf("\n%s", sum)
			total.add(sum)
		})
	}
	t.Logf("\n%s", total)
}

// corpusRuns are the rules and scopes of the runs: common rules, and broad ones
// that match as many references as possible.
var corpusRuns = []struct{ name, rules, scope string }{
	{"k8s", "", "manifests"},
	{"k8s, all", "", "all"},
	{"docker.io", "docker.io=mirror.example/hub", "manifests"},
	{"quay.io", "quay.io=mirror.example/quay", "all"},
	{"gcr.io", "gcr.io=mirror.example/gcr", "all"},
	{"gcr.io, host", "gcr.io=gcr.mirror.example", "manifests"},
	{"registry.k8s.io", "registry.k8s.io=mirror.example/k8s", "all"},
	{"bitnami", "docker.io/bitnami=docker.io/bitnamilegacy", "manifests"},
	{"bitnami, all", "docker.io/bitnami=docker.io/bitnamilegacy", "all"},
	{"everything", "docker.io=mirror.example/hub quay.io=mirror.example/quay gcr.io=mirror.example/gcr k8s.gcr.io=mirror.example/k8s ghcr.io=mirror.example/ghcr", "all"},
}

// corpusTree does every run on a copy of the tree at from.
func corpusTree(t *testing.T, from string, sum *tally) {
	root := t.TempDir()
	for name, e := range readTree(t, from) {
		write(t, filepath.Join(root, filepath.FromSlash(name)), e.data)
	}
	before := readTree(t, root)
	if len(before) == 0 {
		t.Fatalf("no files in %s", from)
	}
	for _, run := range corpusRuns {
		t.Run(run.name, func(t *testing.T) {
			o := rewrite.Options{Rules: corpusRules(t, run.rules), Walk: walk.Options{NoIgnore: true}}
			var err error
			if o.Scopes, err = format.ParseScopes([]string{run.scope}); err != nil {
				t.Fatal(err)
			}
			plan := makePlan(t, root, o)
			for i := range plan.Files {
				if f := &plan.Files[i]; f.Err != nil {
					t.Logf("%s: %v", f.Path, f.Err)
					if len(f.Edits) > 0 || strings.Contains(f.Err.Error(), "could not be verified") {
						t.Errorf("%s: an edit failed its verification", f.Path)
					}
				}
			}
			sum.run(run.name, before, plan)
			checkInvariants(t, root, o, plan)
			checkChangedLines(t, root, before, o.Rules)
			restore(t, root, before, plan)
		})
	}
}

// corpusRules parses rules separated by spaces; an empty text is the preset k8s.
func corpusRules(t *testing.T, text string) *rules.Set {
	t.Helper()
	list, err := rules.Preset("k8s")
	if err != nil {
		t.Fatal(err)
	}
	if text != "" {
		list = nil
	}
	for _, f := range strings.Fields(text) {
		r, err := rules.ParseRuleFlag(f)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, r)
	}
	set, err := rules.New(list)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// restore writes the original content of the files that the plan edited.
func restore(t *testing.T, root string, before map[string]entry, plan *rewrite.Plan) {
	t.Helper()
	for i := range plan.Files {
		if f := &plan.Files[i]; len(f.Edits) > 0 {
			if err := os.WriteFile(filepath.Join(root, filepath.FromSlash(f.Path)), before[f.Path].data, before[f.Path].mode); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// checkChangedLines compares the tree on disk with the original, line by line and
// independently of the plan: a changed line is the original line with prefixes
// replaced according to the rules.
func checkChangedLines(t *testing.T, root string, before map[string]entry, set *rules.Set) {
	t.Helper()
	pairs := pairsOf(set.Rules())
	for name, e := range readTree(t, root) {
		if bytes.Equal(e.data, before[name].data) {
			continue
		}
		a, b := strings.Split(string(before[name].data), "\n"), strings.Split(string(e.data), "\n")
		if len(a) != len(b) {
			t.Errorf("%s: expected %d lines, got %d", name, len(a), len(b))
			continue
		}
		for i := range a {
			if !explained(a[i], b[i], pairs) {
				t.Errorf("%s:%d: no rule explains the change from\n%s\nto\n%s", name, i+1, a[i], b[i])
			}
		}
	}
}

// pairsOf returns the replacements that the rules allow, as pairs of old and new
// text: whole prefixes, and the parts that a split reference has in separate keys.
func pairsOf(list []rules.Rule) [][2]string {
	var out [][2]string
	for _, r := range list {
		host, dir, _ := strings.Cut(r.From, "/")
		newHost, newDir, _ := strings.Cut(r.To, "/")
		hosts := []string{host}
		if host == "docker.io" {
			hosts = []string{"docker.io", "index.docker.io", "registry-1.docker.io"}
		}
		for _, h := range hosts {
			to := newHost
			if newHost == "docker.io" {
				to = h
			}
			out = append(out, [2]string{path.Join(h, dir), path.Join(to, newDir)}, [2]string{h, to})
			if host == "docker.io" && dir == "" { // short names without a namespace omit library/
				for _, d := range []string{path.Join(to, newDir), newDir} {
					out = append(out, [2]string{h, path.Join(d, "library")}, [2]string{"", path.Join(d, "library") + "/"}, [2]string{"", d + "/"})
				}
			}
		}
		out = append(out, [2]string{dir, newDir}, [2]string{dir + "/", ""})
		if newDir != "" {
			out = append(out, [2]string{"", newDir + "/"})
		}
	}
	return slices.DeleteFunc(out, func(p [2]string) bool { return p[0] == p[1] })
}

// explained reports whether new is old with some of the pairs replaced, each at
// boundaries of names.
func explained(old, new string, pairs [][2]string) bool {
	same := 0
	for same < len(old) && same < len(new) && old[same] == new[same] {
		same++
	}
	if same == len(old) && same == len(new) {
		return true
	}
	for start := same; start >= max(0, same-64); start-- { // old and new text of a pair may have a common prefix
		for _, p := range pairs {
			if strings.HasPrefix(old[start:], p[0]) && strings.HasPrefix(new[start:], p[1]) && start+len(p[1]) >= same &&
				bounded(old, start, start+len(p[0])) && explained(old[start+len(p[0]):], new[start+len(p[1]):], pairs) {
				return true
			}
		}
	}
	return false
}

// bounded reports whether the text between start and end is not part of a longer
// name.
func bounded(line string, start, end int) bool {
	const name = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-."
	before := strings.TrimSuffix(line[:start], ":-") // ${IMAGE:-name}
	if len(before) == start && start > 0 && strings.IndexByte(name, line[start-1]) >= 0 {
		return false
	}
	if strings.HasSuffix(before, "/") && !strings.HasSuffix(before, "://") {
		return false
	}
	return start == end || end == len(line) || line[end-1] == '/' || strings.IndexByte(name, line[end]) < 0 ||
		line[end] == '.' && (end+1 == len(line) || line[end+1] == ' ')
}

// A tally is a table of figures with one row per run.
type tally struct {
	rows map[string]map[string]int
}

func newTally() *tally { return &tally{map[string]map[string]int{}} }

func (s *tally) add(o *tally) {
	for run, row := range o.rows {
		if s.rows[run] == nil {
			s.rows[run] = map[string]int{}
		}
		for k, n := range row {
			s.rows[run][k] += n
		}
	}
}

// run adds the figures of one run.
func (s *tally) run(name string, tree map[string]entry, plan *rewrite.Plan) {
	row := map[string]int{}
	s.rows[name] = row
	for file := range tree {
		row["files"]++
		if ext := path.Ext(file); ext == ".yaml" || ext == ".yml" {
			row["yaml"]++
		}
	}
	c := plan.Count()
	row["mentions"], row["rewritten"], row["implicit"], row["changed"] = c.Mentions(), c.Rewritten, c.RewrittenImplicit, c.ChangedFiles
	for r, n := range c.Reasons {
		row["not changed: "+string(r)] = n
	}
	for i := range plan.Files {
		f := &plan.Files[i]
		row["edits"] += len(f.Edits)
		switch {
		case f.Err != nil:
			row["errors"]++
		case len(f.Edits) > 0 && f.Unverified:
			row["unverified"]++
		case len(f.Edits) > 0:
			row["verified"]++
		}
	}
}

func (s *tally) String() string {
	columns := []string{"files", "yaml", "mentions", "rewritten", "implicit", "edits", "changed", "verified", "unverified", "errors"}
	var runs []string
	for _, run := range corpusRuns {
		runs = append(runs, run.name)
	}
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "run\t%s\t\n", strings.Join(columns, "\t"))
	for _, name := range runs {
		fmt.Fprintf(w, "%s\t", name)
		for _, c := range columns {
			fmt.Fprintf(w, "%d\t", s.rows[name][c])
		}
		fmt.Fprintln(w)
	}
	w.Flush()
	for _, name := range runs {
		fmt.Fprintf(&b, "%s, not changed:", name)
		for _, r := range format.Reasons {
			if n := s.rows[name]["not changed: "+string(r.Reason)]; n > 0 {
				fmt.Fprintf(&b, " %d %s,", n, r.Reason)
			}
		}
		fmt.Fprintln(&b)
	}
	return b.String()
}
