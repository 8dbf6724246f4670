package render

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/chartutil"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/image"
)

// SeparatorRE matches the separator of two documents. Source: Helm's
// releaseutil.SplitManifests, which splits a text before a YAML parser reads it.
var SeparatorRE = regexp.MustCompile(`(?:^|\s*\n)---\s*`)

// SplitDocuments splits a text into its YAML documents as Helm does. It leaves
// out empty documents.
func SplitDocuments(text string) []string {
	var out []string
	for _, d := range SeparatorRE.Split(strings.TrimSpace(text), -1) {
		if d != "" {
			out = append(out, d)
		}
	}
	return out
}

// ReadObjects reads the objects in the output of a template. As Helm does, it
// returns an error for a document that is not YAML or not a mapping.
func ReadObjects(body string) ([]Object, error) {
	var out []Object
	line, counted := 1, 0 // the line of the byte offset counted
	add := func(start, end int) error {
		for start < end && strings.IndexByte(" \t\r\n", body[start]) >= 0 {
			start++
		}
		doc := body[start:end]
		line += strings.Count(body[counted:start], "\n")
		counted = start
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

// appendObjects appends the object v, or its items when v is a List. A document
// that holds comments only is empty here, and adds no object.
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
	o.addRefs(v, field, "")
	return o
}

// addRefs appends the references in v, the value of the field field whose last
// key is key, in the order of their fields.
func (o *Object) addRefs(v any, field, key string) {
	switch v := v.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			o.addRefs(v[k], field+fieldStep(k), k)
		}
	case []any:
		for i, item := range v {
			o.addRefs(item, fmt.Sprintf("%s[%d]", field, i), key)
		}
	case string:
		refs := references(v, key)
		for _, t := range refs {
			o.Refs = append(o.Refs, Ref{field, t})
		}
		if format.IsImageRegistryKey(key) && image.IsHost(strings.TrimSuffix(v, "/")) {
			o.Registries = append(o.Registries, Ref{field, v})
		}
		if key == "image" && len(refs) == 0 && isIncomplete(v) {
			o.Incomplete = append(o.Incomplete, Ref{field, v})
		}
	}
}

// isIncomplete reports whether text would be a reference with another text before
// its first slash, or without its last colon.
func isIncomplete(text string) bool {
	whole := strings.TrimSuffix(strings.TrimLeft(text, "/"), ":")
	_, err := image.Parse(whole)
	return whole != text && err == nil
}

// references returns the image references in the string v of the key key. The
// value of the key image is a reference even when it has no domain.
func references(v, key string) []string {
	if key == "image" {
		if _, err := image.Parse(v); err == nil {
			return []string{v}
		}
	}
	if key == "apiVersion" || !strings.Contains(v, "/") {
		return nil // an API group and version (apps/v1) has the form of an image
	}
	var out []string
	for _, f := range image.Find(v) {
		out = append(out, f.Ref.Text)
	}
	return out
}

// fieldStep formats a key as a step of the path of a field: .key or ["a.b"].
func fieldStep(key string) string {
	if strings.ContainsAny(key, ".[]/ ") || key == "" {
		return fmt.Sprintf("[%q]", key)
	}
	return "." + key
}
