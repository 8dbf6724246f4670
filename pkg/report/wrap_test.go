package report

import "testing"

func TestWrap(t *testing.T) {
	for _, tt := range []struct {
		name              string
		width, at, indent int
		want              string
	}{
		{"no limit", 0, 6, 2, "one two three"},
		{"everything fits", 19, 6, 2, "one two three"},
		{"two lines", 18, 6, 2, "one two\n  three"},
		{"word that does not fit", 3, 0, 2, "one\n  two\n  three"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := wrap(" one  two three", tt.width, tt.at, tt.indent); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
