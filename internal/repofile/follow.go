package repofile

import (
	"errors"
	"io/fs"
	"path"
	"strings"
)

// errGitFolder is the error for a name that leads into the folder .git.
var errGitFolder = errors.New("the path leads into .git")

// errOutside is the error for a name that leads out of the folder.
var errOutside = errors.New("the path leads out of the repository")

// errTooManyLinks is the error for a chain of symbolic links that is long or has no
// end.
var errTooManyLinks = errors.New("too many symbolic links")

// maxLinks is the largest number of symbolic links in one path, as in Linux.
const maxLinks = 40

// Follow returns the path that name leads to when all symbolic links are followed.
// Paths are those of fs.FS. The function link returns the target of the symbolic link
// at a path without links, slash-separated, and false for anything else. What does not
// exist is kept in the result as it is. Follow returns an error if the path leads out
// of the file system or into a folder .git, or if there are too many links.
func Follow(name string, link func(name string) (target string, ok bool)) (string, error) {
	if !fs.ValidPath(name) {
		return "", fs.ErrInvalid
	}
	at, rest, links := ".", name, 0
	for rest != "" {
		var first string
		first, rest, _ = strings.Cut(rest, "/")
		switch first {
		case "", ".":
			continue
		case "..":
			if at == "." {
				return "", errOutside
			}
			at = path.Dir(at)
			continue
		}
		if IsInGitFolder(first) {
			return "", errGitFolder
		}
		next := path.Join(at, first)
		target, isLink := link(next)
		if !isLink {
			at = next
			continue
		}
		if links++; links > maxLinks {
			return "", errTooManyLinks
		}
		if path.IsAbs(target) || target == "" {
			return "", errOutside
		}
		rest = target + "/" + rest
	}
	return at, nil
}
