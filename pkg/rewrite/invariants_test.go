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

// checkInvariants holds the plan of the tree at root to everything that must
// always hold (ARCHITECTURE.md), and leaves the tree rewritten.
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
		t.Error("planning has changed the tree")
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
			t.Errorf("%s: git apply makes\n%q\nthe run in place\n%q", name, want, e.data)
		}
		if e.mode != before[name].mode {
			t.Errorf("%s: its mode was %v and is %v", name, before[name].mode, e.mode)
		}
	}
	again := makePlan(t, root, o)
	for i := range again.Files {
		if f := &again.Files[i]; len(f.Edits) > 0 {
			t.Errorf("%s: a second run would change it again: %+v", f.Path, f.Edits)
		}
	}
}

// checkOutside: taking the edited ranges out of the file before and of the
// file after leaves the same bytes.
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
		t.Errorf("%s: bytes outside the edits have changed", f.Path)
	}
}

// checkYAML reads the file before and after with the YAML library, apart from
// the program's own reading, and compares: the same nodes in the same order,
// with other values only where an old name stood.
func checkYAML(t testing.TB, f *rewrite.File) {
	t.Helper()
	a, errA := flatten(f.Before)
	b, errB := flatten(f.After())
	if without := withoutKeys(f.Edits); len(without) < len(f.Edits) {
		// Keys were added: the file parses with them, and without them the
		// trees are the same.
		if errB != nil {
			t.Errorf("%s: does not parse with the added keys: %v", f.Path, errB)
		}
		after, err := edit.Apply(f.Before, without)
		if err != nil {
			t.Fatal(err)
		}
		b, errB = flatten(after)
	}
	if fmt.Sprint(errA) != fmt.Sprint(errB) || len(a) != len(b) {
		t.Errorf("%s: parses otherwise after the edits: %v, %d nodes; before %v, %d", f.Path, errB, len(b), errA, len(a))
		return
	}
	changed := 0
	for i := range a {
		if a[i] != b[i] {
			changed++
			if a[i].kind != b[i].kind || a[i].tag != b[i].tag || a[i].style != b[i].style || a[i].comments != b[i].comments && !strings.Contains(a[i].comments, ".") {
				t.Errorf("%s: line %d: a node changed in more than its value: %+v, %+v", f.Path, a[i].line, a[i], b[i])
			}
		}
	}
	if changed > len(f.Edits) {
		t.Errorf("%s: %d values changed by %d edits", f.Path, changed, len(f.Edits))
	}
}

// withoutKeys returns the edits that add no key.
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

// checkLedger: in every file that was looked at, what grep finds of the
// rules' names is what the ledger explains, byte for byte; and afterwards
// grep finds nothing that is not explained as kept.
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
				t.Errorf("%s:%d: %s: nothing explains it", f.Path, x.Line, x.Old)
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
			t.Errorf("%s: the ledger has %q, grep %q", name, found[name], want)
		}
		delete(found, name)
	}
	for name, x := range found {
		t.Errorf("%s: the ledger has %q, grep nothing", name, x)
	}
}

// grep returns "offset:text" of every match in every file
// under root.
func grep(t testing.TB, root string, froms []string) map[string][]string {
	t.Helper()
	args := []string{"-robaF", "--null", "--exclude-dir=.git"}
	for _, f := range froms {
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

// checkOrder: the number of workers changes nothing.
func checkOrder(t testing.TB, root string, o rewrite.Options, plan *rewrite.Plan) {
	t.Helper()
	for _, jobs := range []int{1, 16} {
		o.Walk.Jobs = jobs
		if got, want := ledgerText(makePlan(t, root, o)), ledgerText(plan); got != want {
			t.Errorf("with %d workers the ledger is\n%s\nwithout\n%s", jobs, got, want)
		}
	}
}

// gitApply gives the plan's diff to git in a copy of the files of tree that it
// names, and returns what git makes of them.
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

// checkLines: a diff takes away as many lines as it adds, but for those that
// added keys bring.
func checkLines(t testing.TB, diff string, added int) {
	t.Helper()
	more := 0
	for _, m := range hunk.FindAllStringSubmatch(diff, -1) {
		a, _ := strconv.Atoi(m[1])
		b, _ := strconv.Atoi(m[2])
		if more += b - a; a != b && added == 0 {
			t.Errorf("a hunk changes the number of lines: %s", m[0])
		}
	}
	if more != added {
		t.Errorf("the diff adds %d lines, the edits %d", more, added)
	}
}

type entry struct {
	data []byte
	mode os.FileMode
}

// readTree reads all files under root but those of git.
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
