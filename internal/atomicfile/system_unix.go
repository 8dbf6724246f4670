//go:build unix

package atomicfile

import (
	"io/fs"
	"os"
	"syscall"
)

// nonBlocking prevents OpenFile from waiting for the writer of a pipe that has
// replaced the file.
const nonBlocking = syscall.O_NONBLOCK

// keepOwner sets the owner and group of f to those of old. Only root can change
// the owner; other users can change the group only to one that they are in.
func keepOwner(f *os.File, old fs.FileInfo) error {
	is, err := f.Stat()
	if err != nil {
		return err
	}
	o, ok := old.Sys().(*syscall.Stat_t)
	n, ok2 := is.Sys().(*syscall.Stat_t)
	if !ok || !ok2 || o.Uid == n.Uid && o.Gid == n.Gid {
		return nil
	}
	if err := f.Chown(int(o.Uid), int(o.Gid)); err == nil || os.Geteuid() == 0 {
		return err
	}
	// Try to set the group alone. If that fails too, the result is the same as
	// that of replacing the file with a copy by hand.
	_ = f.Chown(-1, int(o.Gid))
	return nil
}

// syncFolder makes a rename durable across a crash of the system. Errors are
// ignored: the file is complete in any case, and some file systems cannot sync a
// folder.
func syncFolder(folder *os.Root) {
	if f, err := folder.Open("."); err == nil {
		_ = f.Sync()
		f.Close()
	}
}
