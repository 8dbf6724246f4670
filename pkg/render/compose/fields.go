package compose

import "strings"

// A fieldPath is the path of a field in a Compose file: keys, and [] for the items of a
// list.
type fieldPath []string

func (p fieldPath) String() string { return strings.ReplaceAll(strings.Join(p, "."), ".[]", "[]") }

// with returns p followed by a key.
func (p fieldPath) with(key string) fieldPath { return append(p[:len(p):len(p)], key) }

// A fieldClass says what a field can hold.
type fieldClass uint8

const (
	noImage fieldClass = iota // no reference: it must not change
	aLabel                    // a reference with a registry and a name, or no reference
	anyText                   // text that may contain references that are spelled out
	anImage                   // an image, also by a short name
)

// serviceFields are the fields of services that can hold references. A field that is not
// in the table holds none, such as a name, a host, a port or a path. The fields below
// those of anyText are anyText, too.
// Source: https://github.com/compose-spec/compose-spec/blob/main/05-services.md, build.md
// and deploy.md.
var serviceFields = []struct {
	path  string
	class fieldClass
}{
	{"image", anImage},
	{"build.additional_contexts", anImage},
	{"build.dockerfile_inline", anImage},
	{"build.cache_from", anImage},
	{"build.cache_to", anyText},
	{"build.args", anyText},
	{"command", anyText},
	{"entrypoint", anyText},
	{"environment", anyText},
	{"healthcheck.test", anyText},
	{"post_start", anyText},
	{"pre_stop", anyText},
	{"provider.options", anyText},
	{"labels", aLabel},
	{"annotations", aLabel},
	{"build.labels", aLabel},
	{"deploy.labels", aLabel},
}

// class returns what the field can hold. siblings is its mapping.
func (p fieldPath) class(siblings map[string]any) fieldClass {
	switch {
	case len(p) == 0:
		return noImage
	case strings.HasPrefix(p[0], "x-"):
		return extensionClass(p)
	case p[0] == "configs" && len(p) == 3 && p[2] == "content":
		return anyText
	case p[0] == "models" && len(p) == 3 && p[2] == "model":
		return anyText
	case p[0] != "services" || len(p) < 3:
		return noImage
	}
	field := p[2:]
	if strings.HasPrefix(field[0], "x-") {
		return extensionClass(field)
	}
	if field[0] == "volumes" && len(field) == 3 && field[2] == "source" && typeOf(siblings) == "image" {
		return anImage
	}
	for _, f := range serviceFields {
		if text := field.String(); text == f.path || strings.HasPrefix(text, f.path+".") || strings.HasPrefix(text, f.path+"[]") {
			return f.class
		}
	}
	return noImage
}

// extensionClass returns what a field of an extension can hold. YAML anchors use
// extensions: x-web: &web {image: nginx}.
func extensionClass(p fieldPath) fieldClass {
	if p[len(p)-1] == "image" {
		return anImage
	}
	return anyText
}

// typeOf returns the value of the key type.
func typeOf(siblings map[string]any) string {
	switch v := siblings["type"].(type) {
	case string:
		return v
	case tagged:
		return v.text
	}
	return ""
}
