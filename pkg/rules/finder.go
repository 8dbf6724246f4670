package rules

import (
	"bytes"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// A finder finds raw appearances of many short texts in a long one.
//
// Nearly every file contains none of them, so the search must be fast when
// nothing is found: the finder jumps from dot to dot, as fast as memory is read,
// and looks up the two bytes around each dot in a bit table. Its speed does not
// depend on the number of needles. Needles without a dot (localhost:5000) are
// searched one by one.
type finder struct {
	pairs    [1 << 16 / 64]uint64 // bit before<<8|after
	dotted   map[uint16][]needle
	undotted []needle
}

type needle struct {
	text string
	dot  int // byte offset of its first dot
	id   int // index in the argument of newFinder
}

func newFinder(texts []string) *finder {
	f := &finder{dotted: map[uint16][]needle{}}
	for id, t := range texts {
		n := needle{t, strings.IndexByte(t, '.'), id}
		if n.dot < 1 || n.dot == len(t)-1 {
			f.undotted = append(f.undotted, n)
			continue
		}
		pair := uint16(t[n.dot-1])<<8 | uint16(t[n.dot+1])
		f.pairs[pair>>6] |= 1 << (pair & 63)
		f.dotted[pair] = append(f.dotted[pair], n)
	}
	return f
}

// each calls found for every appearance of every needle, including overlapping
// ones, in unspecified order, until found returns false. start is a byte offset.
func (f *finder) each(src []byte, found func(n needle, start int) bool) {
	for _, n := range f.undotted {
		for at := 0; ; at++ {
			i := bytes.Index(src[at:], []byte(n.text))
			if i < 0 {
				break
			}
			at += i
			if !found(n, at) {
				return
			}
		}
	}
	if len(f.dotted) == 0 {
		return
	}
	for i := 1; i < len(src)-1; i++ {
		j := bytes.IndexByte(src[i:len(src)-1], '.')
		if j < 0 {
			return
		}
		i += j
		pair := uint16(src[i-1])<<8 | uint16(src[i+1])
		if f.pairs[pair>>6]&(1<<(pair&63)) == 0 {
			continue
		}
		for _, n := range f.dotted[pair] {
			start := i - n.dot
			if start >= 0 && len(src)-start >= len(n.text) && string(src[start:start+len(n.text)]) == n.text && !found(n, start) {
				return
			}
		}
	}
}

// longest returns the leftmost-longest, non-overlapping appearances.
func (f *finder) longest(src []byte) []edit.Span {
	var all []edit.Span
	f.each(src, func(n needle, start int) bool {
		all = append(all, edit.Span{Start: start, End: start + len(n.text)})
		return true
	})
	slices.SortFunc(all, func(a, b edit.Span) int {
		if a.Start != b.Start {
			return a.Start - b.Start
		}
		return b.End - a.End
	})
	out, end := all[:0], 0
	for _, s := range all {
		if s.Start >= end {
			out, end = append(out, s), s.End
		}
	}
	return out
}
