//go:build linux || darwin

package atomicfile

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// maxAttribute is the largest size in bytes of an attribute, and of the list of their
// names. Source: XATTR_SIZE_MAX and XATTR_LIST_MAX in linux/limits.h. A resource fork
// of macOS may be larger; the system handles it.
const maxAttribute = 64 << 10

// attributes returns the extended attributes of f. It omits those that the system
// manages.
func attributes(f *os.File) (map[string][]byte, error) {
	buffer := make([]byte, maxAttribute)
	size, err := uninterrupted(func() (int, error) { return unix.Flistxattr(int(f.Fd()), buffer) })
	if err != nil && !isUnsupported(err) {
		return nil, fmt.Errorf("listing its extended attributes: %w", err)
	}
	names := slices.Clone(accessAttributes) // some file systems do not list them
	for name := range strings.SplitSeq(string(buffer[:max(size, 0)]), "\x00") {
		if name != "" && !isOfSystem(name) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	out := map[string][]byte{}
	for _, name := range names {
		size, err := uninterrupted(func() (int, error) { return unix.Fgetxattr(int(f.Fd()), name, buffer) })
		switch {
		case err == nil:
			out[name] = bytes.Clone(buffer[:size])
		case isUnsupported(err) || errors.Is(err, errNoAttribute):
		default:
			return nil, fmt.Errorf("reading %s: %w", name, err)
		}
	}
	return out, nil
}

// keepAttributes sets the attributes of old on temp, and removes those that control
// access and that old does not have: temp inherited them from its folder. It returns
// the names, sorted, of other attributes that cannot be set. The error is one about
// access.
func keepAttributes(temp, old *os.File) (lost []string, err error) {
	from, err := attributes(old)
	if err != nil {
		return nil, err
	}
	to, err := attributes(temp)
	if err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(from)) {
		value, exists := to[name]
		if exists && bytes.Equal(value, from[name]) {
			continue
		}
		_, err := uninterrupted(func() (int, error) { return 0, unix.Fsetxattr(int(temp.Fd()), name, from[name], 0) })
		switch {
		case err != nil && controlsAccess(name):
			return nil, fmt.Errorf("setting %s: %w", name, err)
		case err != nil:
			lost = append(lost, name)
		}
	}
	for name := range to {
		if _, isKept := from[name]; isKept || !controlsAccess(name) {
			continue
		}
		_, err := uninterrupted(func() (int, error) { return 0, unix.Fremovexattr(int(temp.Fd()), name) })
		if err != nil && !errors.Is(err, errNoAttribute) {
			return nil, fmt.Errorf("removing %s, which the new file inherited from its folder: %w", name, err)
		}
	}
	return lost, nil
}

// compareAccess returns an error if the two files differ in an attribute that
// controls access.
func compareAccess(temp, old *os.File) error {
	from, err := attributes(old)
	if err != nil {
		return err
	}
	to, err := attributes(temp)
	if err != nil {
		return err
	}
	for _, list := range []map[string][]byte{from, to} {
		for name := range list {
			if controlsAccess(name) && !bytes.Equal(from[name], to[name]) {
				return errNotKept
			}
		}
	}
	return nil
}

// isUnsupported reports whether err says that the file system has no attributes, or
// none of this kind.
func isUnsupported(err error) bool {
	return errors.Is(err, unix.ENOTSUP) || errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.ENOSYS)
}

// uninterrupted calls f again if a signal interrupted it.
func uninterrupted(f func() (int, error)) (int, error) {
	for {
		if n, err := f(); !errors.Is(err, syscall.EINTR) {
			return n, err
		}
	}
}
