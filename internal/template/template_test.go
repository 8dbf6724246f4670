package template

import (
	"slices"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
)

func TestSniff(t *testing.T) {
	tests := []struct {
		src  string
		want bool
	}{
		{"", false},
		{"a: {b: c}", false},
		{"a: {{ .b }}", true},
		{"{{ .b }}", true},
		{"a: {% if b %}c{% endif %}", true},
		{"run: echo ${{ github.ref }}", false},
		{"run: echo ${{ github.ref }} {{ .x }}", true},
		{"a: ${b} ${#c}", false},
	}
	for _, tt := range tests {
		if got := Sniff([]byte(tt.src)); got != tt.want {
			t.Errorf("%q: got %v", tt.src, got)
		}
	}
}

func TestEngine(t *testing.T) {
	tests := []struct {
		src  string
		want Engine
	}{
		{"a: {{ .Values.b }}", Go},
		{"{{- if .x }}\na: b\n{{- end }}", Go},
		{`a: {{ include "x" . | nindent 4 }}`, Go},
		{"{{/* a comment */}}\na: {{ b }}", Go},
		{"a: {{ if KubeDNS.Image }}{{ KubeDNS.Image }}{{ else }}b{{ end }}", Go},
		{`a: '{{ "{%" }} {{ .b }}'`, Go},
		{"a: {{ b }}\n{% if c %}\nd: e\n{% endif %}", Jinja},
		{"a: {{ b | default('c') }}", Jinja},
		{"a: {{ b == 'cde' }}", Jinja},
		{"a: {{ 'cde' if f else g }}", Jinja},
		{"a: {{ b['cde'] }}", Jinja},
		{"# jinja\na: {{ b if c }}", Jinja},
		{"{# it's #}\na: {{ b }}\n{% set c = 1 %}", Jinja},
	}
	for _, tt := range tests {
		f, err := Parse([]byte(tt.src), nil)
		if err != nil {
			t.Errorf("%q: %v", tt.src, err)
		} else if f.Engine != tt.want {
			t.Errorf("%q: got %v, want %v", tt.src, f.Engine, tt.want)
		}
	}
}

// outline writes the trees of f on one line: what was read, without places.
func outline(f *File) string {
	var docs []string
	for _, d := range f.Docs {
		if d.Root != nil {
			docs = append(docs, outlineNode(d.Root))
		}
	}
	return strings.Join(docs, " --- ")
}

func outlineNode(n *syntax.Node) string {
	var parts []string
	switch n.Kind {
	case syntax.Mapping:
		for i := 0; i+1 < len(n.Children); i += 2 {
			parts = append(parts, outlineNode(n.Children[i])+"="+outlineNode(n.Children[i+1]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case syntax.Sequence:
		for _, c := range n.Children {
			parts = append(parts, outlineNode(c))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	return strings.ReplaceAll(n.Value, "\n", "⏎")
}

func TestParseValues(t *testing.T) {
	tests := []struct {
		name, src, want string
	}{
		{"variables in a reference", "image: k8s.gcr.io/{{ .x }}:{{ .y }}", "{image=k8s.gcr.io/{{ .x }}:{{ .y }}}"},
		{"quoted, with quotes in the action", `image: "k8s.gcr.io/{{ .x | default "y" }}:1"`, `{image=k8s.gcr.io/{{ .x | default "y" }}:1}`},
		{"an action only", "image: {{ .x }}\nb: c", "{image={{ .x }}, b=c}"},
		{"an action before a host", "image: {{ .R }}quay.io/a", "{image={{ .R }}quay.io/a}"},
		{"a key", "{{ .k }}: v", "{{{ .k }}=v}"},
		{"a list item", "- {{ .a }}\n- b", "[{{ .a }}, b]"},
		{"branches of a value",
			"image: {{if .A}}{{.A}}{{else}}k8s.gcr.io/x:1{{end}}", "{image={{.A}} k8s.gcr.io/x:1}"},
		{"branches of a quoted value",
			`image: "{{ if .A }}{{ .A }}/{{ else }}k8s.gcr.io/{{ end }}x:1"`, "{image={{ .A }}/ k8s.gcr.io/{{ end }}x:1}"},
		{"an optional end of a reference",
			"image: k8s.gcr.io/x{{ if .y }}-{{ .y }}{{ end }}:1", "{image=k8s.gcr.io/x{{ if .y }}-{{ .y }}{{ end }}:1}"},
		{"an optional begin of a word",
			"image: {{ if .y }}my-{{ end }}k8s.gcr.io/x", "{image=my-{{ end }}k8s.gcr.io/x}"},
		{"a condition around a value", `image: {{ if .y }}"k8s.gcr.io/x:1"{{ end }}`, "{image=k8s.gcr.io/x:1}"},
		{"a condition within quotes", `image: "{{ if .y }}k8s.gcr.io/x:1{{ end }}"`, "{image=k8s.gcr.io/x:1}"},
		{"a condition behind =", "args: [--i={{ if .y }}{{ .y }}{{ else }}k8s.gcr.io/x{{ end }}]", "{args=[--i={{ .y }} k8s.gcr.io/x]}"},
		{"a comment within a word", "a: b{{/* c */}}d", "{a=b{{/* c */}}d}"},
		{"a mapping is printed", "labels: {{- include \"x\" . | nindent 2 }}\n  a: b\nc: d", "{labels={a=b}, c=d}"},
		{"a mapping is printed behind a colon", "labels:{{ include \"x\" . | nindent 2 }}\n  a: b", "{labels={a=b}}"},
		{"a mapping is printed, by its place", "labels: {{ .x }}\n  a: b", "{labels={a=b}}"},
		{"a list is printed, by its place", "args: {{ .x }}\n- a", "{args=[a]}"},
		{"an item is printed, by its place", "- {{ .x }}\n  a: b", "[{a=b}]"},
		{"lines of actions", "a:\n{{- if .x }}\n  b: c\n{{- else }}\n  d: e\n{{- end }}\n  {{ toYaml .y | indent 2 }}\n", "{a={b=c, d=e}}"},
		{"lines of actions in a block scalar", "a: |\n  b\n  {{- if .x }}\n  image: {{ .y }}\n        {{- end }}\n  c", "{a=b⏎image: {{ .y }}⏎c}"},
		{"a block scalar is printed", "a: |-\n  {{- .x | nindent 2 }}\nb: |{{ .x | nindent 2 }}\nc: d", "{a=, b=, c=d}"},
		{"an action at the begin of a line", "{{- if .x }}a: b{{ end }}\nc: d", "{a=b, c=d}"},
		{"an action before a comment", "{{ toYaml .x }} # y\na: b", "{a=b}"},
		{"an action over lines", "a:\n  {{- if or .b\n     .c }}\n  d: {{ .e\n }}\n", "{a={d={{ .e⏎ }}}}"},
		{"a string that holds the end of an action", "a: {{ \"}}\" }}/{{ `}}` }}", "{a={{ \"}}\" }}/{{ `}}` }}}"},
		{"definitions are documents", "{{ define \"a\" }}\nx: 1\n{{ end }}\n{{ define \"b\" }}\n- y\n{{ end }}", "{x=1} --- [y]"},
		{"text behind a definition", "{{ define \"a\" }}\n{\"x\": 1}\n{{ end }}\ny: 2", "{x=1} --- {y=2}"},
		{"branches that no tree holds together", "a:\n{{ if .x }}\n- b\n{{ else }}\n  c: d\n{{ end }}\n", "{a=[b]} --- {a={c=d}}"},
		{"three branches", "a:\n{{ if .x }}\n- b\n{{ else if .y }}\n  c: d\n{{ else }}\n  |\n  e\n{{ end }}\n", "{a=[b]} --- {a={c=d}} --- {a=e⏎}"},
		{"CRLF", "a:\r\n  {{- if .x }}\r\n  b: {{ .c }}/d\r\n  {{- end }}\r\n", "{a={b={{ .c }}/d}}"},
		{"a BOM", "\uFEFF{{ if .x }}\na: b\n{{ end }}\n", "{a=b}"},
		{"no line break at the end", "a: b\n{{ end }}", "{a=b}"},
		{"empty", "", ""},
		{"only actions", "{{ include \"x\" . }}", ""},

		{"Jinja: a value", "image: k8s.gcr.io/{{ x }}:{{ y | default('1') }}", "{image=k8s.gcr.io/{{ x }}:{{ y | default('1') }}}"},
		{"Jinja: statements", "a:\n{% if x == 'abc' %}\n  b: c\n{% else %}\n  d: e\n{% endif %}\n{# f: #}\n", "{a={b=c, d=e}}"},
		{"Jinja: statements in a line", "a: {% if x %}b{% else %}k8s.gcr.io/c{% endif %}", "{a=b k8s.gcr.io/c}"},
		{"Jinja: raw", "{% raw %}\na: '{{ .b }}'\n{% endraw %}\nc: {{ d }}", "{a={{ .b }}, c={{ d }}}"},
		{"Jinja: braces in an action", "a: {{ {'b': {'c': 1}} }}\n{% set d = {} %}", "{a={{ {'b': {'c': 1}} }}}"},
		{"Jinja: blanks are kept", "{%+ if x -%}\na: b\n{%- endif +%}\n", "{a=b}"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, err := Parse([]byte(tt.src), nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := outline(f); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if !f.Verified {
				t.Errorf("not verified, %v is plain", f.Unparsed)
			}
			checkFile(t, []byte(tt.src), f)
		})
	}
}

func TestParsePlain(t *testing.T) {
	tests := []struct {
		name, src, want string
		plain           []string
	}{
		{"prose", "See: this: {{ .x }} and\nk8s.gcr.io/a", "", []string{"See: this: ", " and\nk8s.gcr.io/a"}},
		{"one document of two", "a: {{ .x }}\n---\nb: c: d\n{{ .y }}", "{a={{ .x }}}", []string{"---\nb: c: d\n"}},
		{"what is optional and no YAML", "a: b\n{{ if .x }}\n c: d: e\n{{ end }}f: {{ .g }}", "{a=b, f={{ .g }}}", []string{"\n c: d: e\n"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, err := Parse([]byte(tt.src), nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := outline(f); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			var plain []string
			for _, s := range f.Unparsed {
				plain = append(plain, tt.src[s.Start:s.End])
			}
			if !slices.Equal(plain, tt.plain) || f.Verified {
				t.Errorf("plain is %q, want %q; verified is %v", plain, tt.plain, f.Verified)
			}
			checkFile(t, []byte(tt.src), f)
		})
	}
}

func TestParseErrors(t *testing.T) {
	deep := strings.Repeat("- ", 20_000) + "{{ .x }}"
	tests := []struct{ name, src, err string }{
		{"an action that does not end", "a: b\nc: {{ .d", "line 2"},
		{"a string that does not end", "c: {{ \"d }}\n\"", "line 1"},
		{"a comment that does not end", "{{/* c }}", "line 1"},
		{"a comment that goes on", "{{/* c */ d }}", "line 1"},
		{"Jinja: a statement that does not end", "a: b\n\n{% if x\n", "line 3"},
		{"Jinja: raw that does not end", "{% raw %}\na: b\n", "line 1"},
		{"UTF-16", "\xff\xfe{\x00{\x00{{ .x }}", syntax.ErrUTF16.Error()},
		{"a byte order mark inside", "a: \uFEFF{{ .x }}", syntax.ErrInnerBOM.Error()},
		{"deep", deep, syntax.ErrTooDeep.Error()},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := Parse([]byte(tt.src), nil); err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("got error %v, want one with %q", err, tt.err)
			}
		})
	}
}

func TestParseWant(t *testing.T) {
	src := "{{ if .x }}\na: {{ default \"k8s.gcr.io/x\" .y }}\n{{ end }}\n---\nb: c\n---\n{{ .z }}: k8s.gcr.io/d\n"
	var asked []string
	f, err := Parse([]byte(src), func(chunk []byte) bool {
		asked = append(asked, string(chunk))
		return strings.Contains(string(chunk), "k8s.gcr.io")
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := outline(f); got != `{a={{ default "k8s.gcr.io/x" .y }}} --- {{{ .z }}=k8s.gcr.io/d}` {
		t.Errorf("got %s", got)
	}
	if strings.Join(asked, "") != src {
		t.Errorf("asked for %q", asked)
	}
	if len(f.Literals) != 1 || f.Literals[0].Scalar == nil {
		t.Errorf("literals: %v", f.Literals)
	}
}

// Every scalar's Map leads to the source, and an action in a value is mapped
// like the text around it, so that a whole reference is one span.
func TestParseMap(t *testing.T) {
	src := "{{ if .x }}\nimage: 'k8s.gcr.io/{{ .a }}/it''s:{{ .y }}'\n{{ end }}"
	f, err := Parse([]byte(src), nil)
	if err != nil {
		t.Fatal(err)
	}
	n := f.Docs[0].Root.Children[1]
	if n.Value != "k8s.gcr.io/{{ .a }}/it's:{{ .y }}" {
		t.Fatalf("got %q", n.Value)
	}
	if got, ok := n.Map.Span(0, len("k8s.gcr.io/{{ .a }}/it")); !ok || src[got.Start:got.End] != "k8s.gcr.io/{{ .a }}/it" {
		t.Errorf("got %v, %v", got, ok)
	}
	if got := src[n.Span.Start:n.Span.End]; got != "'k8s.gcr.io/{{ .a }}/it''s:{{ .y }}'" {
		t.Errorf("the token is %q", got)
	}
	if d := f.Docs[0].Span; d != (edit.Span{Start: 0, End: len(src)}) {
		t.Errorf("the document is %v of %d bytes", d, len(src))
	}
}

func TestComments(t *testing.T) {
	tests := []struct {
		src  string
		want []string
	}{
		{"{{/* a */}}\nb: c # d\n{{- /* e\n f */ -}}\n", []string{"{{/* a */}}", "{{- /* e\n f */ -}}"}},
		{"{# a #}\n{% set x = '{# b #}' %}\nc: {{ d }}{# e #}\n", []string{"{# a #}", "{# e #}"}},
	}
	for _, tt := range tests {
		f, err := Parse([]byte(tt.src), nil)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, s := range f.Comments {
			got = append(got, tt.src[s.Start:s.End])
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%q: got %q, want %q", tt.src, got, tt.want)
		}
	}
}
