package chart

import (
	"bytes"
	"cmp"
	"regexp"
	"slices"
	"sort"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// A printedPattern says which names a text of a template prints, of which a part is an
// action: acme/{{ . }}:1.
type printedPattern struct {
	template string // its path
	prefix   string // all names begin with it
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
	return printedPattern{template: p.Path, prefix: text[:actions[0][0]], name: re}, err == nil
}

// patternText returns the expression of a text between two actions. A text in a branch is
// not printed each time.
func patternText(text string, inBranch bool) string {
	if text == "" || !inBranch {
		return regexp.QuoteMeta(text)
	}
	return "(?:" + regexp.QuoteMeta(text) + ")?"
}

// A nameIndex finds the names that a pattern prints.
type nameIndex struct {
	of      map[string][]indexedName // by the path of the template that prints them, sorted
	compare int                      // names that may still be compared with patterns
}

type indexedName struct{ ref, key string }

// maxComparedNames bounds the comparisons of names with patterns in a chart. Beyond it, no
// pattern explains a name.
const maxComparedNames = 1 << 18

// newNameIndex returns the index of the rendered references refs, by their keys.
func (c *chart) newNameIndex(refs map[string]*link.TracedRef) *nameIndex {
	x := &nameIndex{of: map[string][]indexedName{}, compare: maxComparedNames}
	for key, ref := range refs {
		name := c.path(ref.Template)
		x.of[name] = append(x.of[name], indexedName{ref.Ref, key})
	}
	for _, all := range x.of {
		slices.SortFunc(all, func(a, b indexedName) int {
			return cmp.Or(strings.Compare(a.ref, b.ref), strings.Compare(a.key, b.key))
		})
	}
	return x
}

// printed calls do with the keys of the references that the text of the pattern p prints.
func (x *nameIndex) printed(p printedPattern, do func(key string)) {
	all := x.of[p.template]
	i := sort.Search(len(all), func(i int) bool { return all[i].ref >= p.prefix })
	for ; i < len(all) && strings.HasPrefix(all[i].ref, p.prefix) && x.compare > 0; i++ {
		x.compare--
		if p.name.MatchString(all[i].ref) {
			do(all[i].key)
		}
	}
}
