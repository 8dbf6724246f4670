package render

import (
	"regexp"
	"slices"
	"strings"
)

// WithoutAddedKeys returns after without the keys global.security.allowInsecureImages: true
// that before does not have, and the number of these keys. It removes lines only: all
// others are compared as usual. A key is removed only from a document in which a reference
// changed as rewrite says, because a run adds the key only there.
//
// The key may be in a mapping in block style, also in one that is the text of a block
// scalar, or an item of a list of names and values. It may be the only key of a mapping that
// before has as {}.
func WithoutAddedKeys(before, after *Rendered, rewrite RewriteFunc) (*Rendered, int) {
	out, n := *after, 0
	out.Texts = slices.Clone(after.Texts)
	byTemplate := before.ByTemplate()
	for i := range out.Texts {
		t := &out.Texts[i]
		b := byTemplate[t.Template]
		if b == nil || b.Body == t.Body || !strings.Contains(t.Body, "allowInsecureImages") {
			continue
		}
		k := keyRemover{before: strings.Split(b.Body, "\n"), after: strings.Split(t.Body, "\n"), rewrite: rewrite}
		if removed := k.run(); removed > 0 {
			t.Body = strings.Join(k.out, "\n")
			n += removed
		}
	}
	return &out, n
}

// A keyRemover aligns the lines of two texts, and removes those of added keys.
type keyRemover struct {
	before, after []string
	rewrite       RewriteFunc

	out   []string
	added []addedLines // in the document
	moved bool         // a reference of the document changed
}

// addedLines are lines of an added key, and the index in out at which they are missing.
type addedLines struct {
	at    int
	lines []string
	empty bool // out has one line in their place, with {}
}

func (k *keyRemover) run() int {
	removed, b := 0, 0
	for a := 0; a < len(k.after); a++ {
		line := k.after[a]
		switch {
		case b < len(k.before) && k.before[b] == line:
		case b < len(k.before) && lineDifference(k.before[b], line, k.rewrite) == "":
			k.moved = true
		case b < len(k.before) && k.firstKeyAt(a, k.before[b]) > 0:
			n := k.firstKeyAt(a, k.before[b])
			k.added = append(k.added, addedLines{at: len(k.out), lines: k.after[a : a+n], empty: true})
			a += n - 1
			line = k.before[b]
		default:
			if n := k.keyAt(a); n > 0 {
				k.added = append(k.added, addedLines{at: len(k.out), lines: k.after[a : a+n]})
				a += n - 1
				continue
			}
		}
		if strings.HasPrefix(line, "---") {
			removed += k.endDocument()
		}
		k.out = append(k.out, line)
		b++
	}
	return removed + k.endDocument()
}

// endDocument returns the number of keys that are removed from the document. It restores
// them if no reference of the document changed.
func (k *keyRemover) endDocument() int {
	n := len(k.added)
	if !k.moved {
		for _, x := range slices.Backward(k.added) {
			if x.empty {
				k.out = slices.Delete(k.out, x.at, x.at+1)
			}
			k.out = slices.Insert(k.out, x.at, x.lines...)
		}
		n = 0
	}
	k.added, k.moved = nil, false
	return n
}

var (
	addedItemRE  = regexp.MustCompile(`^( *)- name: global\.security\.allowInsecureImages$`)
	addedValueRE = regexp.MustCompile(`^( *)value: ["']true["']$`)
)

// firstKeyAt returns the number of lines from line a that have the key in a mapping which is
// empty in the line before, 0 if they have something else: they are in block style, or one
// line in flow style.
func (k *keyRemover) firstKeyAt(a int, before string) int {
	flow := map[string]string{"global:": "{security: {allowInsecureImages: true}}", "security:": "{allowInsecureImages: true}"}
	indent := indentOf(before)
	key, isEmpty := strings.CutSuffix(before[indent:], " {}")
	if flow[key] == "" || !isEmpty || key == "security:" && !k.isBelow(a, []string{"global:"}) {
		return 0
	}
	keys := []string{"global:", "security:", "allowInsecureImages: true"}
	keys = keys[slices.Index(keys, key):]
	if k.after[a] == before[:indent]+key+" "+flow[key] {
		return 1
	}
	last := -1
	for i, want := range keys {
		if a+i == len(k.after) || strings.TrimLeft(k.after[a+i], " ") != want || indentOf(k.after[a+i]) <= last || i == 0 && indentOf(k.after[a]) != indent {
			return 0
		}
		last = indentOf(k.after[a+i])
	}
	if k.indentAfter(a+len(keys)-1) > indent {
		return 0 // the mapping has other keys
	}
	return len(keys)
}

// keyAt returns the number of lines of the key that begins at line a: of the key itself, and
// of the keys that contain it and nothing else. It returns 0 if the line does not begin one.
func (k *keyRemover) keyAt(a int) int {
	if m := addedItemRE.FindStringSubmatch(k.after[a]); m != nil && a+1 < len(k.after) {
		if v := addedValueRE.FindStringSubmatch(k.after[a+1]); v != nil && len(v[1]) == len(m[1])+2 && k.indentAfter(a+1) < len(v[1]) {
			return 2
		}
		return 0
	}
	keys := []string{"global:", "security:", "allowInsecureImages: true"}
	start := slices.Index(keys, strings.TrimLeft(k.after[a], " "))
	if start < 0 || !k.isBelow(a, keys[:start]) {
		return 0
	}
	outer, last := indentOf(k.after[a]), -1
	for i, key := range keys[start:] {
		if a+i == len(k.after) || strings.TrimLeft(k.after[a+i], " ") != key || indentOf(k.after[a+i]) <= last {
			return 0
		}
		last = indentOf(k.after[a+i])
	}
	n := len(keys) - start
	if k.indentAfter(a+n-1) > outer {
		return 0 // the added mapping has other keys
	}
	return n
}

// isBelow reports whether the keys contain line a: the last one contains it directly.
func (k *keyRemover) isBelow(a int, keys []string) bool {
	indent := indentOf(k.after[a])
	for _, key := range slices.Backward(keys) {
		for a--; a >= 0 && (strings.TrimSpace(k.after[a]) == "" || indentOf(k.after[a]) >= indent); a-- {
		}
		if a < 0 || strings.TrimLeft(k.after[a], " -") != key {
			return false
		}
		indent = indentOf(k.after[a])
	}
	return true
}

// indentAfter returns the indentation of the first line after line a that is not blank, -1
// if there is none.
func (k *keyRemover) indentAfter(a int) int {
	for a++; a < len(k.after); a++ {
		if strings.TrimSpace(k.after[a]) != "" {
			return indentOf(k.after[a])
		}
	}
	return -1
}

func indentOf(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }
