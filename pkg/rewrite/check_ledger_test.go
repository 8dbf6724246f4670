package rewrite_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"reflect"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

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
