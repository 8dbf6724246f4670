package format

import "strings"

// An argument is an ARG with a default.
type argument struct {
	name  string
	value []part
}

// arguments are the ARGs before the first FROM, in order: a FROM sees all of
// them, an ARG those above it, and of several with one name the last counts.
// Source: https://docs.docker.com/reference/dockerfile/#understand-how-arg-and-from-interact
type arguments []argument

// How much is expanded before a name counts as one that nobody can follow:
// ways to make it up, stretches of text in one, ARGs that name ARGs.
const (
	maxWays     = 8
	maxSegments = 32
	maxArgs     = 32
)

// lookup returns the index of the last ARG called name, -1 when there is none.
func (a arguments) lookup(name string) int {
	for i := len(a) - 1; i >= 0; i-- {
		if a[i].name == name {
			return i
		}
	}
	return -1
}

// expand returns the ways in which the defaults of a make up the word parts:
// the default of an ARG and that of the variable itself are two. Variables
// that have none, or stand in a tag or digest, stay text as they are written.
// It returns nil when there are too many ways.
func (a arguments) expand(parts []part) [][]segment {
	ways, ok := a.ways([][]segment{nil}, parts, 0)
	if !ok {
		return nil
	}
	for i, w := range ways {
		if n := len(w); n > 0 && w[n-1].text == "" {
			ways[i] = w[:n-1]
		}
	}
	return ways
}

// ways appends to every one of ways what parts stand for.
func (a arguments) ways(ways [][]segment, parts []part, depth int) ([][]segment, bool) {
	if depth > maxArgs {
		return nil, false
	}
	for i, p := range parts {
		var out [][]segment
		for _, w := range ways {
			more, ok := a.way(w, p, parts[i+1:], depth)
			if out = append(out, more...); !ok || len(out) > maxWays {
				return nil, false
			}
		}
		ways = out
	}
	return ways, true
}

// way appends to way what p stands for; rest is what follows p in its word.
func (a arguments) way(way []segment, p part, rest []part, depth int) ([][]segment, bool) {
	if p.name == "" {
		return [][]segment{push(way, p.segment)}, len(way) < maxSegments
	}
	var out [][]segment
	if !inTag(join(way), rest) {
		if i := a.lookup(p.name); i >= 0 && len(a[i].value) > 0 {
			more, ok := a[:i].ways([][]segment{closed(way)}, a[i].value, depth+1)
			if !ok {
				return nil, false
			}
			out = append(out, more...)
		}
		if len(p.or) > 0 {
			more, ok := a.ways([][]segment{closed(way)}, p.or, depth+1)
			if !ok {
				return nil, false
			}
			out = append(out, more...)
		}
		for i := range out {
			out[i] = closed(out[i])
		}
	}
	if len(out) == 0 {
		out = append(out, push(way, p.segment))
	}
	return out, len(out) <= maxWays && len(way) < maxSegments
}

// inTag reports whether what follows name belongs to a tag or digest: rest is
// what follows in the same word.
func inTag(name string, rest []part) bool {
	if strings.Contains(name, "@") {
		return true
	}
	i := strings.LastIndexByte(name, ':')
	if i < 0 || strings.Contains(name[i:], "/") {
		return false
	}
	if strings.Contains(name[:i], "/") {
		return true
	}
	for _, p := range rest {
		if strings.Contains(p.text, "/") {
			return false // a port
		}
	}
	return true
}

// push returns way with s behind it, in one with the last segment unless that
// is closed.
func push(way []segment, s segment) []segment {
	out := append([]segment(nil), way...)
	if n := len(out); n > 0 && out[n-1].text != "" {
		last := segment{text: out[n-1].text + s.text}
		last.m = append(last.m, out[n-1].m...)
		for _, r := range s.m {
			r.Dec += len(out[n-1].text)
			last.m = append(last.m, r)
		}
		out[n-1] = last
		return out
	}
	if n := len(out); n > 0 && out[n-1].text == "" {
		out = out[:n-1]
	}
	return append(out, s)
}

// closed returns way so that what is pushed next, which stands in another
// word, is a segment of its own: an empty one marks the border.
func closed(way []segment) []segment {
	if n := len(way); n == 0 || way[n-1].text == "" {
		return way
	}
	return append(append([]segment(nil), way...), segment{})
}

// unexpanded returns parts as one text, variables as they are written.
func unexpanded(parts []part) []segment {
	var out []segment
	for _, p := range parts {
		out = push(out, p.segment)
	}
	return out
}
