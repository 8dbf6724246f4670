package rules

import (
	"bytes"
	"slices"
	"strings"
)

// A pathList finds the paths of which all components occur in a text, in any order and
// place.
type pathList struct {
	paths [][][]byte       // their components
	byEnd map[string][]int // indexes into paths, by the last component
	isAny bool             // one of the paths is empty
	seen  map[string]bool  // the paths
	other []int            // indexes of paths that end with a variable
}

// manyPaths is the number of paths from which on it is faster to look up the words of a
// text than to search the text for each path.
const manyPaths = 64

func (l *pathList) add(path string) {
	if path == "" {
		l.isAny = true
		return
	}
	if l.byEnd == nil {
		l.byEnd, l.seen = map[string][]int{}, map[string]bool{}
	}
	if l.seen[path] {
		return // the rules of one image for several tags
	}
	l.seen[path] = true
	end := path[strings.LastIndexByte(path, '/')+1:]
	if strings.ContainsFunc(end, func(r rune) bool { return r > 0x7f || !isNameByte(byte(r)) }) {
		l.other = append(l.other, len(l.paths))
	}
	l.byEnd[end] = append(l.byEnd[end], len(l.paths))
	l.paths = append(l.paths, bytes.Split([]byte(path), []byte("/")))
}

// anyIn reports whether all components of a path occur in chunk. With many paths, the
// last component has to be a whole word.
func (l *pathList) anyIn(chunk []byte) bool {
	if l.isAny {
		return true
	}
	if len(l.paths) < manyPaths {
		return slices.ContainsFunc(l.paths, func(parts [][]byte) bool { return containsAll(chunk, parts) })
	}
	if slices.ContainsFunc(l.other, func(i int) bool { return containsAll(chunk, l.paths[i]) }) {
		return true
	}
	for start := 0; start < len(chunk); {
		if !isNameByte(chunk[start]) {
			start++
			continue
		}
		end := start + 1
		for end < len(chunk) && isNameByte(chunk[end]) {
			end++
		}
		if l.endsWith(chunk, chunk[start:end]) {
			return true
		}
		if start > 0 && chunk[start-1] == '\\' {
			for _, n := range escapeLengths {
				if end-start > n && l.endsWith(chunk, chunk[start+n:end]) {
					return true
				}
			}
		}
		start = end
	}
	return false
}

// escapeLengths are the lengths of escape sequences without the backslash: \n, \x0a, \u000a.
var escapeLengths = []int{1, 3, 5}

// endsWith reports whether a path ends with word, and all its components occur in chunk.
func (l *pathList) endsWith(chunk, word []byte) bool {
	word = bytes.Trim(word, "-._") // ${IMAGE:-redis}
	return slices.ContainsFunc(l.byEnd[string(word)], func(i int) bool { return containsAll(chunk, l.paths[i]) })
}

// isNameByte reports whether c can be in a component of a path.
func isNameByte(c byte) bool { return isAlnum(c) || c == '-' || c == '.' || c == '_' }

func containsAll(chunk []byte, parts [][]byte) bool {
	for _, p := range parts {
		if !bytes.Contains(chunk, p) {
			return false
		}
	}
	return true
}
