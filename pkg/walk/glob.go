package walk

import (
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"strings"
)

// A Glob is a pattern of Options.Include or Options.Exclude: see [ParseGlob].
// The zero value matches nothing.
type Glob struct {
	pattern string
	base    string // as in ignoreFile
	forms   []globForm
}

// A globForm is one alternative of the braces in a Glob.
type globForm struct {
	anchored, folderOnly bool
	glob                 glob
}

// maxForms bounds what nested braces can multiply to.
const maxForms = 1024

// ParseGlob compiles pattern, which is relative to the folder base, a path
// relative to the walk's root with slashes; "" and "." mean the root itself.
//
// A pattern without a slash matches a name at any depth, one with a slash the
// whole path below base; a slash at the beginning only anchors it. A pattern
// that matches a folder matches all that is in it, and one that ends with a
// slash matches folders only.
//
//   - any code points but a slash
//     **      as a whole component: any number of folders, or all that is inside
//     ?       one code point but a slash
//     [a-z]   one of a set; [!a-z] and [^a-z] one of the others; [[:digit:]] too
//     {a,b}   either
//     \x      x itself
//
// It returns an error that names the pattern if it is empty, malformed or can
// match nothing.
func ParseGlob(pattern, base string) (Glob, error) {
	g := Glob{pattern: pattern}
	if base = path.Clean(filepath.ToSlash(base)); base != "." {
		if !filepath.IsLocal(filepath.FromSlash(base)) {
			return Glob{}, fmt.Errorf("reading the pattern %q: its folder %q is not below the root", pattern, base)
		}
		g.base = base + "/"
	}
	forms, err := expand(pattern)
	if err != nil {
		return Glob{}, fmt.Errorf("reading the pattern %q: %w", pattern, err)
	}
	for _, text := range forms {
		form, err := parseForm(text)
		if err != nil {
			return Glob{}, fmt.Errorf("reading the pattern %q: %w", pattern, err)
		}
		g.forms = append(g.forms, form)
	}
	return g, nil
}

// String returns the pattern as it was written.
func (g Glob) String() string { return g.pattern }

// Match reports whether g matches path, which is relative to the walk's root,
// itself; whether it matches a folder that holds path is another question.
func (g Glob) Match(path string, isDir bool) bool {
	below, ok := strings.CutPrefix(path, g.base)
	if !ok {
		return false
	}
	for _, f := range g.forms {
		s := below
		if !f.anchored {
			s = s[strings.LastIndexByte(s, '/')+1:]
		}
		if (isDir || !f.folderOnly) && f.glob.match(s) {
			return true
		}
	}
	return false
}

// matchAny reports whether one of globs matches path.
func matchAny(globs []Glob, path string, isDir bool) bool {
	for _, g := range globs {
		if g.Match(path, isDir) {
			return true
		}
	}
	return false
}

// parseForm compiles one alternative, which has no braces.
func parseForm(text string) (globForm, error) {
	if strings.HasPrefix(text, "!") {
		return globForm{}, errors.New(`"!" does not negate here; give the opposite flag, or write "\!"`)
	}
	var f globForm
	text, f.folderOnly = strings.CutSuffix(text, "/")
	f.anchored = strings.Contains(text, "/")
	text = strings.TrimPrefix(strings.TrimPrefix(text, "./"), "/")
	if text == "" {
		return globForm{}, errors.New("it is empty")
	}
	for component := range strings.SplitSeq(text, "/") {
		if component == "" || component == "." || component == ".." {
			return globForm{}, fmt.Errorf("it has the component %q, which no path has", component)
		}
	}
	var err error
	if f.glob, err = compile(text, inRunes); err != nil {
		return globForm{}, err
	}
	for _, p := range f.glob {
		if p.op != opSet {
			continue
		}
		for _, r := range p.set.ranges {
			if r.lo > r.hi {
				return globForm{}, fmt.Errorf("the range %c-%c is empty", r.lo, r.hi)
			}
		}
	}
	return f, nil
}

// expand returns the patterns that pattern stands for with its braces.
func expand(pattern string) ([]string, error) {
	open, parts, end, err := braces(pattern)
	if err != nil {
		return nil, err
	}
	if open < 0 {
		return []string{pattern}, nil
	}
	rests, err := expand(pattern[end:])
	if err != nil {
		return nil, err
	}
	var out []string
	for _, part := range parts {
		middles, err := expand(part)
		if err != nil {
			return nil, err
		}
		for _, middle := range middles {
			for _, rest := range rests {
				if len(out) == maxForms {
					return nil, fmt.Errorf("its braces stand for more than %d patterns", maxForms)
				}
				out = append(out, pattern[:open]+middle+rest)
			}
		}
	}
	return out, nil
}

// braces finds the first pair of braces in pattern: the offset of the opening
// one, -1 for none, the parts between its commas, and the offset after the
// closing one.
func braces(pattern string) (open int, parts []string, end int, err error) {
	open = -1
	depth, begin := 0, 0
	for i := 0; i < len(pattern); i++ {
		switch pattern[i] {
		case '\\':
			i++
		case '[':
			if _, size, err := parseSet(pattern[i:], inRunes); err == nil {
				i += size - 1
			}
		case '{':
			if depth == 0 {
				open, begin = i, i+1
			}
			depth++
		case ',':
			if depth == 1 {
				parts = append(parts, pattern[begin:i])
				begin = i + 1
			}
		case '}':
			switch depth {
			case 0:
				return 0, nil, 0, errors.New("a closing brace has no opening one")
			case 1:
				return open, append(parts, pattern[begin:i]), i + 1, nil
			}
			depth--
		}
	}
	if depth > 0 {
		return 0, nil, 0, errors.New("a brace is not closed")
	}
	return -1, nil, 0, nil
}
