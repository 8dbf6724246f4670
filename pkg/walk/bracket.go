package walk

import (
	"errors"
	"fmt"
	"strings"
)

// A set is a compiled bracket expression.
type set struct {
	negated bool
	ranges  []unitRange
}

// A unitRange is the units from lo to hi, both included.
type unitRange struct{ lo, hi rune }

func (s *set) has(ch rune) bool {
	for _, r := range s.ranges {
		if r.lo <= ch && ch <= r.hi {
			return !s.negated
		}
	}
	return s.negated
}

var errBracket = errors.New("a bracket is not closed")

// parseSet parses the bracket expression at the start of src and returns its
// length in bytes.
func parseSet(src string, u unit) (*set, int, error) {
	s := &set{}
	i := 1
	if i < len(src) && (src[i] == '!' || src[i] == '^') {
		s.negated = true
		i++
	}
	// next returns the unit at i, without its backslash if it has one.
	next := func() (rune, bool) {
		if i < len(src) && src[i] == '\\' {
			i++
		}
		if i >= len(src) {
			return 0, false
		}
		ch, size := u.next(src[i:])
		i += size
		return ch, true
	}
	// A leading closing bracket, and a hyphen without a unit on both sides,
	// are literal.
	hasLow, low := false, rune(0)
	for first := true; ; first = false {
		if i >= len(src) {
			return nil, 0, errBracket
		}
		switch {
		case src[i] == ']' && !first:
			return s, i + 1, nil
		case src[i] == '-' && hasLow && i+1 < len(src) && src[i+1] != ']':
			i++
			high, ok := next()
			if !ok {
				return nil, 0, errBracket
			}
			s.ranges = append(s.ranges, unitRange{low, high})
			hasLow = false
		case strings.HasPrefix(src[i:], "[:"):
			class, size, err := parseClass(src[i:])
			if err != nil {
				return nil, 0, err
			}
			s.ranges = append(s.ranges, class...)
			hasLow, low = size == 1, '['
			i += size
		default:
			ch, ok := next()
			if !ok {
				return nil, 0, errBracket
			}
			s.ranges = append(s.ranges, unitRange{ch, ch})
			hasLow, low = true, ch
		}
	}
}

// parseClass parses the class at the start of src, such as [:digit:], and
// returns its length in bytes. If no class follows the "[:", it returns the
// literal bracket, whose length is 1.
func parseClass(src string) (class []unitRange, size int, err error) {
	name, rest, closed := strings.Cut(src[len("[:"):], "]")
	if !closed {
		return nil, 0, errBracket
	}
	name, isClass := strings.CutSuffix(name, ":")
	if !isClass {
		return []unitRange{{'[', '['}}, 1, nil
	}
	if class = posixClass(name); class == nil {
		return nil, 0, fmt.Errorf("unknown class [:%s:]", name)
	}
	return class, len(src) - len(rest), nil
}

// posixClass returns the units of a POSIX class in ASCII, or nil if the name is
// unknown.
func posixClass(name string) []unitRange {
	switch name {
	case "alnum":
		return []unitRange{{'0', '9'}, {'A', 'Z'}, {'a', 'z'}}
	case "alpha":
		return []unitRange{{'A', 'Z'}, {'a', 'z'}}
	case "blank":
		return []unitRange{{' ', ' '}, {'\t', '\t'}}
	case "cntrl":
		return []unitRange{{0, 31}, {127, 127}}
	case "digit":
		return []unitRange{{'0', '9'}}
	case "graph":
		return []unitRange{{'!', '~'}}
	case "lower":
		return []unitRange{{'a', 'z'}}
	case "print":
		return []unitRange{{' ', '~'}}
	case "punct":
		return []unitRange{{'!', '/'}, {':', '@'}, {'[', '`'}, {'{', '~'}}
	case "space":
		return []unitRange{{' ', ' '}, {'\t', '\n'}, {'\r', '\r'}} // git's class has fewer characters than that of POSIX
	case "upper":
		return []unitRange{{'A', 'Z'}}
	case "xdigit":
		return []unitRange{{'0', '9'}, {'A', 'F'}, {'a', 'f'}}
	}
	return nil
}
