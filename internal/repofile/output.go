package repofile

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// A LinkError says that a path of the command line leads through a symbolic link of a
// repository.
type LinkError struct {
	Top  string // of the repository, or the folder that is scanned
	Link string // path of the link in it
}

func (e *LinkError) Error() string {
	return fmt.Sprintf("%q is a symbolic link in %q, where a repository may have put it\n  name the file that it leads to, or a file outside of that folder", e.Link, e.Top)
}

// CreateOutput creates the file at path, or empties it. The user named path on the
// command line, so it may be anywhere. If it is in a git repository, or in the folder
// tree, others may have put symbolic links there: CreateOutput follows none of them, and
// returns a *LinkError. An empty tree means no folder.
func CreateOutput(path, tree string) (*os.File, error) {
	root, name, err := openTop(path, tree)
	if err != nil {
		return nil, err
	}
	if root == nil {
		return os.Create(path)
	}
	defer root.Close()
	return root.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o666)
}

// CreateOutputFolder creates the folder at path and those above it, unless they exist,
// under the conditions of CreateOutput.
func CreateOutputFolder(path, tree string) error {
	root, name, err := openTop(path, tree)
	if err != nil {
		return err
	}
	if root == nil {
		return os.MkdirAll(path, 0o755)
	}
	defer root.Close()
	return root.MkdirAll(name, 0o755)
}

// CheckOutput returns the *LinkError of CreateOutput, if there is one.
func CheckOutput(path, tree string) error {
	root, _, err := openTop(path, tree)
	if root != nil {
		root.Close()
	}
	return err
}

// openTop opens the repository, or the folder tree, that has the path. name is the path
// in it. The result is nil if there is no such folder. The error is a *LinkError if a
// symbolic link is below that folder.
func openTop(path, tree string) (root *os.Root, name string, err error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, "", err
	}
	if tree != "" {
		if tree, err = filepath.Abs(tree); err != nil {
			return nil, "", err
		}
	}
	top, link := findTop(abs, tree)
	if top == "" {
		return nil, "", nil
	}
	if name, err = filepath.Rel(top, abs); err != nil {
		return nil, "", err
	}
	if link != "" {
		if link, err = filepath.Rel(top, link); err != nil {
			return nil, "", err
		}
		return nil, "", &LinkError{top, filepath.ToSlash(link)}
	}
	root, err = os.OpenRoot(top)
	return root, name, err
}

// findTop returns the innermost folder with a .git, or tree, that contains the absolute
// path, and the first symbolic link below it. It looks for no folder beyond that link.
// Links above the outermost of these folders are the user's own.
func findTop(path, tree string) (top, link string) {
	volume := filepath.VolumeName(path)
	at := volume + string(filepath.Separator)
	for _, element := range append([]string{""}, strings.Split(strings.Trim(path[len(volume):], string(filepath.Separator)), string(filepath.Separator))...) {
		at = filepath.Join(at, element)
		if at != top && top != "" {
			if info, err := os.Lstat(at); err == nil && info.Mode()&fs.ModeSymlink != 0 { // after an error, opening it tells
				return top, at
			}
		}
		if at == path {
			break
		}
		if _, err := os.Lstat(filepath.Join(at, ".git")); !IsAbsent(err) || at == tree { // also if the system cannot tell
			top = at
		}
	}
	return top, ""
}
