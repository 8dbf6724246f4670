package format

import (
	"bytes"
	"slices"
	"strings"
	"sync"

	"github.com/regmigrate/regmigrate/pkg/image"
)

// withoutKeyword returns the entries for files with a field that holds an image and
// whose path has no key that names an image by a word of image.HasKeyword: steps[].name.
var withoutKeyword = sync.OnceValue(func() []*tableEntry {
	all := entries()
	return slices.DeleteFunc(slices.Concat(all.files, all.attributes), func(e *tableEntry) bool {
		return len(e.globs) == 0 || !slices.ContainsFunc(e.Fields, func(f tableField) bool { return f.lacksKeyword() })
	})
})

func (f *tableField) lacksKeyword() bool {
	keys := keysOfPath(f.Path)
	switch {
	case f.kind == imageField || f.kind == unqualifiedField:
	case f.isSplit() && f.Suffix != "":
		keys = append(keys, f.Registry, f.Repository)
	default:
		return false
	}
	return !slices.ContainsFunc(keys, func(key string) bool { return image.HasKeyword([]byte(key)) && !image.IsOtherKey(key) })
}

// MayHaveObjectWithoutKeyword reports whether chunk, a file or a document, may have an object
// with a field that holds an image and whose path has no key with a word of image.HasKeyword:
// spec.version of a Grafana.
func MayHaveObjectWithoutKeyword(chunk []byte) bool {
	return bytes.Contains(chunk, []byte("apiVersion")) && slices.ContainsFunc(groupsWithoutKeyword(), func(group []byte) bool { return bytes.Contains(chunk, group) })
}

// groupsWithoutKeyword returns the API groups of these objects, with the slash after them. A
// value with a transport has such a word itself.
var groupsWithoutKeyword = sync.OnceValue(func() [][]byte {
	var out [][]byte
	for _, e := range entries().objects {
		for _, version := range e.APIVersion {
			group, isLiteral := strings.CutSuffix(strings.TrimPrefix(version, "*"), "*")
			if isLiteral && group != "" && slices.ContainsFunc(e.Fields, func(f tableField) bool {
				return f.lacksKeyword() && !slices.ContainsFunc(f.Value, func(glob string) bool { return strings.Contains(glob, "://") })
			}) {
				out = append(out, []byte(group))
			}
		}
	}
	return out
})

// keysOfPath returns the keys of a path of a table: containers and name of containers[].name.
func keysOfPath(path string) []string {
	return strings.FieldsFunc(path, func(c rune) bool { return c == '.' || c == '[' || c == ']' })
}

// AnyKeyNamesImage reports whether a field of the file at path, in a table or in
// declared, holds an image although its keys do not contain a word of
// image.HasKeyword, or whether the file may be a list of images. A file without such a
// word may then have short names.
func AnyKeyNamesImage(path string, declared []Field) bool {
	if hasImageListName(path) {
		return true
	}
	in := &Input{Path: path}
	for _, f := range declared {
		if slices.ContainsFunc(f.entry.Fields, func(f tableField) bool { return f.lacksKeyword() }) && f.entry.matchesPath(in) {
			return true
		}
	}
	return slices.ContainsFunc(withoutKeyword(), func(e *tableEntry) bool { return e.matchesPath(in) })
}

// IsInTable reports whether a table or declared, the fields of the configuration, has the
// blocks, the calls or the text of the file at path, which no parser of a format reads.
func IsInTable(path string, declared []Field) bool {
	in := &Input{Path: path}
	if slices.ContainsFunc(declared, func(f Field) bool {
		return (len(f.entry.text) > 0 || f.entry.language != nil) && f.entry.matchesPath(in)
	}) {
		return true
	}
	return slices.ContainsFunc(withoutParser(), func(e *tableEntry) bool { return e.matchesPath(in) })
}

// withoutParser returns the entries for blocks, calls and text.
var withoutParser = sync.OnceValue(func() []*tableEntry {
	all := entries()
	return slices.DeleteFunc(slices.Concat(all.files, all.attributes), func(e *tableEntry) bool { return len(e.text) == 0 && e.language == nil })
})

// SyntaxOf returns the value of the word syntax for the file at path, whose blocks or
// calls a table has, or "".
func SyntaxOf(path string) string {
	in := &Input{Path: path}
	for _, e := range entries().attributes {
		if e.matchesPath(in) {
			return e.Syntax
		}
	}
	return ""
}
