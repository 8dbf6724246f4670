package format

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	gotoml "github.com/pelletier/go-toml/v2"

	"github.com/regmigrate/regmigrate/internal/toml"
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

// FuzzTOML renames a host in all references. The decoder of go-toml, which does
// not use package toml, must read the same values before and after.
func FuzzTOML(f *testing.F) {
	seeds(f, "toml")
	f.Fuzz(func(t *testing.T, src []byte) {
		if bytes.Contains(src, []byte(newHost)) {
			t.Skip()
		}
		if _, err := toml.Parse(src); err != nil {
			return
		}
		edits := rename(t, TOML, "x.toml", src)
		text, err := edit.Apply(src, edits)
		if err != nil {
			t.Fatal(err)
		}
		if err := TOML.Verify(Change{Path: "x.toml", Before: src, Edits: edits}); err != nil {
			t.Fatalf("%q\nbecomes %q: %v", src, text, err)
		}
		var before, after map[string]any
		bom := []byte("\uFEFF")
		if gotoml.Unmarshal(bytes.TrimPrefix(src, bom), &before) != nil {
			return
		}
		if err := gotoml.Unmarshal(bytes.TrimPrefix(text, bom), &after); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if got := restoreHosts(after); !reflect.DeepEqual(got, any(before)) {
			t.Errorf("%q\nreads %v, want %v", text, got, before)
		}
	})
}

// restoreHosts returns v with oldHost in place of newHost in all strings.
func restoreHosts(v any) any {
	switch v := v.(type) {
	case string:
		return strings.ReplaceAll(v, newHost, oldHost)
	case map[string]any:
		for k := range v {
			v[k] = restoreHosts(v[k])
		}
		return v
	case []any:
		for i := range v {
			v[i] = restoreHosts(v[i])
		}
		return v
	}
	return v
}
