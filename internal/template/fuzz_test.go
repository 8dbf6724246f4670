package template

import (
	"bytes"
	"strings"
	"testing"
	"text/template/parse"
	"unicode/utf8"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
)

// seeds are templates that are hard to parse.
var seeds = []string{
	"a: {{ .x }}", "{{- .x -}} a\n", "{{/* }} */}}", "{{- /* a */ -}}", `{{ "}}" }}{{ "\"}}" }}`, "{{ `}}\n` }}", `{{ '}' }}{{ '\'' }}`,
	"{{ (.x).y }}", "{{ -1 }}{{- 3 }}", "{{.}}{{$}}{{$x := 1}}", "{{ if .x }}a{{ else if .y }}b{{ else }}c{{ end }}",
	"{{ define \"a\" }}\nx: y\n{{ end }}\n{{ template \"a\" . }}", "{{ range $i, $e := .x }}\n- {{ $e | quote }}\n{{- end }}",
	"a: |\n  b {{ .c }}\n  {{- if .d }}\n  e\n  {{- end }}\n", "a: \"{{ .b | default \"c\" }}/d\" # {{ .e }}\r\n", "\uFEFF{{ .a }}\n\u0085b: c",
	"a:\n{{ if .b }}\n- c\n{{ else }}\n  d: e\n{{ end }}\n---\nf: g: {{ .h }}\n", "{% if a %}\nb: {{ c['d'] }}\n{% endif %}{# e #}",
	"{% raw %}{{ a }}{% endraw %}", "a: {{ {'b': {}} }}{% set c = 'd\\'e' %}", "{{ 'a' if b in ['c'] else d | regex_replace('e', \"f\") }}",
	"{{ eq (default \"a\" .b | trimPrefix `c`) (index .d \"e\") | ternary \"f\" \"g\" }}", "image: {{if .A}}{{.A}}{{else}}k8s.gcr.io/x:1{{end}}", "labels: {{- include \"x\" . | nindent 4 }}\n    a: b",
}

// FuzzLex compares with text/template/parse: if it parses a template, the text
// between the actions and the string literals are the same here.
func FuzzLex(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		tree := parse.New("")
		tree.Mode = parse.SkipFuncCheck | parse.ParseComments
		trees := map[string]*parse.Tree{}
		if _, err := tree.Parse(string(src), "", "", trees); err != nil || !utf8.Valid(src) {
			return
		}
		s, err := lexGo(src)
		if err != nil {
			t.Fatalf("%q: text/template parses it, lexGo returns: %v", src, err)
		}
		want := parsedTexts(trees)
		got := map[int]string{}
		at, trim := 0, false
		for i := range len(s.actions) + 1 {
			end, trimEnd := len(src), false
			if i < len(s.actions) {
				end, trimEnd = s.actions[i].span.Start, s.actions[i].trimLeft
			}
			text := string(src[at:end])
			if trimEnd {
				text = strings.TrimRight(text, " \t\r\n")
			}
			if trim {
				text = strings.TrimLeft(text, " \t\r\n")
				at = end - len(strings.TrimLeft(string(src[at:end]), " \t\r\n"))
			}
			if text != "" {
				got[at] = text
			}
			if i < len(s.actions) {
				at, trim = s.actions[i].span.End, s.actions[i].trimRight
			}
		}
		for at, text := range want {
			if got[at] != text {
				t.Errorf("%q: expected the text %[3]q at byte %[2]d, got %[4]q", src, at, text, got[at])
			}
		}
		for at, text := range got {
			// text/template may replace an empty definition with another one.
			if strings.TrimSpace(text) != "" && want[at] != text {
				t.Errorf("%q: unexpected text %q at byte %d", src, text, at)
			}
		}
		literals := map[int]string{}
		for _, l := range s.literals(make([]*syntax.Node, len(s.actions))) {
			literals[l.Span.Start] = l.Text
		}
		for at, text := range parsedStrings(t, src) {
			if literals[at] != text {
				t.Errorf("%q: expected the literal %[3]q at byte %[2]d, got %[4]q", src, at, text, literals[at])
			}
		}
	})
}

// FuzzParse checks that all positions map to equal bytes of the source, and that
// an edit that Verify accepts does not change the actions.
func FuzzParse(f *testing.F) {
	for i, s := range seeds {
		f.Add([]byte(s), 3*i, 3*i+2, "x")
	}
	f.Fuzz(func(t *testing.T, src []byte, start, end int, text string) {
		file, err := Parse(src, nil)
		if err != nil {
			return
		}
		checkFile(t, src, file)
		if err := Verify(src, nil); err != nil {
			t.Fatalf("%q: Verify without edits: %v", src, err)
		}
		part, err := Parse(src, func(chunk []byte) bool { return bytes.Contains(chunk, []byte("a")) })
		if err != nil {
			t.Fatalf("%q: parsing some documents: %v", src, err)
		}
		checkFile(t, src, part)
		if len(part.Literals) != len(file.Literals) || len(part.Comments) != len(file.Comments) {
			t.Fatalf("%q: parsing some documents gives %d literals, parsing all %d", src, len(part.Literals), len(file.Literals))
		}
		e := edit.Edit{Span: edit.Span{Start: start, End: end}, New: text}
		after, err := edit.Apply(src, []edit.Edit{e})
		if err != nil || Verify(src, []edit.Edit{e}) != nil {
			return
		}
		if before, now := skeleton(t, src, file.Engine), skeleton(t, after, file.Engine); before != now {
			t.Fatalf("%v in %q: the actions %q became %q", e, src, before, now)
		}
	})
}

// skeleton returns the actions of src without the text of their literals.
func skeleton(t *testing.T, src []byte, e Engine) string {
	t.Helper()
	s, err := lexAs(e, src)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for _, a := range s.actions {
		at := a.span.Start
		for _, k := range s.tokens[a.first:a.last] {
			if k.kind.isString() {
				out.Write(src[at : k.span.Start+1])
				at = k.span.End - 1
			}
		}
		out.Write(src[at:a.span.End])
	}
	return out.String()
}

// BenchmarkParse parses a megabyte of typical chart templates.
func BenchmarkParse(b *testing.B) {
	part := "{{- if .Values.a }}\n---\nkind: Pod\nmetadata:\n  labels: {{- include \"x\" . | nindent 4 }}\n    a: b\nspec:\n  containers:\n" +
		strings.Repeat("  - name: {{ .n }}\n    image: \"{{ default \"k8s.gcr.io\" .r }}/a/{{ .p }}:{{ .t | quote }}\"\n    {{- toYaml .x | nindent 4 }}\n", 20) + "{{- end }}\n"
	src := []byte(strings.Repeat(part, 1<<20/len(part)))
	b.SetBytes(int64(len(src)))
	for b.Loop() {
		if _, err := Parse(src, nil); err != nil {
			b.Fatal(err)
		}
	}
}
