package toml

import (
	"errors"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
)

func TestDecode(t *testing.T) {
	tests := []struct{ raw, want string }{
		{`"a"`, "a"}, {`''`, ""}, {`""`, ""}, {`'a\n'`, `a\n`}, {`"a\tb\\\"\u00e9\U0001F600\x41\e"`, "a\tb\\\"é😀A\x1b"},
		{"\"\"\"a\"\"\"", "a"}, {"\"\"\"\na\r\nb\"\"\"", "a\r\nb"}, {"'''\r\na''''", "a'"}, {"\"\"\"a \\  \n \n b\"\"\"", "a b"}, {`""""a"""`, `"a`},
	}
	for _, tt := range tests {
		t.Run(tt.raw, func(t *testing.T) {
			src := []byte("x=" + tt.raw)
			got, m := decode(src, edit.Span{Start: 2, End: len(src)})
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			for _, r := range m {
				if string(src[r.Src:r.Src+r.Len]) != got[r.Dec:r.Dec+r.Len] {
					t.Errorf("run %v leads to %q", r, src[r.Src:r.Src+r.Len])
				}
			}
		})
	}
}

func TestParse(t *testing.T) {
	t.Run("tables", func(t *testing.T) {
		const src = "a.b = 1\n[a.c]\nd = [{e = 'f'}, 2]\n[[g]]\nh = 1\n[g.i]\nj = 1\n[[g]]\nh = 2\n"
		file, err := Parse([]byte(src))
		if err != nil {
			t.Fatal(err)
		}
		if got, want := outline(file.Root), "{a:{b:1 c:{d:[{e:f} 2]}} g:[{h:1 i:{j:1}} {h:2}]}"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
	t.Run("error", func(t *testing.T) {
		_, err := Parse([]byte("\uFEFFa = 1\r\nb = x\r\n"))
		var at *syntax.ParseError
		if !errors.As(err, &at) || at.Line != 2 {
			t.Errorf("got %v, want an error in line 2", err)
		}
	})
	for _, src := range []string{"a = " + strings.Repeat("[", 9000) + strings.Repeat("]", 9000), "a = " + strings.Repeat("{a=", 9000) + "1" + strings.Repeat("}", 9000), strings.Repeat("a.", 9000) + "a = 1", "[" + strings.Repeat("a.", 9000) + "a]"} {
		if _, err := Parse([]byte(src)); !errors.Is(err, syntax.ErrTooDeep) {
			t.Errorf("%.20s…: got %v, want too deep", src, err)
		}
	}
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

func TestVerify(t *testing.T) {
	const src = "# old\n[old]\nold = \"old\" # old\na = [\n# old\n'old', \"\\u0020old\"]\n"
	for nth, want := range []struct {
		new string
		ok  bool
	}{{"new", true}, {"new", false}, {"new", false}, {"new", true}, {"new", true}, {"new", true}, {"new", true}, {"new", true}} {
		checkEdit(t, Verify, src, "old", nth, want.new, want.ok)
	}
	checkEdit(t, Verify, src, "old", 3, `n\\w`, false)
	checkEdit(t, Verify, src, "old", 3, `n"w`, false)
	checkEdit(t, Verify, src, "old", 6, `n'w`, false)
	checkEdit(t, Verify, src, "old", 0, "n\nx = 1 #", false)
	checkEdit(t, Verify, src, `\u0020`, 0, "new", false)
}

// checkEdit replaces the nth occurrence of old in src, from 0, by text, and
// checks whether Verify accepts the edit.
func checkEdit(t *testing.T, verify func(before []byte, edits []edit.Edit) error, src, old string, nth int, text string, ok bool) {
	t.Helper()
	at := strings.Index(src, old)
	for range nth {
		at += len(old)
		at += strings.Index(src[at:], old)
	}
	edits := []edit.Edit{{Span: edit.Span{Start: at, End: at + len(old)}, New: text}}
	if err := verify([]byte(src), edits); (err == nil) != ok {
		t.Errorf("%q number %d replaced by %q: got error %v, want ok %v", old, nth, text, err, ok)
	}
}
