//go:build unix

package atomicfile

import (
	"io/fs"
	"os"
	"syscall"
)

// openFlags keep Open from following a link and from waiting for the writer of
// a pipe, should one have taken the file's name.
const openFlags = syscall.O_NOFOLLOW | syscall.O_NONBLOCK

// keepOwner gives f the owner and group of old. Only root may give a file away,
// so for others an owner stays what it is, and so does a group they are not in.
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
	// The group alone may still be ours to give; if not, nothing is lost that
	// editing a copy by hand would have kept.
	_ = f.Chown(-1, int(o.Gid))
	return nil
}

// syncFolder makes a rename outlive a crash of the system. It is a best effort:
// the file is whole either way, and some file systems cannot do it.
func syncFolder(path string) {
	if d, err := os.Open(path); err == nil {
		_ = d.Sync()
		d.Close()
	}
}
