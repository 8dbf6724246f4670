package format

import (
	"bytes"
	"testing"
)

func TestBlankComments(t *testing.T) {
	for _, c := range []struct{ name, syntax, src, want string }{
		{"a line", "hash", "FROM a # b\n# c\nd", "FROM a    \n   \nd"},
		{"no comment", "hash", "a#b $#c", "a#b $#c"},
		{"lines and blocks", "slashes", "a // b\n/* c\n */ d", "a     \n/*  \n */ d"},
		{"no end", "slashes", "a /* b", "a /*  "},
		{"in quotes", "slashes", `a 'https://b' "/* c */"`, `a 'https://b' "/* c */"`},
		{"an escaped quote", "slashes", `a 'b\'// c' // d`, `a 'b\ // c'     `},
		{"three quotes", "slashes", "a '''b\n\"c\"''' \"\"\"d\"\"\" 'e'", "a ''' \n   ''' \"\"\" \"\"\" 'e'"},
		{"quotes in quotes", "slashes", `a 'f("b")'`, `a 'f( b )'`},
		{"all of Jsonnet", "jsonnet", "a # b's\n// c\n/* d\n # */ 'e #f' # g", "a      \n    \n/*  \n   */ 'e #f'    "},
		{"a quote without an end", "slashes", "a 'b\n// c", "a 'b\n    "},
	} {
		got := blankComments[c.syntax]([]byte(c.src))
		if len(got) != len(c.src) {
			t.Errorf("%s: %d bytes, want %d", c.name, len(got), len(c.src))
		}
		if string(got) != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func FuzzBlankComments(f *testing.F) {
	f.Add("a // b\n'c' /* d */ '''e''' # f")
	f.Fuzz(func(t *testing.T, src string) {
		for _, blank := range blankComments {
			got := blank([]byte(src))
			if len(got) != len(src) || bytes.Count(got, []byte("\n")) != bytes.Count([]byte(src), []byte("\n")) {
				t.Errorf("%q: got %q", src, got)
			}
		}
	})
}
