package kustomize

import (
	"maps"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode"

	"github.com/regmigrate/regmigrate/pkg/image"
)

// maxSamples bounds the samples for one name.
const maxSamples = 8

// maxClassMembers bounds the characters of a class that are all used.
const maxClassMembers = 3

// sampleNames returns image names that the name of an entry of images selects.
// kustomize reads the name as a regular expression; most names match themselves.
func sampleNames(name string) []string {
	re, err := syntax.Parse(name, syntax.Perl)
	if err != nil {
		return nil
	}
	var out []string
	for _, s := range expand(re) {
		if ref, err := image.Parse(s); err == nil && ref.Tag == "" && ref.Digest == "" && ref.Text == s {
			out = append(out, s)
		}
	}
	return out
}

// expand returns texts that re matches, at most maxSamples. For a dot it returns a
// dot, since few people escape the dots of a host.
func expand(re *syntax.Regexp) []string {
	switch re.Op {
	case syntax.OpEmptyMatch, syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText:
		return []string{""}
	case syntax.OpLiteral:
		return []string{string(re.Rune)}
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return []string{"."}
	case syntax.OpCharClass:
		return expandClass(re.Rune)
	case syntax.OpCapture:
		return expand(re.Sub[0])
	case syntax.OpQuest:
		return append(expand(re.Sub[0]), "")
	case syntax.OpStar, syntax.OpPlus, syntax.OpRepeat:
		// A name cannot contain two dots in a row, which a dot for any character can
		// produce.
		if op := re.Sub[0].Op; op == syntax.OpAnyChar || op == syntax.OpAnyCharNotNL {
			return []string{"x"}
		}
		if re.Op == syntax.OpRepeat && re.Min > 1 {
			return nil
		}
		return expand(re.Sub[0])
	case syntax.OpAlternate:
		var out []string
		for _, sub := range re.Sub {
			out = append(out, expand(sub)...)
		}
		return out[:min(len(out), maxSamples)]
	case syntax.OpConcat:
		return expandConcat(re.Sub)
	}
	return nil
}

// expandClass returns all characters of a class with few characters, such as
// (a|b), and one of a larger class. ranges holds pairs of first and last
// character.
func expandClass(ranges []rune) []string {
	var all []string
	for i := 0; i+1 < len(ranges); i += 2 {
		for c := ranges[i]; c <= ranges[i+1] && len(all) <= maxClassMembers; c++ {
			all = append(all, string(c))
		}
	}
	if len(all) <= maxClassMembers {
		return all
	}
	for _, c := range "ax1-./" {
		for i := 0; i+1 < len(ranges); i += 2 {
			if ranges[i] <= c && c <= ranges[i+1] {
				return []string{string(c)}
			}
		}
	}
	return nil
}

func expandConcat(subs []*syntax.Regexp) []string {
	out := []string{""}
	for _, sub := range subs {
		var next []string
		for _, tail := range expand(sub) {
			for _, head := range out {
				next = append(next, head+tail)
			}
		}
		if out = next; len(out) > maxSamples {
			out = out[:maxSamples]
		}
	}
	return out
}

// placeholderImages returns the image names for placeholders: the names that
// entries of images before the change select, and those that entries after the
// change select and a rule matches. A name that no rule matches is a new name,
// which an omitted part does not have.
func (c *comparison) placeholderImages() []string {
	names := map[string]bool{}
	c.before.eachSelectedName(func(name string) { names[name] = true })
	c.after.eachSelectedName(func(name string) {
		if _, ok := c.rewrite(name); ok {
			names[name] = true
		}
	})
	return slices.Sorted(maps.Keys(names))
}

// eachSelectedName calls f with sample names for each entry of images.
func (t *overlayTree) eachSelectedName(f func(name string)) {
	for _, l := range t.layers {
		if l.k == nil {
			continue
		}
		for _, e := range l.k.Images {
			if strings.IndexFunc(e.Name, unicode.IsSpace) >= 0 {
				continue
			}
			for _, name := range sampleNames(e.Name) {
				f(name)
			}
		}
	}
}
