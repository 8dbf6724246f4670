//go:build unix

package torture

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
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

// largest is the number of pages of the largest file of TestDiskFull.
const largest = 40

// pages returns files of 1, 2, 3, … pages, which have as many pages after the run. A
// run needs as many free pages as the largest file has: each old file is deleted before
// the next new file is written.
func pages(i int) (name, text string) {
	const line = "# filled\n"
	text = "image: k8s.gcr.io/pause:3.9\n"
	room := (i+1)*os.Getpagesize() - len(text) - len(line) // the new name is longer, by less than a line
	return fmt.Sprintf("%d.yaml", i), text + strings.Repeat(line, room/len(line))
}

// TestDiskFull runs the program with 0 to 49 free pages; the short form takes every
// tenth number. Exactly the files for which there is space must be new.
func TestDiskFull(t *testing.T) {
	needRounds(t)
	page := os.Getpagesize()
	folder := mount(t, fmt.Sprintf("size=%d", 4096*page))
	x := makeTreeOf(t, folder, largest, pages)
	filler := filepath.Join(folder, "filler")
	full, whole := 0, 0
	for free := 0; free < largest+10; free += max(1, 20 / *rounds) {
		x.reset(t)
		fill(t, filler, free*page)
		code, out := x.run(t)
		want := 0
		if free < largest {
			want = 3
			full++
		} else {
			whole++
		}
		if code != want {
			t.Errorf("%d pages free: expected exit %d, got %d\n%s", free, want, code, out)
		}
		for i, name := range x.names {
			want, state := x.old[name], "old"
			if i < free {
				want, state = x.new[name], "new"
			}
			if got := x.read(t, name); !bytes.Equal(got, want) {
				t.Errorf("%d pages free: %s, with %d pages, is not the %s file\n%s", free, name, i+1, state, out)
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
	t.Logf("%d runs, in %d of them the disk was full, in %d all files were new", full+whole, full, whole)
}

// fill writes a file until the disk is full, and then makes some bytes free again.
func fill(t *testing.T, path string, free int) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	page := make([]byte, os.Getpagesize())
	size := 0
	for {
		n, err := f.Write(page)
		size += n
		if errors.Is(err, syscall.ENOSPC) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Truncate(int64(size - free)); err != nil {
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
