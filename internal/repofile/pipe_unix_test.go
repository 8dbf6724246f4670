//go:build unix

package repofile

import (
	"errors"
	"path/filepath"
	"syscall"
	"testing"
)

// A pipe without a writer blocks a usual open for ever.
func TestPipe(t *testing.T) {
	root := makeTree(t, map[string]string{"a.txt": "a", "link": "-> pipe"})
	if err := syscall.Mkfifo(filepath.Join(root, "pipe"), 0o600); err != nil {
		t.Skip(err)
	}
	if _, err := Open(filepath.Join(root, "pipe")); !errors.Is(err, ErrIrregular) {
		t.Errorf("got %v", err)
	}
	for _, name := range []string{"pipe", "link"} {
		if _, err := ReadOutput(filepath.Join(root, name), "", 10); !errors.Is(err, ErrIrregular) {
			t.Errorf("ReadOutput of %s: got %v", name, err)
		}
		if _, err := AppendOutput(filepath.Join(root, name), ""); !errors.Is(err, ErrIrregular) {
			t.Errorf("AppendOutput of %s: got %v", name, err)
		}
	}
	dir, err := OpenDir(root)
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	for _, name := range []string{"pipe", "link"} {
		if _, _, err := dir.ReadAtMost(name, 10); !errors.Is(err, ErrIrregular) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
