package walk

import (
	"path"
	"slices"
	"strings"
	"testing"
)

func TestParseGlob(t *testing.T) {
	tests := []struct {
		pattern, base string
		match         []string // paths that match; a folder ends with a slash
		other         []string // paths that do not match
	}{
		{"*.yaml", "", []string{"a.yaml", "x/y/a.yaml", ".yaml", "d.yaml/"}, []string{"a.yml", "a.yaml/b"}},
		{"charts", "", []string{"charts/", "x/charts"}, []string{"charts/a", "mycharts"}},
		{"charts/", "", []string{"charts/", "x/charts/"}, []string{"charts"}},
		{"/charts", "", []string{"charts/"}, []string{"x/charts"}},
		{"./charts", "", []string{"charts"}, []string{"x/charts"}},
		{"charts/web", "", []string{"charts/web/"}, []string{"x/charts/web", "charts/web/a"}},
		{"charts/*", "", []string{"charts/web"}, []string{"charts/web/a", "charts"}},
		{"third_party/**", "", []string{"third_party/a", "third_party/a/b/"}, []string{"third_party/", "x/third_party/a"}},
		{"**/test", "", []string{"test", "a/b/test/"}, []string{"a/mytest", "test/a"}},
		{"a/**/b", "", []string{"a/b", "a/x/b", "a/x/y/b"}, []string{"a/xb", "b", "x/a/b"}},
		{"**", "", []string{"a", "a/b"}, nil},
		{"a**b", "", []string{"ab", "axb", "x/axb"}, []string{"ax/b"}},
		{"*a*b*", "", []string{"ab", "xaxbx", "aab"}, []string{"ba", "a/b"}},
		{"?.yaml", "", []string{"a.yaml", "é.yaml", "日.yaml", "\xff.yaml"}, []string{".yaml", "ab.yaml", "/.yaml"}},
		{"[a-cé]x", "", []string{"ax", "cx", "éx"}, []string{"dx", "x"}},
		{"[!a]x", "", []string{"bx", "日x"}, []string{"ax", "x"}},
		{"[^a]x", "", []string{"bx"}, []string{"ax"}},
		{"[[:digit:]-]x", "", []string{"1x", "-x"}, []string{"ax"}},
		{"[]a]x", "", []string{"]x", "ax"}, []string{"bx"}},
		{"*.{yaml,yml}", "", []string{"a.yaml", "x/a.yml"}, []string{"a.json", "a.{yaml,yml}"}},
		{"{a,b/{c,d}}.yaml", "", []string{"a.yaml", "x/a.yaml", "b/c.yaml", "b/d.yaml"}, []string{"x/b/c.yaml", "c.yaml"}},
		{"x{,y}", "", []string{"x", "xy"}, []string{"xz"}},
		{`\{a\}`, "", []string{"{a}"}, []string{"a"}},
		{"[{]a", "", []string{"{a"}, []string{"a"}},
		{`\!a\*`, "", []string{"!a*"}, []string{"!ab"}},
		{"*.yaml", "charts/web", []string{"charts/web/a.yaml", "charts/web/x/a.yaml"}, []string{"a.yaml", "charts/a.yaml", "charts/website/a.yaml"}},
		{"/values.yaml", "charts/./web/", []string{"charts/web/values.yaml"}, []string{"charts/web/x/values.yaml", "values.yaml"}},
		{"a", ".", []string{"a"}, nil},
		{"sp ace\n", "", []string{"sp ace\n"}, []string{"sp ace"}},
	}
	for _, tt := range tests {
		g, err := ParseGlob(tt.pattern, tt.base)
		if err != nil {
			t.Errorf("%q: %v", tt.pattern, err)
			continue
		}
		if g.String() != tt.pattern {
			t.Errorf("%q: String returns %q", tt.pattern, g.String())
		}
		for i, p := range append(slices.Clone(tt.match), tt.other...) {
			name, isDir := strings.CutSuffix(p, "/")
			if got, want := g.Match(name, isDir), i < len(tt.match); got != want {
				t.Errorf("%q in %q matches %q: %v", tt.pattern, tt.base, p, got)
			}
		}
	}
	if (Glob{}).Match("a", false) {
		t.Error("the zero Glob matches")
	}
}

func TestParseGlobErrors(t *testing.T) {
	many := strings.Repeat("{a,b}", 11)
	tests := []struct{ pattern, base, want string }{
		{"", "", "empty"},
		{"/", "", "empty"},
		{"!a", "", "negated"},
		{"a//b", "", "component"},
		{"../a", "", "component"},
		{"..", "", "component"},
		{"./", "", "component"},
		{"a/./b", "", "component"},
		{"[a", "", "not closed"},
		{"[a-", "", "not closed"},
		{`[\`, "", "not closed"},
		{"[[:alpha:", "", "not closed"},
		{"[[:no:]]", "", "unknown class"},
		{"[z-a]", "", "empty"},
		{`a\`, "", "escapes nothing"},
		{"{a", "", "not closed"},
		{"{a,{b}", "", "not closed"},
		{"a}", "", "no opening"},
		{"{a,}", "", "empty"},
		{many, "", "more than 1024"},
		{strings.Repeat("[", 5000), "", "at most 4096"}, // each bracket searched all of the rest
		{"a", "../x", "not inside the root"},
		{"a", "/x", "not inside the root"},
	}
	for _, tt := range tests {
		_, err := ParseGlob(tt.pattern, tt.base)
		if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "reading the pattern") {
			t.Errorf("%q in %q: got %v, want %q", tt.pattern, tt.base, err, tt.want)
		}
	}
}

// TestGlobHostile would not end if the matcher tried every way to divide the
// path among the stars.
func TestGlobHostile(t *testing.T) {
	for _, pattern := range []string{strings.Repeat("*a", 60) + "b", strings.Repeat("**/*a*/", 60) + "b", strings.Repeat("?*", 60) + "/b"} {
		g, err := ParseGlob(pattern, "")
		if err != nil {
			t.Fatal(err)
		}
		if g.Match(strings.Repeat("a", 4000), false) || g.Match(strings.Repeat("aa/", 1300), false) {
			t.Errorf("%q matches", pattern)
		}
	}
}

// FuzzGlob compares patterns that have the same meaning for path.Match with
// it. Sets differ: for path.Match they may match a slash.
func FuzzGlob(f *testing.F) {
	f.Add("a*b?[c-d]", "axxbyc")
	f.Add(`x/*/?\*`, "x/y/z*")
	f.Add(`[^a-é]*\[`, "日x[")
	f.Fuzz(func(t *testing.T, pattern, name string) {
		if strings.Contains(pattern, "[") && strings.Contains(name, "/") {
			return
		}
		for _, differs := range []string{"**", "{", "}", "[!", "[:"} {
			if strings.Contains(pattern, differs) {
				return
			}
		}
		g, err := ParseGlob("/"+pattern, "")
		if err != nil || strings.HasSuffix(pattern, "/") {
			return
		}
		want, err := path.Match(pattern, name)
		if err != nil {
			return // some sets are an error for path.Match only
		}
		if got := g.Match(name, true); got != want {
			t.Errorf("%q matches %q: %v, want %v", pattern, name, got, want)
		}
	})
}
