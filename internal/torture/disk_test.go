//go:build unix

package torture

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// mount mounts a file system in memory, with size bytes and one folder.
func mount(t *testing.T, options string) string {
	t.Helper()
	folder := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", options, "none", folder).CombinedOutput(); err != nil {
		t.Skipf("SKIPPED: cannot mount a file system: %v\n%s", err, out)
	}
	t.Cleanup(func() { _ = exec.Command("umount", folder).Run() })
	return folder
}

// TestDiskFull runs the program with 0 to 49 free pages; the short form takes every
// tenth number.
func TestDiskFull(t *testing.T) {
	needRounds(t)
	folder := mount(t, "size=16m")
	x := makeTreeOf(t, folder, 40, largeSample)
	filler := filepath.Join(folder, "filler")
	full, runs := 0, 0
	for free := 0; free < 50; free += max(1, 20 / *rounds) {
		runs++
		x.reset(t)
		fill(t, filler, free)
		code, out := x.run(t)
		if code != 0 && code != 3 {
			t.Errorf("%d pages free: exit %d\n%s", free, code, out)
		}
		if code == 3 {
			full++
		}
		for _, name := range x.names {
			if got := x.read(t, name); !bytes.Equal(got, x.old[name]) && !bytes.Equal(got, x.new[name]) {
				t.Errorf("LOST: %d pages free: %s is neither old nor new", free, name)
			}
		}
		if err := os.Remove(filler); err != nil {
			t.Fatal(err)
		}
		x.check(t)
		x.complete(t)
		if t.Failed() {
			break
		}
	}
	t.Logf("%d runs, in %d of them the disk was full", runs, full)
}

// fill writes a file until the disk is full, and then makes pages free again.
func fill(t *testing.T, path string, free int) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	page := make([]byte, 4096)
	size := int64(0)
	for {
		n, err := f.Write(page)
		size += int64(n)
		if err != nil {
			break
		}
	}
	if err := f.Truncate(max(0, size-int64(free)*4096)); err != nil {
		t.Fatal(err)
	}
}

func TestReadOnly(t *testing.T) {
	needRounds(t)
	folder := mount(t, "size=8m")
	x := makeTree(t, folder, 40)
	remount := func(option string) {
		if out, err := exec.Command("mount", "-o", "remount,"+option, folder).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	remount("ro")
	code, out := x.run(t)
	if n := x.check(t); code != 3 || n != 0 {
		t.Errorf("exit %d, %d files changed\n%s", code, n, out)
	}
	remount("rw")
	x.complete(t)
}
