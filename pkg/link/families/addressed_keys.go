package families

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// linkAddressedKeys keeps the keys that other text addresses: a path of a JSON patch
// (/features/ghcr.io~1acme~1go:1), an index of jq, yq or JSONPath
// (.features["ghcr.io/acme/go:1"]), or a template ({{ index .Values.images "redis:7" }}).
// The text is not a reference, so it does not move with the key.
func linkAddressedKeys(t *link.Tree, move link.MoveFunc) []link.Group {
	var keys []*format.Occurrence
	var texts []string
	for _, f := range t.Files {
		for i := range f.Scanned.Occurrences {
			if o := &f.Scanned.Occurrences[i]; o.IsKey && move.Moves(o) {
				keys = append(keys, o)
				texts = append(texts, pointerElement(o.Text()), strconv.Quote(o.Text()))
			}
		}
	}
	switch {
	case len(keys) == 0:
		return nil
	case len(keys) > maxKeys:
		return keepKeys(keys, fmt.Sprintf("more than %d keys are references; the files are not searched for what addresses them", maxKeys))
	}
	sources := map[string][]byte{}
	var names []string
	add := func(name string, src []byte) {
		if _, known := sources[name]; !known && src != nil {
			sources[name] = src
			names = append(names, name)
		}
	}
	for _, f := range t.Files {
		add(f.Path, f.Src)
	}
	if t.YAMLContaining != nil && t.ReadFile != nil {
		for _, name := range t.YAMLContaining(texts...) {
			add(name, t.ReadFile(name))
		}
	}
	var groups []link.Group
	for _, o := range keys {
		for _, name := range names {
			if at := addressOf(sources[name], o.Text()); at >= 0 {
				line, _ := edit.NewLines(sources[name]).Position(at)
				groups = append(groups, keepKeys([]*format.Occurrence{o}, fmt.Sprintf("%s:%d addresses this key by its old name", name, line))...)
				break
			}
		}
	}
	return groups
}

// maxKeys is the largest number of keys for which the files are searched: each costs a
// search of all files.
const maxKeys = 1000

// keepKeys returns a group for each of keys that keeps it.
func keepKeys(keys []*format.Occurrence, why string) []link.Group {
	var groups []link.Group
	for _, o := range keys {
		groups = append(groups, link.Group{Occurrences: []format.Occurrence{*o}, Keep: format.Conflict, Why: why})
	}
	return groups
}

// pointerElement returns key as an element of a JSON pointer.
// Source: https://www.rfc-editor.org/rfc/rfc6901#section-3
func pointerElement(key string) string {
	return "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(key)
}

// addressOf returns the byte offset in src of a text that addresses the key, or -1.
func addressOf(src []byte, key string) int {
	at := -1
	each(src, pointerElement(key), func(start, end int) bool {
		if isPointer(src, start, end) {
			at = start
		}
		return at < 0
	})
	each(src, key, func(start, end int) bool {
		if at < 0 && (isIndex(src, start, end) || isInAction(src, start, end)) {
			at = start
		}
		return at < 0
	})
	return at
}

// each calls found for each appearance of text in src, until found returns false.
func each(src []byte, text string, found func(start, end int) bool) {
	for from := 0; ; {
		i := bytes.Index(src[from:], []byte(text))
		if i < 0 || !found(from+i, from+i+len(text)) {
			return
		}
		from += i + len(text)
	}
}

// isPointer reports whether the bytes from start to end of src are an element of a
// JSON pointer: the word around them begins with a slash, and they end there or before
// a slash.
func isPointer(src []byte, start, end int) bool {
	first := start
	for first > 0 && bytes.IndexByte([]byte(" \t\r\n\"'`,="), src[first-1]) < 0 {
		first--
	}
	return src[first] == '/' && (end == len(src) || bytes.IndexByte([]byte(" \t\r\n\"'`,/"), src[end]) >= 0)
}

// isIndex reports whether the bytes from start to end of src are an index in brackets
// or a quoted name after a dot: .features["KEY"], .features."KEY".
func isIndex(src []byte, start, end int) bool {
	before, after := bytes.TrimSuffix(src[:start], []byte(`\"`)), bytes.TrimPrefix(src[end:], []byte(`\"`))
	if len(before) == start {
		if start == 0 || end == len(src) || src[start-1] != src[end] || src[end] != '"' && src[end] != '\'' {
			return false
		}
		before, after = src[:start-1], src[end+1:]
	}
	n := len(before)
	switch {
	case n > 0 && before[n-1] == '.':
		return true
	case n < 2 || before[n-1] != '[' || len(after) == 0 || after[0] != ']':
		return false
	}
	c := before[n-2] // a list follows a space, a colon or a bracket
	return c == '_' || c == ']' || c == '.' || c == '"' || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}

// isInAction reports whether the bytes from start to end of src are a text in quotes
// in an action of a template.
func isInAction(src []byte, start, end int) bool {
	if start == 0 || end == len(src) || src[start-1] != src[end] || src[end] != '"' && src[end] != '`' {
		return false
	}
	open := bytes.LastIndex(src[:start], []byte("{{"))
	return open >= 0 && !bytes.Contains(src[open:start], []byte("}}"))
}
