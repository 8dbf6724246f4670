package rewrite_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/internal/atomicfile"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// A file that changed since it was planned is not written and gets an error; the
// other files are written.
func TestApplyKeepsFilesThatChangedOnDisk(t *testing.T) {
	const planned, rewritten = "image: k8s.gcr.io/pause:3.9\n", "image: registry.k8s.io/pause:3.9\n"
	tests := []struct {
		name   string
		change func(t *testing.T, file string)
		want   string // the content of the file after Apply; "" if it cannot be read
		err    string
	}{
		{"grown", func(t *testing.T, file string) { write(t, file, []byte(planned+"a: b\n")) }, planned + "a: b\n", "changed on disk"},
		{"same size", func(t *testing.T, file string) { write(t, file, []byte("image: k8s.gcr.io/pause:3.8\n")) }, "image: k8s.gcr.io/pause:3.8\n", "changed on disk"},
		{"empty", func(t *testing.T, file string) { write(t, file, nil) }, "", "changed on disk"},
		{"rewritten already", func(t *testing.T, file string) { write(t, file, []byte(rewritten)) }, rewritten, "changed on disk"},
		{"deleted", func(t *testing.T, file string) { remove(t, file) }, "", "no such file"},
		{"a symbolic link to the same bytes", func(t *testing.T, file string) {
			write(t, file+".real", []byte(planned))
			remove(t, file)
			if err := os.Symlink(filepath.Base(file)+".real", file); err != nil {
				t.Skipf("symbolic links are not supported: %v", err)
			}
		}, planned, "symbolic link"},
		{"a folder", func(t *testing.T, file string) { remove(t, file); write(t, filepath.Join(file, "x"), nil) }, "", "not a regular file"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			root := t.TempDir()
			for _, name := range []string{"a.yaml", "b.yaml", "c.yaml"} {
				write(t, filepath.Join(root, name), []byte(planned))
			}
			plan := makePlan(t, root, k8sOptions(t))
			file := filepath.Join(root, "b.yaml")
			tt.change(t, file)

			n, err := plan.Apply(t.Context())
			if n != 2 || err != nil {
				t.Errorf("expected 2 files written, got %d, error %v", n, err)
			}
			if got, _ := os.ReadFile(file); string(got) != tt.want {
				t.Errorf("expected the content %q, got %q", tt.want, got)
			}
			for _, name := range []string{"a.yaml", "c.yaml"} {
				if got, _ := os.ReadFile(filepath.Join(root, name)); string(got) != rewritten {
					t.Errorf("%s: expected %q, got %q", name, rewritten, got)
				}
			}
			failed := plan.Files[1]
			if failed.Err == nil || !strings.Contains(failed.Err.Error(), tt.err) {
				t.Errorf("expected an error with %q, got %v", tt.err, failed.Err)
			}
			checkNotChanged(t, &failed)
			if c := plan.Count(); c.Rewritten != 2 || c.NotChanged != 1 || c.ChangedFiles != 2 || c.FailedFiles != 1 {
				t.Errorf("expected 2 rewritten and 1 unchanged finding, 2 changed files and 1 failed file, got %+v", c)
			}
			if temporary, _ := filepath.Glob(filepath.Join(root, ".*")); len(temporary) > 0 {
				t.Errorf("temporary files were not deleted: %q", temporary)
			}
		})
	}
}

// After an interruption, files that were not written have no rewritten findings.
func TestApplyInterrupted(t *testing.T) {
	root := t.TempDir()
	const src = "image: k8s.gcr.io/pause:3.9\n"
	write(t, filepath.Join(root, "a.yaml"), []byte(src))
	plan := makePlan(t, root, k8sOptions(t))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if n, err := plan.Apply(ctx); n != 0 || err == nil {
		t.Errorf("expected an error and no file written, got %d files, error %v", n, err)
	}
	if got, _ := os.ReadFile(filepath.Join(root, "a.yaml")); string(got) != src {
		t.Errorf("expected the content %q, got %q", src, got)
	}
	if plan.Files[0].Err == nil {
		t.Error("expected an error of the file, got none")
	}
	checkNotChanged(t, &plan.Files[0])
}

// checkNotChanged checks that a file that was not written has no edits and no
// rewritten findings.
func checkNotChanged(t *testing.T, f *rewrite.File) {
	t.Helper()
	if len(f.Edits) > 0 || !bytes.Equal(f.After(), f.Before) {
		t.Errorf("%s: expected no edits, got %v", f.Path, f.Edits)
	}
	if len(f.Findings) == 0 {
		t.Errorf("%s: expected findings, got none", f.Path)
	}
	for _, x := range f.Findings {
		if x.Status != rewrite.NotChanged || x.Reason != format.NotEditedSafely || x.New != "" || x.Note == "" || x.EditSpans != nil {
			t.Errorf("%s: expected a finding that is not changed, got %+v", f.Path, x)
		}
	}
}

func k8sOptions(t testing.TB) (o rewrite.Options) {
	t.Helper()
	list, err := rules.Preset("k8s")
	if err != nil {
		t.Fatal(err)
	}
	if o.Rules, err = rules.New(list); err != nil {
		t.Fatal(err)
	}
	return o
}

func remove(t *testing.T, file string) {
	t.Helper()
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
}

// A folder that becomes a symbolic link after the plan was made leads no write out of
// the repository, and none to another place in it.
func TestApplyReplacedFolder(t *testing.T) {
	const planned = "image: k8s.gcr.io/pause:3.9\n"
	outside := t.TempDir()
	tests := []struct{ name, target string }{
		{"out of the repository", outside},
		{"relative, out of the repository", ".."},
		{"to another folder", "other"},
		{"into the git directory", ".git"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			root := filepath.Join(t.TempDir(), "repository")
			for _, folder := range []string{"moved/sub", "other/sub", ".git/sub", "../sub", "stays/sub"} {
				write(t, filepath.Join(root, folder, "a.yaml"), []byte(planned))
			}
			write(t, filepath.Join(outside, "sub", "a.yaml"), []byte(planned))
			options := k8sOptions(t)
			options.Walk.Paths = []string{filepath.Join(root, "moved"), filepath.Join(root, "stays")}
			plan := makePlan(t, root, options)
			if err := os.Rename(filepath.Join(root, "moved"), filepath.Join(root, "elsewhere")); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(tt.target, filepath.Join(root, "moved")); err != nil {
				t.Skipf("symbolic links are not supported: %v", err)
			}
			if n, err := plan.Apply(t.Context()); n != 1 || err != nil {
				t.Errorf("expected 1 file written, got %d, error %v", n, err)
			}
			for _, folder := range []string{filepath.Join(root, "moved"), filepath.Join(root, "elsewhere"), filepath.Join(root, "other"), outside, filepath.Dir(root)} {
				if got, _ := os.ReadFile(filepath.Join(folder, "sub", "a.yaml")); string(got) != planned {
					t.Errorf("%s: expected the content %q, got %q", folder, planned, got)
				}
				if names, err := os.ReadDir(filepath.Join(folder, "sub")); err != nil || len(names) != 1 {
					t.Errorf("%s: expected one file, got %v, %v", folder, names, err)
				}
			}
			if f := plan.Files[0]; f.Path != "moved/sub/a.yaml" || !errors.Is(f.Err, atomicfile.ErrFolder) {
				t.Errorf("%s: got error %v, want %v", f.Path, f.Err, atomicfile.ErrFolder)
			}
		})
	}
}
