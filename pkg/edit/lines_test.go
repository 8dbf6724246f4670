package edit_test

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

func TestLinesPosition(t *testing.T) {
	const bom = "\uFEFF"
	tests := []struct {
		name      string
		src       string
		offset    int
		line, col int
	}{
		{"empty text", "", 0, 1, 1},
		{"start", "ab\ncd", 0, 1, 1},
		{"line end", "ab\ncd", 2, 1, 3},
		{"line start", "ab\ncd", 3, 2, 1},
		{"end without a newline", "ab\ncd", 5, 2, 3},
		{"end after a newline", "ab\n", 3, 2, 1},
		{"CR is part of its line", "ab\r\ncd", 3, 1, 4},
		{"a lone CR does not end a line", "a\rb", 2, 1, 3},
		{"a code point counts one column", "é世😀x", 9, 1, 4},
		{"within a code point", "é世x", 3, 1, 2},
		{"combining marks count", "e\u0301x", 3, 1, 3},
		{"invalid bytes count one each", "\xff\xfe\xe4\xb8x", 4, 1, 5},
		{"after a BOM", bom + "a", 3, 1, 1},
		{"in a BOM", bom + "a", 1, 1, 1},
		{"two characters after a BOM", bom + "ab\nc", 5, 1, 3},
		{"the line after a BOM", bom + "ab\nc", 7, 2, 2},
		{"a BOM elsewhere counts", "a" + bom + "b", 4, 1, 3},
		{"negative offset", "ab", -1, 1, 1},
		{"beyond the end", "ab\nc", 99, 2, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			line, col := edit.NewLines([]byte(tt.src)).Position(tt.offset)
			if line != tt.line || col != tt.col {
				t.Errorf("offset %d of %q: got %d:%d, want %d:%d", tt.offset, tt.src, line, col, tt.line, tt.col)
			}
		})
	}
}

func TestLinesLineSpan(t *testing.T) {
	tests := []struct {
		name string
		src  string
		line int
		want string
	}{
		{"first", "ab\r\ncd\n", 1, "ab\r\n"},
		{"second", "ab\r\ncd\n", 2, "cd\n"},
		{"after the last newline", "ab\n", 2, ""},
		{"without a newline", "ab\ncd", 2, "cd"},
		{"before the first", "ab", 0, ""},
		{"after the last", "ab", 2, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := edit.NewLines([]byte(tt.src)).LineSpan(tt.line)
			if got := tt.src[s.Start:s.End]; got != tt.want {
				t.Errorf("line %d of %q: got %q, want %q", tt.line, tt.src, got, tt.want)
			}
		})
	}
}

// Looking up positions in any order gives the same result as a new table.
func TestLinesCursor(t *testing.T) {
	src := []byte("\uFEFFé: [世, \xff]\r\n\n" + strings.Repeat("日本 k8s.gcr.io/x ", 20) + "\nend")
	l := edit.NewLines(src)
	r := rand.New(rand.NewPCG(1, 1))
	for range 2000 {
		offset := r.IntN(len(src) + 1)
		line, col := l.Position(offset)
		wantLine, wantCol := edit.NewLines(src).Position(offset)
		if line != wantLine || col != wantCol {
			t.Fatalf("offset %d: got %d:%d, want %d:%d", offset, line, col, wantLine, wantCol)
		}
	}
}

// FuzzLines counts lines and columns with the standard library: a column is
// one more than the number of code points before it on its line.
func FuzzLines(f *testing.F) {
	f.Add([]byte("a\nb"), 2)
	f.Add([]byte("\uFEFFé\r\n\xff\xe4\xb8\n\n世"), 9)
	f.Fuzz(func(t *testing.T, src []byte, offset int) {
		offset = min(max(offset, 0), len(src))
		l := edit.NewLines(src)
		for _, at := range []int{offset / 2, offset, offset / 3} {
			line, col := l.Position(at)
			before := src[:at]
			if want := 1 + bytes.Count(before, []byte("\n")); line != want {
				t.Fatalf("offset %d of %q: got line %d, want %d", at, src, line, want)
			}
			s := l.LineSpan(line)
			if at < s.Start || at > s.End {
				t.Fatalf("offset %d of %q is on line %d, which is %v", at, src, line, s)
			}
			text := string(src[s.Start:s.End])
			if line == 1 {
				text = strings.TrimPrefix(text, "\uFEFF")
			}
			skipped, want := s.Len()-len(text), 1
			for i, r := range text { // i is the first byte of r; range yields invalid bytes one by one
				if n := runeLen(text, i, r); s.Start+skipped+i+n <= at {
					want++
				}
			}
			if col != want {
				t.Fatalf("offset %d of %q: got column %d, want %d", at, src, col, want)
			}
		}
	})
}

func runeLen(s string, i int, r rune) int {
	if r == '\uFFFD' && !strings.HasPrefix(s[i:], "\uFFFD") {
		return 1
	}
	return len(string(r))
}

// Looks up all positions of one long line: a quadratic algorithm would take
// minutes.
func BenchmarkLinesPositionLongLine(b *testing.B) {
	src := bytes.Repeat([]byte("k8s.gcr.io/é "), 1<<16)
	for b.Loop() {
		l := edit.NewLines(src)
		for at := 0; at < len(src); at += 7 {
			l.Position(at)
		}
	}
	b.SetBytes(int64(len(src)))
}
