package format

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
)

func TestIsTOML(t *testing.T) {
	tests := []struct {
		path, src string
		want      bool
	}{
		{"a.toml", "", true},
		{"crio.conf", "[crio.image]\npause_image = \"x\"\n", true},
		{"x.conf", "[a]\nb = 1\n", false},
		{"nginx.conf", "server { listen \"80\"; }\n", false},
		{"x.conf", "A=b\n", false},
		{"x.ini", "a = \"b\"\n", false},
	}
	for _, tt := range tests {
		t.Run(tt.path+" "+tt.src, func(t *testing.T) {
			if got := isTOML(tt.path, []byte(tt.src)); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestDecodeTOML(t *testing.T) {
	tests := []struct{ raw, want string }{
		{`"a"`, "a"}, {`''`, ""}, {`""`, ""}, {`'a\n'`, `a\n`}, {`"a\tb\\\"\u00e9\U0001F600\x41\e"`, "a\tb\\\"é😀A\x1b"},
		{"\"\"\"a\"\"\"", "a"}, {"\"\"\"\na\r\nb\"\"\"", "a\r\nb"}, {"'''\r\na''''", "a'"}, {"\"\"\"a \\  \n \n b\"\"\"", "a b"}, {`""""a"""`, `"a`},
	}
	for _, tt := range tests {
		t.Run(tt.raw, func(t *testing.T) {
			src := []byte("x=" + tt.raw)
			got, m := decodeTOML(src, edit.Span{Start: 2, End: len(src)})
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

func TestParseTOML(t *testing.T) {
	t.Run("tables", func(t *testing.T) {
		const src = "a.b = 1\n[a.c]\nd = [{e = 'f'}, 2]\n[[g]]\nh = 1\n[g.i]\nj = 1\n[[g]]\nh = 2\n"
		file, err := parseTOML([]byte(src))
		if err != nil {
			t.Fatal(err)
		}
		if got, want := outline(file.root.node), "{a:{b:1 c:{d:[{e:f} 2]}} g:[{h:1 i:{j:1}} {h:2}]}"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
	t.Run("error", func(t *testing.T) {
		_, err := parseTOML([]byte("\uFEFFa = 1\r\nb = x\r\n"))
		var at *syntax.ParseError
		if !errors.As(err, &at) || at.Line != 2 {
			t.Errorf("got %v, want an error in line 2", err)
		}
	})
	for _, src := range []string{"a = " + strings.Repeat("[", 9000) + strings.Repeat("]", 9000), "a = " + strings.Repeat("{a=", 9000) + "1" + strings.Repeat("}", 9000), strings.Repeat("a.", 9000) + "a = 1", "[" + strings.Repeat("a.", 9000) + "a]"} {
		if _, err := parseTOML([]byte(src)); !errors.Is(err, syntax.ErrTooDeep) {
			t.Errorf("%.20s…: got %v, want too deep", src, err)
		}
	}
}

// outline returns the tree at n as text.
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

func TestVerifyTOML(t *testing.T) {
	const src = "# old\n[old]\nold = \"old\" # old\na = [\n# old\n'old', \"\\u0020old\"]\n"
	for nth, want := range []struct {
		new string
		ok  bool
	}{{"new", true}, {"new", false}, {"new", false}, {"new", true}, {"new", true}, {"new", true}, {"new", true}, {"new", true}} {
		checkEdit(t, verifyTOML, src, "old", nth, want.new, want.ok)
	}
	checkEdit(t, verifyTOML, src, "old", 3, `n\\w`, false)
	checkEdit(t, verifyTOML, src, "old", 3, `n"w`, false)
	checkEdit(t, verifyTOML, src, "old", 6, `n'w`, false)
	checkEdit(t, verifyTOML, src, "old", 0, "n\nx = 1 #", false)
	checkEdit(t, verifyTOML, src, `\u0020`, 0, "new", false)
}

// checkEdit replaces the old with index nth and asks verify about it.
func checkEdit(t *testing.T, verify func(before, after []byte, edits []edit.Edit) error, src, old string, nth int, text string, ok bool) {
	t.Helper()
	at := strings.Index(src, old)
	for range nth {
		at += len(old)
		at += strings.Index(src[at:], old)
	}
	edits := []edit.Edit{{Span: edit.Span{Start: at, End: at + len(old)}, New: text}}
	after, err := edit.Apply([]byte(src), edits)
	if err != nil {
		t.Fatal(err)
	}
	if err := verify([]byte(src), after, edits); (err == nil) != ok {
		t.Errorf("%q for the %q with index %d: got error %v, want ok %v", text, old, nth, err, ok)
	}
}

// FuzzTOML renames a host in all references and asks go-toml's decoder, which
// does not share the tree, what it reads.
func FuzzTOML(f *testing.F) {
	seeds(f, "toml")
	f.Fuzz(func(t *testing.T, src []byte) {
		if bytes.Contains(src, []byte(newHost)) {
			t.Skip()
		}
		if _, err := parseTOML(src); err != nil {
			return
		}
		edits := rename(t, TOML, "x.toml", src)
		text, err := edit.Apply(src, edits)
		if err != nil {
			t.Fatal(err)
		}
		if err := verifyTOML(src, text, edits); err != nil {
			t.Fatalf("%q\nbecomes %q: %v", src, text, err)
		}
		var before, after map[string]any
		bom := []byte("\uFEFF")
		if toml.Unmarshal(bytes.TrimPrefix(src, bom), &before) != nil {
			return
		}
		if err := toml.Unmarshal(bytes.TrimPrefix(text, bom), &after); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if got := back(after); !reflect.DeepEqual(got, any(before)) {
			t.Errorf("%q\nreads %v, want %v", text, got, before)
		}
	})
}

// back returns v with the old host in all strings.
func back(v any) any {
	switch v := v.(type) {
	case string:
		return strings.ReplaceAll(v, newHost, oldHost)
	case map[string]any:
		for k := range v {
			v[k] = back(v[k])
		}
		return v
	case []any:
		for i := range v {
			v[i] = back(v[i])
		}
		return v
	}
	return v
}
