package rewrite_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// checkInvariants checks the invariants of ARCHITECTURE.md for the plan of the tree
// at root, and applies the plan.
func checkInvariants(t testing.TB, root string, o rewrite.Options, plan *rewrite.Plan) {
	t.Helper()
	before := readTree(t, root)
	for i := range plan.Files {
		f := &plan.Files[i]
		checkOutside(t, f)
		if f.Format == "yaml" && !f.Unverified {
			checkYAML(t, f)
		}
	}
	checkLedger(t, root, o, plan)
	checkOrder(t, root, o, plan)
	if after := readTree(t, root); !reflect.DeepEqual(before, after) {
		t.Error("planning changed files")
	}
	patched := gitApply(t, before, plan)
	if _, err := plan.Apply(t.Context()); err != nil {
		t.Fatal(err)
	}
	after := readTree(t, root)
	for name, e := range after {
		want, ok := patched[name]
		if !ok {
			want = before[name].data
		}
		if !bytes.Equal(e.data, want) {
			t.Errorf("%s: git apply writes\n%q\nand Apply writes\n%q", name, want, e.data)
		}
		if e.mode != before[name].mode {
			t.Errorf("%s: expected the mode %v, got %v", name, before[name].mode, e.mode)
		}
	}
	again := makePlan(t, root, o)
	for i := range again.Files {
		if f := &again.Files[i]; len(f.Edits) > 0 {
			t.Errorf("%s: a second run has edits: %+v", f.Path, f.Edits)
		}
	}
}

// checkOutside checks that the bytes outside the edits do not change.
func checkOutside(t testing.TB, f *rewrite.File) {
	t.Helper()
	after := f.After()
	var a, b []byte
	at, shift := 0, 0
	for _, e := range f.Edits {
		a = append(a, f.Before[at:e.Start]...)
		b = append(b, after[at+shift:e.Start+shift]...)
		shift += len(e.New) - e.Len()
		at = e.End
	}
	a, b = append(a, f.Before[at:]...), append(b, after[at+shift:]...)
	if !bytes.Equal(a, b) {
		t.Errorf("%s: bytes outside the edits changed", f.Path)
	}
}

// checkYAML parses the file before and after the edits with a YAML library,
// independently of the program's own parser, and checks that the nodes are the
// same except for the edited values.
func checkYAML(t testing.TB, f *rewrite.File) {
	t.Helper()
	a, errA := flatten(f.Before)
	b, errB := flatten(f.After())
	if without := withoutKeys(f.Edits); len(without) < len(f.Edits) {
		// The file must parse with the inserted keys, and have the same nodes
		// without them.
		if errB != nil {
			t.Errorf("%s: does not parse with the inserted keys: %v", f.Path, errB)
		}
		after, err := edit.Apply(f.Before, without)
		if err != nil {
			t.Fatal(err)
		}
		b, errB = flatten(after)
	}
	if fmt.Sprint(errA) != fmt.Sprint(errB) || len(a) != len(b) {
		t.Errorf("%s: expected %d nodes and error %v after the edits, got %d and %v", f.Path, len(a), errA, len(b), errB)
		return
	}
	changed := 0
	for i := range a {
		if a[i] != b[i] {
			changed++
			if a[i].kind != b[i].kind || a[i].tag != b[i].tag || a[i].style != b[i].style || a[i].comments != b[i].comments && !strings.Contains(a[i].comments, ".") {
				t.Errorf("%s: line %d: more than the value of a node changed: %+v, %+v", f.Path, a[i].line, a[i], b[i])
			}
		}
	}
	if changed > len(f.Edits) {
		t.Errorf("%s: %d values changed by %d edits", f.Path, changed, len(f.Edits))
	}
}

// withoutKeys returns the edits that insert no key.
func withoutKeys(edits []edit.Edit) []edit.Edit {
	var out []edit.Edit
	for _, e := range edits {
		if e.Len() > 0 || !strings.Contains(e.New, ": ") {
			out = append(out, e)
		}
	}
	return out
}

type flatNode struct {
	kind                 yaml.Kind
	tag, value, comments string
	style                yaml.Style
	line                 int
}

func flatten(src []byte) (out []flatNode, err error) {
	d := yaml.NewDecoder(bytes.NewReader(src))
	var down func(n *yaml.Node)
	down = func(n *yaml.Node) {
		out = append(out, flatNode{n.Kind, n.ShortTag(), n.Value, n.HeadComment + n.LineComment + n.FootComment, n.Style, n.Line})
		for _, c := range n.Content {
			down(c)
		}
	}
	for {
		var n yaml.Node
		if err := d.Decode(&n); err == io.EOF {
			return out, nil
		} else if err != nil {
			return out, err
		}
		down(&n)
	}
}

// checkLedger checks that grep finds exactly the mentions of the ledger in every
// scanned file, and that each mention has an explanation.
func checkLedger(t testing.TB, root string, o rewrite.Options, plan *rewrite.Plan) {
	t.Helper()
	skipped := map[string]bool{}
	for _, s := range plan.Skipped {
		skipped[s.Path] = true
	}
	found := map[string][]string{}
	for i := range plan.Files {
		f := &plan.Files[i]
		for _, x := range f.Findings {
			if x.Note == rewrite.NoExplanation {
				t.Errorf("%s:%d: %s has no explanation", f.Path, x.Line, x.Old)
			}
			if !x.Implicit {
				found[f.Path] = append(found[f.Path], fmt.Sprintf("%d:%s", x.Mention.Start, f.Before[x.Mention.Start:x.Mention.End]))
			}
		}
	}
	for name, want := range grep(t, root, o.Rules.OldPrefixes()) {
		if skipped[name] {
			continue
		}
		if !reflect.DeepEqual(found[name], want) {
			t.Errorf("%s: grep finds %q, the ledger has %q", name, want, found[name])
		}
		delete(found, name)
	}
	for name, x := range found {
		t.Errorf("%s: grep finds nothing, the ledger has %q", name, x)
	}
}

// grep returns "offset:text" of every match of prefixes in the files under root.
func grep(t testing.TB, root string, prefixes []string) map[string][]string {
	t.Helper()
	args := []string{"-robaF", "--null", "--exclude-dir=.git"}
	for _, f := range prefixes {
		args = append(args, "-e", f)
	}
	cmd := exec.Command("grep", append(args, ".")...)
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	cmd.Dir = root
	rest, err := cmd.Output()
	if x, ok := err.(*exec.ExitError); err != nil && !(ok && x.ExitCode() == 1) {
		t.Fatal(err)
	}
	out := map[string][]string{}
	for len(rest) > 0 { // name, NUL, offset, colon, text, line feed; a name may have line feeds
		name, match, _ := bytes.Cut(rest, []byte{0})
		match, rest, _ = bytes.Cut(match, []byte("\n"))
		file := strings.TrimPrefix(string(name), "./")
		out[file] = append(out[file], string(match))
	}
	return out
}

// checkOrder checks that the ledger does not depend on the number of workers.
func checkOrder(t testing.TB, root string, o rewrite.Options, plan *rewrite.Plan) {
	t.Helper()
	for _, jobs := range []int{1, 16} {
		o.Walk.Jobs = jobs
		if got, want := ledgerText(makePlan(t, root, o)), ledgerText(plan); got != want {
			t.Errorf("with %d workers: expected the ledger\n%s\ngot\n%s", jobs, want, got)
		}
	}
}

// gitApply runs git apply with the diff of the plan on a copy of the edited files,
// and returns the result.
func gitApply(t testing.TB, tree map[string]entry, plan *rewrite.Plan) map[string][]byte {
	t.Helper()
	dir := t.TempDir()
	var diff bytes.Buffer
	for i := range plan.Files {
		if f := &plan.Files[i]; len(f.Edits) > 0 {
			write(t, filepath.Join(dir, filepath.FromSlash(f.Path)), tree[f.Path].data)
			if err := edit.Unified(f.Path, f.Before, f.Edits, 3).Format(&diff); err != nil {
				t.Fatal(err)
			}
		}
	}
	added := 0
	for i := range plan.Files {
		for _, e := range plan.Files[i].Edits {
			added += strings.Count(e.New, "\n")
		}
	}
	checkLines(t, diff.String(), added)
	if diff.Len() > 0 {
		cmd := exec.Command("git", "apply", "--whitespace=nowarn", "-")
		cmd.Dir, cmd.Stdin = dir, &diff
		cmd.Env = append(os.Environ(), "GIT_CEILING_DIRECTORIES="+filepath.Dir(dir), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1")
		if b, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("git apply: %v\n%s", err, b)
		}
	}
	out := map[string][]byte{}
	for name, e := range readTree(t, dir) {
		out[name] = e.data
	}
	return out
}

var hunk = regexp.MustCompile(`(?m)^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@`)

// checkLines checks that a diff adds as many lines as it removes, plus the added
// lines of inserted keys.
func checkLines(t testing.TB, diff string, added int) {
	t.Helper()
	more := 0
	for _, m := range hunk.FindAllStringSubmatch(diff, -1) {
		a, _ := strconv.Atoi(m[1])
		b, _ := strconv.Atoi(m[2])
		if more += b - a; a != b && added == 0 {
			t.Errorf("hunk changes the number of lines: %s", m[0])
		}
	}
	if more != added {
		t.Errorf("expected the diff to add %d lines, got %d", added, more)
	}
}

type entry struct {
	data []byte
	mode os.FileMode
}

// readTree returns all regular files under root, except those in .git.
func readTree(t testing.TB, root string) map[string]entry {
	t.Helper()
	out := map[string]entry{}
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			if d != nil && d.Name() == ".git" {
				return filepath.SkipDir
			}
			return err
		}
		info, err := d.Info()
		if err != nil || !info.Mode().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		rel, _ := filepath.Rel(root, path)
		out[filepath.ToSlash(rel)] = entry{data, info.Mode()}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
