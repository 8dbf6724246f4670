package gitcmd

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"testing/fstest"
)

// commit makes a repository with a commit of files and returns its folder.
func commit(t *testing.T, files map[string]string) string {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("no git")
	}
	dir := t.TempDir()
	for name, text := range files {
		at := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{{"init", "-q"}, {"add", "-A"}, {"-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-q", "-m", "base"}} {
		cmd := exec.Command("git", append([]string{"-C", dir}, args...)...)
		cmd.Env = Environ()
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	return dir
}

func openTree(t *testing.T, dir, rev string) *Tree {
	t.Helper()
	tree, err := OpenTree(t.Context(), dir, rev)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tree.Close() })
	return tree
}

func TestTreeIsFileSystem(t *testing.T) {
	dir := commit(t, map[string]string{"a.txt": "a", "folder/b.txt": "b\n", "folder/deep/er/c": "", "ünïcode/d e": "d"})
	tree := openTree(t, dir, "HEAD")
	if err := fs.WalkDir(tree, ".", func(string, fs.DirEntry, error) error { return nil }); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"a.txt": "a", "folder/b.txt": "b\n", "folder/deep/er/c": "", "ünïcode/d e": "d"} {
		if src, err := fs.ReadFile(tree, name); string(src) != want || err != nil {
			t.Errorf("%s: got %q, %v", name, src, err)
		}
	}
	if err := fstest.TestFS(sized{tree}, "a.txt", "folder/deep/er/c"); err != nil {
		t.Error(err)
	}
	if _, err := tree.Open("none"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

// sized gives the entries of folders the sizes of their files, as fstest.TestFS
// requires.
type sized struct{ *Tree }

func (s sized) Open(name string) (fs.File, error) {
	f, err := s.Tree.Open(name)
	if d, ok := f.(*openDir); ok {
		for i, e := range d.entries {
			if !e.IsDir() {
				info, err := fs.Stat(s.Tree, filepath.ToSlash(filepath.Join(name, e.Name())))
				if err != nil {
					return nil, err
				}
				d.entries[i] = fs.FileInfoToDirEntry(info)
			}
		}
	}
	return f, err
}

func (s sized) Lstat(name string) (fs.FileInfo, error) { return fs.Stat(s.Tree, name) }

func TestUnknownRevision(t *testing.T) {
	dir := commit(t, map[string]string{"a": "a"})
	if _, err := OpenTree(t.Context(), dir, "nothing"); !errors.Is(err, ErrUnknownRevision) {
		t.Errorf("got %v", err)
	}
	if IsShallow(t.Context(), dir) {
		t.Error("a complete clone is not shallow")
	}
}

// Git itself says what it stores for a file of the work tree.
func TestReadNormalized(t *testing.T) {
	files := map[string]string{
		".gitattributes": "*.auto text=auto\n*.text text\n*.bin -text\n*.crlf eol=crlf\n*.old crlf\n",
		"x.auto":         "a\nb\n", "x.text": "a\nb\n", "x.bin": "a\nb\n", "x.crlf": "a\nb\n", "x.old": "a\nb\n", "x.none": "a\nb\n",
		"nul.auto": "a\nb\n", "mixed.text": "a\nb\n",
	}
	for _, autoCRLF := range []string{"false", "true", "input"} {
		dir := commit(t, files)
		if out, err := exec.Command("git", "-C", dir, "config", "core.autocrlf", autoCRLF).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		tree := openTree(t, dir, "HEAD")
		for name := range files {
			if name == ".gitattributes" {
				continue
			}
			text := map[string]string{"nul.auto": "a\r\n\x00b\r\n", "mixed.text": "a\r\nb\nc\r\n"}[name]
			if text == "" {
				text = "a\r\nb\r\n"
			}
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			got := text
			if src, ok := tree.ReadNormalized(os.DirFS(dir), name); ok {
				got = string(src)
			}
			if want := stored(t, dir, name); got != want {
				t.Errorf("core.autocrlf %s, %s: got %q, want %q", autoCRLF, name, got, want)
			}
		}
	}
}

// stored returns what git add stores for the file at name.
func stored(t *testing.T, dir, name string) string {
	t.Helper()
	for _, args := range [][]string{{"-c", "core.safecrlf=false", "add", name}, {"show", ":" + name}} {
		out, err := exec.Command("git", append([]string{"-C", dir}, args...)...).Output()
		if err != nil {
			t.Fatal(err)
		}
		if args[0] == "show" {
			return string(out)
		}
	}
	return ""
}
