package template

import (
	"fmt"
	"strings"
	"testing"
)

// describe returns the literals of f: their text, c for Compared, d for Default,
// and the value of Scalar.
func describe(f *File) string {
	var out []string
	for _, l := range f.Literals {
		s := l.Text
		if l.Compared {
			s += " c"
		}
		if l.Default {
			s += " d"
		}
		if l.Scalar != nil {
			s += " in " + l.Scalar.Value
		}
		out = append(out, s)
	}
	return strings.Join(out, "; ")
}

func TestLiteralUse(t *testing.T) {
	tests := []struct{ src, want string }{
		// Go templates.
		{`{{ default "k8s.gcr.io/a" .x }}`, "k8s.gcr.io/a d"},
		{`{{ .x | default "k8s.gcr.io/a" }}`, "k8s.gcr.io/a d"},
		{`{{ or .x "k8s.gcr.io/a" | quote }}`, "k8s.gcr.io/a d"},
		{`{{ coalesce .x .y "a" "b" }}`, "a d; b d"},
		{`{{ printf "k8s.gcr.io/%s:%s" .x "1" }}`, "k8s.gcr.io/%s:%s d; 1 d"},
		{`{{ "k8s.gcr.io/a" }}`, "k8s.gcr.io/a"},
		{`{{ $x := "k8s.gcr.io/a" }}`, "k8s.gcr.io/a"},
		{`{{ if eq .x "k8s.gcr.io" }}`, "k8s.gcr.io c"},
		{`{{ else if ne .x "k8s.gcr.io" }}`, "k8s.gcr.io c"},
		{`{{ if or .x "k8s.gcr.io" }}`, "k8s.gcr.io c d"},
		{`{{ with default "a" .x }}`, "a d"},
		{`{{ ternary "a" "b" (eq .x "c") }}`, "a d; b d; c c"},
		{`{{ eq "a" "b" | ternary "c" "d" }}`, "a c; b c; c d; d d"},
		{`{{ hasPrefix "k8s.gcr.io/" .x | ternary "a" "b" }}`, "k8s.gcr.io/ c; a d; b d"},
		{`{{ eq (default "k8s.gcr.io" .x) "quay.io" }}`, "k8s.gcr.io c d; quay.io c"},
		{`{{ .x | default "k8s.gcr.io" | eq .y }}`, "k8s.gcr.io c d"},
		{`{{ "k8s.gcr.io" | has .list }}`, "k8s.gcr.io c"},
		{`{{ has .x (list "k8s.gcr.io" "quay.io") }}`, "k8s.gcr.io c; quay.io c"},
		{`{{ regexMatch "^k8s.gcr.io/" .x }}`, "^k8s.gcr.io/ c"},
		{`{{ contains .x "k8s.gcr.io" }}`, "k8s.gcr.io c"},
		{`{{ .x | replace "k8s.gcr.io" "quay.io" }}`, "k8s.gcr.io c; quay.io c"},
		{`{{ replace "+" "_" "a" }}`, "+ c; _ c; a"},
		{`{{ default "k8s.gcr.io/a" .x | replace "+" "_" }}`, "k8s.gcr.io/a d; + c; _ c"},
		{`{{ default "k8s.gcr.io/a" .x | trimPrefix "k8s.gcr.io/" }}`, "k8s.gcr.io/a c d; k8s.gcr.io/ c"},
		{`{{ default "k8s.gcr.io/a" .x | splitList "/" | first }}`, "k8s.gcr.io/a c d; / c"},
		{`{{ default "k8s.gcr.io/a" .x | regexReplaceAll "x" "y" }}`, "k8s.gcr.io/a c d; x c; y c"},
		{`{{ default "k8s.gcr.io/a" .x | trimSuffix .y }}`, "k8s.gcr.io/a c d"},
		{`{{ trimSuffix "-" .x }}`, "- c"},
		{`{{ index .x "k8s.gcr.io" }}`, "k8s.gcr.io c"},
		{`{{ dict "registry" "k8s.gcr.io" "b" .c }}`, "registry c; k8s.gcr.io; b c"},
		{`{{ $_ := set .x "key" "k8s.gcr.io" }}`, "key c; k8s.gcr.io"},
		{`{{ include "x.image" (dict "registry" "k8s.gcr.io") }}`, "x.image c; registry c; k8s.gcr.io"},
		{`{{ .Files.Get "k8s.gcr.io" }}`, "k8s.gcr.io c"},
		{`{{ if .Capabilities.APIVersions.Has "v1" }}`, "v1 c"},
		{`{{ template "x" "y" }}`, "x c; y"},
		{`{{ define "x" }}`, "x c"},
		{"{{ default `k8s.gcr.io/a` .x }}", "k8s.gcr.io/a d"},
		{`{{ range $i, $e := list "a" "b" }}`, "a; b"},
		{`{{ default "a" (index .x "b").c }}`, "a d; b c"},

		// Jinja2.
		{"{{ x | default('k8s.gcr.io/a') }}", "k8s.gcr.io/a d"},
		{`{{ x | default("k8s.gcr.io/a", true) }}`, "k8s.gcr.io/a d"},
		{"{{ x or 'k8s.gcr.io/a' }}", "k8s.gcr.io/a d"},
		{"{{ 'a/b' if x == 'quay.io' else 'c/d' }}", "a/b d; quay.io c; c/d d"},
		{"{% if x == 'k8s.gcr.io' %}{% endif %}", "k8s.gcr.io c"},
		{"{% if x | default('k8s.gcr.io') %}{% endif %}", "k8s.gcr.io c d"},
		{"{% if 'k8s.gcr.io' in x and y %}{% endif %}", "k8s.gcr.io c"},
		{"{% if x not in ['k8s.gcr.io', 'quay.io'] %}{% endif %}", "k8s.gcr.io c; quay.io c"},
		{"{% for x in ['k8s.gcr.io', 'quay.io'] %}{% endfor %}", "k8s.gcr.io; quay.io"},
		{"{% for x in y if x != 'k8s.gcr.io' %}{% endfor %}", "k8s.gcr.io c"},
		{"{% set x = 'k8s.gcr.io' %}", "k8s.gcr.io"},
		{"{% set x = y | default('k8s.gcr.io') == z %}", "k8s.gcr.io c d"},
		{"{{ x is match('k8s.gcr.io') }}", "k8s.gcr.io c"},
		{"{{ x is match 'k8s.gcr.io' }}", "k8s.gcr.io c"},
		{"{{ x | replace('k8s.gcr.io', 'quay.io') }}", "k8s.gcr.io c; quay.io c"},
		{"{{ x.startswith('k8s.gcr.io') }}", "k8s.gcr.io c"},
		{"{{ x | default('k8s.gcr.io/a') | regex_replace('^b', 'c') }}", "k8s.gcr.io/a c d; ^b c; c c"},
		{"{{ x | default('k8s.gcr.io/a') | replace('+', '_') }}", "k8s.gcr.io/a d; + c; _ c"},
		{"{{ ('k8s.gcr.io/a').split('/')[0] }}", "k8s.gcr.io/a c; / c"},
		{"{{ x['k8s.gcr.io'] }}", "k8s.gcr.io c"},
		{"{{ {'k8s.gcr.io': 'quay.io'}[x] }}", "k8s.gcr.io c; quay.io"},
		{"{% include 'k8s.gcr.io' %}", "k8s.gcr.io c"},
		{"{{ lookup('env', 'X') }}{% set a = 1 %}", "env c; X c"},
	}
	for _, tt := range tests {
		f, err := Parse([]byte(tt.src), nil)
		if err != nil {
			t.Errorf("%s: %v", tt.src, err)
			continue
		}
		for i := range f.Literals {
			f.Literals[i].Scalar = nil
		}
		if got := describe(f); got != tt.want {
			t.Errorf("%s\ngot  %s\nwant %s", tt.src, got, tt.want)
		}
	}
}

func TestLiteralScalar(t *testing.T) {
	tests := []struct{ name, src, want string }{
		{"a value", `image: {{ default "a" .x }}`, `a d in {{ default "a" .x }}`},
		{"a part of a value", `image: {{ default "a" .x }}/b:1`, `a d in {{ default "a" .x }}/b:1`},
		{"quoted", `image: "{{ default "a" .x }}/b"`, `a d in {{ default "a" .x }}/b`},
		{"a condition in a value", `image: {{ if eq .x "a" }}b{{ end }}`, "a c in b"},
		{"a line of its own", "b: c\n{{ if eq .x \"a\" }}\nd: e\n{{ end }}", "a c"},
		{"a line in a block scalar", "b: |\n  c\n  {{ if eq .x \"a\" }}\n  d\n  {{ end }}\n", "a c in c\nd\n"},
		{"a line after a block scalar", "b: |\n  c\n{{ if eq .x \"a\" }}\nd: e\n{{ end }}\n", "a c"},
		{"a mapping", "b: {{- default \"a\" .x | nindent 2 }}\n  c: d", "a d"},
		{"a comment of YAML", "b: c # {{ default \"a\" .x }}", "a d"},
		{"in front of a key", `{{ if eq .x "a" }}b: c{{ end }}`, "a c"},
		{"a branch that is read separately", "a:\n{{ if .x }}\n- {{ default \"b\" .c }}\n{{ else }}\n  d: {{ default \"e\" .f }}\n{{ end }}\n",
			`b d in {{ default "b" .c }}; e d in {{ default "e" .f }}`},
		{"text that is not YAML", "a: b: {{ default \"c\" .d }}", "c d"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, err := Parse([]byte(tt.src), nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := describe(f); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestLiteralText(t *testing.T) {
	tests := []struct{ src, want, runs string }{
		{`{{ .x "a/b" }}`, "a/b", "[{0 7 3}]"},
		{`{{ .x "" }}`, "", "[{0 7 0}]"},
		{`{{ .x "a\"b\\c\n\u00e9\x41\101d" }}`, "a\"b\\c\né" + "AAd", "[{0 7 1} {2 10 1} {4 13 1} {10 30 1}]"},
		{`{{ .x "é\'" }}`, `é\'`, "[{0 7 4}]"},
		{"{{ .x `a\\b\r\nc` }}", "a\\b\nc", "[{0 7 3} {3 11 2}]"},
		{`{% x "a'b\"" %}`, `a'b"`, "[{0 6 3}]"},
		{`{% x 'a\'b\.c' %}`, `a'b\.c`, "[{0 6 1} {2 9 4}]"},
		{"{% x 'a\\\nb\nc' %}", "ab\nc", "[{0 6 1} {1 9 3}]"},
	}
	for _, tt := range tests {
		f, err := Parse([]byte(tt.src), nil)
		if err != nil {
			t.Errorf("%s: %v", tt.src, err)
			continue
		}
		if l := f.Literals[0]; l.Text != tt.want || fmt.Sprint(l.Map) != tt.runs {
			t.Errorf("%s: got %q at %v, want %q at %s", tt.src, l.Text, l.Map, tt.want, tt.runs)
		}
		checkFile(t, []byte(tt.src), f)
	}
}
