package format

import (
	"errors"
	"fmt"
	"strings"
)

// A fieldPath selects places in the tree of a document, from its root.
type fieldPath struct {
	text  string
	steps []pathStep
}

// A pathStep is one step of a fieldPath.
type pathStep struct {
	item     bool   // []: an item of a list
	anyDepth bool   // **: any number of keys and items, also none
	key      string // a glob in which * is any text; see isGlob
	isGlob   bool
}

// maxPathDepth is the depth of the deepest place that a fieldPath selects. It
// bounds the time for each place in a file that nests deeply.
const maxPathDepth = 64

// parseFieldPath parses a path: keys with dots between them, [] for the items of
// a list. In a key, * is any text; ** as a key is any number of keys and items.
// A key with dots, brackets or stars of its own is in double quotes.
//
//	jobs.*.services.*.image
//	**.containers[].image
//	metadata.annotations."example.com/image"
//	[].image
func parseFieldPath(text string) (fieldPath, error) {
	p := fieldPath{text: text}
	fail := func(why string) (fieldPath, error) {
		return fieldPath{}, fmt.Errorf("the path %q %s; expected keys with dots between them, such as spec.containers[].image", text, why)
	}
	rest := text
	for first := true; rest != ""; first = false {
		switch {
		case strings.HasPrefix(rest, "[]"):
			p.steps, rest = append(p.steps, pathStep{item: true}), rest[len("[]"):]
			continue
		case first:
		case rest[0] != '.':
			return fail("has no dot after a key or a []")
		default:
			rest = rest[1:]
		}
		step, left, err := parsePathKey(rest)
		if err != nil {
			return fail(err.Error())
		}
		p.steps, rest = append(p.steps, step), left
	}
	switch n := len(p.steps); {
	case n == 0:
		return fail("is empty")
	case p.steps[n-1].anyDepth:
		return fail("ends with **")
	case n > maxPathDepth:
		return fail("has too many steps")
	}
	return p, nil
}

// parsePathKey parses the key at the start of text, and returns the text after it.
func parsePathKey(text string) (step pathStep, rest string, err error) {
	if quoted, ok := strings.CutPrefix(text, `"`); ok {
		key, rest, closed := strings.Cut(quoted, `"`)
		if !closed || key == "" {
			return pathStep{}, "", errors.New("has an empty key, or a quote without an end")
		}
		return pathStep{key: key}, rest, nil
	}
	end := strings.IndexAny(text, `.["]`)
	if end < 0 {
		end = len(text)
	}
	switch key := text[:end]; {
	case key == "":
		return pathStep{}, "", errors.New("has an empty key")
	case key == "**":
		return pathStep{anyDepth: true}, text[end:], nil
	default:
		return pathStep{key: key, isGlob: strings.Contains(key, "*")}, text[end:], nil
	}
}

// last returns the key that every place of p has at its end, "" if p does not
// tell it.
func (p fieldPath) last() string {
	if s := p.steps[len(p.steps)-1]; !s.item && !s.isGlob {
		return s.key
	}
	return ""
}

// match reports whether p selects the place at the end of at, the frames below
// the root of the document, from the outside to the inside.
func (p fieldPath) match(at []*frame) bool { return matchSteps(p.steps, at) }

func matchSteps(steps []pathStep, at []*frame) bool {
	for len(steps) > 0 {
		s := steps[len(steps)-1]
		if s.anyDepth {
			for n := len(at); n >= 0; n-- {
				if matchSteps(steps[:len(steps)-1], at[:n]) {
					return true
				}
			}
			return false
		}
		if len(at) == 0 || !s.match(at[len(at)-1]) {
			return false
		}
		steps, at = steps[:len(steps)-1], at[:len(at)-1]
	}
	return len(at) == 0
}

func (s pathStep) match(f *frame) bool {
	switch {
	case s.item || f.item:
		return s.item && f.item
	case s.isGlob:
		return matchText(s.key, f.key)
	}
	return s.key == f.key
}

// matchText reports whether text matches glob, in which * is any text.
func matchText(glob, text string) bool {
	head, rest, ok := strings.Cut(glob, "*")
	if !ok {
		return glob == text
	}
	text, ok = strings.CutPrefix(text, head)
	if !ok {
		return false
	}
	for {
		part, after, more := strings.Cut(rest, "*")
		if !more {
			return strings.HasSuffix(text, part)
		}
		i := strings.Index(text, part)
		if i < 0 {
			return false
		}
		text, rest = text[i+len(part):], after
	}
}
