package atomicfile

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/regmigrate/regmigrate/internal/repofile"
)

// openGit opens the git directory of the repository whose top is the folder at path.
// It returns nil if the folder is no such top, or if it is not certain that the
// directory belongs to it: the file .git of a work tree or a submodule is content
// that may come from a stranger, so the directory must name the folder too.
//
// Source of the layout: gitrepository-layout(5).
func openGit(path string) *os.Root {
	git := filepath.Join(path, ".git")
	info, err := os.Lstat(git)
	if err != nil {
		return nil
	}
	if info.Mode().IsRegular() {
		src, err := repofile.ReadFile(git, maxGitFile)
		if err != nil {
			return nil
		}
		to, ok := strings.CutPrefix(strings.TrimRight(string(src), "\r\n"), "gitdir: ")
		if !ok {
			return nil
		}
		git = absolute(path, to)
		if !namesWorktree(git, path) && !namesSubmodule(git, path) {
			return nil
		}
	} else if !info.IsDir() {
		return nil
	}
	if _, err := os.Lstat(filepath.Join(git, "HEAD")); err != nil {
		return nil
	}
	root, err := os.OpenRoot(git)
	if err != nil {
		return nil
	}
	return root
}

// maxGitFile is the largest file with a path or a configuration that is read, in
// bytes.
const maxGitFile = 1 << 20

// namesWorktree reports whether the git directory is that of the worktree at path.
func namesWorktree(git, path string) bool {
	src, err := repofile.ReadFile(filepath.Join(git, "gitdir"), maxGitFile)
	return err == nil && isSame(absolute(git, strings.TrimRight(string(src), "\r\n")), filepath.Join(path, ".git"))
}

// namesSubmodule reports whether core.worktree of the git directory is path. Values
// with quotes or escapes count as other paths.
func namesSubmodule(git, path string) bool {
	src, err := repofile.ReadFile(filepath.Join(git, "config"), maxGitFile)
	if err != nil {
		return false
	}
	for line := range strings.Lines(string(src)) {
		key, value, ok := strings.Cut(line, "=")
		if ok && strings.TrimSpace(key) == "worktree" && isSame(absolute(git, strings.TrimSpace(value)), path) {
			return true
		}
	}
	return false
}

// absolute returns path as an absolute path; a relative path is relative to dir.
func absolute(dir, path string) string {
	if path = filepath.FromSlash(path); filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

func isSame(a, b string) bool {
	x, err := os.Lstat(a)
	if err != nil {
		return false
	}
	y, err := os.Lstat(b)
	return err == nil && os.SameFile(x, y)
}
