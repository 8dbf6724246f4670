package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestHasPipedInput(t *testing.T) {
	dir := t.TempDir()
	open := func(name, content string) *os.File {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		return f
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	for _, tt := range []struct {
		name string
		file *os.File
		want bool
	}{
		{"empty file", open("empty", ""), false},
		{"file", open("full", "x"), true},
		{"null device", null, false},
		{"pipe, nothing written", r, true},
	} {
		if got := hasPipedInput(tt.file); got != tt.want {
			t.Errorf("%s: got %t, want %t", tt.name, got, tt.want)
		}
	}
	if hasPipedInput(strings.NewReader("x")) {
		t.Error("a reader that is not a file: got true, want false")
	}
}
