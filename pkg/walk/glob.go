package walk

import (
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"strings"
)

// A Glob is a pattern of Options.Include or Options.Exclude; see [ParseGlob].
// The zero value matches nothing.
type Glob struct {
	pattern string
	base    string // the folder that the pattern is relative to, with a slash at the end; "" for the root
	forms   []globForm
}

// A globForm is one of the patterns that a Glob's braces expand to.
type globForm struct {
	anchored, folderOnly bool
	glob                 glob
}

// maxPattern limits the length of a pattern in bytes. Linux has no longer paths.
const maxPattern = 4096

// maxForms limits how many patterns braces expand to.
const maxForms = 1024

// ParseGlob compiles pattern, which is relative to the folder base, a path
// relative to the walk's root with slashes; "" and "." mean the root itself.
//
// A pattern without a slash matches a name at any depth. A pattern with a slash
// matches the whole path below base; a leading slash only anchors the pattern.
// A pattern that matches a folder includes everything in the folder. A pattern
// that ends with a slash matches folders only.
//
//   - any code points except slashes
//     **      as a whole component: any number of folders, or everything in a folder
//     ?       one code point except a slash
//     [a-z]   one code point of a set; [!a-z] and [^a-z] one of any other; also [[:digit:]]
//     {a,b}   a or b
//     \x      x literally
//
// The error names the pattern. A pattern is an error if it is empty,
// malformed, or longer than 4,096 bytes, or if it cannot match anything.
func ParseGlob(pattern, base string) (Glob, error) {
	if len(pattern) > maxPattern {
		return Glob{}, fmt.Errorf("reading the pattern %.40q…: it has %d bytes; expected at most %d", pattern, len(pattern), maxPattern)
	}
	g := Glob{pattern: pattern}
	if base = path.Clean(filepath.ToSlash(base)); base != "." {
		if !filepath.IsLocal(filepath.FromSlash(base)) {
			return Glob{}, fmt.Errorf("reading the pattern %q: its folder %q is not inside the root", pattern, base)
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

// String returns the pattern as written.
func (g Glob) String() string { return g.pattern }

// Match reports whether g matches path itself, which is relative to the walk's
// root. It does not test the folders that contain path.
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

// parseForm compiles a pattern without braces.
func parseForm(text string) (globForm, error) {
	if strings.HasPrefix(text, "!") {
		return globForm{}, errors.New(`a pattern cannot be negated with "!"; use the opposite flag, or write "\!" for a literal "!"`)
	}
	var f globForm
	text, f.folderOnly = strings.CutSuffix(text, "/")
	f.anchored = strings.Contains(text, "/")
	text = strings.TrimPrefix(strings.TrimPrefix(text, "./"), "/")
	if text == "" {
		return globForm{}, errors.New("the pattern is empty")
	}
	for component := range strings.SplitSeq(text, "/") {
		if component == "" || component == "." || component == ".." {
			return globForm{}, fmt.Errorf("no path has the component %q", component)
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

// expand returns the patterns that the braces of pattern expand to.
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
					return nil, fmt.Errorf("its braces expand to more than %d patterns", maxForms)
				}
				out = append(out, pattern[:open]+middle+rest)
			}
		}
	}
	return out, nil
}

// braces finds the first pair of braces in pattern. It returns the offset of
// the opening brace, or -1, the parts between the commas, and the offset after
// the closing brace. A set that is malformed is an error.
func braces(pattern string) (open int, parts []string, end int, err error) {
	open = -1
	depth, begin := 0, 0
	for i := 0; i < len(pattern); i++ {
		switch pattern[i] {
		case '\\':
			i++
		case '[':
			_, size, err := parseSet(pattern[i:], inRunes)
			if err != nil {
				return 0, nil, 0, err
			}
			i += size - 1
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
