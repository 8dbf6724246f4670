package helm

import (
	"slices"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/render"
)

// TestTraceBranches checks which short names the branches of a chart print, and that a name
// after a registry is not one of them.
func TestTraceBranches(t *testing.T) {
	for name, c := range map[string]struct {
		template, helpers, values string
		want                      []string
	}{
		"a false condition":   {"{{ if .Values.sub.enabled }}\nimage: {{ .Values.sub.img }}:1\n{{ end }}", "", "sub: {enabled: false, img: acme/side}", []string{"acme/side:1"}},
		"else":                {`image: {{ include "r" . }}`, `{{ define "r" }}{{ if .Values.x }}a/b:1{{ else if .Values.y }}c/d:1{{ else }}e/f:1{{ end }}{{ end }}`, "x: 1", []string{"a/b:1", "c/d:1", "e/f:1"}},
		"nested":              {"{{ if .Values.x }}\nimage: {{ if .Values.y }}a/b:1{{ else }}c/d:1{{ end }}\n{{ end }}", "", "", []string{"a/b:1", "c/d:1"}},
		"ternary":             {`image: {{ ternary "a/b:1" "c/d:1" .Values.x }}`, "", "x: true", []string{"a/b:1", "c/d:1"}},
		"default":             {`image: {{ .Values.x | default "a/b:1" }}`, "", "x: c/d:1", []string{"a/b:1", "c/d:1"}},
		"coalesce":            {`image: {{ coalesce .Values.x "a/b:1" }}`, "", "x: c/d:1", []string{"a/b:1", "c/d:1"}},
		"after a registry":    {"{{ if .Values.on }}\nimage: {{ with .Values }}{{ if .reg }}{{ .reg }}/{{ end }}{{ .repo }}{{ end }}:1\n{{ end }}", "", "{reg: quay.io, repo: a/b}", nil},
		"an empty registry":   {"{{ if .Values.on }}\nimage: {{ if .Values.reg }}{{ .Values.reg }}/{{ end }}{{ .Values.repo }}:1\n{{ end }}", "", "{reg: '', repo: a/b}", []string{"a/b:1"}},
		"an error":            {"{{ if .Values.on }}\nimage: a/b:1\n{{ .Values.x.y.z }}{{ end }}", "", "", []string{"a/b:1"}},
		"recursion":           {`image: {{ include "r" . }}`, `{{ define "r" }}{{ if .Values.stop }}a/b:1{{ else }}{{ include "r" . }}{{ include "r" . }}{{ end }}{{ end }}`, "stop: true", []string{"a/b:1"}},
		"no YAML":             {"{{ if .Values.on }}\n- image: a/b:1\nx: y\nx: {{ end }}", "", "", []string{"a/b:1"}},
		"variables of others": {"image: a/b:${TAG}\nimage: {{ .Values.none }}:1", "", "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			q := &renderRequest{
				Chart: &Chart{Files: map[string][]byte{
					"Chart.yaml": []byte("apiVersion: v2\nname: x\nversion: 1.0.0\n"), "values.yaml": []byte(c.values),
					"templates/a.yaml": []byte(c.template), "templates/_h.tpl": []byte(c.helpers),
				}},
				Branches: true,
			}
			out, err := traceBranches(q, render.Limits{MaxOutput: 1 << 20, MaxRenderings: 100})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, r := range out.Refs {
				got = append(got, r.Ref)
			}
			slices.Sort(got)
			if !slices.Equal(got, c.want) {
				t.Errorf("expected %q, got %q", c.want, got)
			}
		})
	}
}
