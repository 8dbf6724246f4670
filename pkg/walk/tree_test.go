package walk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// TestMain hides the ignore files of the user who runs the tests.
func TestMain(m *testing.M) {
	home, err := os.MkdirTemp("", "walk-home-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for name, value := range map[string]string{
		"HOME": home, "XDG_CONFIG_HOME": "", "GIT_CONFIG_NOSYSTEM": "1",
		"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.org",
		"GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.org",
	} {
		if err := os.Setenv(name, value); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	code := m.Run()
	os.RemoveAll(home)
	os.Exit(code)
}

// makeTree makes the tree that lines describe in a new folder and returns its
// resolved path. A line is "path", "path/" for a folder, "path -> target" for
// a link, or "path: text" for a file, where "|" means a line break.
func makeTree(t testing.TB, lines ...string) string {
	t.Helper()
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	addToTree(t, root, lines...)
	return root
}

// addToTree adds the files that lines describe to the tree at root.
func addToTree(t testing.TB, root string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		path, target, isLink := strings.Cut(line, " -> ")
		path, text, _ := strings.Cut(path, ": ")
		abs := filepath.Join(root, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(abs), 0o755); err != nil {
			t.Fatal(err)
		}
		var err error
		switch {
		case isLink:
			err = os.Symlink(target, abs)
		case strings.HasSuffix(path, "/"):
			err = os.MkdirAll(abs, 0o755)
		default:
			err = os.WriteFile(abs, []byte(strings.ReplaceAll(text, "|", "\n")), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// git runs git in dir and returns its standard output. It skips the test if git
// is not installed.
func git(t testing.TB, dir string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	cmd := exec.Command("git", append([]string{"-c", "protocol.file.allow=always"}, args...)...)
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("git %q: %v: %s", args, err, exit.Stderr)
		}
		t.Fatalf("git %q: %v", args, err)
	}
	return string(out)
}

// gitTry is like git for a command that may fail.
func gitTry(dir string, args ...string) (string, bool) {
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	out, err := cmd.Output()
	return string(out), err == nil
}

// walkTree walks and returns the visited paths, sorted, and the skips as
// "path reason", with a slash after the path of a folder. It fails the test if a
// path is visited twice.
func walkTree(t testing.TB, o Options) (files, skips []string) {
	t.Helper()
	var mu sync.Mutex
	skipped, err := Walk(t.Context(), o, func(f File) error {
		mu.Lock()
		defer mu.Unlock()
		files = append(files, f.Path)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(files)
	if unique := slices.Compact(slices.Clone(files)); len(unique) != len(files) {
		t.Errorf("visited twice: %q", files)
	}
	for _, s := range skipped {
		slash := ""
		if s.Dir {
			slash = "/"
		}
		skips = append(skips, fmt.Sprintf("%s%s %s", s.Path, slash, s.Reason))
	}
	return files, skips
}

// gitFiles returns the regular files that git tracks or would add in the work
// tree root, without vendored ones.
func gitFiles(t testing.TB, root string) []string {
	t.Helper()
	var files []string
	for path := range strings.SplitSeq(git(t, root, "ls-files", "-z", "-co", "--exclude-standard"), "\x00") {
		info, err := os.Lstat(filepath.Join(root, path))
		if path == "" || err != nil || !info.Mode().IsRegular() {
			continue
		}
		folders := strings.Split(filepath.ToSlash(filepath.Dir(path)), "/")
		if slices.ContainsFunc(folders, isVendor) {
			continue
		}
		files = append(files, path)
	}
	slices.Sort(files)
	return slices.Compact(files)
}

// compareLists reports the differences between two sorted lists.
func compareLists(t testing.TB, what string, got, want []string) {
	t.Helper()
	for _, s := range got {
		if _, found := slices.BinarySearch(want, s); !found {
			t.Errorf("%s: unexpected %q", what, s)
		}
	}
	for _, s := range want {
		if _, found := slices.BinarySearch(got, s); !found {
			t.Errorf("%s: missing %q", what, s)
		}
	}
}

// checkComplete fails the test unless every file below root, except .git, was
// visited or is covered by a skip.
func checkComplete(t testing.TB, root string, files, skips []string) {
	t.Helper()
	skipped := map[string]bool{}
	for _, s := range skips {
		for _, r := range Reasons() {
			if path, ok := strings.CutSuffix(s, " "+string(r)); ok {
				skipped[strings.TrimSuffix(path, "/")] = true
			}
		}
	}
	err := filepath.WalkDir(root, func(abs string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		path, _ := filepath.Rel(root, abs)
		path = filepath.ToSlash(path)
		_, visited := slices.BinarySearch(files, path)
		switch {
		case e.Name() == ".git" && e.IsDir(), skipped[path] && e.IsDir():
			return filepath.SkipDir
		case e.Name() == ".git" || e.IsDir():
		case visited == skipped[path]:
			t.Errorf("%q: visited %v, skipped %v", path, visited, skipped[path])
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
