package link_test

import (
	"slices"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
)

func TestTreeFile(t *testing.T) {
	loads := 0
	tree := &link.Tree{
		Files: []*link.File{{Path: "a"}, {Path: "c"}},
		LoadFile: func(path string) *link.File {
			loads++
			if path == "b" {
				return &link.File{Path: path}
			}
			return nil
		},
	}
	if tree.File("c") != tree.Files[1] {
		t.Error("File does not return a file of Files")
	}
	for range 2 {
		if b := tree.File("b"); b == nil || b.Path != "b" {
			t.Errorf("File(b) returns %v", b)
		}
		if absent := tree.File("absent"); absent != nil {
			t.Errorf("File(absent) returns %v, want nil", absent)
		}
	}
	if loads != 2 {
		t.Errorf("got %d loads of two files, want 2", loads)
	}
	tree.MergeLoaded()
	var paths []string
	for _, f := range tree.Files {
		paths = append(paths, f.Path)
	}
	if want := []string{"a", "b", "c"}; !slices.Equal(paths, want) {
		t.Errorf("after MergeLoaded: got %q, want %q", paths, want)
	}
}

func TestTreeResolve(t *testing.T) {
	tree := &link.Tree{ResolveLinks: func(path string) string {
		if path == "a/link" {
			return "b"
		}
		return path
	}}
	for _, tt := range []struct {
		dir, name, at string
		inside        bool
	}{
		{"a", "x.yaml", "a/x.yaml", true},
		{"a", "../b/x.yaml", "b/x.yaml", true},
		{"a", "link", "b", true},
		{"a", "../..", "..", false},
		{"a", "../../x", "../x", false},
		{"a", "/x", "a/x", false},
	} {
		if at, inside := tree.Resolve(tt.dir, tt.name); at != tt.at || inside != tt.inside {
			t.Errorf("%s in %s: got %s, %v, want %s, %v", tt.name, tt.dir, at, inside, tt.at, tt.inside)
		}
	}
}

func TestTreeNamesUnder(t *testing.T) {
	tree := &link.Tree{Names: []string{"a-b/x", "a/x", "a/y/z", "ab/x"}}
	if got, want := tree.NamesUnder("a"), []string{"a/x", "a/y/z"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := tree.NamesUnder("."); len(got) != 4 {
		t.Errorf("got %q, want all names", got)
	}
}

func TestMoveFunc(t *testing.T) {
	o := &format.Occurrence{Pieces: []format.Piece{{Text: "k8s.gcr.io", Sep: "/"}, {Text: "pause"}}}
	move := link.MoveFunc(func(*format.Occurrence) (link.Move, bool) { return link.Move{Len: 10, New: "registry.k8s.io"}, true })
	if got, ok := move.NewText(o); !ok || got != "registry.k8s.io/pause" {
		t.Errorf("got %q, %v", got, ok)
	}
	none := link.MoveFunc(func(*format.Occurrence) (link.Move, bool) { return link.Move{}, false })
	if _, ok := none.NewText(o); ok || none.Moves(o) {
		t.Error("an occurrence that no rule moves has a new text")
	}
	if _, ok := (link.Move{Len: 3}).Apply("ab"); ok {
		t.Error("a move longer than the text was applied")
	}
}
