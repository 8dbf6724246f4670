package atomicfile

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestIsTemporary(t *testing.T) {
	for name, want := range map[string]bool{
		".regmigrate-tmp-0123456789abcdef":  true,
		"regmigrate-tmp-0123456789abcdef":   false, // only in the git directory
		".regmigrate-tmp-0123456789abcde":   false,
		".regmigrate-tmp-0123456789abcdefa": false,
		".regmigrate-tmp-notes":             false,
		"a.regmigrate-tmp-0123456789abcdef": false,
		".regmigrate-tmp-0123456789ABCDEF":  false,
	} {
		if got := IsTemporary(name); got != want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

// RemoveTemporary deletes what ended processes left, and nothing else.
func TestRemoveTemporary(t *testing.T) {
	root := t.TempDir()
	const left, leftInGit = ".regmigrate-tmp-0123456789abcdef", "regmigrate-tmp-0123456789abcdef"
	makeFiles(t, root, map[string]string{
		".git/HEAD": "", ".git/" + leftInGit: "left", ".git/regmigrate-tmp-notes": "notes",
		"folder/" + left: "left", "folder/.regmigrate-tmp-notes": "notes", "folder/f": "old", "folder/" + leftInGit: "a file of the user",
	})
	if err := os.Mkdir(filepath.Join(root, "folder", ".regmigrate-tmp-1111111111111111"), 0o755); err != nil {
		t.Fatal(err)
	}
	dir, err := OpenDir(root)
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	f, err := dir.open("folder/f")
	if err != nil {
		t.Fatal(err)
	}
	defer f.close()
	places := dir.places(f)
	live := []string{}
	for _, p := range []place{places[0], places[len(places)-1]} { // in the git directory, if that is possible here, and in the folder
		temp, err := p.make(0o600)
		if err != nil {
			t.Fatal(err)
		}
		defer temp.close()
		if err := temp.giveName(); err != nil {
			t.Fatal(err)
		}
		if p.folder == f.folder {
			live = append(live, "folder/"+temp.name)
		}
	}
	names := append(live, "folder/"+left, "folder/.regmigrate-tmp-notes", "folder/f", "folder/"+leftInGit, "folder/.regmigrate-tmp-1111111111111111", "none/"+left)
	if got := dir.RemoveTemporary(names); !slices.Equal(got, []string{"folder/" + left}) {
		t.Errorf("deleted %q", got)
	}
	for _, name := range append(live, "folder/.regmigrate-tmp-notes", "folder/f", "folder/"+leftInGit, ".git/HEAD", ".git/regmigrate-tmp-notes") {
		if _, err := os.Lstat(filepath.Join(root, filepath.FromSlash(name))); err != nil {
			t.Error(err)
		}
	}
	_, err = os.Lstat(filepath.Join(root, ".git", leftInGit))
	if !os.IsNotExist(err) {
		t.Errorf(".git/%s: %v", leftInGit, err)
	}
	entries, err := filepath.Glob(filepath.Join(root, ".git", "regmigrate-tmp-*"))
	if want := 1 + len(places) - 2; err != nil || len(entries) != want { // notes, and the file of this process
		t.Errorf("the git directory has %q, want %d; %v", entries, want, err)
	}
}

// Replace leaves nothing in the git directory.
func TestReplaceInRepository(t *testing.T) {
	root := t.TempDir()
	makeFiles(t, root, map[string]string{".git/HEAD": "", "folder/f": "old"})
	dir, err := OpenDir(root)
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	if lost, err := dir.Replace("folder/f", []byte("old"), []byte("new")); err != nil || lost != nil {
		t.Fatal(lost, err)
	}
	wantFile(t, filepath.Join(root, "folder", "f"), "new")
	wantNames(t, filepath.Join(root, "folder"), "f")
	wantNames(t, filepath.Join(root, ".git"), "HEAD")
}
