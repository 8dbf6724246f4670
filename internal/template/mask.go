package template

import (
	"bytes"
	"sort"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// A mask is the text of a template in which each action is replaced or left
// out, so that the text can be read as YAML.
type mask struct {
	text    []byte
	pieces  []piece     // in order; they cover text
	actions []actionPos // in order
	toSrc   edit.Map    // maps text to the source, where it is copied from there
}

// A piece is a part of a mask that was made from one part of the source.
type piece struct {
	at, n  int // bytes [at, at+n) of the mask
	src    edit.Span
	kind   pieceKind
	action int // the action that the piece replaces; unused for copied
}

type pieceKind uint8

const (
	copied      pieceKind = iota // equal to the source
	placeholder                  // letters in place of an action that prints something or is inside a word
	blank                        // a space between two branches
	separator                    // --- in place of a line that begins the definition of a template
)

// An actionPos is the position of an action in a mask.
type actionPos struct {
	at      int // offset in the mask
	action  int
	omitted bool // the action is not part of the text of its line, so only a scalar of several lines contains it
}

// placeholderText replaces an action that prints something. It consists of
// letters that a host name may have, so that text after an action is not
// mistaken for a complete host.
const placeholderText = "xx"

// A masker makes a mask.
type masker struct {
	*source
	items    []item
	separate bool // each definition of a template becomes a document
	out      *mask

	started   bool // there is text other than white space after the last separator
	blocks    []openBlock
	wordAfter []bool // of the items of a line: see findWordsAfter
}

// mask masks the text of s, whose actions are items. If separate is set, each
// definition of a template becomes a document.
func (s *source) mask(items []item, separate bool) *mask {
	m := &masker{source: s, items: items, separate: separate, out: &mask{text: make([]byte, 0, len(s.src))}}
	at, i := 0, 0
	if bytes.HasPrefix(s.src, []byte("\uFEFF")) {
		at = len("\uFEFF") // otherwise an action after it would not begin its line
		m.copy(edit.Span{Start: 0, End: at})
	}
	for at < len(s.src) {
		end := lineEnd(s.src, at)
		first := i
		for i < len(items) && items[i].span.Start < end {
			if items[i].span.End > end { // an action of several lines, which count as one
				end = lineEnd(s.src, items[i].span.End)
			}
			i++
		}
		if first == i {
			// All lines before the next action are text.
			if i == len(items) {
				end = len(s.src)
			} else {
				end = max(end, at+bytes.LastIndexByte(s.src[at:items[i].span.Start], '\n')+1)
			}
			m.copy(edit.Span{Start: at, End: end})
		} else {
			m.line(edit.Span{Start: at, End: end}, i, items[first:i])
		}
		at = end
	}
	for _, p := range m.out.pieces {
		if p.kind == copied {
			m.out.toSrc = append(m.out.toSrc, edit.Run{Dec: p.at, Src: p.src.Start, Len: p.n})
		}
	}
	return m.out
}

// lineEnd returns the offset after the line of src[at] and its LF.
func lineEnd(src []byte, at int) int {
	if i := bytes.IndexByte(src[at:], '\n'); i >= 0 {
		return at + i + 1
	}
	return len(src)
}

// copy copies a part of the source.
func (m *masker) copy(s edit.Span) {
	if s.Len() == 0 {
		return
	}
	m.started = m.started || !isBlank(m.src[s.Start:s.End])
	at := len(m.out.text)
	m.out.text = append(m.out.text, m.src[s.Start:s.End]...)
	if k := len(m.out.pieces) - 1; k >= 0 {
		if p := &m.out.pieces[k]; p.kind == copied && p.src.End == s.Start {
			p.n += s.Len()
			p.src.End = s.End
			return
		}
	}
	m.out.pieces = append(m.out.pieces, piece{at: at, n: s.Len(), src: s})
}

// replace writes text in place of an item; text may be empty.
func (m *masker) replace(it item, kind pieceKind, text string) {
	if text != "" {
		m.started = kind != separator
		m.out.pieces = append(m.out.pieces, piece{len(m.out.text), len(text), it.span, kind, it.action})
	}
	m.out.actions = append(m.out.actions, actionPos{at: len(m.out.text), action: it.action})
	m.out.text = append(m.out.text, text...)
}

// omit leaves out an item that is not part of the text of its line.
func (m *masker) omit(it item) {
	m.out.actions = append(m.out.actions, actionPos{len(m.out.text), it.action, true})
}

// piece returns the index of the piece that contains byte at of the mask.
func (k *mask) piece(at int) int {
	return sort.Search(len(k.pieces), func(i int) bool { return k.pieces[i].at+k.pieces[i].n > at })
}

// start returns the source offset of byte at of the mask. size is the length of
// the source.
func (k *mask) start(at, size int) int {
	i := k.piece(at)
	switch {
	case i == len(k.pieces):
		return size
	case at == 0:
		return 0
	case k.pieces[i].kind == copied:
		return k.pieces[i].src.Start + at - k.pieces[i].at
	}
	return k.pieces[i].src.Start
}

// end returns the source offset after the byte in front of byte at of the mask.
func (k *mask) end(at int) int {
	if at == 0 {
		return 0
	}
	i := k.piece(at - 1)
	if p := k.pieces[i]; p.kind == copied {
		return p.src.Start + at - p.at
	}
	return k.pieces[i].src.End
}

// source returns the source bytes that [s.Start, s.End) of the mask was made
// from, including bytes between them that the mask leaves out. size is the
// length of the source.
func (k *mask) source(s edit.Span, size int) edit.Span {
	return edit.Span{Start: k.start(s.Start, size), End: k.start(s.End, size)}
}
