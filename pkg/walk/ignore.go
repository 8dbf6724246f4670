package walk

import (
	"bytes"
	"strings"
)

// maxIgnoreFile is the largest ignore file that git reads, in bytes.
const maxIgnoreFile = 100 << 20

// An ignoreFile holds the patterns of one file. If none of them matches a path,
// the patterns of above decide: the .gitignore of the folder above, up to the
// root's, then info/exclude, then core.excludesFile. A nil *ignoreFile has no
// patterns.
type ignoreFile struct {
	base  string // the folder of the file, with a slash at the end; "" for the root
	rules []rule
	above *ignoreFile
}

// A rule is one pattern, as described in gitignore(5).
type rule struct {
	negated    bool // begins with "!"
	folderOnly bool // ends with "/"
	anchored   bool // has a slash elsewhere: matched against the path below base, else against the name

	// The path or name begins with literal, and rest matches the remainder.
	// Git compares the bytes before the first wildcard of an anchored pattern
	// separately. Therefore "**" directly after them counts as the beginning
	// of a pattern: "a**/b" matches "ax/y/b".
	literal string
	rest    glob
	suffix  bool // the pattern is "*" followed by literal
}

// readIgnoreFile reads the patterns of the file at path, which apply below the
// folder dir ("" for the root).
func readIgnoreFile(path, dir string, above *ignoreFile) (*ignoreFile, error) {
	src, err := readAtMost(path, maxIgnoreFile)
	if err != nil {
		return above, err
	}
	rules := parseIgnore(src)
	if len(rules) == 0 {
		return above, nil
	}
	if dir != "" {
		dir += "/"
	}
	return &ignoreFile{dir, rules, above}, nil
}

// parseIgnore returns the rules of an ignore file, in order. It omits patterns
// that git accepts but that cannot match anything.
func parseIgnore(src []byte) []rule {
	var rules []rule
	src = bytes.TrimPrefix(src, []byte("\ufeff"))
	for len(src) > 0 {
		line, rest, _ := bytes.Cut(src, []byte("\n"))
		src = rest
		line = bytes.TrimSuffix(line, []byte("\r"))
		line, _, _ = bytes.Cut(line, []byte{0}) // git reads the line as a C string
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		if r, ok := parseRule(trimSpaces(string(line))); ok {
			rules = append(rules, r)
		}
	}
	return rules
}

// trimSpaces removes the spaces at the end of line that no backslash escapes.
func trimSpaces(line string) string {
	end := 0
	for i := 0; i < len(line); i++ {
		switch {
		case line[i] == '\\':
			i++
			end = i + 1
		case line[i] != ' ':
			end = i + 1
		}
	}
	return line[:min(end, len(line))]
}

// wildcards are the bytes that end the literal prefix of a pattern.
const wildcards = `*?[\`

// parseRule returns false for a pattern that cannot match anything.
func parseRule(p string) (rule, bool) {
	var r rule
	p, r.negated = strings.CutPrefix(p, "!")
	p, r.folderOnly = strings.CutSuffix(p, "/")
	r.anchored = strings.Contains(p, "/")
	if r.anchored {
		p = strings.TrimPrefix(p, "/")
	}
	if p == "" {
		return rule{}, false
	}
	wild := strings.IndexAny(p, wildcards)
	switch {
	case wild < 0:
		r.literal = p
		return r, true
	case !r.anchored && p[0] == '*' && !strings.ContainsAny(p[1:], wildcards):
		r.literal, r.suffix = p[1:], true
		return r, true
	case r.anchored:
		r.literal, p = p[:wild], p[wild:]
	}
	rest, err := compile(p, inBytes)
	if err != nil {
		return rule{}, false
	}
	r.rest = rest
	return r, true
}

// match returns the rule that decides about path, or nil. It ignores the rules
// in waived, and it does not test the folders that contain path.
func (f *ignoreFile) match(path string, isDir bool, waived []*rule) *rule {
	name := path[strings.LastIndexByte(path, '/')+1:]
	for ; f != nil; f = f.above {
		below, ok := strings.CutPrefix(path, f.base)
		if !ok {
			continue
		}
	rules:
		for i := len(f.rules) - 1; i >= 0; i-- {
			r := &f.rules[i]
			if r.folderOnly && !isDir || !r.matches(below, name) {
				continue
			}
			for _, w := range waived {
				if w == r {
					continue rules
				}
			}
			return r
		}
	}
	return nil
}

// matches reports whether r matches the path below its base, or its name.
func (r *rule) matches(below, name string) bool {
	if r.suffix {
		return strings.HasSuffix(name, r.literal)
	}
	s := name
	if r.anchored {
		s = below
	}
	if r.rest == nil {
		return s == r.literal
	}
	s, ok := strings.CutPrefix(s, r.literal)
	return ok && r.rest.match(s)
}
