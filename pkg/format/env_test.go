package format

import (
	"bytes"
	"strings"
	"testing"

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
		{"web.container", "[Container]\nImage=x\n", true},
		{"x.image", "\x00\x01A=b\n", false},
		{"x.image", "", false},
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

func TestReadEnv(t *testing.T) {
	tests := []struct {
		name string
		d    dialect
		src  string
		want string
	}{
		{"plain", dotenv, "A=b\n\nexport C = d e\n#F=g\nh\nI=\n", "{A:b C:d e I:}"},
		{"quotes", dotenv, "A=\"b c\"\nD='e' # f\nG=\"h\\\"i\"\nJ=\"k\"l\nM=\"n\n", "{A:b c D:e G:\"h\\\"i\" J:\"k\"l M:\"n}"},
		{"comments", dotenv, "A=b # c\nD=e#f\nG=# h\nI=;j\nK=l ;m\n", "{A:b D:e#f G:# h I:;j K:l ;m}"},
		{"CRLF and BOM", dotenv, "\uFEFFA=b\r\nC=\"d\"\r\n", "{A:b C:d}"},
		{"properties", properties, "!a=b\na.b : c\nd=\"e\" # f\ng=h\\\n  i\nj k\n", "{a.b:c d:\"e\" # f g:hi}"},
		{"ini", ini, "a = b ; c\n[s t]\nd=e\n;f=g\n[u]\nh\ti=j\n", "{a:b s t:{d:e} u:{}}"},
		{"unit", unit, "[S]\nE=\"A=b\" # c\nX=a \\\n# d\n; e\n  f \\\n\\\ng\nY=\\\n", "{S:{E:\"A=b\" # c X:a  f   g Y:\\}}"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			file := readEnv([]byte(tt.src), tt.d)
			if got := outline(file.root); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			for _, l := range file.lines {
				if l.kind != envPair {
					continue
				}
				for _, r := range l.value.Map {
					if got := tt.src[r.Src : r.Src+r.Len]; got != l.value.Value[r.Dec:r.Dec+r.Len] {
						t.Errorf("run %v leads to %q", r, got)
					}
				}
			}
		})
	}
}

func TestVerifyEnv(t *testing.T) {
	const src = "# old\nold=old\n[old]\nA=\"old\" # old\nB=x \\\n# old\n old\nold old\n"
	for nth, ok := range []bool{true, false, true, false, true, true, true, true, false, false} {
		checkEdit(t, verifyEnv, src, "old", nth, "new:80/x", ok)
	}
	for _, text := range []string{"a b", "a\nb=c", "a\"", "a#", "\\", ";a"} {
		checkEdit(t, verifyEnv, src, "old", 2, text, false)
	}
}

// FuzzEnv renames a host in all references: with the old host back in them
// the lines must be the old ones, and nothing outside of values has changed.
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
			if err := verifyEnv(src, text, edits); err != nil {
				t.Fatalf("%s: %q\nbecomes %q: %v", name, src, text, err)
			}
			b, a := readEnv(src, dialectOf(name)), readEnv(text, dialectOf(name))
			if got, want := strings.ReplaceAll(outline(a.root), newHost, oldHost), outline(b.root); got != want {
				t.Errorf("%s: %q\nreads %s, want %s", name, text, got, want)
			}
		}
	})
}
