package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// nobody is the ID of a user without files.
const nobody = 65534

// asNobody runs f without root's file permissions, so that the tests work in a
// container where everything runs as root. It changes only the thread of f's
// goroutine; the thread ends with the goroutine, which never unlocks it.
func asNobody(t *testing.T, f func()) {
	t.Helper()
	if os.Geteuid() != 0 {
		f()
		return
	}
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		err := syscall.Setfsuid(nobody)
		if err == nil {
			f()
		}
		done <- err
	}()
	if err := <-done; err != nil {
		t.Skip("cannot become another user: ", err)
	}
}

// openFolder returns a folder that every user can enter.
func openFolder(t *testing.T, mode fs.FileMode) string {
	t.Helper()
	folder := t.TempDir()
	for d := folder; ; d = filepath.Dir(d) { // t.TempDir is two folders below the temporary one
		if filepath.Dir(d) == filepath.Clean(os.TempDir()) {
			if err := os.Chmod(d, 0o755); err != nil {
				t.Fatal(err)
			}
			break
		}
		if d == filepath.Dir(d) {
			t.Skip("t.TempDir is not inside os.TempDir")
		}
	}
	if err := os.Chmod(folder, mode); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(folder, 0o755) })
	return folder
}

func TestReplaceInReadOnlyFolder(t *testing.T) {
	folder := openFolder(t, 0o755)
	path := filepath.Join(folder, "f")
	write(t, path, "old", 0o666)
	if err := os.Chmod(folder, 0o555); err != nil {
		t.Fatal(err)
	}
	var err error
	asNobody(t, func() { err = replaceFile(path, []byte("old"), []byte("new")) })
	if !errors.Is(err, fs.ErrPermission) || !strings.HasSuffix(err.Error(), "making a temporary file in its folder: permission denied") {
		t.Errorf("got error %v, want an error that names the permissions of the folder", err)
	}
	wantFile(t, path, "old")
	wantNames(t, folder, "f")
}

// TestReplaceInStickyFolder uses a folder like /tmp, where a user can make a
// file but cannot rename it over another user's file: the last step fails.
func TestReplaceInStickyFolder(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can use two users")
	}
	folder := openFolder(t, 0o777|fs.ModeSticky)
	path := filepath.Join(folder, "f")
	write(t, path, "old", 0o644)
	var err error
	asNobody(t, func() { err = replaceFile(path, []byte("old"), []byte("new")) })
	if !errors.Is(err, fs.ErrPermission) {
		t.Errorf("got error %v, want %v", err, fs.ErrPermission)
	}
	wantFile(t, path, "old")
	wantNames(t, folder, "f")
}

func TestReplaceKeepsOwner(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can change the owner of a file")
	}
	path := filepath.Join(t.TempDir(), "f")
	write(t, path, "old", 0o644)
	if err := os.Chown(path, nobody, nobody-1); err != nil {
		t.Skip("cannot change the owner of a file: ", err)
	}
	if err := os.Chmod(path, 0o755|fs.ModeSetuid); err != nil {
		t.Fatal(err)
	}
	if err := replaceFile(path, []byte("old"), []byte("new")); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if st := info.Sys().(*syscall.Stat_t); st.Uid != nobody || st.Gid != nobody-1 {
		t.Errorf("the owner is %d:%d, want %d:%d", st.Uid, st.Gid, nobody, nobody-1)
	}
	if want := 0o755 | fs.ModeSetuid; info.Mode() != want {
		t.Errorf("the mode is %v, want %v", info.Mode(), want)
	}
}

func TestReplacePipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	if err := syscall.Mkfifo(path, 0o644); err != nil {
		t.Skip("cannot make named pipes: ", err)
	}
	if err := replaceFile(path, nil, []byte("new")); !errors.Is(err, ErrNotRegular) {
		t.Errorf("got error %v, want %v", err, ErrNotRegular)
	}
}
