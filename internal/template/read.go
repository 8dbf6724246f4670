package template

import (
	"bytes"
	"errors"
	"slices"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
)

// A unit is a part of a mask that was read as YAML.
type unit struct {
	mask *mask
	span edit.Span // of the mask's text: all of it, or some documents
	docs []*syntax.Document
}

// text returns what was read.
func (u unit) text() []byte { return u.mask.text[u.span.Start:u.span.End] }

// maxBranches is how many branches of a condition are read one at a time.
const maxBranches = 4

// read masks the text of s and reads it. Most templates can be read whole,
// with the first mask. Else what can be read of each document is taken, with
// one mask after the other, until all text was read; plain is what is left.
// Documents that wanted is false of, by their bytes in the source, need not be
// read, and are not left either. The error is about the whole source.
func (s *source) read(wanted func(edit.Span) bool) (units []unit, plain []edit.Span, err error) {
	next, _ := s.marks()
	all := s.items()
	divides := slices.ContainsFunc(all, func(it item) bool { return it.divides })
	var first *mask
	for _, divide := range []bool{divides, false} {
		if first != nil && !divides {
			break // the same again
		}
		k := s.mask(all, divide)
		if first == nil {
			first = k
		}
		f, err := syntax.ParseYAML(k.text, k.wants(wanted, len(s.src)))
		if err == nil {
			return []unit{{k, edit.Span{Start: 0, End: len(k.text)}, f.Docs}}, nil, nil
		}
		if isFatal(err) {
			return nil, nil, err
		}
	}
	r := newRest(s)
	units = r.read(first, wanted)
	for b := range min(s.branches(next), maxBranches) + 1 {
		if b == min(s.branches(next), maxBranches) {
			b = -1
		}
		if r.left > 0 {
			units = append(units, r.read(s.mask(s.branch(next, b), divides), wanted)...)
		}
	}
	return units, r.plain(), nil
}

// isFatal reports whether err is about a source as a whole, whatever its
// actions are.
func isFatal(err error) bool {
	var p *syntax.ParseError
	return !errors.As(err, &p)
}

// wants makes of a question about the source, of size bytes, one about parts
// of the mask, to be asked of all parts in their order.
func (k *mask) wants(wanted func(edit.Span) bool, size int) func([]byte) bool {
	if wanted == nil {
		return nil
	}
	at := 0
	return func(chunk []byte) bool {
		s := edit.Span{Start: at, End: at + len(chunk)}
		at = s.End
		return s.End > len(k.text) || wanted(k.source(s, size))
	}
}

// A rest is what of a source was not read so far.
type rest struct {
	*source
	done []bool // of each byte: it is part of an action, or was read
	left int    // how many that are not blank are not done
}

func newRest(s *source) *rest {
	r := &rest{source: s, done: make([]bool, len(s.src))}
	for _, c := range s.src {
		if !isSpace(c) {
			r.left++
		}
	}
	for _, a := range s.actions {
		r.finish(a.span)
	}
	return r
}

func (r *rest) finish(s edit.Span) {
	for i := s.Start; i < s.End; i++ {
		if !r.done[i] && !isSpace(r.src[i]) {
			r.left--
		}
		r.done[i] = true
	}
}

// read reads the documents of a mask that have text which was not read
// before.
func (r *rest) read(k *mask, wanted func(edit.Span) bool) []unit {
	var units []unit
	for at := 0; at < len(k.text); {
		u := unit{mask: k, span: edit.Span{Start: at, End: documentEnd(k.text, at)}}
		at = u.span.End
		from := k.source(u.span, len(r.src))
		if wanted != nil && !wanted(from) {
			r.finish(from)
			continue
		}
		if !r.hasNew(k, u.span) {
			continue
		}
		f, err := syntax.ParseYAML(u.text(), nil)
		if err != nil {
			continue
		}
		u.docs = f.Docs
		units = append(units, u)
		r.each(k, u.span, func(s edit.Span) bool {
			r.finish(s)
			return true
		})
	}
	return units
}

// each calls do with the parts of the source that stand as text in a part of
// a mask, until it returns false.
func (r *rest) each(k *mask, s edit.Span, do func(edit.Span) bool) {
	for i := k.piece(s.Start); i < len(k.pieces) && k.pieces[i].at < s.End; i++ {
		p := k.pieces[i]
		if p.kind != copied {
			continue
		}
		from := max(s.Start-p.at, 0)
		if !do(edit.Span{Start: p.src.Start + from, End: p.src.Start + min(s.End-p.at, p.n)}) {
			return
		}
	}
}

// hasNew reports whether a part of a mask has text that was not read.
func (r *rest) hasNew(k *mask, s edit.Span) bool {
	found := false
	r.each(k, s, func(part edit.Span) bool {
		for i := part.Start; i < part.End && !found; i++ {
			found = !r.done[i] && !isSpace(r.src[i])
		}
		return !found
	})
	return found
}

// plain returns the text that was not read, without parts that are blank.
func (r *rest) plain() []edit.Span {
	var out []edit.Span
	for i := 0; i < len(r.src); i++ {
		if r.done[i] {
			continue
		}
		s := edit.Span{Start: i}
		for i < len(r.src) && !r.done[i] {
			i++
		}
		s.End = i
		if !isBlank(r.src[s.Start:s.End]) {
			out = append(out, s)
		}
	}
	return out
}

// documentEnd returns where the next document begins behind text[at].
func documentEnd(text []byte, at int) int {
	for at < len(text) {
		i := bytes.Index(text[at:], []byte("\n---"))
		if i < 0 {
			break
		}
		at += i + 1
		if at+3 == len(text) || isSpace(text[at+3]) {
			return at
		}
	}
	return len(text)
}
