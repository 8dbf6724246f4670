package template

import (
	"bytes"
	"sort"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// A mask is the text of a template with something in the place of each
// action that YAML takes, so that it can be read.
type mask struct {
	text   []byte
	pieces []piece  // that have bytes, in order
	spots  []spot   // of the actions, in order
	toSrc  edit.Map // from text to the source, for what is text there
}

// A piece is a part of a mask that was made from one thing.
type piece struct {
	at, n  int // bytes [at, at+n) of the mask
	src    edit.Span
	kind   pieceKind
	action int // that the piece stands for; not of text
}

type pieceKind uint8

const (
	copied pieceKind = iota // the source, as it is
	filler                  // letters for an action that prints, or that words run over
	gap                     // a blank between two branches
	divide                  // --- for a line that begins the definition of a template
)

// A spot is where an action stood.
type spot struct {
	at      int // of the mask
	action  int
	outside bool // of all values but those that go over lines: not within the text of its line
}

// fill is what stands for an action that prints. It is letters of a host
// name, so that what stands behind an action is not taken for a host.
const fill = "xx"

// A masker makes a mask.
type masker struct {
	*source
	items  []item
	divide bool // each definition of a template is a document
	out    *mask

	begun  bool // something but blanks stands behind the last divide
	blocks []openBlock
	right  []bool // of the items of a line: see joins
}

// mask masks the text of s, where items are its actions. With divided, each
// definition of a template is a document of its own.
func (s *source) mask(items []item, divided bool) *mask {
	m := &masker{source: s, items: items, divide: divided, out: &mask{text: make([]byte, 0, len(s.src))}}
	at, i := 0, 0
	if bytes.HasPrefix(s.src, []byte("\uFEFF")) {
		at = len("\uFEFF") // else an action behind it would not begin its line
		m.text(edit.Span{Start: 0, End: at})
	}
	for at < len(s.src) {
		end := lineEnd(s.src, at)
		first := i
		for i < len(items) && items[i].span.Start < end {
			if items[i].span.End > end { // it goes over lines, which count as one
				end = lineEnd(s.src, items[i].span.End)
			}
			i++
		}
		if first == i {
			// All lines up to the next action are text.
			if i == len(items) {
				end = len(s.src)
			} else {
				end = max(end, at+bytes.LastIndexByte(s.src[at:items[i].span.Start], '\n')+1)
			}
			m.text(edit.Span{Start: at, End: end})
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

// lineEnd returns the offset behind the line of src[at], its LF included.
func lineEnd(src []byte, at int) int {
	if i := bytes.IndexByte(src[at:], '\n'); i >= 0 {
		return at + i + 1
	}
	return len(src)
}

// text copies a part of the source.
func (m *masker) text(s edit.Span) {
	if s.Len() == 0 {
		return
	}
	m.begun = m.begun || !isBlank(m.src[s.Start:s.End])
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

// put puts what stands for an item.
func (m *masker) put(it item, kind pieceKind, what string) {
	if what != "" {
		m.begun = kind != divide
		m.out.pieces = append(m.out.pieces, piece{len(m.out.text), len(what), it.span, kind, it.action})
	}
	m.out.spots = append(m.out.spots, spot{at: len(m.out.text), action: it.action})
	m.out.text = append(m.out.text, what...)
}

// leaveOut notes where an item was that does not stand within the text of its
// line.
func (m *masker) leaveOut(it item) {
	m.out.spots = append(m.out.spots, spot{len(m.out.text), it.action, true})
}

// piece returns the index of the piece that holds byte at of the mask.
func (k *mask) piece(at int) int {
	return sort.Search(len(k.pieces), func(i int) bool { return k.pieces[i].at+k.pieces[i].n > at })
}

// start returns the offset in the source, of size bytes, of what stands at
// byte at of the mask.
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

// end returns the offset in the source behind what stands before byte at of
// the mask.
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

// source returns the bytes of the source that [s.Start, s.End) of the mask
// was made from, and those left out between them.
func (k *mask) source(s edit.Span, size int) edit.Span {
	return edit.Span{Start: k.start(s.Start, size), End: k.start(s.End, size)}
}
