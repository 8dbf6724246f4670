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

// outline returns the trees of f on one line, without positions.
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
		{"quoted value with quotes in the action", `image: "k8s.gcr.io/{{ .x | default "y" }}:1"`, `{image=k8s.gcr.io/{{ .x | default "y" }}:1}`},
		{"only an action", "image: {{ .x }}\nb: c", "{image={{ .x }}, b=c}"},
		{"an action before a host", "image: {{ .R }}quay.io/a", "{image={{ .R }}quay.io/a}"},
		{"a key", "{{ .k }}: v", "{{{ .k }}=v}"},
		{"a list item", "- {{ .a }}\n- b", "[{{ .a }}, b]"},
		{"branches of a value",
			"image: {{if .A}}{{.A}}{{else}}k8s.gcr.io/x:1{{end}}", "{image={{.A}} k8s.gcr.io/x:1}"},
		{"branches of a quoted value",
			`image: "{{ if .A }}{{ .A }}/{{ else }}k8s.gcr.io/{{ end }}x:1"`, "{image={{ .A }}/ k8s.gcr.io/{{ end }}x:1}"},
		{"an optional part at the end of a word",
			"image: k8s.gcr.io/x{{ if .y }}-{{ .y }}{{ end }}:1", "{image=k8s.gcr.io/x{{ if .y }}-{{ .y }}{{ end }}:1}"},
		{"an optional part at the beginning of a word",
			"image: {{ if .y }}my-{{ end }}k8s.gcr.io/x", "{image=my-{{ end }}k8s.gcr.io/x}"},
		{"a condition around a value", `image: {{ if .y }}"k8s.gcr.io/x:1"{{ end }}`, "{image=k8s.gcr.io/x:1}"},
		{"a condition within quotes", `image: "{{ if .y }}k8s.gcr.io/x:1{{ end }}"`, "{image=k8s.gcr.io/x:1}"},
		{"a condition after =", "args: [--i={{ if .y }}{{ .y }}{{ else }}k8s.gcr.io/x{{ end }}]", "{args=[--i={{ .y }} k8s.gcr.io/x]}"},
		{"a comment inside a word", "a: b{{/* c */}}d", "{a=b{{/* c */}}d}"},
		{"an action prints a mapping", "labels: {{- include \"x\" . | nindent 2 }}\n  a: b\nc: d", "{labels={a=b}, c=d}"},
		{"an action directly after a colon prints a mapping", "labels:{{ include \"x\" . | nindent 2 }}\n  a: b", "{labels={a=b}}"},
		{"an action prints a mapping, as the next line shows", "labels: {{ .x }}\n  a: b", "{labels={a=b}}"},
		{"an action prints a list, as the next line shows", "args: {{ .x }}\n- a", "{args=[a]}"},
		{"an action prints a list item, as the next line shows", "- {{ .x }}\n  a: b", "[{a=b}]"},
		{"lines of actions", "a:\n{{- if .x }}\n  b: c\n{{- else }}\n  d: e\n{{- end }}\n  {{ toYaml .y | indent 2 }}\n", "{a={b=c, d=e}}"},
		{"lines of actions in a block scalar", "a: |\n  b\n  {{- if .x }}\n  image: {{ .y }}\n        {{- end }}\n  c", "{a=b⏎image: {{ .y }}⏎c}"},
		{"an action prints a block scalar", "a: |-\n  {{- .x | nindent 2 }}\nb: |{{ .x | nindent 2 }}\nc: d", "{a=, b=, c=d}"},
		{"an action at the beginning of a line", "{{- if .x }}a: b{{ end }}\nc: d", "{a=b, c=d}"},
		{"an action before a comment", "{{ toYaml .x }} # y\na: b", "{a=b}"},
		{"an action of several lines", "a:\n  {{- if or .b\n     .c }}\n  d: {{ .e\n }}\n", "{a={d={{ .e⏎ }}}}"},
		{"a string that contains a closing delimiter", "a: {{ \"}}\" }}/{{ `}}` }}", "{a={{ \"}}\" }}/{{ `}}` }}}"},
		{"definitions are documents", "{{ define \"a\" }}\nx: 1\n{{ end }}\n{{ define \"b\" }}\n- y\n{{ end }}", "{x=1} --- [y]"},
		{"text after a definition", "{{ define \"a\" }}\n{\"x\": 1}\n{{ end }}\ny: 2", "{x=1} --- {y=2}"},
		{"branches that cannot be read together", "a:\n{{ if .x }}\n- b\n{{ else }}\n  c: d\n{{ end }}\n", "{a=[b]} --- {a={c=d}}"},
		{"three branches", "a:\n{{ if .x }}\n- b\n{{ else if .y }}\n  c: d\n{{ else }}\n  |\n  e\n{{ end }}\n", "{a=[b]} --- {a={c=d}} --- {a=e⏎}"},
		{"CRLF", "a:\r\n  {{- if .x }}\r\n  b: {{ .c }}/d\r\n  {{- end }}\r\n", "{a={b={{ .c }}/d}}"},
		{"a BOM", "\uFEFF{{ if .x }}\na: b\n{{ end }}\n", "{a=b}"},
		{"no final line break", "a: b\n{{ end }}", "{a=b}"},
		{"empty", "", ""},
		{"only actions", "{{ include \"x\" . }}", ""},

		{"Jinja: a value", "image: k8s.gcr.io/{{ x }}:{{ y | default('1') }}", "{image=k8s.gcr.io/{{ x }}:{{ y | default('1') }}}"},
		{"Jinja: statements", "a:\n{% if x == 'abc' %}\n  b: c\n{% else %}\n  d: e\n{% endif %}\n{# f: #}\n", "{a={b=c, d=e}}"},
		{"Jinja: statements inside a line", "a: {% if x %}b{% else %}k8s.gcr.io/c{% endif %}", "{a=b k8s.gcr.io/c}"},
		{"Jinja: raw", "{% raw %}\na: '{{ .b }}'\n{% endraw %}\nc: {{ d }}", "{a={{ .b }}, c={{ d }}}"},
		{"Jinja: braces in an action", "a: {{ {'b': {'c': 1}} }}\n{% set d = {} %}", "{a={{ {'b': {'c': 1}} }}}"},
		{"Jinja: white space control", "{%+ if x -%}\na: b\n{%- endif +%}\n", "{a=b}"},
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
				t.Errorf("not verified; unparsed: %v", f.Unparsed)
			}
			checkFile(t, []byte(tt.src), f)
		})
	}
}

func TestParseUnparsed(t *testing.T) {
	tests := []struct {
		name, src, want string
		unparsed        []string
	}{
		{"prose", "See: this: {{ .x }} and\nk8s.gcr.io/a", "", []string{"See: this: ", " and\nk8s.gcr.io/a"}},
		{"one document of two", "a: {{ .x }}\n---\nb: c: d\n{{ .y }}", "{a={{ .x }}}", []string{"---\nb: c: d\n"}},
		{"an optional part that is not YAML", "a: b\n{{ if .x }}\n c: d: e\n{{ end }}f: {{ .g }}", "{a=b, f={{ .g }}}", []string{"\n c: d: e\n"}},
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
			var unparsed []string
			for _, s := range f.Unparsed {
				unparsed = append(unparsed, tt.src[s.Start:s.End])
			}
			if !slices.Equal(unparsed, tt.unparsed) || f.Verified {
				t.Errorf("unparsed is %q, want %q; verified is %v", unparsed, tt.unparsed, f.Verified)
			}
			checkFile(t, []byte(tt.src), f)
		})
	}
}

func TestParseErrors(t *testing.T) {
	deep := strings.Repeat("- ", 20_000) + "{{ .x }}"
	tests := []struct{ name, src, err string }{
		{"an action that is not closed", "a: b\nc: {{ .d", "line 2"},
		{"a string that is not closed", "c: {{ \"d }}\n\"", "line 1"},
		{"a comment that is not closed", "{{/* c }}", "line 1"},
		{"text after a comment", "{{/* c */ d }}", "line 1"},
		{"Jinja: a statement that is not closed", "a: b\n\n{% if x\n", "line 3"},
		{"Jinja: raw that is not closed", "{% raw %}\na: b\n", "line 1"},
		{"UTF-16", "\xff\xfe{\x00{\x00{{ .x }}", syntax.ErrUTF16.Error()},
		{"a byte order mark inside", "a: \uFEFF{{ .x }}", syntax.ErrInnerBOM.Error()},
		{"deep nesting", deep, syntax.ErrTooDeep.Error()},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := Parse([]byte(tt.src), nil); err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("got error %v, want an error that contains %q", err, tt.err)
			}
		})
	}
}

func TestParseWant(t *testing.T) {
	src := "{{ if .x }}\na: {{ default \"k8s.gcr.io/x\" .y }}\n{{ end }}\n---\nb: c\n---\n{{ .z }}: k8s.gcr.io/d\n"
	var chunks []string
	f, err := Parse([]byte(src), func(chunk []byte) bool {
		chunks = append(chunks, string(chunk))
		return strings.Contains(string(chunk), "k8s.gcr.io")
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := outline(f); got != `{a={{ default "k8s.gcr.io/x" .y }}} --- {{{ .z }}=k8s.gcr.io/d}` {
		t.Errorf("got %s", got)
	}
	if strings.Join(chunks, "") != src {
		t.Errorf("want was called with %q", chunks)
	}
	if len(f.Literals) != 1 || f.Literals[0].Scalar == nil {
		t.Errorf("literals: %v", f.Literals)
	}
}

// TestParseMap checks that an action in a value is mapped like the text around
// it, so that a whole reference is one span.
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
