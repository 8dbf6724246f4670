package atomicfile

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// makeFiles writes files with the given contents.
func makeFiles(t *testing.T, root string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		write(t, path, text, 0o644)
	}
}

// The git directory is used only if it belongs to the folder: a stranger may write
// the file .git.
func TestOpenGit(t *testing.T) {
	for _, tt := range []struct {
		name  string
		files map[string]string // ROOT is replaced
		want  string            // relative; "" for none
	}{
		{"no repository", map[string]string{"tree/f": ""}, ""},
		{"a repository", map[string]string{"tree/.git/HEAD": ""}, "tree/.git"},
		{"a folder .git that is no repository", map[string]string{"tree/.git/f": ""}, ""},
		{"a worktree", map[string]string{
			"tree/.git": "gitdir: ROOT/main/.git/worktrees/tree\n", "main/.git/worktrees/tree/HEAD": "", "main/.git/worktrees/tree/gitdir": "ROOT/tree/.git\n",
		}, "main/.git/worktrees/tree"},
		{"a worktree with relative paths", map[string]string{
			"tree/.git": "gitdir: ../main/.git/worktrees/tree\n", "main/.git/worktrees/tree/HEAD": "", "main/.git/worktrees/tree/gitdir": "../../../../tree/.git\n",
		}, "main/.git/worktrees/tree"},
		{"the directory of another worktree", map[string]string{
			"tree/.git": "gitdir: ROOT/main/.git/worktrees/tree\n", "main/.git/worktrees/tree/HEAD": "", "main/.git/worktrees/tree/gitdir": "ROOT/other/.git\n", "other/.git": "",
		}, ""},
		{"a submodule", map[string]string{
			"tree/.git": "gitdir: ../.git/modules/tree\n", ".git/modules/tree/HEAD": "", ".git/modules/tree/config": "[core]\n\tbare = false\n\tworktree = ../../../tree\n",
		}, ".git/modules/tree"},
		{"the directory of another repository", map[string]string{
			"tree/.git": "gitdir: ROOT/other/.git\n", "other/.git/HEAD": "", "other/.git/config": "[core]\n\tbare = false\n",
		}, ""},
		{"the directory of another submodule", map[string]string{
			"tree/.git": "gitdir: ../.git/modules/x\n", ".git/modules/x/HEAD": "", ".git/modules/x/config": "[core]\n\tworktree = ../../../x\n", "x/f": "",
		}, ""},
		{"a file .git with other text", map[string]string{"tree/.git": "main/.git\n", "main/.git/HEAD": ""}, ""},
		{"a missing directory", map[string]string{"tree/.git": "gitdir: ROOT/none\n"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			root := t.TempDir()
			for name, text := range tt.files {
				var before, after string
				if n, _ := fmt.Sscanf(text, "gitdir: ROOT%s", &after); n == 1 {
					before = "gitdir: "
				} else if n, _ := fmt.Sscanf(text, "ROOT%s", &after); n == 0 {
					continue
				}
				tt.files[name] = before + filepath.ToSlash(root) + after + "\n"
			}
			makeFiles(t, root, tt.files)
			got := openGit(filepath.Join(root, "tree"))
			if got == nil {
				if tt.want != "" {
					t.Errorf("got no directory, want %s", tt.want)
				}
				return
			}
			defer got.Close()
			if !isSame(got.Name(), filepath.Join(root, filepath.FromSlash(tt.want))) {
				t.Errorf("got %s, want %q", got.Name(), tt.want)
			}
		})
	}
}

func TestOpenGitLink(t *testing.T) {
	root := t.TempDir()
	makeFiles(t, root, map[string]string{"other/.git/HEAD": "", "tree/f": ""})
	if err := os.Symlink(filepath.Join(root, "other", ".git"), filepath.Join(root, "tree", ".git")); err != nil {
		t.Skip("cannot make symbolic links: ", err)
	}
	if got := openGit(filepath.Join(root, "tree")); got != nil {
		got.Close()
		t.Errorf("got %s, want no directory", got.Name())
	}
}

// The layouts are those of git.
func TestOpenGitOfGit(t *testing.T) {
	root := t.TempDir()
	git := func(dir string, args ...string) {
		t.Helper()
		args = append([]string{"-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "protocol.file.allow=always"}, args...)
		cmd := exec.Command("git", args...)
		cmd.Dir = filepath.Join(root, dir)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %q: %v\n%s", args, err, out)
		}
	}
	git(".", "init", "-q", "main")
	git("main", "commit", "-q", "--allow-empty", "-m", "one")
	git("main", "worktree", "add", "-q", "../linked")
	git(".", "clone", "-q", "main", "above")
	git("above", "submodule", "--quiet", "add", "../main", "sub")
	git(".", "init", "-q", "--separate-git-dir", "elsewhere", "separate")
	for folder, want := range map[string]string{
		"main":      "main/.git",
		"linked":    "main/.git/worktrees/linked",
		"above":     "above/.git",
		"above/sub": "above/.git/modules/sub",
		"separate":  "", // the directory does not name the folder
	} {
		got := openGit(filepath.Join(root, filepath.FromSlash(folder)))
		switch {
		case got == nil && want == "":
		case got == nil:
			t.Errorf("%s: got no directory, want %s", folder, want)
		case want == "" || !isSame(got.Name(), filepath.Join(root, filepath.FromSlash(want))):
			t.Errorf("%s: got %s, want %q", folder, got.Name(), want)
		}
		if got != nil {
			got.Close()
		}
	}
}
