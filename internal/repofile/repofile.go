// Package repofile reads files that a repository names: its configuration, its
// baseline, its charts.
//
// The content of a repository is not trusted, and a name may lead anywhere. The
// package reads regular files only. It never waits for the writer of a pipe, follows
// no symbolic link out of the repository or into its folder .git, and reads no more
// than a limit. Files that the user names on the command line to be read do not
// need it. Files that the user names to be written do: [CreateOutput].
package repofile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// ErrIrregular is the error for a name that is no regular file: a folder, a device,
// a pipe, a socket, or a symbolic link where links are not followed.
var ErrIrregular = errors.New("not a regular file")

// Open opens the regular file at path. It follows no symbolic link in the last
// element of path. The error wraps ErrIrregular if there is something else.
func Open(path string) (*File, error) {
	f, err := open(path, noFollow)
	if x := (*os.PathError)(nil); errors.As(err, &x) && isLinkError(x.Err) {
		err = &os.PathError{Op: "open", Path: path, Err: ErrIrregular}
	}
	return f, err
}

// IsInGitFolder reports whether the slash-separated path name leads through a folder
// .git, which has git's own data. On some systems, case does not matter.
func IsInGitFolder(name string) bool {
	for element := range strings.SplitSeq(name, "/") {
		if strings.EqualFold(element, ".git") {
			return true
		}
	}
	return false
}

// Size returns the size of the file in bytes when it was opened.
func (f *File) Size() int64 { return f.size }

// A TooLargeError says that a file is larger than the limit for its kind.
type TooLargeError struct {
	Limit int64 // in bytes
}

func (e *TooLargeError) Error() string {
	unit, n := "bytes", e.Limit
	for _, larger := range []string{"KiB", "MiB", "GiB"} {
		if n < 1024 || n%1024 != 0 {
			break
		}
		unit, n = larger, n/1024
	}
	return fmt.Sprintf("the file is larger than %d %s", n, unit)
}

// ReadFile reads the regular file at path, as Open opens it. It returns a
// *TooLargeError if the file has more than limit bytes.
func ReadFile(path string, limit int64) ([]byte, error) {
	f, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readAll(f, f.size, limit)
}

// readAll reads r, whose expected size is size bytes, up to limit bytes.
func readAll(r io.Reader, size, limit int64) ([]byte, error) {
	if size > limit {
		return nil, &TooLargeError{limit}
	}
	var out bytes.Buffer
	out.Grow(int(size) + bytes.MinRead)
	if _, err := out.ReadFrom(io.LimitReader(r, limit+1)); err != nil {
		return nil, err
	}
	if int64(out.Len()) > limit {
		return nil, &TooLargeError{limit} // it grew
	}
	return out.Bytes(), nil
}
