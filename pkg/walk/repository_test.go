package walk

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestRoot(t *testing.T) {
	base := makeTree(t, "plain/sub/a", "repo/sub/deep/a", "repo/.gitignore: x", "link -> repo/sub", "away/file -> ../repo/sub/deep/a",
		"broken/.git/", "broken/a", "copied/.git: gitdir: /nowhere", "copied/sub/a")
	git(t, base, "init", "-q", "repo")
	git(t, filepath.Join(base, "repo"), "add", ".")
	git(t, filepath.Join(base, "repo"), "commit", "-qm", "x")
	git(t, filepath.Join(base, "repo"), "worktree", "add", "-q", "../tree")
	tests := []struct {
		path, root string
		isGit      bool
	}{
		{"repo", "repo", true},
		{"repo/sub/deep/a", "repo", true},
		{"repo/sub/deep", "repo", true},
		{"repo/.git/refs", "repo", true},
		{"tree/sub", "tree", true},
		{"copied/sub", "copied", true},
		{"link", "repo", true},
		{"link/deep/a", "repo", true},
		{"away/file", "away", false}, // the folder of the link, since the walk skips the link
		{"plain/sub", "plain/sub", false},
		{"plain/sub/a", "plain/sub", false},
		{"broken/a", "broken", false},
	}
	for _, tt := range tests {
		root, isGit, err := Root(filepath.Join(base, tt.path))
		if want := filepath.Join(base, tt.root); err != nil || root != want || isGit != tt.isGit {
			t.Errorf("Root(%q) = %q, %v, %v, want %q, %v", tt.path, root, isGit, err, want, tt.isGit)
		}
	}
	if _, _, err := Root(filepath.Join(base, "none")); err == nil || !strings.Contains(err.Error(), "none") {
		t.Errorf("got %v", err)
	}
}

// TestUserIgnoreFiles compares with git where patterns outside the tree come
// from, and which of them has priority.
func TestUserIgnoreFiles(t *testing.T) {
	tests := []struct {
		name        string
		home        []string // files of the home folder, as for makeTree
		env         map[string]string
		config      []string // git config in the repository
		tree        []string
		wantIgnored []string
	}{
		{name: "default", home: []string{".config/git/ignore: a"}, wantIgnored: []string{"a"}},
		{name: "XDG_CONFIG_HOME", home: []string{"x/git/ignore: b", ".config/git/ignore: a"}, env: map[string]string{"XDG_CONFIG_HOME": "x"}, wantIgnored: []string{"b"}},
		{name: "configuration of the home folder", home: []string{".gitconfig: [core]|\texcludesFile = ~/mine # yes", "mine: a|b", ".config/git/ignore: c"}, wantIgnored: []string{"a", "b"}},
		{name: "configuration of the home folder before that of XDG", home: []string{".gitconfig: [CORE]excludesfile=~/mine", "mine: a", ".config/git/config: [core]|excludesfile = ~/other", "other: b"}, wantIgnored: []string{"a"}},
		{name: "configuration of XDG", home: []string{".config/git/config: [core \"sub\"]|excludesfile = x|[core]|excludesfile = \"~/ot\\|her\"", "other: b"}, wantIgnored: []string{"b"}},
		{name: "configuration of the repository before that of the user", home: []string{".gitconfig: [core]|excludesfile = ~/mine", "mine: a", "own: c"}, config: []string{"core.excludesFile", "~/own"}, wantIgnored: []string{"c"}},
		{name: "empty excludesFile", home: []string{".config/git/ignore: a"}, config: []string{"core.excludesFile", ""}},
		{name: "relative excludesFile", config: []string{"core.excludesFile", "b"}, tree: []string{"b: a"}, wantIgnored: []string{"a"}},
		{name: "missing excludesFile", config: []string{"core.excludesFile", "/nowhere"}},
		{name: "GIT_CONFIG_GLOBAL", home: []string{".gitconfig: [core]|excludesfile = ~/mine", "mine: a", "g: [core]|excludesfile = ~/other", "other: b"}, env: map[string]string{"GIT_CONFIG_GLOBAL": "g"}, wantIgnored: []string{"b"}},
		{name: "GIT_CONFIG_SYSTEM", home: []string{"s: [core]|excludesfile = ~/other", "other: b"}, env: map[string]string{"GIT_CONFIG_SYSTEM": "s", "GIT_CONFIG_NOSYSTEM": "0"}, wantIgnored: []string{"b"}},
		{name: ".gitignore before info/exclude before excludesFile", home: []string{".config/git/ignore: a|b|c"}, tree: []string{".git/info/exclude: !a|b", ".gitignore: !b"}, wantIgnored: []string{"c"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			home := makeTree(t, tt.home...)
			t.Setenv("HOME", home)
			for name, value := range tt.env {
				if name != "GIT_CONFIG_NOSYSTEM" {
					value = filepath.Join(home, value)
				}
				t.Setenv(name, value)
			}
			root := makeTree(t, "a", "b", "c")
			git(t, root, "init", "-q")
			addToTree(t, root, tt.tree...)
			if tt.config != nil {
				git(t, root, append([]string{"config"}, tt.config...)...)
			}
			files, skips := walkTree(t, Options{Root: root})
			compareLists(t, "files", files, gitFiles(t, root))
			var want []string
			for _, path := range tt.wantIgnored {
				want = append(want, path+" ignored by git")
			}
			compareLists(t, "skips", skips, want)
		})
	}
}

// TestWorktreesAndSubmodules compares trees with several repositories with git.
func TestWorktreesAndSubmodules(t *testing.T) {
	base := makeTree(t, "lib/l.yaml", "repo/.gitignore: out/", "repo/a.yaml", "repo/secret", "repo/inner/i.yaml", "repo/out/keep/k.yaml")
	lib, repo, tree := filepath.Join(base, "lib"), filepath.Join(base, "repo"), filepath.Join(base, "tree")
	for _, dir := range []string{lib, repo} {
		git(t, dir, "init", "-q")
		git(t, dir, "add", ".")
		git(t, dir, "commit", "-qm", "x")
	}
	git(t, repo, "submodule", "--quiet", "add", lib, "third/lib")
	git(t, repo, "submodule", "--quiet", "add", "-f", lib, "out/lib")
	git(t, repo, "add", "-f", "out/keep/k.yaml")
	git(t, repo, "commit", "-qm", "y")
	git(t, repo, "worktree", "add", "-q", tree)
	addToTree(t, base, "repo/.git/info/exclude: secret", "tree/secret", "tree/third/lib/stray", "tree/out/n", "repo/out/n")
	// A nested repository is part of this one if this one tracks its files.
	git(t, filepath.Join(repo, "inner"), "init", "-q")

	files, skips := walkTree(t, Options{Root: repo})
	compareLists(t, "files", files, gitFiles(t, repo))
	compareLists(t, "skips", skips, []string{"out/lib/ submodule", "out/n ignored by git", "third/lib/ submodule"})
	checkComplete(t, repo, files, skips)

	files, skips = walkTree(t, Options{Root: tree})
	compareLists(t, "files of the worktree", files, gitFiles(t, tree))
	compareLists(t, "skips of the worktree", skips, []string{"out/lib/ submodule", "out/n ignored by git", "third/lib/ submodule"})
	if !slices.Contains(files, "secret") {
		t.Errorf("a tracked file is missing: %q", files) // git tracks it, so info/exclude does not matter
	}

	_, skips = walkTree(t, Options{Root: tree, NoIgnore: true})
	compareLists(t, "skips with NoIgnore", skips, []string{"out/lib/ submodule", "third/lib/ submodule"})
	_, skips = walkTree(t, Options{Root: repo, Paths: []string{filepath.Join(repo, "third", "lib", "l.yaml")}})
	compareLists(t, "skips in a submodule", skips, []string{"third/lib/ submodule"})
	root, _, err := Root(filepath.Join(repo, "third", "lib", "l.yaml"))
	if want := filepath.Join(repo, "third", "lib"); err != nil || root != want {
		t.Errorf("got %q, %v, want %q", root, err, want)
	}
}

// TestUnreadableIndex checks that patterns alone decide if the index cannot be
// read, and that the skips say so.
func TestUnreadableIndex(t *testing.T) {
	root := makeTree(t, ".gitignore: *.log", "a.log", "b.yaml")
	git(t, root, "init", "-q")
	git(t, root, "add", "-f", "a.log")
	git(t, root, "update-index", "--split-index")
	skips, err := Walk(t.Context(), Options{Root: root}, func(File) error { return nil })
	if err != nil || len(skips) != 1 || skips[0].Reason != Ignored || !strings.Contains(skips[0].Detail, "split indexes") {
		t.Errorf("got %+v, %v", skips, err)
	}
}

// FuzzConfig compares the parsed configuration with git's, if git accepts it.
func FuzzConfig(f *testing.F) {
	for _, s := range []string{
		"[core]\n\ta = b ; c\n# d\n[x \"y\"]\n a = 1\n[Core] A=\"q # \\\"r\" s  \n", "[a.b]\nc=d", "\ufeff[a]\r\nb = c\\\r\n d\r\ne\n", "[a]b=\\t\\n\\b\\\\x   y\t z ", "[a]\nb # c", "[a]b=c\\", "[a \"]\"]\nb=c\n[d]e=f",
	} {
		f.Add(s)
	}
	dir := makeTree(f)
	path := filepath.Join(dir, "config")
	f.Fuzz(func(t *testing.T, src string) {
		if strings.Contains(src, "\x00") {
			return // git's output cannot represent it
		}
		got := config{}
		got.parse(src)
		if err := os.WriteFile(path, []byte(src), 0o644); err != nil {
			t.Fatal(err)
		}
		out, ok := gitTry(dir, "config", "--file", path, "--null", "--list")
		if !ok {
			return
		}
		want := config{}
		for entry := range strings.SplitSeq(out, "\x00") {
			key, value, _ := strings.Cut(entry, "\n")
			if strings.Count(key, ".") == 1 {
				want[key] = value
			}
		}
		for _, c := range []config{got, want} {
			for key, value := range c { // versions of git treat these characters differently
				c[key] = strings.NewReplacer("\t", " ", "\v", " ", "\f", " ", "\r", " ").Replace(value)
			}
		}
		if !maps.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", src, got, want)
		}
	})
}
