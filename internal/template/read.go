package template

import (
	"bytes"
	"errors"
	"slices"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
)

// A part is a part of a mask that was read as YAML.
type part struct {
	mask *mask
	span edit.Span // in the text of the mask: all of it, or some documents
	docs []*syntax.Document
}

// text returns the bytes of p in the mask.
func (p part) text() []byte { return p.mask.text[p.span.Start:p.span.End] }

// maxBranches is how many branches of a block are read one at a time.
const maxBranches = 4

// read masks the text of s and reads it as YAML. Most templates can be read as a
// whole with the first mask. If not, read takes from each document the parts
// that can be read, with one mask after another, until all text is read.
// unparsed is the rest.
//
// Documents for which wanted returns false for their source bytes may be left
// unread; they are not part of unparsed. The error is one that concerns the
// whole source.
func (s *source) read(wanted func(edit.Span) bool) (parts []part, unparsed []edit.Span, err error) {
	next, _ := s.nextBranches()
	all := s.items()
	hasDefinitions := slices.ContainsFunc(all, func(it item) bool { return it.defines })
	var first *mask
	for _, separate := range []bool{hasDefinitions, false} {
		if first != nil && !hasDefinitions {
			break // the same mask again
		}
		k := s.mask(all, separate)
		if first == nil {
			first = k
		}
		f, err := syntax.ParseYAML(k.text, k.translateFilter(wanted, len(s.src)))
		if err == nil {
			return []part{{k, edit.Span{Start: 0, End: len(k.text)}, f.Docs}}, nil, nil
		}
		if concernsWholeSource(err) {
			return nil, nil, err
		}
	}
	u := newUnread(s)
	parts = u.read(first, wanted)
	for b := range min(s.maxBranchesOf(next), maxBranches) + 1 {
		if b == min(s.maxBranchesOf(next), maxBranches) {
			b = -1
		}
		if u.left > 0 {
			parts = append(parts, u.read(s.mask(s.oneBranch(next, b), hasDefinitions), wanted)...)
		}
	}
	return parts, u.spans(), nil
}

// concernsWholeSource reports whether err is not a *syntax.ParseError, so that
// another mask would not help.
func concernsWholeSource(err error) bool {
	var p *syntax.ParseError
	return !errors.As(err, &p)
}

// translateFilter turns a filter for spans of the source into one for chunks of
// the mask. The result must be called with all chunks in order. size is the
// length of the source.
func (k *mask) translateFilter(wanted func(edit.Span) bool, size int) func([]byte) bool {
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

// An unread holds which text of a source is not read yet.
type unread struct {
	*source
	done []bool // for each byte: it is part of an action, or was read
	left int    // number of bytes that are neither done nor white space
}

func newUnread(s *source) *unread {
	u := &unread{source: s, done: make([]bool, len(s.src))}
	for _, c := range s.src {
		if !isSpace(c) {
			u.left++
		}
	}
	for _, a := range s.actions {
		u.markDone(a.span)
	}
	return u
}

func (u *unread) markDone(s edit.Span) {
	for i := s.Start; i < s.End; i++ {
		if !u.done[i] && !isSpace(u.src[i]) {
			u.left--
		}
		u.done[i] = true
	}
}

// read reads the documents of a mask that have unread text.
func (u *unread) read(k *mask, wanted func(edit.Span) bool) []part {
	var parts []part
	for at := 0; at < len(k.text); {
		p := part{mask: k, span: edit.Span{Start: at, End: documentEnd(k.text, at)}}
		at = p.span.End
		from := k.source(p.span, len(u.src))
		if wanted != nil && !wanted(from) {
			u.markDone(from)
			continue
		}
		if !u.contains(k, p.span) {
			continue
		}
		f, err := syntax.ParseYAML(p.text(), nil)
		if err != nil {
			continue
		}
		p.docs = f.Docs
		parts = append(parts, p)
		k.copiedFrom(p.span, func(s edit.Span) bool {
			u.markDone(s)
			return true
		})
	}
	return parts
}

// copiedFrom calls visit with the spans of the source that were copied to the
// span s of the mask, until visit returns false.
func (k *mask) copiedFrom(s edit.Span, visit func(edit.Span) bool) {
	for i := k.piece(s.Start); i < len(k.pieces) && k.pieces[i].at < s.End; i++ {
		p := k.pieces[i]
		if p.kind != copied {
			continue
		}
		from := max(s.Start-p.at, 0)
		if !visit(edit.Span{Start: p.src.Start + from, End: p.src.Start + min(s.End-p.at, p.n)}) {
			return
		}
	}
}

// contains reports whether the span s of a mask has unread text.
func (u *unread) contains(k *mask, s edit.Span) bool {
	found := false
	k.copiedFrom(s, func(src edit.Span) bool {
		for i := src.Start; i < src.End && !found; i++ {
			found = !u.done[i] && !isSpace(u.src[i])
		}
		return !found
	})
	return found
}

// spans returns the unread text, without spans that are only white space.
func (u *unread) spans() []edit.Span {
	var out []edit.Span
	for i := 0; i < len(u.src); i++ {
		if u.done[i] {
			continue
		}
		s := edit.Span{Start: i}
		for i < len(u.src) && !u.done[i] {
			i++
		}
		s.End = i
		if !isBlank(u.src[s.Start:s.End]) {
			out = append(out, s)
		}
	}
	return out
}

// documentEnd returns where the document that contains text[at] ends.
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
