package walk

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/regmigrate/regmigrate/internal/repofile"
)

// Root returns the folder that paths are relative to when path is scanned. If a
// git repository contains path, this is the top of its work tree (or of the
// worktree or submodule), and isGit is true. Otherwise it is path itself, or the
// folder of path if path is not a folder. root is absolute and without symbolic
// links; a path that is a link to a folder counts as that folder. It is an error
// if path does not exist, and if the system cannot say whether a folder above it is
// a repository: with another root, a run would scan other files.
func Root(path string) (root string, isGit bool, err error) {
	real, _, err := resolveNamed(path)
	var info fs.FileInfo
	if err == nil {
		info, err = os.Lstat(real)
	}
	if err != nil {
		return "", false, fmt.Errorf("finding %q: %w", path, repofile.WithoutPath(err))
	}
	if !info.IsDir() {
		real = filepath.Dir(real)
	}
	for dir := real; ; {
		isTop, err := isRepository(dir)
		if err != nil {
			return "", false, fmt.Errorf("finding the repository of %q: %w", path, err)
		}
		if isTop {
			return dir, true, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return real, false, nil
		}
		dir = up
	}
}

// isRepository reports whether dir is the top of a git work tree. The error names the
// file that the system could not look at.
func isRepository(dir string) (bool, error) {
	_, ok, err := gitDir(dir)
	return ok, err
}

// maxGitFile is the largest .git file that is read, in bytes: more than the
// longest path of any system.
const maxGitFile = 64 << 10

// gitDir returns the folder with git's data of the work tree dir. A .git file
// counts even if the folder that it names is missing, as in a worktree that was
// copied into a container.
//
// Source of the layout: gitrepository-layout(5).
func gitDir(dir string) (data string, ok bool, err error) {
	git := filepath.Join(dir, ".git")
	info, err := os.Stat(git)
	switch {
	case repofile.IsAbsent(err):
		return "", false, nil
	case err != nil:
		return "", false, err
	case info.IsDir():
		ok, err := isGitDir(git)
		return git, ok, err
	case !info.Mode().IsRegular():
		return "", false, nil
	}
	src, err := readAtMost(git, maxGitFile)
	if err != nil {
		var system *fs.PathError
		if errors.As(err, &system) {
			return "", false, err
		}
		return "", false, nil // too large
	}
	to, ok := strings.CutPrefix(strings.TrimRight(string(src), "\r\n"), "gitdir: ")
	if !ok || to == "" {
		return "", false, nil
	}
	return resolve(dir, to), true, nil
}

// isGitDir reports whether dir has the layout by which git recognises a
// repository.
func isGitDir(dir string) (bool, error) {
	if _, err := os.Lstat(filepath.Join(dir, "HEAD")); err != nil {
		return false, unlessAbsent(err)
	}
	common, err := commonDir(dir)
	if err != nil {
		return false, err
	}
	for _, name := range []string{"objects", "refs"} {
		if info, err := os.Stat(filepath.Join(common, name)); err != nil || !info.IsDir() {
			return false, unlessAbsent(err)
		}
	}
	return true, nil
}

func unlessAbsent(err error) error {
	if repofile.IsAbsent(err) {
		return nil
	}
	return err
}

// commonDir returns the folder with the data that a worktree shares with its
// repository. For other repositories it returns gitDir.
func commonDir(gitDir string) (string, error) {
	src, err := readAtMost(filepath.Join(gitDir, "commondir"), maxGitFile)
	switch {
	case isUncertain(err):
		return "", err
	case err != nil:
		return gitDir, nil
	}
	return resolve(gitDir, string(bytes.TrimRight(src, "\r\n"))), nil
}

// isUncertain reports whether err is the system's and does not say that there is no such
// file: the file may have any content. An error about the content is not the system's.
func isUncertain(err error) bool {
	var system *fs.PathError
	return errors.As(err, &system) && !repofile.IsAbsent(err)
}

// resolve returns path as an absolute path; a relative path is relative to dir.
func resolve(dir, path string) string {
	path = filepath.FromSlash(path)
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(dir, path)
}

// readAtMost reads the regular file at path. It returns an error if the file is
// larger than limit bytes, so that an untrusted tree cannot fill the memory.
func readAtMost(path string, limit int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("not a regular file") // opening a pipe would block
	}
	tooLarge := fmt.Errorf("larger than %d bytes", limit)
	if info.Size() > limit {
		return nil, tooLarge
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var src bytes.Buffer
	src.Grow(int(info.Size()) + bytes.MinRead)
	if _, err := src.ReadFrom(io.LimitReader(f, limit+1)); err != nil {
		return nil, err
	}
	if int64(src.Len()) > limit {
		return nil, tooLarge // the file grew
	}
	return src.Bytes(), nil
}
