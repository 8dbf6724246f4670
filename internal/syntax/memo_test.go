package syntax

import (
	"testing"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// TestMemo checks that the check of an edit and the scan of its result share what they parse,
// and that other texts of the same length do not.
func TestMemo(t *testing.T) {
	before, after := []byte("a: old/x\n---\nb: 1\n"), []byte("a: new/x\n---\nb: 1\n")
	m := NewMemo(before, after)
	if err := m.VerifyYAML(before, []edit.Edit{{Span: edit.Span{Start: 3, End: 6}, New: "new"}}); err != nil {
		t.Fatal(err)
	}
	first := edit.Span{Start: 0, End: len("a: new/x\n")}
	for _, src := range [][]byte{before, after} {
		known := m.reader(src).regions[first]
		if known == nil {
			t.Fatalf("the first document of %q was not kept", src)
		}
		copied := append([]byte(nil), src...)
		if again, err := m.reader(copied).read(first); err != nil || again != known {
			t.Errorf("a copy of %q was parsed again: %v", src, err)
		}
	}
	f, err := m.ParseYAML([]byte("a: own/x\n---\nb: 1\n"), nil)
	if err != nil || f.Docs[0].Root.Str("a") != "own/x" {
		t.Errorf("another text: got %v, %v", f, err)
	}
	if f, err := (*Memo)(nil).ParseYAML(after, nil); err != nil || f.Docs[0].Root.Str("a") != "new/x" {
		t.Errorf("without a Memo: got %v, %v", f, err)
	}
}
