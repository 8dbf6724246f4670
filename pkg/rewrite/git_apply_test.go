package rewrite_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

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
