package atomicfile

import (
	"fmt"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// makeNameless makes a file in folder that has no name. The system deletes it when
// the process ends.
func makeNameless(folder *folder, mode fs.FileMode) (*os.File, error) {
	fd, err := uninterrupted(func() (int, error) {
		return unix.Openat(int(folder.dir.Fd()), ".", unix.O_TMPFILE|unix.O_RDWR|unix.O_CLOEXEC, uint32(mode.Perm()))
	})
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(fd), folder.Name())
	if _, err := os.Lstat(pathOf(f)); err != nil { // a container without /proc
		f.Close()
		return nil, err
	}
	return f, nil
}

// linkNameless gives a file of makeNameless a name. Source: the example in open(2).
func linkNameless(f *os.File, folder *folder, name string) error {
	return unix.Linkat(unix.AT_FDCWD, pathOf(f), int(folder.dir.Fd()), name, unix.AT_SYMLINK_FOLLOW)
}

func pathOf(f *os.File) string { return fmt.Sprintf("/proc/self/fd/%d", f.Fd()) }
