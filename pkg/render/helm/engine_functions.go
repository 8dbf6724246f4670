package helm

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"maps"
	"path"
	"strings"
	"text/template"

	"github.com/BurntSushi/toml"
	"github.com/Masterminds/sprig/v3"
	"github.com/gobwas/glob"
	"helm.sh/helm/v3/pkg/chart"
	"sigs.k8s.io/yaml"
	yamlv3 "sigs.k8s.io/yaml/goyaml.v3"
)

// sharedFunctions returns the functions that do not depend on the template. Source:
// helm.sh/helm/v3/pkg/engine, funcs.go.
func sharedFunctions() template.FuncMap {
	f := sprig.TxtFuncMap()
	delete(f, "env")
	delete(f, "expandenv")
	maps.Copy(f, template.FuncMap{
		"toToml": toTOML,
		"fromToml": func(s string) map[string]any {
			return parseMap(s, func(src []byte, v any) error { return toml.Unmarshal(src, v) })
		},
		"toYaml":        toYAML,
		"toYamlPretty":  toPrettyYAML,
		"fromYaml":      func(s string) map[string]any { return parseMap(s, unmarshalYAML) },
		"fromYamlArray": func(s string) []any { return parseList(s, unmarshalYAML) },
		"toJson":        toJSON,
		"fromJson":      func(s string) map[string]any { return parseMap(s, json.Unmarshal) },
		"fromJsonArray": func(s string) []any { return parseList(s, json.Unmarshal) },
	})
	return f
}

func unmarshalYAML(src []byte, v any) error { return yaml.Unmarshal(src, v) }

// parseMap parses a mapping. As with Helm, an error is the entry Error.
func parseMap(s string, unmarshal func([]byte, any) error) map[string]any {
	m := map[string]any{}
	if err := unmarshal([]byte(s), &m); err != nil {
		m["Error"] = err.Error()
	}
	return m
}

// parseList parses a list. As with Helm, an error is the only item.
func parseList(s string, unmarshal func([]byte, any) error) []any {
	list := []any{}
	if err := unmarshal([]byte(s), &list); err != nil {
		list = []any{err.Error()}
	}
	return list
}

func toYAML(v any) string {
	data, err := yaml.Marshal(v)
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(string(data), "\n")
}

func toPrettyYAML(v any) string {
	var b bytes.Buffer
	encoder := yamlv3.NewEncoder(&b)
	encoder.SetIndent(2)
	if err := encoder.Encode(v); err != nil {
		return ""
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func toTOML(v any) string {
	var b bytes.Buffer
	if err := toml.NewEncoder(&b).Encode(v); err != nil {
		return err.Error()
	}
	return b.String()
}

func toJSON(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(data)
}

// files are the files of a chart, as templates get them. Source:
// helm.sh/helm/v3/pkg/engine, files.go.
type files map[string][]byte

func newFiles(from []*chart.File) files {
	out := files{}
	for _, f := range from {
		out[f.Name] = f.Data
	}
	return out
}

// GetBytes returns the content of a file, empty if there is no such file.
func (f files) GetBytes(name string) []byte {
	if v, ok := f[name]; ok {
		return v
	}
	return []byte{}
}

// Get returns the content of a file as text.
func (f files) Get(name string) string { return string(f.GetBytes(name)) }

// Glob returns the files that pattern matches.
func (f files) Glob(pattern string) files {
	g, err := glob.Compile(pattern, '/')
	if err != nil {
		g, _ = glob.Compile("**")
	}
	out := files{}
	for name, src := range f {
		if g.Match(name) {
			out[name] = src
		}
	}
	return out
}

// AsConfig returns the files as the data of a ConfigMap.
func (f files) AsConfig() string {
	return f.asData(func(src []byte) string { return string(src) })
}

// AsSecrets returns the files as the data of a Secret.
func (f files) AsSecrets() string { return f.asData(base64.StdEncoding.EncodeToString) }

func (f files) asData(encode func([]byte) string) string {
	if f == nil {
		return ""
	}
	m := map[string]string{}
	for name, src := range f {
		m[path.Base(name)] = encode(src)
	}
	return toYAML(m)
}

// Lines returns the lines of a file.
func (f files) Lines(name string) []string {
	if len(f[name]) == 0 {
		return []string{}
	}
	return strings.Split(strings.TrimSuffix(string(f[name]), "\n"), "\n")
}
