//go:build unix

package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// nonBlocking prevents OpenFile from waiting for the writer of a pipe that has
// replaced the file.
const nonBlocking = syscall.O_NONBLOCK

// keepMetadata gives temp the owner, group, mode and access control list of the old
// file, whose state is info, and as many of its attributes as possible. It returns
// the names of the other attributes. It reads back what it sets: a file system may
// accept a value and not store it.
func keepMetadata(temp, old *os.File, info fs.FileInfo) (lost []string, err error) {
	// Set the owner first: that clears set-user-ID. Set the mode last: an access
	// control list, and its removal, change it.
	if err := keepOwner(temp, info); err != nil {
		return nil, &MetadataError{"owner and group", reason(err)}
	}
	if lost, err = keepAttributes(temp, old); err != nil {
		return nil, &MetadataError{"access control list", err}
	}
	if err := keepMode(temp, info); err != nil {
		return nil, &MetadataError{"mode", reason(err)}
	}
	if err := compareAccess(temp, old); err != nil {
		return nil, &MetadataError{"access control list", err}
	}
	return lost, nil
}

// keepOwner sets the owner and group of f to those of old. Only root can change the
// owner; other users can change the group only to one that they are in.
func keepOwner(f *os.File, old fs.FileInfo) error {
	o, ok := old.Sys().(*syscall.Stat_t)
	if !ok {
		return nil
	}
	isSame := func() (bool, error) {
		info, err := f.Stat()
		if err != nil {
			return false, err
		}
		n, ok := info.Sys().(*syscall.Stat_t)
		return ok && o.Uid == n.Uid && o.Gid == n.Gid, nil
	}
	if same, err := isSame(); same || err != nil {
		return err
	}
	if err := f.Chown(int(o.Uid), int(o.Gid)); err != nil {
		return err
	}
	if same, err := isSame(); same || err != nil {
		return err
	}
	return errNotKept
}

// keepMode sets the mode bits of f to those of old.
func keepMode(f *os.File, old fs.FileInfo) error {
	if err := f.Chmod(old.Mode() & permissions); err != nil {
		// A file system without modes, where all files have the same one.
		if info, err := f.Stat(); err == nil && info.Mode() == old.Mode() {
			return nil
		}
		return err
	}
	info, err := f.Stat()
	if err == nil && info.Mode() != old.Mode() {
		err = errNotKept
	}
	return err
}

// syncFolder makes a rename durable across a crash of the system. Errors are
// ignored: the file is complete in any case, and some file systems cannot sync a
// folder.
func syncFolder(folder *folder) { _ = folder.dir.Sync() }

// exchange exchanges the file a in the folder from with the file b in the folder to.
// The error wraps errors.ErrUnsupported if the system cannot do that.
func exchange(from *folder, a string, to *folder, b string) error {
	err := exchangeAt(from.dir, a, to.dir, b)
	if errors.Is(err, syscall.EINVAL) { // the file system does not support the flag
		return errors.ErrUnsupported
	}
	return err
}

// rename renames the file a in the folder from to b in the folder to.
func rename(from *folder, a string, to *folder, b string) error {
	return unix.Renameat(int(from.dir.Fd()), a, int(to.dir.Fd()), b)
}

func isCrossDevice(err error) bool { return errors.Is(err, syscall.EXDEV) }

// deviceOf returns the file system of the file with this state.
func deviceOf(info fs.FileInfo) device {
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return device{}
	}
	return device{uint64(s.Dev), true}
}

// removesOpenFiles says that an open file can be deleted.
const removesOpenFiles = true
