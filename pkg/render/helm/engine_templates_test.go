package helm

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"
	helmengine "helm.sh/helm/v3/pkg/engine"

	"github.com/regmigrate/regmigrate/pkg/render"
)

// compareEngines renders c with the functions of Helm and with our own.
func compareEngines(t *testing.T, c *Chart, values *Values) {
	t.Helper()
	var outputs [2]map[string]string
	var errs [2]error
	for i := range outputs {
		merged, err := mergeValues(values)
		if err != nil {
			return
		}
		x, err := prepare(c, merged, renderOptions{})
		if err != nil || x.rendered.Library {
			return
		}
		if i == 0 {
			ch, top := prepareWithHelm(t, c, values)
			outputs[i], errs[i] = helmengine.Render(ch, top)
		} else {
			outputs[i], errs[i] = (&templateEngine{}).render(x.chart, x.top)
		}
	}
	if (errs[0] == nil) != (errs[1] == nil) || errs[0] != nil && errs[0].Error() != errs[1].Error() {
		t.Errorf("Helm: %v\ngot: %v", errs[0], errs[1])
		return
	}
	if errs[0] != nil || mayBeRandomChart(c) {
		return
	}
	if !maps.Equal(outputs[0], outputs[1]) {
		for name := range outputs[0] {
			if outputs[0][name] != outputs[1][name] {
				t.Errorf("%s:\n%s\nHelm:\n%s", name, outputs[1][name], outputs[0][name])
			}
		}
		t.Errorf("outputs %d, Helm %d", len(outputs[1]), len(outputs[0]))
	}
}

// prepareWithHelm does the work of prepare with the functions of Helm.
func prepareWithHelm(t *testing.T, c *Chart, values *Values) (*chart.Chart, chartutil.Values) {
	t.Helper()
	merged, err := mergeValues(values)
	if err != nil {
		t.Fatal(err)
	}
	ch, err := loadChart(c.Files)
	if err != nil {
		t.Fatal(err)
	}
	ours, err := capabilities(ch, Capabilities{})
	if err != nil {
		t.Fatal(err)
	}
	if err := chartutil.ProcessDependenciesWithMerge(ch, merged); err != nil {
		t.Fatal(err)
	}
	caps := chartutil.DefaultCapabilities.Copy()
	caps.KubeVersion = chartutil.KubeVersion(ours.KubeVersion)
	release := chartutil.ReleaseOptions{Name: "release-name", Namespace: "default", Revision: 1, IsInstall: true}
	top, err := chartutil.ToRenderValuesWithSchemaValidation(ch, merged, release, caps, true)
	if err != nil {
		t.Fatal(err)
	}
	return ch, top
}

func mayBeRandomChart(c *Chart) bool { return retries(c) == RetriesRandom }

// TestTemplateEngine compares the output and the errors of templates with those of
// the engine of Helm.
func TestTemplateEngine(t *testing.T) {
	for name, text := range map[string]string{
		"include":                    `{{ define "a" }}{{ .x }}{{ end }}{{ include "a" (dict "x" 1) }}`,
		"template":                   `{{ define "a" }}{{ .x }}-{{ $.x }}{{ end }}{{ if true }}{{ template "a" (dict "x" 1) }}{{ else }}{{ template "a" }}{{ end }}`,
		"template without a value":   `{{ define "a" }}[{{ . }}]{{ .x }}{{ end }}{{ template "a" }}`,
		"template of a missing one":  `{{ define "a" }}[{{ . }}]{{ .x }}{{ end }}{{ template "a" .Values.missing }}`,
		"template of a nil field":    `{{ define "a" }}{{ .x.y }}{{ end }}{{ template "a" .Values.missing }}`,
		"template in range and with": `{{ define "a" }}{{ . }},{{ end }}{{ range $i, $x := list 1 2 }}{{ template "a" $x }}{{ else }}{{ template "a" 3 }}{{ end }}{{ with 4 }}{{ template "a" . }}{{ end }}`,
		"block":                      `{{ block "b" 5 }}[{{ . }}]{{ end }}`,
		"tpl":                        `{{ tpl "{{ define \"in\" }}{{ . }}{{ end }}{{ template \"in\" .Values.a }}{{ include \"in\" 2 }}" . }}`,
		"tpl that does not parse":    `{{ tpl "{{ if }}" . }}`,
		"tpl that fails":             `{{ tpl "{{ fail \"no\" }}" . }}`,
		"required":                   `{{ required "a is required" .Values.missing }}`,
		"required of an empty text":  `{{ required "a is required" "" }}`,
		"required that is there":     `{{ required "a is required" .Values.a }}`,
		"fail in a template":         `{{ define "a" }}{{ fail "because" }}{{ end }}{{ template "a" . }}`,
		"fail in an include":         `{{ define "a" }}{{ fail "because" }}{{ end }}{{ include "a" . }}`,
		"no value":                   `{{ .Values.missing }}{{ .Values.m.x }}`,
		"nil pointer":                `{{ .Values.missing.deep.x }}`,
		"no such template":           `{{ include "none" . }}`,
		"no such template action":    `{{ define "a" }}{{ template "none" . }}{{ end }}{{ include "a" . }}`,
		"files":                      `{{ .Files.Get "a.txt" }}{{ range .Files.Lines "a.txt" }}<{{ . }}>{{ end }}{{ (.Files.Glob "*.txt").AsConfig }}{{ (.Files.Glob "*.txt").AsSecrets }}{{ .Files.Get "none" }}`,
		"functions":                  `{{ toYaml .Values }}{{ toYamlPretty .Values }}{{ toJson .Values }}{{ toToml .Values }}{{ fromYaml "a: 1" }}{{ fromYaml "- a" }}{{ fromYamlArray "- a" }}{{ fromYamlArray "a" }}{{ fromJson "{\"a\": 1}" }}{{ fromJson "x" }}{{ fromJsonArray "[1]" }}{{ fromJsonArray "x" }}{{ fromToml "a = 1" }}{{ fromToml "x" }}{{ lookup "v1" "Pod" "a" "b" }}{{ getHostByName "x.example" }}`,
		"environment":                `{{ env "HOME" }}`,
		"names":                      `{{ .Template.Name }} {{ .Template.BasePath }} {{ .Chart.Name }} {{ .Chart.IsRoot }} {{ .Release.Name }} {{ .Capabilities.KubeVersion }} {{ .Subcharts }}`,
	} {
		t.Run(name, func(t *testing.T) {
			c := oneTemplate(text)
			c.Files["a.txt"] = []byte("one\ntwo\n")
			c.Files["values.yaml"] = []byte("a: text\nm: {}\n")
			compareEngines(t, c, &Values{})
		})
	}
	charts, err := Charts(os.DirFS(filepath.Join("testdata")))
	if err != nil {
		t.Fatal(err)
	}
	if root := os.Getenv("REGMIGRATE_CORPUS"); root != "" {
		repositories, err := filepath.Glob(filepath.Join(root, "*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, dir := range repositories {
			more, err := Charts(os.DirFS(dir))
			if err != nil {
				t.Fatal(err)
			}
			charts = slices.Concat(charts, more)
		}
	}
	for i := range charts {
		if c := &charts[i]; c.Err == nil {
			t.Run(c.Dir, func(t *testing.T) {
				for k := range c.Values {
					compareEngines(t, c, &c.Values[k])
				}
			})
		}
	}
}

// TestNesting checks that the depth of templates has the same limit on every
// machine, whatever nests them.
func TestNesting(t *testing.T) {
	count := `{{ define "n" }}{{ if gt (int .n) 0 }}{{ include "n" (dict "n" (sub (int .n) 1)) }}{{ else }}end{{ end }}{{ end }}`
	for _, tt := range []struct {
		name, text string
		want       string // the error; "" for none
	}{
		{"include", `{{ include "again" . }}`, "nested more than 1000 deep: endless recursion"},
		{"template", `{{ template "deep" . }}`, "nested more than 1000 deep: endless recursion"},
		{"tpl", `{{ tpl .Values.again . }}`, "nested more than 1000 deep: endless recursion"},
		{"include, just within", count + `{{ include "n" (dict "n" 998) }}`, ""},
		{"include, just outside", count + `{{ include "n" (dict "n" 999) }}`, "nested more than 1000 deep"},
		{"one after another", `{{ define "a" }}x{{ end }}{{ range until 2000 }}{{ include "a" . }}{{ tpl "y" . }}{{ template "a" . }}{{ end }}`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for range 2 {
				_, err := Render(t.Context(), hostileRunner(t), oneTemplate("kind: A\na: "+tt.text+"\n"), Values{}, Capabilities{})
				switch {
				case tt.want == "" && err != nil, tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
					t.Errorf("error %v, want %q", err, tt.want)
				case render.IsBackstop(err):
					t.Errorf("a limit of the machine: %v", err)
				}
			}
		})
	}
}
