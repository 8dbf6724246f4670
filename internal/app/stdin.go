package app

import (
	"io"
	"io/fs"
	"os"
	"time"
)

// hasPipedInput reports whether r is a file with content, or a pipe that does not
// end without content within timeout. A post-renderer of Helm that was started
// without the argument - must not rewrite the current folder and print a summary
// instead of manifests.
func hasPipedInput(r io.Reader, timeout time.Duration) bool {
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
	case info.Mode()&fs.ModeNamedPipe == 0:
		return false
	}
	empty := make(chan bool, 1)
	go func() {
		n, err := f.Read(make([]byte, 1))
		empty <- n == 0 && err != nil
	}()
	select {
	case x := <-empty:
		return !x
	case <-time.After(timeout):
		return true
	}
}
