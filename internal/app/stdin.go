package app

import (
	"io"
	"io/fs"
	"os"
)

// hasPipedInput reports whether r appears to be input: a pipe, a socket, or a
// regular file that is not empty. Only the type of the file decides, because a
// reader cannot know whether the other end of a pipe will write; ripgrep
// (is_readable_stdin of crate grep-cli) decides the same way. A Helm post-renderer
// without - must not rewrite the current folder and print a summary in place of
// manifests.
func hasPipedInput(r io.Reader) bool {
	f, ok := r.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	switch {
	case err != nil:
		return false
	case info.Mode().IsRegular():
		return info.Size() > 0
	}
	return info.Mode()&(fs.ModeNamedPipe|fs.ModeSocket) != 0
}
