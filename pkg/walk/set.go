package walk

import (
	"errors"
	"fmt"
	"strings"
)

// A set is a bracket expression.
type set struct {
	negated bool
	ranges  []span
}

// A span is the units from lo to hi, both included.
type span struct{ lo, hi rune }

func (s *set) has(ch rune) bool {
	for _, r := range s.ranges {
		if r.lo <= ch && ch <= r.hi {
			return !s.negated
		}
	}
	return s.negated
}

// parseSet returns the bracket expression that src begins with and its size in
// bytes.
func parseSet(src string, u unit) (*set, int, error) {
	s := &set{}
	i := 1
	if i < len(src) && (src[i] == '!' || src[i] == '^') {
		s.negated = true
		i++
	}
	// one returns the unit at i, a quoted one without its backslash.
	one := func() (rune, bool) {
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
	// A bracket that comes first, and a hyphen without a unit on both sides,
	// stand for themselves.
	hasLow, low := false, rune(0)
	for first := true; ; first = false {
		if i >= len(src) {
			return nil, 0, errors.New("a bracket is not closed")
		}
		switch {
		case src[i] == ']' && !first:
			return s, i + 1, nil
		case src[i] == '-' && hasLow && i+1 < len(src) && src[i+1] != ']':
			i++
			high, ok := one()
			if !ok {
				return nil, 0, errors.New("a bracket is not closed")
			}
			s.ranges = append(s.ranges, span{low, high})
			hasLow = false
		case strings.HasPrefix(src[i:], "[:"):
			name, rest, closed := strings.Cut(src[i+2:], "]")
			if !closed {
				return nil, 0, errors.New("a bracket is not closed")
			}
			name, isClass := strings.CutSuffix(name, ":")
			if !isClass {
				s.ranges = append(s.ranges, span{'[', '['})
				hasLow, low = true, '['
				i++
				continue
			}
			class := classes(name)
			if class == nil {
				return nil, 0, fmt.Errorf("there is no class [:%s:]", name)
			}
			s.ranges = append(s.ranges, class...)
			hasLow = false
			i = len(src) - len(rest)
		default:
			ch, ok := one()
			if !ok {
				return nil, 0, errors.New("a bracket is not closed")
			}
			s.ranges = append(s.ranges, span{ch, ch})
			hasLow, low = true, ch
		}
	}
}

// classes returns the units of a POSIX class in ASCII, or nil if there is none
// of that name.
func classes(name string) []span {
	switch name {
	case "alnum":
		return []span{{'0', '9'}, {'A', 'Z'}, {'a', 'z'}}
	case "alpha":
		return []span{{'A', 'Z'}, {'a', 'z'}}
	case "blank":
		return []span{{' ', ' '}, {'\t', '\t'}}
	case "cntrl":
		return []span{{0, 31}, {127, 127}}
	case "digit":
		return []span{{'0', '9'}}
	case "graph":
		return []span{{'!', '~'}}
	case "lower":
		return []span{{'a', 'z'}}
	case "print":
		return []span{{' ', '~'}}
	case "punct":
		return []span{{'!', '/'}, {':', '@'}, {'[', '`'}, {'{', '~'}}
	case "space":
		return []span{{' ', ' '}, {'\t', '\n'}, {'\r', '\r'}} // as git has it, which is less than POSIX
	case "upper":
		return []span{{'A', 'Z'}}
	case "xdigit":
		return []span{{'0', '9'}, {'A', 'F'}, {'a', 'f'}}
	}
	return nil
}
