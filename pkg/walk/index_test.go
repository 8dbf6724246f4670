package walk

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestReadIndex compares the paths of an index with git's own list.
func TestReadIndex(t *testing.T) {
	tests := []struct {
		name     string
		init     []string
		commands [][]string
		hashSize int
		wantErr  string
	}{
		{name: "version 2", hashSize: 20},
		{name: "version 3", commands: [][]string{{"add", "-N", "new"}}, hashSize: 20},
		{name: "version 4", commands: [][]string{{"update-index", "--index-version", "4"}}, hashSize: 20},
		{name: "version 4 with extended flags", commands: [][]string{{"update-index", "--index-version", "4"}, {"add", "-N", "new"}}, hashSize: 20},
		{name: "SHA-256", init: []string{"--object-format=sha256"}, hashSize: 32},
		{name: "untracked cache", commands: [][]string{{"update-index", "--force-untracked-cache"}, {"status"}}, hashSize: 20},
		{name: "split index", commands: [][]string{{"update-index", "--split-index"}}, hashSize: 20, wantErr: "split index"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			root := makeTree(t, "new", "a", "dir/"+strings.Repeat("long", 40)+"/b", "dir/c", "dir.x", "dir-x", "é", "a b\nc")
			git(t, root, append([]string{"init", "-q"}, tt.init...)...)
			git(t, root, "add", "a", "dir", "dir.x", "dir-x", "é", "a b\nc")
			for _, c := range tt.commands {
				git(t, root, c...)
			}
			conf, err := readConfig(filepath.Join(root, ".git"))
			if err != nil {
				t.Fatal(err)
			}
			if got := conf.hashSize(); got != tt.hashSize {
				t.Errorf("hash size %d, want %d", got, tt.hashSize)
			}
			x, err := readIndex(filepath.Join(root, ".git", "index"), tt.hashSize)
			if tt.wantErr != "" {
				if err == nil || !strings.Contains(err.Error(), tt.wantErr) {
					t.Errorf("got %v, want %q", err, tt.wantErr)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			want := strings.Split(strings.TrimSuffix(git(t, root, "ls-files", "-z"), "\x00"), "\x00")
			if !slices.Equal(x.paths, want) {
				t.Errorf("got %q, want %q", x.paths, want)
			}
			for _, path := range want {
				if !x.has(path) || x.under(path) {
					t.Errorf("%q: tracked %v, a folder %v", path, x.has(path), x.under(path))
				}
			}
			if !x.under("dir") || x.has("dir") || x.under("di") || x.has("none") {
				t.Error("has or under confuses a folder with a file")
			}
		})
	}
}

// TestReadIndexSparse reads an index with a folder that is not checked out.
func TestReadIndexSparse(t *testing.T) {
	root := makeTree(t, "in/a", "out/b", "top")
	git(t, root, "init", "-q")
	git(t, root, "add", ".")
	git(t, root, "commit", "-qm", "x")
	git(t, root, "sparse-checkout", "set", "--cone", "--sparse-index", "in")
	if mode := git(t, root, "ls-files", "--sparse", "-s", "out/"); !strings.HasPrefix(mode, "040000") {
		t.Skipf("this git does not make a sparse index: %q", mode)
	}
	x, err := readIndex(filepath.Join(root, ".git", "index"), 20)
	if want := []string{"in/a", "top"}; err != nil || !slices.Equal(x.paths, want) {
		t.Errorf("got %q, %v, want %q", x.paths, err, want)
	}
}

func TestParseIndexErrors(t *testing.T) {
	head := func(version, count uint32) []byte {
		b := binary.BigEndian.AppendUint32([]byte("DIRC"), version)
		return binary.BigEndian.AppendUint32(b, count)
	}
	checksum := make([]byte, 20)
	tests := []struct {
		name string
		src  []byte
		want string
	}{
		{"empty", nil, "not a git index"},
		{"another file", make([]byte, 64), "not a git index"},
		{"version", slices.Concat(head(5, 0), checksum), "version 5"},
		{"no entries", slices.Concat(head(2, 1<<31), checksum), "truncated"},
		{"an unknown extension", slices.Concat(head(2, 0), []byte("abcd\x00\x00\x00\x00"), checksum), `"abcd"`},
		{"an extension that is too long", slices.Concat(head(2, 0), []byte("ABCD\xff\x00\x00\x00"), checksum), "truncated"},
		{"a prefix longer than the previous path", slices.Concat(head(4, 1), make([]byte, 62), []byte("\x05a\x00"), checksum), "damaged"},
		{"a path without an end", slices.Concat(head(4, 1), make([]byte, 62), []byte("\x00a"), checksum), "truncated"},
	}
	for _, tt := range tests {
		if _, err := parseIndex(tt.src, 20); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.want)
		}
	}
}

// FuzzParseIndex checks that no input causes a panic, and that index.has finds
// every path.
func FuzzParseIndex(f *testing.F) {
	root := makeTree(f, "a", "dir/b", "dir/c")
	git(f, root, "init", "-q")
	git(f, root, "add", ".")
	for _, version := range []string{"2", "4"} {
		git(f, root, "update-index", "--index-version", version)
		src, err := os.ReadFile(filepath.Join(root, ".git", "index"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		x, err := parseIndex(src, 20)
		if err != nil {
			return
		}
		for _, path := range x.paths {
			if !x.has(path) {
				t.Errorf("%q is not found in %q", path, x.paths)
			}
		}
	})
}
