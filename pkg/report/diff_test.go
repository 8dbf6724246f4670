package report

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

const (
	deployment = "kind: Deployment\nspec:\n  image: k8s.gcr.io/pause:3.9\n  name: pause\n"
	values     = "image:\r\n\tregistry: k8s.gcr.io # old"
)

func twoFiles() *rewrite.Plan {
	return &rewrite.Plan{Files: []rewrite.File{
		fileReplacing("a b.yaml", deployment, "k8s.gcr.io", "registry.k8s.io"),
		unchangedFile("left.yaml"),
		fileReplacing("charts/värden.yaml", values, "k8s.gcr.io", "registry.k8s.io"),
	}}
}

func TestDiff(t *testing.T) {
	want := lines(
		"diff --git a/a b.yaml b/a b.yaml",
		"--- a/a b.yaml\t",
		"+++ b/a b.yaml\t",
		"@@ -1,4 +1,4 @@",
		" kind: Deployment",
		" spec:",
		"-  image: k8s.gcr.io/pause:3.9",
		"+  image: registry.k8s.io/pause:3.9",
		"   name: pause",
		"diff --git a/charts/värden.yaml b/charts/värden.yaml",
		"--- a/charts/värden.yaml",
		"+++ b/charts/värden.yaml",
		"@@ -1,2 +1,2 @@",
		" image:\r",
		"-\tregistry: k8s.gcr.io # old",
		`\ No newline at end of file`,
		"+\tregistry: registry.k8s.io # old",
		`\ No newline at end of file`,
	)
	if got := write(t, "diff", twoFiles(), Options{}); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := write(t, "diff", &rewrite.Plan{}, Options{Color: true}); got != "" {
		t.Errorf("got diff %q for a plan without changes", got)
	}
}

func TestGitAppliesDiff(t *testing.T) {
	git, err := exec.LookPath("git")
	if err != nil {
		t.Skip("git not found")
	}
	dir := t.TempDir()
	p := twoFiles()
	for _, f := range p.Files {
		name := filepath.Join(dir, filepath.FromSlash(f.Path))
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, f.Before, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	apply := exec.Command(git, "apply", "-")
	apply.Dir = dir
	apply.Env = append(os.Environ(), "GIT_CEILING_DIRECTORIES="+filepath.Dir(dir), "GIT_CONFIG_GLOBAL="+os.DevNull)
	apply.Stdin = strings.NewReader(write(t, "diff", p, Options{}))
	if out, err := apply.CombinedOutput(); err != nil {
		t.Fatalf("git apply: %v\n%s", err, out)
	}
	for _, f := range p.Files {
		got, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(f.Path)))
		if err != nil || !bytes.Equal(got, f.After()) {
			t.Errorf("%s: %q (%v), want %q", f.Path, got, err, f.After())
		}
	}
}

func TestDiffInColor(t *testing.T) {
	p := &rewrite.Plan{Files: []rewrite.File{
		fileReplacing("a.yaml", "\ufeffx: 1\r\nimage: k8s.gcr.io/pause:3.9", "k8s.gcr.io", "registry.k8s.io"),
	}}
	want := lines(
		"\x1b[1mdiff --git a/a.yaml b/a.yaml\x1b[m",
		"\x1b[1m--- a/a.yaml\x1b[m",
		"\x1b[1m+++ b/a.yaml\x1b[m",
		"\x1b[36m@@ -1,2 +1,2 @@\x1b[m",
		` \ufeffx: 1\r`,
		"\x1b[31m-image: \x1b[7mk8s.gcr.io\x1b[27m/pause:3.9\x1b[m",
		"\x1b[2m\\ No newline at end of file\x1b[m",
		"\x1b[32m+image: \x1b[7mregistry.k8s.io\x1b[27m/pause:3.9\x1b[m",
		"\x1b[2m\\ No newline at end of file\x1b[m",
	)
	if got := write(t, "diff", p, Options{Color: true}); got != want {
		t.Errorf("got\n%q\nwant\n%q", got, want)
	}
}

func TestDiffOfALongLine(t *testing.T) {
	// A generated file of one line, with a change in the middle.
	filler := strings.Repeat(`{"a":1},`, 500)
	p := &rewrite.Plan{Files: []rewrite.File{
		fileReplacing("a.json", filler+`"k8s.gcr.io/x",`+filler, "k8s.gcr.io", "registry.k8s.io"),
	}}
	got := write(t, "diff", p, Options{Color: true})
	around := strings.Repeat(`{"a":1},`, 15)
	if want := "-…3,881 bytes…" + around[1:] + `"` + markOn + "k8s.gcr.io" + markOff + `/x",` + around[:116] + "…3,884 bytes…\x1b[m\n"; !strings.Contains(got, want) {
		t.Errorf("got\n%q\nwant it to contain\n%q", got, want)
	}
	if got := write(t, "diff", p, Options{}); len(got) < 2*len(filler)*2 {
		t.Errorf("the diff without colour has %d bytes, fewer than both lines", len(got))
	}
}

// Diffs with and without colour of text without control characters differ in
// the colours only.
func FuzzColoredDiff(f *testing.F) {
	f.Add("a: k8s.gcr.io/x\nb: 1\nc: [k8s.gcr.io/y, k8s.gcr.io]\n", "k8s.gcr.io", "registry.k8s.io")
	f.Add("images:\n- name: x\n  newTag: y\n", "  newTag", "  newName: z\n  newTag")
	f.Add("a\nb\n\nc", "\n", "")
	f.Fuzz(func(t *testing.T, before, old, new string) {
		ordinary := func(s string) bool { return escapeExcept(s, '\n') == s }
		if old == "" || !ordinary(before) || !ordinary(old) || !ordinary(new) {
			t.Skip()
		}
		p := &rewrite.Plan{Files: []rewrite.File{fileReplacing("dir/ä.yaml", before, old, new)}}
		if longest(before) > longLine || longest(string(p.Files[0].After())) > longLine {
			t.Skip()
		}
		plain, colored := write(t, "diff", p, Options{}), write(t, "diff", p, Options{Color: true})
		if got := sgrSequence.ReplaceAllString(colored, ""); got != plain {
			t.Errorf("in colour, colours removed:\n%s\nwithout colour:\n%s", got, plain)
		}
	})
}

func longest(text string) int {
	n := 0
	for _, l := range strings.Split(text, "\n") {
		n = max(n, len(l))
	}
	return n
}

func TestChangedSpans(t *testing.T) {
	tests := []struct{ name, a, b string }{ // [ ] are the marks
		{"host", "image: [k8s.gcr.io]/pause", "image: [registry.k8s.io]/pause"},
		{"host and path", "- [gcr.io/google-containers]/pause", "- [registry.k8s.io]/pause"},
		{"host replaced by host and path", "- [k8s.gcr.io]/pause", "- [mirror.example/k8s]/pause"},
		{"path inserted", "- mirror.example/pause", "- mirror.example/[k8s/]pause"},
		{"host and path inserted", "- redis", "- [mirror.example/library/]redis"},
		{"new host ends with the old one", "[a.gcr.io]/x", "[b.a.gcr.io]/x"},
		{"two changes", "[k8s.gcr.io]/a,[k8s.gcr.io]/b", "[registry.k8s.io]/a,[registry.k8s.io]/b"},
		{"two close changes", "- [k8s.gcr.io,k8s.gcr.io] #", "- [registry.k8s.io,registry.k8s.io] #"},
		{"non-ASCII letters", `"[é.io]/ü"`, `"[è.io]/ü"`},
		{"nothing in common", "abc", "xyz"},
		{"the same", "abc", "abc"},
		{"one line empty", "", "abc"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, wantA := unmark(tt.a)
			b, wantB := unmark(tt.b)
			gotA, gotB := changedSpans(a, b)
			if mark(a, gotA) != mark(a, wantA) || mark(b, gotB) != mark(b, wantB) {
				t.Errorf("got %s, %s", mark(a, gotA), mark(b, gotB))
			}
			if strings.Count(tt.a, "[") > 1 {
				return
			}
			// Long lines are compared by their common ends.
			gotA, gotB = middleChange("("+a+")", "("+b+")")
			if tt.name != "nothing in common" && tt.name != "one line empty" && (mark("("+a+")", gotA) != "("+tt.a+")" || mark("("+b+")", gotB) != "("+tt.b+")") {
				t.Errorf("as long lines: got %s, %s", mark("("+a+")", gotA), mark("("+b+")", gotB))
			}
		})
	}
}

func unmark(s string) (string, []edit.Span) {
	var spans []edit.Span
	for {
		i := strings.Index(s, "[")
		if i < 0 {
			return s, spans
		}
		j := strings.Index(s, "]")
		spans = append(spans, edit.Span{Start: i, End: j - 1})
		s = s[:i] + s[i+1:j] + s[j+1:]
	}
}

func mark(s string, spans []edit.Span) string {
	for i := len(spans) - 1; i >= 0; i-- {
		x := spans[i]
		s = s[:x.Start] + "[" + s[x.Start:x.End] + "]" + s[x.End:]
	}
	return s
}

func TestPairs(t *testing.T) {
	tests := []struct {
		name     string
		old, new string // lines, separated by |
		want     [][2]int
	}{
		{"equal numbers", "a|b", "c|d", [][2]int{{0, 0}, {1, 1}}},
		{"key inserted after", "- name: k8s.gcr.io/x", "- name: k8s.gcr.io/y|  newName: z", [][2]int{{0, 0}}},
		{"key inserted before", "  tag: k8s.gcr.io/x", "zzz|  tag: k8s.gcr.io/y", [][2]int{{0, 1}}},
		{"no similar lines", "abc", "x|y", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := pairs(linesOf(tt.old), linesOf(tt.new))
			if len(got) != len(tt.want) {
				t.Fatalf("got %v, want %v", got, tt.want)
			}
			for i := range got {
				if got[i] != tt.want[i] {
					t.Errorf("got %v, want %v", got, tt.want)
				}
			}
		})
	}
}

func linesOf(s string) []edit.Line {
	var out []edit.Line
	for _, l := range strings.Split(s, "|") {
		out = append(out, edit.Line{Text: []byte(l)})
	}
	return out
}

// Segments contain every byte of a line, except for the omitted bytes of a long
// line, which they count.
func FuzzSegments(f *testing.F) {
	f.Add("image: k8s.gcr.io/x", 7, 17, 1)
	f.Add(strings.Repeat("é", 3), 1, 2, 700)
	f.Fuzz(func(t *testing.T, s string, start, end, times int) {
		if times < 0 || times > 5000 || len(s)*times > 100000 {
			t.Skip()
		}
		line := strings.Repeat(s, times)
		if start < 0 || end < start || end > len(line) {
			t.Skip()
		}
		at := 0
		for _, p := range segments(line, []edit.Span{{Start: start, End: end}}) {
			if p.omitted > 0 {
				if len(line) <= longLine {
					t.Errorf("%d bytes of a line of %d omitted", p.omitted, len(line))
				}
				at += p.omitted
				continue
			}
			if !strings.HasPrefix(line[at:], p.text) || p.marked && (at < start || at+len(p.text) > end) {
				t.Fatalf("segment %q (marked: %v) at %d of %q", p.text, p.marked, at, line)
			}
			at += len(p.text)
		}
		if at != len(line) {
			t.Errorf("the segments have %d bytes, the line %d", at, len(line))
		}
	})
}
