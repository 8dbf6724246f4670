package rewrite

import (
	"regexp"

	"github.com/regmigrate/regmigrate/pkg/format"
)

// A ruleFilter reports whether a file or a part of it may contain an occurrence.
type ruleFilter func([]byte) bool

// filterOf returns the filter for the file at path. Other files explain the words in a file
// that a linker wants. The filters differ only under a rule on all of Docker Hub.
func (r *reader) filterOf(path string) ruleFilter {
	if !r.opts.Rules.SelectsAllOfDockerHub() {
		if format.HasDockerfileWord(path) {
			return orFromVariable(r.opts.Rules.MayMatch)
		}
		return r.opts.Rules.MayMatch
	}
	if r.linkers.Wants(path) {
		return orObject(r.opts.Rules.MayMatch)
	}
	return orObject(r.opts.Rules.MayMatchByItself)
}

// fromVariable matches a FROM with a variable: the variable may be a part of a registry, so
// that no text of the file has the registry.
var fromVariable = regexp.MustCompile(`(?im)^[ \t]*FROM[ \t][^\n]*\$`)

// orFromVariable returns a filter that is also true for Dockerfiles in which a variable may
// be a part of a registry.
func orFromVariable(filter ruleFilter) ruleFilter {
	return func(chunk []byte) bool { return filter(chunk) || fromVariable.Match(chunk) }
}

// orObject returns a filter that is also true for objects whose images have no word in
// their keys that filter knows.
func orObject(filter ruleFilter) ruleFilter {
	return func(chunk []byte) bool { return filter(chunk) || format.MayHaveObjectWithoutKeyword(chunk) }
}

// mayMatch returns a function that reports whether the file src may contain an occurrence
// or a mention, also in escape sequences or in Base64, or is a policy that regmigrate made.
func (r *reader) mayMatch(filter ruleFilter) func(src []byte) bool {
	return func(src []byte) bool {
		return format.IsOwnPolicy(src) || r.mayMatchPart(filter, src) || len(base64Mentions(r.opts.Rules, src)) > 0
	}
}

// mayMatchPart reports whether a part of a file may contain an occurrence, also with
// escape sequences.
func (r *reader) mayMatchPart(filter ruleFilter, part []byte) bool {
	if filter(part) {
		return true
	}
	decoded := decodeEscapes(part)
	return decoded != nil && r.opts.Rules.MayMatch(decoded.text)
}
