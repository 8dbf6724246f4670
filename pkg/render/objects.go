package render

import (
	"fmt"
	"regexp"
	"sort"
	"strings"

	"helm.sh/helm/v3/pkg/chartutil"

	"github.com/regmigrate/regmigrate/pkg/image"
)

// SeparatorRE ends a document. Source: releaseutil.SplitManifests of Helm,
// which decides what the documents of a text are before any parser does.
var SeparatorRE = regexp.MustCompile(`(?:^|\s*\n)---\s*`)

// SplitDocuments returns the YAML documents of text that are not empty, as Helm
// splits them.
func SplitDocuments(text string) []string {
	var out []string
	for _, d := range SeparatorRE.Split(strings.TrimSpace(text), -1) {
		if d != "" {
			out = append(out, d)
		}
	}
	return out
}

// ReadObjects reads the objects of what a template printed. It returns an
// error where Helm would: for a document that is no YAML or no mapping.
func ReadObjects(body string) ([]Object, error) {
	var out []Object
	line, at := 1, 0
	add := func(start, end int) error {
		for start < end && strings.IndexByte(" \t\r\n", body[start]) >= 0 {
			start++
		}
		doc := body[start:end]
		line += strings.Count(body[at:start], "\n")
		at = start
		if strings.TrimSpace(doc) == "" {
			return nil
		}
		v, err := chartutil.ReadValues([]byte(doc))
		if err != nil {
			return fmt.Errorf("document at line %d: %w", line, err)
		}
		out = appendObjects(out, v, line)
		return nil
	}
	start := 0
	for _, m := range SeparatorRE.FindAllStringIndex(body, -1) {
		if err := add(start, m[0]); err != nil {
			return nil, err
		}
		start = m[1]
	}
	if err := add(start, len(body)); err != nil {
		return nil, err
	}
	return out, nil
}

// appendObjects appends the object v, or the items of the list that v is.
// Comments alone are none.
func appendObjects(out []Object, v map[string]any, line int) []Object {
	if len(v) == 0 {
		return out
	}
	items, ok := v["items"].([]any)
	if kind, _ := v["kind"].(string); ok && strings.HasSuffix(kind, "List") {
		for i, item := range items {
			if m, ok := item.(map[string]any); ok {
				out = append(out, object(m, line, fmt.Sprintf(".items[%d]", i)))
			}
		}
		return out
	}
	return append(out, object(v, line, ""))
}

func object(v map[string]any, line int, field string) Object {
	o := Object{Line: line}
	o.Kind, _ = v["kind"].(string)
	if m, ok := v["metadata"].(map[string]any); ok {
		o.Namespace, _ = m["namespace"].(string)
		o.Name, _ = m["name"].(string)
	}
	o.refs(v, field, "")
	return o
}

// refs appends the references below v, in the order of their fields.
func (o *Object) refs(v any, field, key string) {
	switch v := v.(type) {
	case map[string]any:
		keys := make([]string, 0, len(v))
		for k := range v {
			keys = append(keys, k)
		}
		sort.Strings(keys)
		for _, k := range keys {
			o.refs(v[k], field+step(k), k)
		}
	case []any:
		for i, item := range v {
			o.refs(item, fmt.Sprintf("%s[%d]", field, i), key)
		}
	case string:
		for _, t := range references(v, key) {
			o.Refs = append(o.Refs, Ref{field, t})
		}
	}
}

// references returns the image references of the string v under key. One
// under `image` is an image whatever it looks like.
func references(v, key string) []string {
	if key == "image" {
		if _, err := image.Parse(v); err == nil {
			return []string{v}
		}
	}
	if key == "apiVersion" || !strings.Contains(v, "/") {
		return nil // group/version looks like an image, and is none
	}
	var out []string
	for _, f := range image.Find(v) {
		out = append(out, f.Ref.Text)
	}
	return out
}

// step is a key as a step of a field's path.
func step(key string) string {
	if strings.ContainsAny(key, ".[]/ ") || key == "" {
		return fmt.Sprintf("[%q]", key)
	}
	return "." + key
}
