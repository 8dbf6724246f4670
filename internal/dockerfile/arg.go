package dockerfile

import (
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// An Arg is an ARG with a default.
type Arg struct {
	Name  string
	Value []Part
}

// Args are the ARGs before the first FROM, in order. A FROM sees all of them,
// an ARG those above it. If several have one name, the last one counts.
// Source: https://docs.docker.com/reference/dockerfile/#understand-how-arg-and-from-interact
type Args []Arg

// Limits of [Args.Expand]. Beyond them the value counts as unknown.
const (
	maxValues    = 8  // values of one word
	maxFragments = 32 // fragments of one value
	maxArgs      = 32 // ARGs that refer to ARGs
)

// Defaults returns the ARGs of the instruction in that have a default.
func (in *Instruction) Defaults() Args {
	var out Args
	for at := in.Args; ; {
		w := in.NextWord(at)
		if at = w.End; w.Len() == 0 {
			return out
		}
		i := strings.IndexByte(in.Text[w.Start:w.End], '=')
		if i < 0 {
			continue
		}
		out = append(out, Arg{
			Name:  in.Text[w.Start : w.Start+i],
			Value: in.Parts(edit.Span{Start: w.Start + i + 1, End: w.End}),
		})
	}
}

// WithoutEmpty returns parts without the variables at their start that are empty by
// default.
func (a Args) WithoutEmpty(parts []Part) []Part {
	for len(parts) > 0 && parts[0].Name != "" && len(parts[0].Default) == 0 {
		if i := a.lookup(parts[0].Name); i >= 0 && len(a[i].Value) > 0 {
			break
		}
		parts = parts[1:]
	}
	return parts
}

// Expand returns the values that the word parts can have by defaults: an ARG
// and the variable itself may each have one. A variable without a default, or
// in a tag or digest, remains as written. Each value is a list of fragments,
// one for each place in the file that it comes from. Expand returns nil if
// there are too many values.
func (a Args) Expand(parts []Part) [][]Fragment {
	values, ok := a.extendAll([][]Fragment{nil}, parts, 0)
	if !ok {
		return nil
	}
	for i, v := range values {
		if n := len(v); n > 0 && v[n-1].Text == "" {
			values[i] = v[:n-1]
		}
	}
	return values
}

// extendAll appends the values of parts to each of values.
func (a Args) extendAll(values [][]Fragment, parts []Part, depth int) ([][]Fragment, bool) {
	if depth > maxArgs {
		return nil, false
	}
	for i, p := range parts {
		var out [][]Fragment
		for _, v := range values {
			more, ok := a.extend(v, p, parts[i+1:], depth)
			if out = append(out, more...); !ok || len(out) > maxValues {
				return nil, false
			}
		}
		values = out
	}
	return values, true
}

// extend appends the values of p to value. rest is the rest of the word.
func (a Args) extend(value []Fragment, p Part, rest []Part, depth int) ([][]Fragment, bool) {
	if p.Name == "" {
		return [][]Fragment{push(value, p.Fragment)}, len(value) < maxFragments
	}
	var out [][]Fragment
	if !inTag(Join(value), rest) {
		if i := a.lookup(p.Name); i >= 0 && len(a[i].Value) > 0 {
			more, ok := a[:i].extendAll([][]Fragment{closed(value)}, a[i].Value, depth+1)
			if !ok {
				return nil, false
			}
			out = append(out, more...)
		}
		if len(p.Default) > 0 {
			more, ok := a.extendAll([][]Fragment{closed(value)}, p.Default, depth+1)
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
		out = append(out, push(value, p.Fragment))
	}
	return out, len(out) <= maxValues && len(value) < maxFragments
}

// lookup returns the index of the last ARG called name, or -1.
func (a Args) lookup(name string) int {
	for i := len(a) - 1; i >= 0; i-- {
		if a[i].Name == name {
			return i
		}
	}
	return -1
}

// inTag reports whether the text after name belongs to a tag or a digest. rest
// is the rest of the word.
func inTag(name string, rest []Part) bool {
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
		if strings.Contains(p.Text, "/") {
			return false // a port
		}
	}
	return true
}

// push returns value with f appended. It joins f with the last fragment unless
// that one is closed.
func push(value []Fragment, f Fragment) []Fragment {
	out := append([]Fragment(nil), value...)
	if n := len(out); n > 0 && out[n-1].Text != "" {
		last := Fragment{Text: out[n-1].Text + f.Text}
		last.Map = append(last.Map, out[n-1].Map...)
		for _, r := range f.Map {
			r.Dec += len(out[n-1].Text)
			last.Map = append(last.Map, r)
		}
		out[n-1] = last
		return out
	}
	if n := len(out); n > 0 && out[n-1].Text == "" {
		out = out[:n-1]
	}
	return append(out, f)
}

// closed returns value with an empty fragment at its end, after which push
// begins a new fragment: the next text comes from another word.
func closed(value []Fragment) []Fragment {
	if n := len(value); n == 0 || value[n-1].Text == "" {
		return value
	}
	return append(append([]Fragment(nil), value...), Fragment{})
}

// Literal returns parts as one value, with variables as written.
func Literal(parts []Part) []Fragment {
	var out []Fragment
	for _, p := range parts {
		out = push(out, p.Fragment)
	}
	return out
}
