package template

import (
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

func TestVerify(t *testing.T) {
	chart := `{{- define "x" -}}
{{ default "k8s.gcr.io/a" .x }}
{{- end }}
{{ if .y }}
kind: Pod
image: k8s.gcr.io/{{ .a }}:{{ .b }} # k8s.gcr.io/c
{{ end }}
esc: {{ "\x6b8s.gcr.io" }}
`
	jinja := "{% if a == 'k8s.gcr.io' %}\nimage: k8s.gcr.io/{{ b | default('k8s.gcr.io/c') }}\n{% endif %}\n{% raw %}\nd: '{{ k8s.gcr.io }}'\n{% endraw %}\n"
	branches := "a:\n{{ if .x }}\n- k8s.gcr.io/b\n{{ else }}\n  c: k8s.gcr.io/d\n{{ end }}\n"
	tests := []struct {
		name, src string
		old       []string // text to replace, in « », with what stands around it
		new, err  string
	}{
		{"text", chart, []string{"image: «k8s.gcr.io»"}, "registry.k8s.io", ""},
		{"a literal", chart, []string{`default "«k8s.gcr.io»`}, "registry.k8s.io", ""},
		{"a comment of YAML", chart, []string{"# «k8s.gcr.io»"}, "registry.k8s.io", ""},
		{"all of them", chart, []string{`default "«k8s.gcr.io»`, "image: «k8s.gcr.io»", "# «k8s.gcr.io»"}, "registry.k8s.io", ""},
		{"a key below", chart, []string{"# k8s.gcr.io/c«»"}, "\nnewName: x", ""},
		{"a prefix is dropped", chart, []string{"image: «k8s.gcr.io/»"}, "", ""},
		{"a word of an action", chart, []string{".«a» }}"}, "b", "not within a string literal"},
		{"the end of a literal", chart, []string{`a«"» .x`}, "c", "not within a string literal"},
		{"the quotes, too", chart, []string{`default «"k8s.gcr.io/a"»`}, "`x`", "not within a string literal"},
		{"an action into a literal", chart, []string{`default "«k8s.gcr.io»`}, `x" }}{{ "y`, "actions became"},
		{"a quote into a literal", chart, []string{`default "«k8s.gcr.io»`}, `x" "y`, "another one"},
		{"an escape into a literal", chart, []string{`default "«k8s.gcr.io»`}, `\x41`, "becomes"},
		{"an escape is replaced", chart, []string{`{{ "«\x6b8s»`}, "x", "escaped"},
		{"an action into text", chart, []string{"image: «k8s.gcr.io»"}, "{{ .new }}", "actions became"},
		{"text and the action behind it", chart, []string{"«k8s.gcr.io/{{ .a }}:»"}, "x", "not within a string literal"},
		{"YAML into text", chart, []string{"image: «k8s.gcr.io»"}, "b: c", "line"},
		{"another type", chart, []string{"kind: «Pod»"}, "1", "line"},
		{"the indentation of an action", "a: b\n  {{ .x }}\n", []string{"a: b\n« »"}, "  ", "neither in a value nor in a comment"},
		{"a name that was defined", "{{ define \"a\" }}d{{ end }}\n{{ define \"b\" }}c{{ end }}", []string{`"«b»`}, "a", "text/template"},
		{"Jinja: text", jinja, []string{"image: «k8s.gcr.io»"}, "registry.k8s.io", ""},
		{"Jinja: a literal", jinja, []string{"t('«k8s.gcr.io»"}, "registry.k8s.io", ""},
		{"Jinja: a compared literal is an edit like others", jinja, []string{"== '«k8s.gcr.io»"}, "registry.k8s.io", ""},
		{"Jinja: raw", jinja, []string{"{{ «k8s.gcr.io» }}"}, "registry.k8s.io", ""},
		{"Jinja: a variable", jinja, []string{"{{ «b» |"}, "c", "not within a string literal"},
		{"Jinja: a comment begins", jinja, []string{"image: «k8s.gcr.io»"}, "{# x #}", "actions became"},
		{"one branch", branches, []string{"- «k8s.gcr.io»"}, "registry.k8s.io", ""},
		{"both branches", branches, []string{"- «k8s.gcr.io»", "c: «k8s.gcr.io»"}, "registry.k8s.io", ""},
		{"YAML into the second branch", branches, []string{"c: «k8s.gcr.io»"}, "e: f", "line"},
		{"text that is no YAML", "a: b: k8s.gcr.io/{{ .x }}", []string{"b: «k8s.gcr.io»"}, "registry.k8s.io", ""},
		{"an action into text that is no YAML", "a: b: k8s.gcr.io/{{ .x }}", []string{"b: «k8s.gcr.io»"}, "{{ .y }}", "actions became"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var edits []edit.Edit
			for _, old := range tt.old {
				before, rest, _ := strings.Cut(old, "«")
				text, behind, ok := strings.Cut(rest, "»")
				at := strings.Index(tt.src, before+text+behind)
				if !ok || at < 0 {
					t.Fatalf("%q does not stand in the source", old)
				}
				at += len(before)
				edits = append(edits, edit.Edit{Span: edit.Span{Start: at, End: at + len(text)}, New: tt.new})
			}
			err := Verify([]byte(tt.src), edits)
			switch {
			case tt.err == "" && err != nil:
				t.Errorf("got error %v", err)
			case tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)):
				t.Errorf("got error %v, want one with %q", err, tt.err)
			}
		})
	}
}

func TestVerifyWithoutEdits(t *testing.T) {
	src := "a: {{ .x }}"
	if err := Verify([]byte(src), nil); err != nil {
		t.Errorf("nothing changed: %v", err)
	}
	if err := Verify([]byte("a: {{ .x"), nil); err == nil {
		t.Error("an action that does not end was accepted")
	}
}
