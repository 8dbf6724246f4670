package kustomize

import (
	"regexp/syntax"
	"strings"
	"unicode"

	"github.com/regmigrate/regmigrate/pkg/image"
)

// maxSamples bounds the names that an entry's name is tried with.
const maxSamples = 8

// maxClassMembers is how many characters a class may have of which each is tried.
const maxClassMembers = 3

// sampleNames are names of images that the name of an entry of images selects,
// which kustomize reads as a regular expression: itself, for most.
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

// expand are some texts that re matches, at most maxSamples. A dot is one, since
// few escape those of a host.
func expand(re *syntax.Regexp) []string {
	switch re.Op {
	case syntax.OpEmptyMatch, syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText:
		return []string{""}
	case syntax.OpLiteral:
		return []string{string(re.Rune)}
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return []string{"."}
	case syntax.OpCharClass:
		// (a|b) is one of these.
		var few []string
		for i := 0; i+1 < len(re.Rune); i += 2 {
			for c := re.Rune[i]; c <= re.Rune[i+1] && len(few) <= maxClassMembers; c++ {
				few = append(few, string(c))
			}
		}
		if len(few) <= maxClassMembers {
			return few
		}
		for _, c := range "ax1-./" {
			for i := 0; i+1 < len(re.Rune); i += 2 {
				if re.Rune[i] <= c && c <= re.Rune[i+1] {
					return []string{string(c)}
				}
			}
		}
	case syntax.OpCapture:
		return expand(re.Sub[0])
	case syntax.OpQuest:
		return append(expand(re.Sub[0]), "")
	case syntax.OpStar, syntax.OpPlus, syntax.OpRepeat:
		// One of any character would be a dot, and two dots are no name.
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
		out := []string{""}
		for _, sub := range re.Sub {
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
	return nil
}

// placeholderNames are the names that entries of images select, as they would arrive
// from what is not built, before and after; those of entries that are new, as
// far as they are old names: a new name arrives from below.
func (p *comparison) placeholderNames() []string {
	names := map[string]bool{}
	p.before.eachSelectedName(func(name string) { names[name] = true })
	p.after.eachSelectedName(func(name string) {
		if _, old := p.rewrite(name); old {
			names[name] = true
		}
	})
	return sortedKeys(names)
}

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
