package edit_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// A diffCase is one file that git apply changes.
type diffCase struct {
	path   string
	before []byte
	edits  []edit.Edit
}

// checkWithGit writes the cases to a new repository, passes all their diffs to
// one git apply, and compares the files that git wrote with edit.Apply.
func checkWithGit(t *testing.T, context int, cases []diffCase) {
	t.Helper()
	dir := t.TempDir()
	git := func(stdin []byte, args ...string) {
		t.Helper()
		cmd := exec.Command("git", args...)
		cmd.Dir = dir
		cmd.Stdin = bytes.NewReader(stdin)
		// The configuration of the machine must not change the result.
		cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_DIR="+filepath.Join(dir, ".git"))
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %s: %v\n%s\n%q", args, err, out, stdin)
		}
	}
	git(nil, "init", "-q", "--template=")
	var patch []byte
	for _, c := range cases {
		name := filepath.Join(dir, filepath.FromSlash(c.path))
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, c.before, 0o666); err != nil {
			t.Fatal(err)
		}
		patch = append(patch, edit.Unified(c.path, c.before, c.edits, context).Bytes()...)
	}
	if len(patch) > 0 {
		args := []string{"apply", "--whitespace=nowarn"}
		if context <= 0 {
			args = append(args, "--unidiff-zero")
		}
		git(patch, args...)
	}
	for _, c := range cases {
		got, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(c.path)))
		if err != nil {
			t.Fatal(err)
		}
		want, err := edit.Apply(c.before, c.edits)
		if err != nil {
			t.Fatal(err)
		}
		if context == 0 && !bytes.HasSuffix(c.before, []byte("\n")) && string(got)+"\n" == string(want) {
			continue // git apply takes the line break before a deleted last line away, also with a diff of git itself
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%q with %v, %d lines of context\n got %q\nwant %q\ndiff:\n%s",
				c.before, c.edits, context, got, want, edit.Unified(c.path, c.before, c.edits, context).Bytes())
		}
	}
}

// hardName returns a file name with characters that git or a shell treats
// specially. Names with different i differ, and none is a folder of another.
func hardName(r *rand.Rand, i int) string {
	parts := []string{" ", "é", "世", "a/", "b/", "'", "$x", "-", "#", "%41", "{{ x }}", "~", "dev/null "}
	if runtime.GOOS != "windows" { // Windows forbids these in names
		parts = append(parts, "\t", "\n", "\"", "\\", "\\n", "\x01", "\x7f", "\r", " b/", "a/ b/", "*")
	}
	if runtime.GOOS == "linux" { // other systems require Unicode names
		parts = append(parts, "\xff", "\xe9\"")
	}
	var b strings.Builder
	fmt.Fprintf(&b, "d%d/", i)
	for range r.IntN(5) {
		b.WriteString(parts[r.IntN(len(parts))])
	}
	name := strings.ReplaceAll(b.String(), "//", "/")
	if strings.HasSuffix(name, "/") || runtime.GOOS == "windows" {
		name += "f"
	}
	return name
}

// randomText returns a text of short lines, many of them equal, with mixed
// line endings, with and without a final newline.
func randomText(r *rand.Rand) []byte {
	parts := []string{"", "", "a", "b", "image: k8s.gcr.io/x:1", "é", "\xff\xfe", "\r", "a\rb", "-- x", "++ x", "@@ -1 +1 @@", "\\ No newline", "diff --git a/x b/x", " ", "\t"}
	ends := []string{"\n", "\n", "\n", "\r\n"}
	var b []byte
	for range r.IntN(30) {
		b = append(b, parts[r.IntN(len(parts))]...)
		b = append(b, ends[r.IntN(len(ends))]...)
	}
	if r.IntN(3) == 0 {
		b = append(b, parts[r.IntN(len(parts))]...)
	}
	return b
}

func TestUnifiedWithGitApply(t *testing.T) {
	for context := range 5 {
		t.Run(fmt.Sprintf("context %d", context), func(t *testing.T) {
			r := rand.New(rand.NewPCG(uint64(context), 3))
			var cases []diffCase
			for i := range 300 {
				before := randomText(r)
				cases = append(cases, diffCase{hardName(r, i), before, randomEdits(r, before)})
			}
			checkWithGit(t, context, cases)
		})
	}
}

// FuzzUnified lets git apply diffs of the fuzzer's text. One git process
// applies the diffs of several random sets of edits, since starting git costs
// most of the time.
func FuzzUnified(f *testing.F) {
	f.Add([]byte("a\r\nb\n\nimage: k8s.gcr.io/x"), uint64(1), uint8(3))
	f.Add([]byte("\n\n\xff\r\r\n"), uint64(2), uint8(0))
	f.Add([]byte("0\n0"), uint64(34), uint8(0))
	f.Fuzz(func(t *testing.T, text []byte, seed uint64, context uint8) {
		text = bytes.ReplaceAll(text, []byte{0}, []byte("0")) // a file with NUL is binary, which the program never edits
		r := rand.New(rand.NewPCG(seed, 4))
		var cases []diffCase
		for i := range 20 {
			cases = append(cases, diffCase{hardName(r, i), text, randomEdits(r, text)})
		}
		checkWithGit(t, int(context%5), cases)
	})
}
