package edit_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// quoted is the map of a single-quoted scalar at offset 10, 'a”bc', which
// decodes to a'bc: the second quote of the pair is the decoded one.
var quoted = edit.Map{{Dec: 0, Src: 11, Len: 1}, {Dec: 1, Src: 13, Len: 3}}

func TestMapSpan(t *testing.T) {
	joined := edit.Map{{Dec: 0, Src: 5, Len: 2}, {Dec: 2, Src: 7, Len: 2}, {Dec: 5, Src: 9, Len: 1}}
	tests := []struct {
		name       string
		m          edit.Map
		start, end int
		want       edit.Span
		ok         bool
	}{
		{"identity", edit.Identity(7, 4), 1, 3, edit.Span{Start: 8, End: 10}, true},
		{"identity beyond the end", edit.Identity(7, 4), 1, 5, edit.Span{}, false},
		{"within a run", quoted, 2, 4, edit.Span{Start: 14, End: 16}, true},
		{"across an escape", quoted, 0, 2, edit.Span{}, false},
		{"empty at the start", quoted, 0, 0, edit.Span{Start: 11, End: 11}, true},
		{"empty between two runs", quoted, 1, 1, edit.Span{Start: 12, End: 12}, true},
		{"empty at the end", quoted, 4, 4, edit.Span{Start: 16, End: 16}, true},
		{"empty beyond the end", quoted, 5, 5, edit.Span{}, false},
		{"adjacent runs", joined, 1, 4, edit.Span{Start: 6, End: 9}, true},
		{"decoded byte without a source", joined, 3, 6, edit.Span{}, false},
		{"only a byte without a source", joined, 4, 5, edit.Span{}, false},
		{"empty text", edit.Identity(7, 0), 0, 0, edit.Span{Start: 7, End: 7}, true},
		{"end before start", quoted, 3, 2, edit.Span{}, false},
		{"negative", quoted, -1, 1, edit.Span{}, false},
		{"no runs", nil, 0, 0, edit.Span{}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := tt.m.Span(tt.start, tt.end)
			if got != tt.want || ok != tt.ok {
				t.Errorf("got %v, %v, want %v, %v", got, ok, tt.want, tt.ok)
			}
		})
	}
}

func TestMapEnclosing(t *testing.T) {
	tests := []struct {
		name       string
		start, end int
		want       edit.Span
		ok         bool
	}{
		{"across an escape", 0, 2, edit.Span{Start: 11, End: 14}, true},
		{"more than the text", -3, 9, edit.Span{Start: 11, End: 16}, true},
		{"beyond the end", 4, 9, edit.Span{}, false},
		{"empty", 2, 2, edit.Span{}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := quoted.Enclosing(tt.start, tt.end)
			if got != tt.want || ok != tt.ok {
				t.Errorf("got %v, %v, want %v, %v", got, ok, tt.want, tt.ok)
			}
		})
	}
}

func TestMapCompose(t *testing.T) {
	outer := edit.Map{{Dec: 0, Src: 20, Len: 12}, {Dec: 12, Src: 40, Len: 10}}
	want := edit.Map{{Dec: 0, Src: 31, Len: 1}, {Dec: 1, Src: 41, Len: 3}}
	if got := quoted.Compose(outer); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got, want := edit.Identity(3, 0).Compose(outer), edit.Identity(23, 0); !slices.Equal(got, want) {
		t.Errorf("an empty text: got %v, want %v", got, want)
	}
}

// FuzzMap compares maps with a table that has, for each decoded byte, the
// offset of its source byte, or -1.
func FuzzMap(f *testing.F) {
	for seed := range uint64(30) {
		f.Add(seed, 3, 7)
	}
	f.Fuzz(func(t *testing.T, seed uint64, start, end int) {
		r := rand.New(rand.NewPCG(seed, 2))
		m, table := randomMap(r, 30)
		by, byTable := randomMap(r, 60)

		c := m.Compose(by)
		composed := make([]int, len(table))
		for i, src := range table {
			composed[i] = -1
			if src >= 0 && src < len(byTable) {
				composed[i] = byTable[src]
			}
		}
		for _, tt := range []struct {
			m     edit.Map
			table []int
		}{{m, table}, {c, composed}} {
			checkMap(t, tt.m, tt.table, start, end)
			for i := range tt.table {
				checkMap(t, tt.m, tt.table, i, i+1+r.IntN(6))
			}
		}
	})
}

func checkMap(t *testing.T, m edit.Map, table []int, start, end int) {
	t.Helper()
	if start >= end {
		if s, ok := m.Span(start, end); ok && s.Len() != 0 {
			t.Fatalf("%v of [%d, %d): %v", m, start, end, s)
		}
		return
	}
	contiguous, enclosing, some := start >= 0 && end <= len(table), edit.Span{}, false
	for i := max(start, 0); i < min(end, len(table)); i++ {
		if table[i] < 0 || i > max(start, 0) && table[i] != table[i-1]+1 {
			contiguous = false
		}
		if table[i] >= 0 {
			if !some {
				enclosing.Start = table[i]
			}
			enclosing.End, some = table[i]+1, true
		}
	}
	if got, ok := m.Enclosing(start, end); got != enclosing || ok != some {
		t.Fatalf("%v: enclosing range of [%d, %d): got %v, %v, want %v, %v", m, start, end, got, ok, enclosing, some)
	}
	got, ok := m.Span(start, end)
	if ok != contiguous || ok && got != enclosing {
		t.Fatalf("%v: span of [%d, %d): got %v, %v, want %v, %v", m, start, end, got, ok, enclosing, contiguous)
	}
	if !ok {
		return
	}
	if a, b, ok := m.Decoded(got); !ok || a != start || b != end {
		t.Fatalf("%v: decoded %v: got %d, %d, %v, want %d, %d", m, got, a, b, ok, start, end)
	}
}

// randomMap returns a map of about size decoded bytes, and its table.
func randomMap(r *rand.Rand, size int) (edit.Map, []int) {
	var m edit.Map
	var table []int
	src := r.IntN(3)
	for len(table) < size {
		for range r.IntN(3) {
			table = append(table, -1)
		}
		src += r.IntN(3)
		n := 1 + r.IntN(5)
		m = append(m, edit.Run{Dec: len(table), Src: src, Len: n})
		for range n {
			table = append(table, src)
			src++
		}
	}
	return m, table
}

// TestMapEscapedSpan checks edits of text with escape sequences in the source.
func TestMapEscapedSpan(t *testing.T) {
	escaped := edit.Map{{Dec: 0, Src: 1, Len: 3}, {Dec: 4, Src: 6, Len: 2}} // "abc\/de": abc/de
	continued := edit.Map{{Dec: 0, Src: 1, Len: 3}, {Dec: 3, Src: 6, Len: 2}}
	// "ab\/\⏎ de", "ab\⏎ \/de" and "ab\/\⏎ \/de": ab/de and ab//de
	escapeFirst := edit.Map{{Dec: 0, Src: 1, Len: 2}, {Dec: 3, Src: 5, Len: 0}, {Dec: 3, Src: 8, Len: 2}}
	escapeLast := edit.Map{{Dec: 0, Src: 1, Len: 2}, {Dec: 2, Src: 3, Len: 0}, {Dec: 3, Src: 8, Len: 2}}
	escapeBoth := edit.Map{{Dec: 0, Src: 1, Len: 2}, {Dec: 3, Src: 5, Len: 0}, {Dec: 4, Src: 10, Len: 2}}
	first := edit.Map{{Dec: 1, Src: 7, Len: 3}} // "\u0061bcd": abcd
	for _, c := range []struct {
		name       string
		m          edit.Map
		start, end int
		want       edit.Span
		ok         bool
	}{
		{"across an escape", escaped, 0, 5, edit.Span{1, 7}, true},
		{"after an escape", escaped, 4, 6, edit.Span{6, 8}, true},
		{"up to an escape", escaped, 0, 4, edit.Span{}, false},
		{"from an escape", escaped, 3, 6, edit.Span{}, false},
		{"before an escape", escaped, 1, 3, edit.Span{2, 4}, true},
		{"across the end of a line", continued, 0, 5, edit.Span{}, false},
		{"across an escape and the end of a line", escapeFirst, 0, 5, edit.Span{}, false},
		{"across the end of a line and an escape", escapeLast, 0, 5, edit.Span{}, false},
		{"across the end of a line between escapes", escapeBoth, 0, 6, edit.Span{}, false},
		{"after the end of a line", escapeFirst, 3, 5, edit.Span{8, 10}, true},
		{"across a slice with the end of a line", escapeBoth.Slice(1, 6), 0, 5, edit.Span{}, false},
		{"across the end of a line of a composed map", edit.Identity(0, 6).Compose(escapeBoth), 0, 6, edit.Span{}, false},
		{"from an escape at the start", first, 0, 3, edit.Span{}, false},
		{"an empty text", escaped, 2, 2, edit.Span{}, false},
		{"after the end", escaped, 5, 7, edit.Span{}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, ok := c.m.EscapedSpan(c.start, c.end)
			if got != c.want || ok != c.ok {
				t.Fatalf("expected %v, %v, got %v, %v", c.want, c.ok, got, ok)
			}
			if !ok {
				return
			}
			if start, end, ok := c.m.EscapedDecoded(got); start != c.start || end != c.end || !ok {
				t.Errorf("EscapedDecoded(%v): expected %d, %d, got %d, %d, %v", got, c.start, c.end, start, end, ok)
			}
		})
	}
}
