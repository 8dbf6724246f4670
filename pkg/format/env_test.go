package format

import (
	"bytes"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/internal/envfile"
	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
)

func TestIsEnv(t *testing.T) {
	tests := []struct {
		path, src string
		want      bool
	}{
		{".env", "A=b\n", true},
		{".env.local", "A=b\n", true},
		{"x.env", "", true},
		{"x.properties", "a.b=c\n", true},
		{"x.ini", "[a]\nb = c\n", true},
		{"kubelet.service", "[Service]\nExecStart=x\n", true},
		{"kubelet.service.d/10.conf", "[Service]\nEnvironment=A=b\n", true},
		{"x.conf", "A=b\n# c\n", true},
		{"x.conf", "server {\n  listen 80;\n}\n", false},
		{"x.cfg", "global\n  a b\n  c=d\n", false},
		{"web.container", "[Container]\nImage=x\n", false}, // see Quadlet
		{"x.sh", "A=b\n", false},
	}
	for _, tt := range tests {
		t.Run(tt.path+" "+tt.src, func(t *testing.T) {
			if got := isEnv(tt.path, []byte(tt.src)); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

// FuzzEnv renames a host in all references. After oldHost is restored, the tree
// must equal the tree before.
func FuzzEnv(f *testing.F) {
	seeds(f, "env")
	f.Fuzz(func(t *testing.T, src []byte) {
		if bytes.Contains(src, []byte(newHost)) {
			t.Skip()
		}
		for _, name := range []string{".env", "x.properties", "x.ini", "x.service"} {
			edits := rename(t, Env, name, src)
			text, err := edit.Apply(src, edits)
			if err != nil {
				t.Fatal(err)
			}
			if err := Env.Verify(Change{Path: name, Before: src, Edits: edits}); err != nil {
				t.Fatalf("%s: %q\nbecomes %q: %v", name, src, text, err)
			}
			b, a := envfile.Parse(src, dialectOf(name)), envfile.Parse(text, dialectOf(name))
			if got, want := strings.ReplaceAll(outline(a.Root), newHost, oldHost), outline(b.Root); got != want {
				t.Errorf("%s: %q\nreads %s, want %s", name, text, got, want)
			}
		}
	})
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
