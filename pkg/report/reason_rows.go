package report

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/regmigrate/regmigrate/pkg/format"
)

// remark says in a few words what to know about what is kept for one reason:
// what all of it has in common and what is left to do by hand. If there is
// neither, it says how to ask for it, or what the reason means, which may be
// left out.
func remark(k reasonGroup) (s string, optional bool) {
	note := k.all[0].Note
	for _, x := range k.all {
		if x.Note != note {
			note = ""
		}
	}
	switch advice := k.reason.Advice(); {
	case note != "":
		return note + after("; ", advice), false
	case advice != "":
		return advice, false
	}
	if s := scopeHint(k); s != "" {
		return s, false
	}
	return gist(k), true
}

// scopeHint says how to ask for what is out of scope, "" when no scope alone
// moves all of it.
func scopeHint(k reasonGroup) string {
	s, ok := scopeOf(k.reason)
	if !ok || slices.ContainsFunc(k.all, func(x fileFinding) bool { return x.Scope != s }) {
		return ""
	}
	return "--scope " + format.Manifests.String() + "," + s.String() + some(len(k.all), " moves it", " moves them")
}

// scopeOf returns the scope that r says was not asked for, false if r is not a
// matter of scope.
func scopeOf(r format.Reason) (format.Scope, bool) {
	switch r {
	case format.Comment:
		return format.Comments, true
	case format.Prose, format.DocsText:
		return format.Docs, true
	case format.ScriptText:
		return format.Scripts, true
	case format.CodeText:
		return format.Code, true
	}
	return 0, false
}

// gist returns how to ask for what is out of scope, and for other reasons the
// first part of the sentence that explains them. It is "" for a comment
// whose scope is another, since "comment: a comment" says nothing.
func gist(k reasonGroup) string {
	if s := scopeHint(k); s != "" {
		return s
	}
	s := k.reason.Doc()
	for _, end := range []string{". ", ": ", "; "} {
		s, _, _ = strings.Cut(s, end)
	}
	s = strings.TrimSuffix(s, ".")
	first, size := utf8.DecodeRuneInString(s)
	if second, _ := utf8.DecodeRuneInString(s[size:]); !unicode.IsUpper(second) {
		s = string(unicode.ToLower(first)) + s[size:]
	}
	if s == "a "+string(k.reason) {
		return ""
	}
	return s
}
