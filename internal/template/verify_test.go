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
		old       []string // text to replace, in « », with the text around it
		new, err  string
	}{
		{"text", chart, []string{"image: «k8s.gcr.io»"}, "registry.k8s.io", ""},
		{"a literal", chart, []string{`default "«k8s.gcr.io»`}, "registry.k8s.io", ""},
		{"a comment of YAML", chart, []string{"# «k8s.gcr.io»"}, "registry.k8s.io", ""},
		{"several edits", chart, []string{`default "«k8s.gcr.io»`, "image: «k8s.gcr.io»", "# «k8s.gcr.io»"}, "registry.k8s.io", ""},
		{"a key on the next line", chart, []string{"# k8s.gcr.io/c«»"}, "\nnewName: x", ""},
		{"delete a prefix", chart, []string{"image: «k8s.gcr.io/»"}, "", ""},
		{"a word of an action", chart, []string{".«a» }}"}, "b", "not inside a string literal"},
		{"the end of a literal", chart, []string{`a«"» .x`}, "c", "not inside a string literal"},
		{"a literal with its quotes", chart, []string{`default «"k8s.gcr.io/a"»`}, "`x`", "not inside a string literal"},
		{"insert an action into a literal", chart, []string{`default "«k8s.gcr.io»`}, `x" }}{{ "y`, "actions became"},
		{"insert a quote into a literal", chart, []string{`default "«k8s.gcr.io»`}, `x" "y`, "the action changes"},
		{"insert an escape into a literal", chart, []string{`default "«k8s.gcr.io»`}, `\x41`, "becomes"},
		{"replace an escape", chart, []string{`{{ "«\x6b8s»`}, "x", "escape"},
		{"insert an action into text", chart, []string{"image: «k8s.gcr.io»"}, "{{ .new }}", "actions became"},
		{"text and the action after it", chart, []string{"«k8s.gcr.io/{{ .a }}:»"}, "x", "not inside a string literal"},
		{"insert a key into a value", chart, []string{"image: «k8s.gcr.io»"}, "b: c", "line"},
		{"change the type of a value", chart, []string{"kind: «Pod»"}, "1", "line"},
		{"the indentation of an action", "a: b\n  {{ .x }}\n", []string{"a: b\n« »"}, "  ", "neither in a value nor in a comment"},
		{"define a name twice", "{{ define \"a\" }}d{{ end }}\n{{ define \"b\" }}c{{ end }}", []string{`"«b»`}, "a", "text/template"},
		{"Jinja: text", jinja, []string{"image: «k8s.gcr.io»"}, "registry.k8s.io", ""},
		{"Jinja: a literal", jinja, []string{"t('«k8s.gcr.io»"}, "registry.k8s.io", ""},
		{"Jinja: a compared literal", jinja, []string{"== '«k8s.gcr.io»"}, "registry.k8s.io", ""},
		{"Jinja: raw", jinja, []string{"{{ «k8s.gcr.io» }}"}, "registry.k8s.io", ""},
		{"Jinja: a variable", jinja, []string{"{{ «b» |"}, "c", "not inside a string literal"},
		{"Jinja: insert a comment", jinja, []string{"image: «k8s.gcr.io»"}, "{# x #}", "actions became"},
		{"one branch", branches, []string{"- «k8s.gcr.io»"}, "registry.k8s.io", ""},
		{"both branches", branches, []string{"- «k8s.gcr.io»", "c: «k8s.gcr.io»"}, "registry.k8s.io", ""},
		{"insert a key into the second branch", branches, []string{"c: «k8s.gcr.io»"}, "e: f", "line"},
		{"text that is not YAML", "a: b: k8s.gcr.io/{{ .x }}", []string{"b: «k8s.gcr.io»"}, "registry.k8s.io", ""},
		{"insert an action into text that is not YAML", "a: b: k8s.gcr.io/{{ .x }}", []string{"b: «k8s.gcr.io»"}, "{{ .y }}", "actions became"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var edits []edit.Edit
			for _, old := range tt.old {
				before, rest, _ := strings.Cut(old, "«")
				text, after, ok := strings.Cut(rest, "»")
				at := strings.Index(tt.src, before+text+after)
				if !ok || at < 0 {
					t.Fatalf("the source does not contain %q", old)
				}
				at += len(before)
				edits = append(edits, edit.Edit{Span: edit.Span{Start: at, End: at + len(text)}, New: tt.new})
			}
			err := Verify([]byte(tt.src), edits)
			switch {
			case tt.err == "" && err != nil:
				t.Errorf("unexpected error: %v", err)
			case tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)):
				t.Errorf("got error %v, want an error that contains %q", err, tt.err)
			}
		})
	}
}

func TestVerifyWithoutEdits(t *testing.T) {
	src := "a: {{ .x }}"
	if err := Verify([]byte(src), nil); err != nil {
		t.Errorf("unexpected error: %v", err)
	}
	if err := Verify([]byte("a: {{ .x"), nil); err == nil {
		t.Error("Verify accepts an action that is not closed")
	}
}
