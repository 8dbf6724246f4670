package atomicfile

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// canSyncFileSystem reports whether syncFileSystem reports all errors: Linux does since
// 5.8. Source: syncfs(2).
func canSyncFileSystem() bool {
	var name unix.Utsname
	if unix.Uname(&name) != nil {
		return false
	}
	return isAtLeast(unix.ByteSliceToString(name.Release[:]), 5, 8)
}

// isAtLeast reports whether a release of Linux, such as 6.1.0-28-amd64, is major.minor or
// later.
func isAtLeast(release string, major, minor int) bool {
	var gotMajor, gotMinor int
	if n, _ := fmt.Sscanf(release, "%d.%d", &gotMajor, &gotMinor); n != 2 {
		return false
	}
	return gotMajor > major || gotMajor == major && gotMinor >= minor
}

// syncFileSystem makes everything on the file system of f durable.
func syncFileSystem(f *os.File) error { return unix.Syncfs(int(f.Fd())) }
