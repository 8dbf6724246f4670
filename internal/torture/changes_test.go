//go:build unix

package torture

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A change is what another process does to a file during a run, and how to see that
// it is not lost.
type change struct {
	name string
	do   func(path string) error
	ok   func(x *tree, name, path string) bool
}

const appended, replaced = "# appended\n", "replaced: true\n"

var changes = []change{
	{"appended", func(path string) error {
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
		if err != nil {
			return err
		}
		defer f.Close()
		_, err = f.WriteString(appended)
		return err
	}, func(x *tree, name, path string) bool {
		got, err := os.ReadFile(path)
		return err == nil && (bytes.Equal(got, append(x.old[name][:len(x.old[name]):len(x.old[name])], appended...)) || bytes.Equal(got, append(x.new[name][:len(x.new[name]):len(x.new[name])], appended...)))
	}},
	{"removed", os.Remove, func(_ *tree, _, path string) bool {
		_, err := os.Lstat(path)
		return os.IsNotExist(err)
	}},
	{"replaced by a rename", func(path string) error {
		beside := filepath.Join(filepath.Dir(filepath.Dir(path)), "editor-"+filepath.Base(path))
		if err := os.WriteFile(beside, []byte(replaced), 0o644); err != nil {
			return err
		}
		return os.Rename(beside, path)
	}, func(_ *tree, _, path string) bool {
		got, err := os.ReadFile(path)
		return err == nil && string(got) == replaced
	}},
	{"turned into a link", func(path string) error {
		if err := os.Remove(path); err != nil {
			return err
		}
		return os.Symlink(outsideOf(path), path)
	}, func(x *tree, _, path string) bool {
		target, err := os.Readlink(path)
		if err != nil || target != outsideOf(path) {
			return false
		}
		got, err := os.ReadFile(filepath.Join(filepath.Dir(x.root), "outside"))
		return err == nil && string(got) == "image: k8s.gcr.io/pause:1\n"
	}},
	{"turned into a folder", func(path string) error {
		if err := os.Remove(path); err != nil {
			return err
		}
		if err := os.Mkdir(path, 0o755); err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(path, "x"), []byte(replaced), 0o644)
	}, func(_ *tree, _, path string) bool {
		got, err := os.ReadFile(filepath.Join(path, "x"))
		return err == nil && string(got) == replaced
	}},
	{"turned into a pipe", func(path string) error {
		if err := os.Remove(path); err != nil {
			return err
		}
		return syscall.Mkfifo(path, 0o644)
	}, func(_ *tree, _, path string) bool {
		info, err := os.Lstat(path)
		return err == nil && info.Mode()&os.ModeNamedPipe != 0
	}},
}

// outsideOf returns a file outside the repository.
func outsideOf(path string) string {
	dir := filepath.Dir(path)
	for filepath.Base(dir) != "repository" {
		dir = filepath.Dir(dir)
	}
	return filepath.Join(filepath.Dir(dir), "outside")
}

// TestChangedMeanwhile changes every second file at a random moment of a run.
func TestChangedMeanwhile(t *testing.T) {
	onEachFileSystem(t, func(t *testing.T, folder string) {
		x := makeTree(t, folder, *files)
		if err := os.WriteFile(filepath.Join(folder, "outside"), []byte("image: k8s.gcr.io/pause:1\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		r := rand.New(rand.NewPCG(*seed, 4))
		done := map[string]int{}
		n := max(1, *rounds/10)
		for range n {
			chosen := map[string]change{}
			var wait sync.WaitGroup
			for i, name := range x.names {
				if i%2 == 1 {
					continue
				}
				c := changes[r.IntN(len(changes))]
				chosen[name] = c
				wait.Add(1)
				time.AfterFunc(time.Duration(r.Int64N(int64(x.duration))), func() {
					defer wait.Done()
					if err := c.do(filepath.Join(x.root, name)); err != nil {
						t.Errorf("%s: %s: %v", c.name, name, err)
					}
				})
			}
			if code, out := x.run(t); code != 0 && code != 3 {
				t.Errorf("exit %d\n%s", code, out)
			}
			wait.Wait()
			for _, name := range x.names {
				c, isChanged := chosen[name]
				if !isChanged {
					if got := x.read(t, name); !bytes.Equal(got, x.old[name]) && !bytes.Equal(got, x.new[name]) {
						t.Errorf("LOST: %s is neither old nor new", name)
					}
					continue
				}
				done[c.name]++
				if !c.ok(x, name, filepath.Join(x.root, name)) {
					t.Errorf("LOST: %s: %s", c.name, name)
				}
			}
			if left := x.leftInGit(t); left > 0 {
				t.Errorf("%d temporary files left in the git directory", left)
			}
			x.reset(t)
			x.check(t)
			x.complete(t)
			x.reset(t)
			if t.Failed() {
				break
			}
		}
		t.Logf("%d runs over %d files, changes: %v", n, len(x.names), done)
	})
}
