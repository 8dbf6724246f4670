package main

import "testing"

func TestWrapText(t *testing.T) {
	tests := []struct {
		name, text string
		columns    int
		want       string
	}{
		{"no limit", "one two three", 0, "one two three"},
		{"a paragraph that fits stays as it is", "one\ntwo\n\nthree", 8, "one\ntwo\n\nthree"},
		{"a paragraph with a long line is filled again", "one two three\nfour\n\nfive", 9, "one two\nthree\nfour\n\nfive"},
		{"a line of exactly the limit", "one two", 7, "one two"},
		{"a long word", "a loooooong word", 6, "a\nloooooong\nword"},
		{"an entry of a list", "  1  one two three", 13, "  1  one two\n     three"},
		{"rows of a table", "    ENGINE  writes  with an old image\n    vap     policy  warning, audit", 20, "    ENGINE  writes  with an old image\n    vap     policy  warning, audit"},
		{"a long first word of an entry", "  loooooooooong", 6, "  loooooooooong"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := wrapText(tt.text, tt.columns); got != tt.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, tt.want)
			}
		})
	}
}

func TestWrapEntry(t *testing.T) {
	if got, want := wrapEntry("one two three", 4, 15), "one two\n       three"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := wrapEntry("one two three", 40, 15), "one two three"; got != want {
		t.Errorf("without space: got %q, want %q", got, want)
	}
}
