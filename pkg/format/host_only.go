package format

import (
	"regexp"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// isHostOnlyKey reports whether key names the host of a registry, which cannot
// have a path.
func isHostOnlyKey(key string) bool {
	k := fold(key)
	return strings.HasSuffix(k, "registryhost") || strings.HasSuffix(k, "registryserver")
}

// An argument is key = "value" or key: "value" between brackets of source code.
type argument struct {
	key     string
	value   string
	span    edit.Span // of the value in the text
	literal bool      // the value is a quoted text
}

var argumentStart = regexp.MustCompile(`([A-Za-z_]\w*)["']?[ \t]*[:=]\s*(?:["']([^"'\n]*)["'])?`)

// argumentsAround returns the arguments between the innermost brackets around the
// offset at of text, and whether they are those of a call. It returns nothing if
// there are no brackets within far bytes.
func argumentsAround(text string, at int) (args []argument, isCall bool) {
	start := enclosing(text, at)
	if start < 0 {
		return nil, false
	}
	end := min(len(text), at+far)
	for i, depth := start+1, 0; i < end; i++ {
		switch text[i] {
		case '(', '{', '[':
			depth++
		case ')', '}', ']':
			if depth--; depth < 0 {
				end = i
			}
		}
	}
	inner := text[start+1 : end]
	for _, m := range argumentStart.FindAllStringSubmatchIndex(inner, -1) {
		if enclosing(inner, m[0]) >= 0 {
			continue // of a bracket further in
		}
		a := argument{key: inner[m[2]:m[3]]}
		if m[4] >= 0 {
			a.value, a.literal = inner[m[4]:m[5]], true
			a.span = edit.Span{Start: start + 1 + m[4], End: start + 1 + m[5]}
		}
		args = append(args, a)
	}
	return args, text[start] == '(' && start > 0 && isWordByte(text[start-1])
}

// enclosing returns the offset of the opening bracket of the innermost brackets
// around the offset at of text, or -1. It reads at most far bytes.
func enclosing(text string, at int) int {
	depth := 0
	for i := at - 1; i >= max(0, at-far); i-- {
		switch text[i] {
		case ')', '}', ']':
			depth++
		case '(', '{', '[':
			if depth--; depth < 0 {
				return i
			}
		}
	}
	return -1
}

// registryArgument completes o, the registry at the mark m of source code, by the
// arguments next to it. If one of them is a repository, both are pieces of one
// reference. If its text is not known, or the registry is an argument of a call
// without a repository, the registry can be a host only.
// Source: https://github.com/bazelbuild/rules_docker/blob/master/docs/container.md#container_pull
func registryArgument(o *Occurrence, text string, m edit.Span, key string) {
	o.HostOnly = isHostOnlyKey(key)
	args, isCall := argumentsAround(text, m.Start)
	_, prefix := keyPart(key)
	for _, a := range args {
		role, of := keyPart(a.key)
		if role != repositoryPart || of != prefix {
			continue
		}
		if !a.literal || !isName(a.value) {
			o.HostOnly = true
			return
		}
		o.Pieces[0].Sep = "/"
		o.Pieces = append(o.Pieces, Piece{Path: o.Pieces[0].Path, Text: a.value, Role: Repository, Span: a.span, Map: edit.Identity(a.span.Start, a.span.Len())})
		o.IsImage = true
		return
	}
	o.HostOnly = o.HostOnly || isCall
}
