package helm

import (
	"context"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/internal/chartutil"
	"github.com/regmigrate/regmigrate/pkg/render"
)

// TestValueReads checks which values the templates of small charts may read.
func TestValueReads(t *testing.T) {
	for _, tt := range []struct {
		name      string
		templates string            // templates/a.yaml
		files     map[string]string // other files
		unread    string            // paths of values that no template may read
		read      string            // paths of values that a template may read
	}{
		{name: "a field", templates: `{{ .Values.a.b }}`, read: "a.b a", unread: "a.c b b.a.b"},
		{name: "a part of the value is printed", templates: `{{ toYaml .Values.a }}`, read: "a a.b a.b.c", unread: "b"},
		{name: "with", templates: `{{ with .Values.a }}{{ .b }}{{ end }}`, read: "a.b", unread: "b"},
		{name: "range", templates: `{{ range $k, $v := .Values.a }}{{ $v }}{{ end }}`, read: "a.b", unread: "b"},
		{name: "variable", templates: `{{ $a := .Values.a }}{{ $a.b }}`, read: "a.b", unread: "b"},
		{name: "condition", templates: `{{ if and .Values.a (not .Values.b.c) }}x{{ else if .Values.d }}{{ .Values.e }}{{ end }}`, read: "e", unread: "a.b b.c d"},
		{name: "condition that compares", templates: `{{ if and .Values.a (eq .Values.b.c "x") }}x{{ else if .Values.d | contains "x" }}{{ end }}`, read: "b.c d", unread: "a.b"},
		{name: "condition with a variable", templates: `{{ if $x := .Values.a }}{{ $x }}{{ end }}`, read: "a"},
		{name: "index", templates: `{{ index .Values "a" "b-c" }}{{ index .Values.d .Values.e }}{{ hasKey .Values "f" }}`, read: "a.b-c d.x e", unread: "a.x f"},
		{name: "computed key", templates: `{{ index .Values .Values.e }}`, read: "x"},
		{name: "get", templates: `{{ get .Values.a "b" }}`, read: "a.b", unread: "a.c"},
		{name: "root in a variable", templates: `{{ $root := . }}{{ range .Values.a }}{{ $root.Values.b }}{{ $.Values.c }}{{ end }}`, read: "a b c", unread: "d"},
		{name: "root in a dictionary", templates: `{{ include "x" (dict "top" . "v" .Values.a) }}{{ define "x" }}{{ .top.Values.b }}{{ .v.c }}{{ end }}`, read: "a.c b c"},
		{name: "root in a list", templates: `{{ tuple . .Values.a | include "x" }}{{ define "x" }}{{ $top := index . 0 }}{{ with $top }}{{ .Values.b }}{{ end }}{{ end }}`, read: "a.c b c"},
		{name: "root in a piped dictionary", templates: `{{ include "x" (. | dict "top") }}{{ define "x" }}{{ toYaml .top }}{{ end }}`, read: "a"},
		{name: "root in a list that is printed", templates: `{{ list . | toYaml }}`, read: "a"},
		{name: "root in a loop over a list", templates: `{{ range list . }}{{ include "x" . }}{{ end }}{{ define "x" }}{{ toYaml . }}{{ end }}`, read: "a"},
		{name: "methods of the values", templates: `{{ $v := .Values.AsMap }}{{ $v.a }}`, read: "a"},
		{name: "a table of the values", templates: `{{ (.Values.Table "a").b }}`, read: "a.b"},
		{name: "a path of the values", templates: `{{ .Values.PathValue "a.b" }}`, read: "a.b"},
		{name: "sub-charts as a whole", templates: `{{ toYaml .Subcharts }}`, read: "a"},
		{name: "a sub-chart as a whole", templates: `{{ $.Subcharts.sub | toYaml }}`, read: "a"},
		{name: "parentheses", templates: `{{ ((.Values.a).b).c }}{{ (.Values.d.e) }}`, read: "a.b.c d.e", unread: "e"},
		{name: "definition", templates: `{{ template "x" . }}{{ define "x" }}{{ .Values.a }}{{ end }}`, read: "a", unread: "b"},
		{name: "toYaml of a part", templates: `{{ with .Values.a }}{{ toYaml . }}{{ end }}{{ include "x" .Values.b }}{{ define "x" }}{{ toYaml . }}{{ end }}`, read: "a.x b.x", unread: "c"},
		{name: "file of the chart", templates: `{{ include (print $.Template.BasePath "/b.yaml") . | sha256sum }}`, files: map[string]string{"templates/b.yaml": "{{ .Values.a }}"}, read: "a", unread: "b"},
		{name: "file of the chart, and a definition that prints its argument", templates: `{{ include (print .Template.BasePath "/b.yaml") . }}{{ include "x" .Values.a }}{{ define "x" }}{{ $x := . }}{{ $x | quote }}{{ end }}`, read: "a", unread: "b"},
		{name: "other names of templates", templates: `x`, files: map[string]string{"templates/x.txt": "{{ .Values.a }}", "templates/sub/y": "{{ .Values.b }}"}, read: "a b", unread: "c"},

		{name: "all values", templates: `{{ toYaml .Values }}`, read: "a"},
		{name: "all values in a pipeline", templates: `{{ .Values | toJson }}`, read: "a"},
		{name: "all values in a loop", templates: `{{ range $k, $v := .Values }}{{ $v }}{{ end }}`, read: "a"},
		{name: "all values in a variable", templates: `{{ $v := .Values }}{{ $v.a }}`, read: "a"},
		{name: "all values by name", templates: `{{ index . "Values" | toYaml }}`, read: "a"},
		{name: "all values as an argument", templates: `{{ include "x" .Values }}{{ define "x" }}{{ .a }}{{ end }}`, read: "a"},
		{name: "everything", templates: `{{ toYaml . }}`, read: "a"},
		{name: "everything from a variable", templates: `{{ toYaml $ }}`, read: "a"},
		{name: "everything in a loop", templates: `{{ range $k, $v := . }}{{ $v }}{{ end }}`, read: "a"},
		{name: "everything in a definition", templates: `{{ include "x" . }}{{ define "x" }}{{ include "y" $ }}{{ end }}{{ define "y" }}{{ . | toJson }}{{ end }}`, read: "a"},
		{name: "everything from a dictionary", templates: `{{ include "x" (dict "top" .) }}{{ define "x" }}{{ toYaml .top }}{{ end }}`, read: "a"},
		{name: "everything from a list", templates: `{{ include "x" (list .) }}{{ define "x" }}{{ toYaml (first .) }}{{ end }}`, read: "a"},
		{name: "tpl", templates: `{{ tpl .Values.a . }}`, read: "b"},
		{name: "absent template", templates: `{{ include "x" . }}`, read: "a"},
		{name: "no template of this syntax", templates: `{{ if }}`, read: "a"},
		{name: "library", templates: `x`, files: map[string]string{"Chart.yaml": "{apiVersion: v2, name: c, version: 1.0.0, type: library}"}, read: "a"},
		{
			name: "sub-chart", templates: `{{ .Values.a }}`,
			files: map[string]string{
				"Chart.yaml":                  "{apiVersion: v2, name: c, version: 1.0.0, dependencies: [{name: sub, alias: other, version: 1.0.0}, {name: absent, version: 1.0.0}]}",
				"charts/sub/Chart.yaml":       "{apiVersion: v2, name: sub, version: 1.0.0}",
				"charts/sub/templates/b.yaml": "{{ .Values.b }}",
			},
			read: "a sub.b other.b sub.a absent.x global.x", unread: "c sub.c other.c absent",
		},
		{
			name: "a sub-chart defines what the chart includes", templates: `{{ include "x" . }}`,
			files: map[string]string{
				"charts/sub/Chart.yaml":          "{apiVersion: v2, name: sub, version: 1.0.0}",
				"charts/sub/templates/_help.tpl": `{{ define "x" }}{{ .Values.b }}{{ end }}`,
			},
			read: "b sub.b", unread: "c",
		},
		{
			name: "computed template, absent sub-chart", templates: `{{ include .Values.a . }}`,
			files: map[string]string{"Chart.yaml": "{apiVersion: v2, name: c, version: 1.0.0, dependencies: [{name: absent, version: 1.0.0}]}"}, read: "b",
		},
		{
			name: "import-values", templates: `x`,
			files: map[string]string{"Chart.yaml": "{apiVersion: v2, name: c, version: 1.0.0, dependencies: [{name: absent, version: 1.0.0, import-values: [data]}]}"}, read: "b",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := Chart{Files: map[string][]byte{"Chart.yaml": []byte("{apiVersion: v2, name: c, version: 1.0.0}"), "templates/a.yaml": []byte(tt.templates)}}
			for name, src := range tt.files {
				c.Files[name] = []byte(src)
			}
			reads, err := readValues(&renderRequest{Chart: &c}, render.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			for want, paths := range map[bool]string{true: tt.read, false: tt.unread} {
				for _, at := range strings.Fields(paths) {
					if reads.MayRead(strings.Split(at, ".")) != want {
						t.Errorf("MayRead(%s): expected %v; all: %q, paths %v", at, want, reads.All, reads.Paths)
					}
				}
			}
		})
	}
}

// TestCorpusValueReads replaces all default values that no template may read, in each
// chart of the repositories in REGMIGRATE_CORPUS: the chart must print the same.
func TestCorpusValueReads(t *testing.T) {
	corpus := os.Getenv("REGMIGRATE_CORPUS")
	if corpus == "" {
		t.Skip("NOT TESTED: REGMIGRATE_CORPUS names no folder of work trees")
	}
	charts, err := Charts(os.DirFS(corpus))
	if err != nil {
		t.Fatal(err)
	}
	r := testRunner(t)
	known, replaced, compared := 0, 0, 0
	for i := range charts {
		c := &charts[i]
		reads, err := ReadValues(context.Background(), r, c)
		if err != nil {
			continue
		}
		if reads.All == "" {
			known++
		}
		for _, set := range c.Values {
			merged, err := mergeValues(&set)
			if err != nil {
				continue
			}
			x, err := prepare(c, merged, renderOptions{})
			if err != nil || x.rendered.Library || mayBeRandomChart(c) {
				continue
			}
			before, err := (&templateEngine{}).render(x.chart, x.top)
			if err != nil {
				continue
			}
			values, _ := x.top["Values"].(chartutil.Values)
			if values == nil {
				continue
			}
			n := replaceUnread(reads, values, nil)
			after, err := (&templateEngine{}).render(x.chart, x.top)
			replaced += n
			compared++
			if err != nil || !maps.Equal(before, after) {
				t.Errorf("%s, %s: %d values that no template may read change the output, or an error: %v", c.Dir, set.Name, n, err)
			}
		}
	}
	t.Logf("%d of %d charts: all reads are known; %d values replaced in %d renderings", known, len(charts), replaced, compared)
}

// replaceUnread replaces the texts in values that no template may read.
func replaceUnread(reads *ValueReads, values map[string]any, at []string) (n int) {
	for k, v := range values {
		here := append(slices.Clone(at), k)
		switch v := v.(type) {
		case map[string]any:
			n += replaceUnread(reads, v, here)
		case string:
			if v != "" && !reads.MayRead(here) { // conditions may ask whether it is empty
				values[k] = v + "-replaced"
				n++
			}
		}
	}
	return n
}
