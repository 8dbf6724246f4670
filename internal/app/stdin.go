package app

import (
	"io"
	"io/fs"
	"os"
	"time"
)

// pipeTimeout is how long a pipe may take to say that nothing comes.
const pipeTimeout = time.Second

// hasPipedInput reports whether r is a pipe or a file that is not known to be empty. A
// post-renderer of Helm that nobody told - must not rewrite the folder that it
// was started in, and print a summary in place of manifests.
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
	case info.Mode()&fs.ModeNamedPipe == 0:
		return false
	}
	nothing := make(chan bool, 1)
	go func() {
		n, err := f.Read(make([]byte, 1))
		nothing <- n == 0 && err != nil
	}()
	select {
	case x := <-nothing:
		return !x
	case <-time.After(pipeTimeout):
		return true
	}
}
