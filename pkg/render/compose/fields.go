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
	noImage     fieldClass = iota // no reference: it must not change
	anyText                       // text that may contain references
	anImage                       // an image, also by a short name
	aContext                      // a build context: docker-image://nginx
	aDockerfile                   // the text of a Dockerfile
)

// serviceFields are the fields of services that can hold references. A field that is not
// in the table holds none, such as a name, a host, a port or a path. The fields below
// those of anyText are anyText, too.
// Source: https://github.com/compose-spec/compose-spec/blob/main/05-services.md, build.md
// and deploy.md.
var serviceFields = map[string]fieldClass{
	"build.additional_contexts": aContext,
	"build.cache_from":          anyText,
	"build.cache_to":            anyText,
	"build.args":                anyText,
	"command":                   anyText,
	"entrypoint":                anyText,
	"environment":               anyText,
	"healthcheck.test":          anyText,
	"post_start":                anyText,
	"pre_stop":                  anyText,
	"provider.options":          anyText,
	"labels":                    anyText,
	"annotations":               anyText,
	"build.labels":              anyText,
	"deploy.labels":             anyText,
}

// class returns what the field can hold. volumeType is the value of the key type beside it.
func (p fieldPath) class(volumeType string) fieldClass {
	switch {
	case len(p) == 0:
		return noImage
	case strings.HasPrefix(p[0], "x-"):
		return anyText
	case p[0] == "configs" && len(p) == 3 && p[2] == "content":
		return anyText
	case p[0] != "services" || len(p) < 3:
		return noImage
	}
	field := p[2:]
	switch text := field.String(); {
	case strings.HasPrefix(field[0], "x-"):
		return anyText
	case text == "image", text == "volumes[].source" && volumeType == "image":
		return anImage
	case text == "build.dockerfile_inline":
		return aDockerfile
	}
	for n := 1; n <= min(2, len(field)); n++ {
		if class, ok := serviceFields[strings.Join(field[:n], ".")]; ok {
			return class
		}
	}
	return noImage
}
