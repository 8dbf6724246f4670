package edit_test

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

func at(start, end int, text string) edit.Edit {
	return edit.Edit{Span: edit.Span{Start: start, End: end}, New: text}
}

func TestSpan(t *testing.T) {
	tests := []struct {
		name               string
		s, o               edit.Span
		contains, overlaps bool
	}{
		{"itself", edit.Span{Start: 2, End: 5}, edit.Span{Start: 2, End: 5}, true, true},
		{"inner part", edit.Span{Start: 2, End: 5}, edit.Span{Start: 3, End: 4}, true, true},
		{"beyond the end", edit.Span{Start: 2, End: 5}, edit.Span{Start: 4, End: 6}, false, true},
		{"adjacent", edit.Span{Start: 2, End: 5}, edit.Span{Start: 5, End: 6}, false, false},
		{"empty within", edit.Span{Start: 2, End: 5}, edit.Span{Start: 3, End: 3}, true, false},
		{"empty at the end", edit.Span{Start: 2, End: 5}, edit.Span{Start: 5, End: 5}, true, false},
		{"empty, equal", edit.Span{Start: 2, End: 2}, edit.Span{Start: 2, End: 2}, true, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.s.Contains(tt.o); got != tt.contains {
				t.Errorf("%v contains %v: %v", tt.s, tt.o, got)
			}
			if got := tt.s.Overlaps(tt.o); got != tt.overlaps {
				t.Errorf("%v overlaps %v: %v", tt.s, tt.o, got)
			}
			if tt.s.Overlaps(tt.o) != tt.o.Overlaps(tt.s) {
				t.Errorf("%v and %v overlap in one direction only", tt.s, tt.o)
			}
		})
	}
}

func TestValidate(t *testing.T) {
	tests := []struct {
		name  string
		edits []edit.Edit
		err   string // "" for valid
	}{
		{"none", nil, ""},
		{"all of the text", []edit.Edit{at(0, 10, "")}, ""},
		{"insertion at the end", []edit.Edit{at(10, 10, "x")}, ""},
		{"adjacent replacements", []edit.Edit{at(0, 3, "a"), at(3, 5, "b")}, ""},
		{"insertion before a replacement", []edit.Edit{at(3, 3, "a"), at(3, 5, "b")}, ""},
		{"insertion after a replacement", []edit.Edit{at(3, 5, "a"), at(5, 5, "b")}, ""},
		{"insertion between adjacent replacements", []edit.Edit{at(3, 5, "a"), at(5, 5, "b"), at(5, 6, "c")}, ""},
		{"negative", []edit.Edit{at(-1, 2, "")}, "edit 0: bytes -1 to 2 of a text of 10 bytes"},
		{"backwards", []edit.Edit{at(3, 2, "")}, "edit 0: bytes 3 to 2"},
		{"beyond the end", []edit.Edit{at(0, 1, ""), at(9, 11, "")}, "edit 1: bytes 9 to 11 of a text of 10 bytes"},
		{"overlap", []edit.Edit{at(0, 3, ""), at(2, 4, "")}, "edits 0 and 1 overlap: bytes 0 to 3 and 2 to 4"},
		{"unsorted", []edit.Edit{at(5, 6, ""), at(0, 1, "")}, "edits 0 and 1 overlap"},
		{"insertion within a replacement", []edit.Edit{at(2, 5, ""), at(3, 3, "x")}, "overlap"},
		{"insertion listed after the replacement at its offset", []edit.Edit{at(2, 5, ""), at(2, 2, "x")}, "overlap"},
		{"two insertions at one offset", []edit.Edit{at(3, 3, "a"), at(3, 3, "b")}, "overlap"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := edit.Validate(tt.edits, 10)
			switch {
			case tt.err == "" && err != nil:
				t.Errorf("unexpected error: %v", err)
			case tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)):
				t.Errorf("got error %v, want one that contains %q", err, tt.err)
			}
			_, applied := edit.Apply([]byte("0123456789"), tt.edits)
			_, inverted := edit.Invert([]byte("0123456789"), tt.edits)
			_, str := edit.ApplyString("0123456789", tt.edits)
			for _, e := range []error{applied, inverted, str} {
				if (e == nil) != (err == nil) {
					t.Errorf("Validate returns %v, another function %v", err, e)
				}
			}
		})
	}
}

func TestApply(t *testing.T) {
	tests := []struct {
		name  string
		src   string
		edits []edit.Edit
		want  string
	}{
		{"none", "abc", nil, "abc"},
		{"empty text", "", []edit.Edit{at(0, 0, "x")}, "x"},
		{"longer", "image: k8s.gcr.io/a", []edit.Edit{at(7, 17, "registry.k8s.io")}, "image: registry.k8s.io/a"},
		{"shorter, twice", "gcr.io/a gcr.io/b", []edit.Edit{at(0, 6, "x"), at(9, 15, "y")}, "x/a y/b"},
		{"insertion and replacement at one offset", "abc", []edit.Edit{at(1, 1, "+"), at(1, 2, "B")}, "a+Bc"},
		{"adjacent deletions", "abcd", []edit.Edit{at(0, 2, ""), at(2, 4, "")}, ""},
		{"invalid UTF-8 and CRLF are kept", "\xff\r\na\x00", []edit.Edit{at(3, 4, "b")}, "\xff\r\nb\x00"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			src := []byte(tt.src)
			got, err := edit.Apply(src, tt.edits)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if string(src) != tt.src {
				t.Errorf("the original became %q", src)
			}
			if s, err := edit.ApplyString(tt.src, tt.edits); err != nil || s != tt.want {
				t.Errorf("ApplyString: got %q, %v, want %q", s, err, tt.want)
			}
		})
	}
}

func TestInvert(t *testing.T) {
	tests := []struct {
		name  string
		edits []edit.Edit // of "abcdef"
		want  []edit.Edit
	}{
		{"none", nil, []edit.Edit{}},
		{"offsets shift by earlier edits", []edit.Edit{at(0, 1, "xyz"), at(2, 3, "")}, []edit.Edit{at(0, 3, "a"), at(4, 4, "c")}},
		{"adjacent deletions become one insertion", []edit.Edit{at(0, 2, ""), at(2, 4, "")}, []edit.Edit{at(0, 0, "abcd")}},
		{"an empty edit before a deletion", []edit.Edit{at(2, 2, ""), at(2, 4, "")}, []edit.Edit{at(2, 2, "cd")}},
		{"a deletion before an insertion", []edit.Edit{at(0, 2, ""), at(2, 2, "x")}, []edit.Edit{at(0, 0, "ab"), at(0, 1, "")}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := edit.Invert([]byte("abcdef"), tt.edits)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestSort(t *testing.T) {
	edits := []edit.Edit{at(4, 5, "c"), at(2, 3, "b"), at(2, 2, "a")}
	edit.Sort(edits)
	if want := []edit.Edit{at(2, 2, "a"), at(2, 3, "b"), at(4, 5, "c")}; !slices.Equal(edits, want) {
		t.Errorf("got %v, want %v", edits, want)
	}
	if err := edit.Validate(edits, 5); err != nil {
		t.Errorf("sorted edits are not valid: %v", err)
	}
}

// FuzzApply compares Apply with replacing one edit after another, from the end
// to the start, and checks that Invert undoes the edits.
func FuzzApply(f *testing.F) {
	for seed := range uint64(20) {
		f.Add([]byte("image: k8s.gcr.io/pause:3.9\r\n- é\xff\n\nlast"), seed)
	}
	f.Add([]byte(nil), uint64(1))
	f.Fuzz(func(t *testing.T, src []byte, seed uint64) {
		edits := randomEdits(rand.New(rand.NewPCG(seed, 1)), src)
		got, err := edit.Apply(src, edits)
		if err != nil {
			t.Fatalf("%v: %v", edits, err)
		}
		want := string(src)
		for _, e := range slices.Backward(edits) {
			want = want[:e.Start] + e.New + want[e.End:]
		}
		if string(got) != want {
			t.Fatalf("%q with %v: got %q, want %q", src, edits, got, want)
		}
		back, err := edit.Invert(src, edits)
		if err != nil {
			t.Fatal(err)
		}
		again, err := edit.Apply(got, back)
		if err != nil {
			t.Fatalf("%v inverted is %v: %v", edits, back, err)
		}
		if !bytes.Equal(again, src) {
			t.Fatalf("%v inverted is %v: got %q, want %q", edits, back, again, src)
		}
	})
}

// randomEdits returns a few valid edits of src: insertions, deletions and
// replacements, near each other and also at the start and the end.
func randomEdits(r *rand.Rand, src []byte) []edit.Edit {
	news := []string{"", "", "x", "\n", "\r\n", "a\nb", "line\n", "\n  newName: x", "\xff", "é\r", "k8s.gcr.io\n\n"}
	var out []edit.Edit
	for at := r.IntN(len(src) + 1); at <= len(src) && len(out) < 12; {
		end := at + min(len(src)-at, r.IntN(4)*r.IntN(6))
		e := edit.Edit{Span: edit.Span{Start: at, End: end}, New: news[r.IntN(len(news))]}
		if r.IntN(4) == 0 {
			e.New += string(src[at:end]) // repeats lines of the old text
		}
		if n := len(out); n == 0 || out[n-1].Span != e.Span {
			out = append(out, e)
		}
		at = end + r.IntN(3)*r.IntN(40)
		if r.IntN(8) == 0 {
			at = max(at, len(src))
		}
		if at == end && r.IntN(3) == 0 {
			break
		}
	}
	return out
}
