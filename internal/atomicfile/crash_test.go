package atomicfile

import (
	"bytes"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
)

// childFile names, in the environment of a child of TestReplaceKilled, the
// file that the child replaces until it is killed.
const childFile = "REGMIGRATE_TEST_ATOMICFILE"

func TestMain(m *testing.M) {
	if path := os.Getenv(childFile); path != "" {
		replaceForever(path)
	}
	os.Exit(m.Run())
}

// twoTexts returns two large texts: writing one takes some time, and since their
// lengths differ, a part of one is never equal to the other.
func twoTexts() [2][]byte {
	return [2][]byte{bytes.Repeat([]byte("old\n"), 1<<16), bytes.Repeat([]byte("newer\n"), 1<<16)}
}

// replaceForever replaces each text with the other, in turns. It writes a byte
// to standard output before and after each replacement. It ends only on an error.
func replaceForever(path string) {
	texts := twoTexts()
	now, err := os.ReadFile(path)
	if err != nil {
		panic(err)
	}
	at := 0
	if bytes.Equal(now, texts[1]) {
		at = 1
	}
	for ; ; at = 1 - at {
		if _, err := os.Stdout.WriteString("("); err != nil {
			panic(err)
		}
		if err := replaceFile(path, texts[at], texts[1-at]); err != nil {
			panic(err)
		}
		if _, err := os.Stdout.WriteString(")"); err != nil {
			panic(err)
		}
	}
}

// A killed process leaves the old or the new text, and nothing that RemoveTemporary
// does not delete.
func TestReplaceKilled(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	texts := twoTexts()
	folder := t.TempDir()
	path := filepath.Join(folder, "f")
	if err := os.WriteFile(path, texts[0], 0o644); err != nil {
		t.Fatal(err)
	}
	dir, err := OpenDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	r := rand.New(rand.NewPCG(1, 1))
	interrupted, left := 0, 0
	for range 50 {
		cmd := exec.Command(self)
		cmd.Env = append(os.Environ(), childFile+"="+path)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		// The child writes "(" before a replacement and ")" after it. After the last
		// "(" read, the scheduler decides how far the child gets before the signal.
		if _, err := io.ReadFull(out, make([]byte, 1+2*r.IntN(4))); err != nil {
			_ = cmd.Wait()
			t.Fatalf("%v\n%s", err, &stderr)
		}
		rest := make(chan []byte)
		go func() {
			all, _ := io.ReadAll(out) // a full pipe would stop the child
			rest <- all
		}()
		for range r.IntN(100) {
			runtime.Gosched()
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		if all := <-rest; !bytes.HasSuffix(all, []byte(")")) {
			interrupted++
		}
		_ = cmd.Wait() // "signal: killed"

		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, texts[0]) && !bytes.Equal(got, texts[1]) {
			t.Fatalf("%d bytes that are neither of the texts", len(got))
		}
		names := temps(t, folder)
		left += len(names)
		if got := dir.RemoveTemporary(names); len(got) != len(names) {
			t.Fatalf("%q were left, and only %q deleted", names, got)
		}
		wantNames(t, folder, "f")
	}
	if interrupted == 0 {
		t.Error("no replacement was interrupted, so the test proves nothing")
	}
	t.Logf("%d of 50 replacements were interrupted, %d temporary files were left", interrupted, left)
}

// temps returns the names of the temporary files in folder.
func temps(t *testing.T, folder string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(folder, hiddenPrefix+"*"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range names {
		names[i] = filepath.Base(names[i])
	}
	return names
}

func TestReplaceWithReader(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows does not replace open files")
	}
	texts := twoTexts()
	path := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(path, texts[0], 0o644); err != nil {
		t.Fatal(err)
	}
	seen := make(chan [2]int, 1)
	done := make(chan struct{})
	go func() {
		var n [2]int
		defer func() { seen <- n }()
		for {
			got, err := os.ReadFile(path)
			switch {
			case err != nil:
				t.Error(err)
				return
			case bytes.Equal(got, texts[0]):
				n[0]++
			case bytes.Equal(got, texts[1]):
				n[1]++
			default:
				t.Errorf("%d bytes that are neither of the texts", len(got))
				return
			}
			select {
			case <-done:
				return
			default:
			}
		}
	}()
	for i := range 60 {
		if err := replaceFile(path, texts[i%2], texts[1-i%2]); err != nil {
			t.Fatal(err)
		}
	}
	close(done)
	n := <-seen
	if n[0]+n[1] == 0 {
		t.Error("nothing was read")
	}
	t.Logf("read the old text %d times, the new one %d times", n[0], n[1])
}
