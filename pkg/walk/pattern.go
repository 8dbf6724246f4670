package walk

import (
	"errors"
	"strings"
	"unicode/utf8"
)

// A glob is a compiled pattern, a sequence of pieces. A nil glob matches the
// empty string.
type glob []piece

type piece struct {
	op      op
	literal string // of opLiteral
	set     *set   // of opSet
	unit    unit   // of opOne and opSet
}

type op uint8

const (
	opLiteral op = iota
	opOne        // ?: one unit except a slash
	opSet        // […]: one unit of a set, except a slash
	opStar       // *: any number of units, without a slash
	opAll        // **: anything
	opFolders    // **/: nothing, or anything that ends with a slash
)

// A unit is what "?" and "[…]" match one of: a byte in patterns of git, a code
// point in a Glob.
type unit uint8

const (
	inBytes unit = iota
	inRunes
)

// next returns the first unit of s and its size in bytes; s is not empty.
func (u unit) next(s string) (rune, int) {
	if u == inRunes {
		return utf8.DecodeRuneInString(s)
	}
	return rune(s[0]), 1
}

// compile compiles a pattern. "**" differs from "*" only if it is a whole
// component of a path. The error says why the pattern cannot match anything.
func compile(pattern string, u unit) (glob, error) {
	var g glob
	var text []byte
	flush := func() {
		if len(text) > 0 {
			g = append(g, piece{op: opLiteral, literal: string(text)})
			text = nil
		}
	}
	for i := 0; i < len(pattern); i++ {
		switch ch := pattern[i]; ch {
		case '\\':
			i++
			if i == len(pattern) {
				return nil, errors.New("the backslash at the end escapes nothing")
			}
			text = append(text, pattern[i])
		case '?':
			flush()
			g = append(g, piece{op: opOne, unit: u})
		case '[':
			flush()
			s, size, err := parseSet(pattern[i:], u)
			if err != nil {
				return nil, err
			}
			g = append(g, piece{op: opSet, set: s, unit: u})
			i += size - 1
		case '*':
			flush()
			begin := i
			for i+1 < len(pattern) && pattern[i+1] == '*' {
				i++
			}
			p, folders := star(pattern, begin, i+1)
			g = append(g, p)
			if folders {
				i++ // the slash is part of the piece
			}
		default:
			text = append(text, ch)
		}
	}
	flush()
	return g, nil
}

// star returns the piece for the stars pattern[begin:end], and whether the
// slash after them is part of the piece.
func star(pattern string, begin, end int) (p piece, withSlash bool) {
	after := pattern[end:]
	switch {
	case end-begin == 1, begin > 0 && pattern[begin-1] != '/':
		return piece{op: opStar}, false
	case strings.HasPrefix(after, "/"):
		return piece{op: opFolders}, true
	case after == "", strings.HasPrefix(after, `\/`):
		return piece{op: opAll}, false
	}
	return piece{op: opStar}, false
}

// match reports whether g matches all of s.
//
// It backtracks only to the last "*", and from there only to the last "**". An
// earlier star need not be tried again: everything that it could match, the
// later one can match as well, since there is a slash at a fixed place between
// them. Therefore hostile patterns take polynomial time.
func (g glob) match(s string) bool {
	type mark struct{ piece, at int }
	none := mark{piece: -1}
	star, all := none, none
	i, at := 0, 0
	for {
		if i == len(g) && at == len(s) {
			return true
		}
		if i < len(g) {
			switch p := &g[i]; p.op {
			case opStar:
				star = mark{i, at}
				i++
				continue
			case opAll, opFolders:
				all, star = mark{i, at}, none
				i++
				continue
			default:
				if n := p.prefix(s[at:]); n > 0 {
					at += n
					i++
					continue
				}
			}
		}
		// Extend the match of the last star by one, or else that of the last "**".
		switch {
		case star != none && star.at < len(s) && s[star.at] != '/':
			star.at++
			i, at = star.piece+1, star.at
		case all != none && all.at < len(s):
			n := 1
			if g[all.piece].op == opFolders {
				n = strings.IndexByte(s[all.at:], '/') + 1
				if n == 0 {
					return false
				}
			}
			all.at += n
			star = none
			i, at = all.piece+1, all.at
		default:
			return false
		}
	}
}

// prefix returns how many bytes at the beginning of s the piece matches, 0 if
// it does not match.
func (p *piece) prefix(s string) int {
	if p.op == opLiteral {
		if strings.HasPrefix(s, p.literal) {
			return len(p.literal)
		}
		return 0
	}
	if s == "" || s[0] == '/' {
		return 0
	}
	ch, size := p.unit.next(s)
	if p.op == opSet && !p.set.has(ch) {
		return 0
	}
	return size
}
