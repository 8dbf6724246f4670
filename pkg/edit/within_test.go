package edit

import (
	"slices"
	"testing"
)

func TestWithin(t *testing.T) {
	edits := []Edit{{Span: Span{1, 2}, New: "a"}, {Span: Span{4, 6}, New: "b"}, {Span: Span{6, 6}, New: "c"}, {Span: Span{8, 12}, New: "d"}}
	tests := []struct {
		name string
		span Span
		want []Edit
	}{
		{"all", Span{0, 20}, edits},
		{"none", Span{2, 3}, nil},
		{"an insertion at the end of the span", Span{4, 6}, edits[1:3]},
		{"an edit that leaves the span", Span{7, 10}, nil},
		{"after the last edit", Span{13, 20}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Within(edits, tt.span); !slices.Equal(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestDecodedEdits(t *testing.T) {
	m := Map{{Dec: 0, Src: 10, Len: 3}, {Dec: 4, Src: 15, Len: 5}} // an escape at 13 decodes to one byte
	got, all := m.DecodedEdits([]Edit{{Span: Span{11, 12}, New: "x"}, {Span: Span{13, 15}, New: "escape"}, {Span: Span{16, 18}, New: "y"}})
	if want := []Edit{{Span: Span{1, 2}, New: "x"}, {Span: Span{5, 7}, New: "y"}}; !slices.Equal(got, want) || all {
		t.Errorf("got %v, %v; want %v, false", got, all, want)
	}
	if _, all := m.DecodedEdits([]Edit{{Span: Span{11, 12}, New: "x"}}); !all {
		t.Error("an edit inside a run is left out")
	}
}

func TestLineSpans(t *testing.T) {
	for src, want := range map[string][]Span{
		"":           nil,
		"a":          {{0, 1}},
		"a\r\n\nb":   {{0, 3}, {3, 4}, {4, 5}},
		"\n":         {{0, 1}},
		"a\rb\u2028": {{0, 6}},
	} {
		if got := LineSpans([]byte(src)); !slices.Equal(got, want) {
			t.Errorf("%q: got %v, want %v", src, got, want)
		}
	}
}
