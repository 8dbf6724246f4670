package chart

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// A printedPattern says which names a text of a template prints, of which a part is an
// action: acme/{{ . }}:1.
type printedPattern struct {
	template string // its path
	name     *regexp.Regexp
}

var controlAction = regexp.MustCompile(`^\{\{-?\s*(?:if|else|end|with|range)\b`)

// maxPattern bounds the text of a pattern, in bytes: an image has no longer name.
const maxPattern = 1000

// patternOf returns the pattern of the occurrence o in the template f. It returns false if
// no namespace stands before the first action on the line of o, or if there is no action.
func patternOf(f *link.File, o *format.Occurrence) (printedPattern, bool) {
	p := &o.Pieces[0]
	if len(o.Pieces) != 1 || p.Span.Start >= p.Span.End || p.Span.End > len(f.Src) {
		return printedPattern{}, false
	}
	line := f.Src[p.Span.Start:min(len(f.Src), p.Span.Start+maxPattern)]
	if i := bytes.IndexByte(line, '\n'); i >= 0 {
		line = line[:i]
	}
	text := strings.TrimRight(string(line), " \t\r\"'")
	actions := templateAction.FindAllStringIndex(text, -1)
	if len(actions) == 0 || !strings.Contains(text[:actions[0][0]], "/") {
		return printedPattern{}, false
	}
	var name strings.Builder
	at, inBranch := 0, false
	for _, m := range actions {
		name.WriteString(patternText(text[at:m[0]], inBranch))
		switch action := text[m[0]:m[1]]; {
		case controlAction.MatchString(action):
			inBranch = !strings.HasPrefix(strings.TrimLeft(action, "{- \t"), "end")
		default:
			name.WriteString(`.*`)
		}
		at = m[1]
	}
	name.WriteString(patternText(text[at:], inBranch))
	re, err := regexp.Compile("^" + name.String() + "$")
	return printedPattern{template: p.Path, name: re}, err == nil
}

// patternText returns the expression of a text between two actions. A text in a branch is
// not printed each time.
func patternText(text string, inBranch bool) string {
	if text == "" || !inBranch {
		return regexp.QuoteMeta(text)
	}
	return "(?:" + regexp.QuoteMeta(text) + ")?"
}

// prints reports whether the text of the pattern prints the reference ref, which the
// template at the given path prints.
func (p printedPattern) prints(template, ref string) bool {
	return p.template == template && p.name.MatchString(ref)
}
