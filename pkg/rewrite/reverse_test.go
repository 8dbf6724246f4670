package rewrite_test

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// record returns the files of plan as its JSON report has them.
func record(plan *rewrite.Plan) []rewrite.RecordedFile {
	var out []rewrite.RecordedFile
	groups := plan.EditGroups()
	for i := range plan.Files {
		f := &plan.Files[i]
		if len(f.Edits) == 0 {
			continue
		}
		r := rewrite.RecordedFile{Path: f.Path, BeforeDigest: rewrite.Digest(f.Before), AfterDigest: rewrite.Digest(f.After())}
		for j, e := range f.Edits {
			r.Edits = append(r.Edits, rewrite.RecordedEdit{Edit: e, Old: string(f.Before[e.Start:e.End]), EditGroup: groups[f.Path][j]})
		}
		out = append(out, r)
	}
	return out
}

// reverse reverses the recorded files in the folder root, and returns the plan.
func reverse(t testing.TB, root string, files []rewrite.RecordedFile) *rewrite.Plan {
	t.Helper()
	plan, err := rewrite.Reverse(t.Context(), root, files)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := plan.Apply(t.Context()); err != nil {
		t.Fatal(err)
	}
	return plan
}

// checkReversal checks that reversing plan, which was applied, restores the files before
// it, that a second reversal changes nothing, and that reversing the reversal restores
// the files after the plan.
func checkReversal(t testing.TB, root string, plan *rewrite.Plan, before, after any) {
	t.Helper()
	undo := reverse(t, root, record(plan))
	again := reverse(t, root, record(plan))
	if len(again.Files) > 0 {
		t.Errorf("a second reversal changes or fails %d files", len(again.Files))
	}
	if got := any(readTree(t, root)); !reflect.DeepEqual(got, before) {
		t.Errorf("the reversal does not restore the files: expected\n%q\ngot\n%q", before, got)
	}
	reverse(t, root, record(undo))
	if got := any(readTree(t, root)); !reflect.DeepEqual(got, after) {
		t.Errorf("reversing the reversal does not restore the change: expected\n%q\ngot\n%q", after, got)
	}
}

// reversible is a folder with four changed files, of which b.yaml and c.yaml share a
// group, and d.yaml follows from c.yaml.
func reversible(t *testing.T) (root string, files []rewrite.RecordedFile) {
	const before, after = "image: k8s.gcr.io/pause:3.9\n", "image: registry.k8s.io/pause:3.9\n"
	root = t.TempDir()
	for i, name := range []string{"a.yaml", "b.yaml", "folder/c.yaml", "d.yaml"} {
		write(t, filepath.Join(root, name), []byte(after))
		f := rewrite.RecordedFile{Path: name, BeforeDigest: rewrite.Digest([]byte(before)), AfterDigest: rewrite.Digest([]byte(after))}
		f.Edits = []rewrite.RecordedEdit{{Edit: edit.Edit{Span: edit.Span{Start: 7, End: 17}, New: "registry.k8s.io"}, Old: "k8s.gcr.io", EditGroup: rewrite.EditGroup{Number: []int{1, 2, 2, 3}[i]}}}
		if name == "d.yaml" {
			f.Edits[0].Follows = []string{"folder/c.yaml"}
		}
		files = append(files, f)
	}
	return root, files
}

// A file that has changed since is not reversed, and neither are the files that belong
// to it. The other files are reversed.
func TestReverseKeepsChangedFiles(t *testing.T) {
	tests := []struct {
		name     string
		change   func(t *testing.T, root string)
		failed   string // the files with an error, and a part of the error of the first
		reversed string // the files that were reversed before
		before   string // the files that have the bytes before the plan now
	}{
		{"nothing changed", func(*testing.T, string) {}, "", "", "a.yaml b.yaml folder/c.yaml d.yaml"},
		{"a file of its own changed", func(t *testing.T, root string) { write(t, filepath.Join(root, "a.yaml"), []byte("image: other\n")) },
			"a.yaml: the file has changed since", "", "b.yaml folder/c.yaml d.yaml"},
		{"a byte was added", func(t *testing.T, root string) {
			write(t, filepath.Join(root, "a.yaml"), []byte("image: registry.k8s.io/pause:3.9\n\n"))
		}, "a.yaml: the file has changed since", "", "b.yaml folder/c.yaml d.yaml"},
		{"a file of a group changed", func(t *testing.T, root string) { write(t, filepath.Join(root, "b.yaml"), nil) },
			"b.yaml d.yaml folder/c.yaml: the file has changed since", "", "a.yaml"},
		{"a file that follows changed", func(t *testing.T, root string) { write(t, filepath.Join(root, "d.yaml"), nil) },
			"b.yaml d.yaml folder/c.yaml: must change together with d.yaml", "", "a.yaml"},
		{"a file is gone", func(t *testing.T, root string) { remove(t, filepath.Join(root, "a.yaml")) },
			"a.yaml: does not exist any more", "", "b.yaml folder/c.yaml d.yaml"},
		{"one file was reversed before", func(t *testing.T, root string) {
			write(t, filepath.Join(root, "b.yaml"), []byte("image: k8s.gcr.io/pause:3.9\n"))
		}, "", "b.yaml", "a.yaml b.yaml folder/c.yaml d.yaml"},
		{"a link to the same bytes", func(t *testing.T, root string) {
			write(t, filepath.Join(root, "real"), []byte("image: registry.k8s.io/pause:3.9\n"))
			remove(t, filepath.Join(root, "a.yaml"))
			symlink(t, "real", filepath.Join(root, "a.yaml"))
		}, "a.yaml: a symbolic link is in its path", "", "b.yaml folder/c.yaml d.yaml"},
		{"a folder that is a link", func(t *testing.T, root string) {
			if err := os.Rename(filepath.Join(root, "folder"), filepath.Join(root, "real")); err != nil {
				t.Fatal(err)
			}
			symlink(t, "real", filepath.Join(root, "folder"))
		}, "b.yaml d.yaml folder/c.yaml: must change together with folder/c.yaml", "", "a.yaml"},
		{"a folder in the place of a file", func(t *testing.T, root string) {
			remove(t, filepath.Join(root, "a.yaml"))
			write(t, filepath.Join(root, "a.yaml", "x"), nil)
		}, "a.yaml: not a regular file", "", "b.yaml folder/c.yaml d.yaml"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			root, files := reversible(t)
			tt.change(t, root)
			plan := reverse(t, root, files)
			var failed, before []string
			why := ""
			for i := range plan.Files {
				if f := &plan.Files[i]; f.Err != nil {
					failed = append(failed, f.Path)
					if why == "" {
						why = f.Err.Error()
					}
				}
			}
			wantFailed, wantWhy, _ := strings.Cut(tt.failed, ": ")
			if got := strings.Join(failed, " "); got != wantFailed || !strings.Contains(why, wantWhy) {
				t.Errorf("expected failed files %q with %q, got %q with %q", wantFailed, wantWhy, got, why)
			}
			if got := strings.Join(plan.Reversal.Reversed, " "); got != tt.reversed {
				t.Errorf("expected %q reversed before, got %q", tt.reversed, got)
			}
			for i := range files {
				src, err := os.ReadFile(filepath.Join(root, files[i].Path))
				if err == nil && rewrite.Digest(src) == files[i].BeforeDigest {
					before = append(before, files[i].Path)
				}
			}
			if got := strings.Join(before, " "); got != tt.before {
				t.Errorf("expected %q with the bytes before, got %q", tt.before, got)
			}
		})
	}
}

func symlink(t *testing.T, target, name string) {
	t.Helper()
	if err := os.Symlink(target, name); err != nil {
		t.Skipf("symbolic links are not supported: %v", err)
	}
}

// A group is not written partly: a file that changes between the plan of the reversal and
// its writing keeps the files of its group.
func TestReverseWritesGroupsWhole(t *testing.T) {
	root, files := reversible(t)
	plan, err := rewrite.Reverse(t.Context(), root, files)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(root, "b.yaml"), []byte("image: other\n"))
	if n, err := plan.Apply(t.Context()); n != 1 || err != nil {
		t.Errorf("expected 1 file written, got %d, error %v", n, err)
	}
	if c := plan.Count(); c.ChangedFiles != 1 || c.FailedFiles != 1 {
		t.Errorf("expected 1 changed and 1 failed file, got %+v", c)
	}
}

// A plan that no run can have made is refused before anything is planned.
func TestReverseRefusesHostilePlans(t *testing.T) {
	tests := []struct {
		name   string
		change func(f *rewrite.RecordedFile)
		want   string
	}{
		{"a path above the root", func(f *rewrite.RecordedFile) { f.Path = "../a.yaml" }, "below the root"},
		{"a path above the root, later", func(f *rewrite.RecordedFile) { f.Path = "folder/../../a.yaml" }, "below the root"},
		{"an absolute path", func(f *rewrite.RecordedFile) { f.Path = "/etc/passwd" }, "below the root"},
		{"an empty path", func(f *rewrite.RecordedFile) { f.Path = "" }, "below the root"},
		{"a path with NUL", func(f *rewrite.RecordedFile) { f.Path = "a\x00.yaml" }, "below the root"},
		{"a hook of git", func(f *rewrite.RecordedFile) { f.Path = ".git/hooks/pre-commit" }, "leads into .git"},
		{"git in capitals", func(f *rewrite.RecordedFile) { f.Path = "a/.GIT/config" }, "leads into .git"},
		{"the short name of .git", func(f *rewrite.RecordedFile) { f.Path = "GIT~1/config" }, "leads into .git"},
		{".git and a dot", func(f *rewrite.RecordedFile) { f.Path = ".git./config" }, "leads into .git"},
		{".git and an ignored character", func(f *rewrite.RecordedFile) { f.Path = ".g\u200cit/config" }, "leads into .git"},
		{".git and a stream", func(f *rewrite.RecordedFile) { f.Path = ".git::$INDEX_ALLOCATION/config" }, "leads into .git"},
		{"a path twice", func(f *rewrite.RecordedFile) { f.Path = "b.yaml" }, "twice"},
		{"no digest", func(f *rewrite.RecordedFile) { f.BeforeDigest = "" }, "SHA-256"},
		{"a short digest", func(f *rewrite.RecordedFile) { f.AfterDigest = "sha256:00" }, "SHA-256"},
		{"no edits", func(f *rewrite.RecordedFile) { f.Edits = nil }, "no edits"},
		{"a negative offset", func(f *rewrite.RecordedFile) { f.Edits[0].Start = -1 }, "edit 0"},
		{"an end before the start", func(f *rewrite.RecordedFile) { f.Edits[0].End = 1 }, "edit 0"},
		{"a huge offset", func(f *rewrite.RecordedFile) {
			f.Edits[0].Start, f.Edits[0].End = math.MaxInt-10, math.MaxInt
		}, "edit 0"},
		{"an offset behind the file", func(f *rewrite.RecordedFile) { f.Edits[0].Start, f.Edits[0].End = 1000, 1010 }, "of a file of"},
		{"an old text of another length", func(f *rewrite.RecordedFile) { f.Edits[0].Old = "k8s" }, "an old text of 3 bytes"},
		{"a new text that is not there", func(f *rewrite.RecordedFile) { f.Edits[0].New = "registry.k8s.oi" }, "other text"},
		{"an old text that restores other bytes", func(f *rewrite.RecordedFile) { f.Edits[0].Old = "evil.gcr.i" }, "do not restore"},
		{"overlapping edits", func(f *rewrite.RecordedFile) { f.Edits = append(f.Edits, f.Edits[0]) }, "overlap"},
		{"edits in disorder", func(f *rewrite.RecordedFile) {
			f.Edits = append(f.Edits, rewrite.RecordedEdit{Edit: edit.Edit{New: "x"}})
		}, "overlap"},
		{"a missing edit", func(f *rewrite.RecordedFile) {
			f.Edits = []rewrite.RecordedEdit{{Edit: edit.Edit{Span: edit.Span{Start: 0, End: 5}, New: "image"}, Old: "image"}}
		}, "do not restore"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			root, files := reversible(t)
			tt.change(&files[0])
			before := readTree(t, root)
			_, err := rewrite.Reverse(t.Context(), root, files)
			if x := (*rewrite.RecordError)(nil); !errors.As(err, &x) || !strings.Contains(x.Why, tt.want) {
				t.Errorf("expected a RecordError with %q, got %v", tt.want, err)
			}
			if after := readTree(t, root); !reflect.DeepEqual(before, after) {
				t.Error("planning changed files")
			}
		})
	}
}

// FuzzReverse reverses plans with any offsets and texts. Whatever the plan says, a file
// has its bytes or those with the digest before the plan, and the reversal can be
// reversed.
func FuzzReverse(f *testing.F) {
	f.Add([]byte("image: registry.k8s.io/pause\n"), []byte("image: k8s.gcr.io/pause\n"), 7, 17, "k8s.gcr.io", "registry.k8s.io", 20, 20, "", "")
	f.Add([]byte("aXbYc"), []byte("abc"), 1, 1, "", "X", 2, 2, "", "Y")
	f.Add([]byte("ac"), []byte("abbc"), 1, 2, "b", "", 2, 3, "b", "")
	f.Add([]byte("\xff"), []byte("\xfe"), 0, 1, "\xfe", "\xff", 1, 1, "", "")
	f.Fuzz(func(t *testing.T, src, before []byte, start1, end1 int, old1, new1 string, start2, end2 int, old2, new2 string) {
		root := t.TempDir()
		write(t, filepath.Join(root, "a"), src)
		file := rewrite.RecordedFile{Path: "a", BeforeDigest: rewrite.Digest(before), AfterDigest: rewrite.Digest(src)}
		for i, e := range []rewrite.RecordedEdit{
			{Edit: edit.Edit{Span: edit.Span{Start: start1, End: end1}, New: new1}, Old: old1},
			{Edit: edit.Edit{Span: edit.Span{Start: start2, End: end2}, New: new2}, Old: old2},
		} {
			e.Number = i + 1
			file.Edits = append(file.Edits, e)
		}
		plan, err := rewrite.Reverse(t.Context(), root, []rewrite.RecordedFile{file})
		if x := (*rewrite.RecordError)(nil); err != nil && !errors.As(err, &x) {
			t.Fatalf("expected a RecordError, got %v", err)
		}
		if err != nil {
			return
		}
		if _, err := plan.Apply(t.Context()); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join(root, "a"))
		if err != nil || string(got) != string(before) {
			t.Fatalf("expected %q, got %q, error %v", before, got, err)
		}
		reverse(t, root, record(plan))
		if got, err := os.ReadFile(filepath.Join(root, "a")); err != nil || string(got) != string(src) {
			t.Fatalf("reversing the reversal: expected %q, got %q, error %v", src, got, err)
		}
	})
}

// The groups of edits: those of a group have one number, and a consequence names the
// files that it follows from.
func TestEditGroups(t *testing.T) {
	root := t.TempDir()
	for name, src := range map[string]string{
		"base/kustomization.yaml":    "resources: [pod.yaml]\n",
		"base/pod.yaml":              "kind: Pod\napiVersion: v1\nmetadata: {name: a}\nspec: {containers: [{name: a, image: k8s.gcr.io/a:1}]}\n",
		"overlay/kustomization.yaml": "resources: [../base]\nimages: [{name: k8s.gcr.io/a, newTag: \"2\"}]\n",
		"other.yaml":                 "image: k8s.gcr.io/b:1\nsidecar: k8s.gcr.io/c:1\n",
	} {
		write(t, filepath.Join(root, name), []byte(src))
	}
	plan := makePlan(t, root, k8sOptions(t))
	got := map[string]string{}
	for name, groups := range plan.EditGroups() {
		got[name] = fmt.Sprint(groups)
	}
	want := map[string]string{"base/pod.yaml": "[{1 []}]", "other.yaml": "[{2 []} {3 []}]", "overlay/kustomization.yaml": "[{1 []}]"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("expected %v, got %v", want, got)
	}
}
