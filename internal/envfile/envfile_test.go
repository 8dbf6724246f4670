package envfile

import (
	"slices"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
)

func TestParse(t *testing.T) {
	tests := []struct {
		name string
		d    Dialect
		src  string
		want string
	}{
		{"plain", Dotenv, "A=b\n\nexport C = d e\n#F=g\nh\nI=\n", "{A:b C:d e I:}"},
		{"quotes", Dotenv, "A=\"b c\"\nD='e' # f\nG=\"h\\\"i\"\nJ=\"k\"l\nM=\"n\n", "{A:b c D:e G:\"h\\\"i\" J:\"k\"l M:\"n}"},
		{"comments", Dotenv, "A=b # c\nD=e#f\nG=# h\nI=;j\nK=l ;m\n", "{A:b D:e#f G:# h I:;j K:l ;m}"},
		{"CRLF and BOM", Dotenv, "\uFEFFA=b\r\nC=\"d\"\r\n", "{A:b C:d}"},
		{"properties", Properties, "!a=b\na.b : c\nd=\"e\" # f\ng=h\\\n  i\nj k\n", "{a.b:c d:\"e\" # f g:hi}"},
		{"ini", INI, "a = b ; c\n[s t]\nd=e\n;f=g\n[u]\nh\ti=j\n", "{a:b s t:{d:e} u:{}}"},
		{"unit", Unit, "[S]\nE=\"A=b\" # c\nX=a \\\n# d\n; e\n  f \\\n\\\ng\nY=\\\n", "{S:{E:\"A=b\" # c X:a  f   g Y:\\}}"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			file := Parse([]byte(tt.src), tt.d)
			if got := outline(file.Root); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			for _, l := range file.Lines {
				if l.Kind != Pair {
					continue
				}
				for _, r := range l.Value.Map {
					if got := tt.src[r.Src : r.Src+r.Len]; got != l.Value.Value[r.Dec:r.Dec+r.Len] {
						t.Errorf("run %v leads to %q", r, got)
					}
				}
			}
		})
	}
}

// TestVerify states, for each dialect, which of the words old can be edited.
func TestVerify(t *testing.T) {
	const src = "# old\nold=old\n[old]\nA=\"old\" # old\nB=x \\\n# old\n old\nold old\n"
	for d, want := range map[Dialect][]int{
		Dotenv:     {0, 2, 4, 5, 6},
		Properties: {0, 2, 4, 5, 6},
		INI:        {0, 2, 4, 5, 6},
		Unit:       {0, 2, 4, 5, 6, 7},
	} {
		var got []int
		for nth := range strings.Count(src, "old") {
			if verifyEdit(src, d, nth, "new:80/x") == nil {
				got = append(got, nth)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("dialect %d: edits of %v are accepted, want %v", d, got, want)
		}
		for _, text := range []string{"a b", "a\nb=c", "a\"", "a#", "\\", ";a"} {
			if verifyEdit(src, d, 2, text) == nil {
				t.Errorf("dialect %d: %q is accepted", d, text)
			}
		}
	}
}

// verifyEdit replaces the nth "old" in src, from 0, by text, and returns the
// result of Verify.
func verifyEdit(src string, d Dialect, nth int, text string) error {
	const old = "old"
	at := strings.Index(src, old)
	for range nth {
		at += len(old)
		at += strings.Index(src[at:], old)
	}
	return Verify([]byte(src), d, []edit.Edit{{Span: edit.Span{Start: at, End: at + len(old)}, New: text}})
}

// outline returns the tree n as text.
func outline(n *syntax.Node) string {
	var parts []string
	switch n.Kind {
	case syntax.Mapping:
		for i := 0; i < len(n.Children); i += 2 {
			parts = append(parts, n.Children[i].Value+":"+outline(n.Children[i+1]))
		}
		return "{" + strings.Join(parts, " ") + "}"
	case syntax.Sequence:
		for _, c := range n.Children {
			parts = append(parts, outline(c))
		}
		return "[" + strings.Join(parts, " ") + "]"
	}
	return n.Value
}
