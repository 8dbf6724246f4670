package rewrite

import (
	"bytes"
	"fmt"
	"sort"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
)

// An expectedPiece is a piece that a file must have after its edits.
type expectedPiece struct {
	before int    // offset of the piece in the file before
	text   string // of the piece afterwards
	where  string
}

// expectedPieces returns, by file, the pieces that the moving groups want to
// see afterwards. Only fields count that are found without the old
// name, which is gone then.
func expectedPieces(groups []*group) map[string][]expectedPiece {
	out := map[string][]expectedPiece{}
	for _, g := range groups {
		if !g.moves() {
			continue
		}
		for i := range g.members {
			m := &g.members[i]
			if !m.matched || m.occ.FoundByMark || m.occ.Scope != format.Manifests {
				continue
			}
			for k := range m.occ.Pieces {
				p := &m.occ.Pieces[k]
				out[p.Path] = append(out[p.Path], expectedPiece{p.Span.Start, m.newPiece(k), m.occ.Place.Field})
			}
		}
	}
	return out
}

// verifyEdits returns an error unless the file's edits can be undone, leave
// everything else as it was, and give the references that were wanted: the
// result is scanned again, and each of them must stand where it was put.
func (c *scannedFile) verifyEdits(o *Options, wanted []expectedPiece) error {
	before := c.file.Before
	after, err := edit.Apply(before, c.file.Edits)
	if err != nil {
		return err
	}
	undo, err := edit.Invert(before, c.file.Edits)
	if err != nil {
		return err
	}
	if back, err := edit.Apply(after, undo); err != nil || !bytes.Equal(back, before) {
		return fmt.Errorf("undoing the edits does not give the original back (%v)", err)
	}
	if err := c.format.Check(c.file.Path, before, c.file.Edits); err != nil {
		return err
	}
	return c.checkPieces(o, after, wanted)
}

// checkPieces scans the file as it would be and looks for what is wanted.
func (c *scannedFile) checkPieces(o *Options, after []byte, wanted []expectedPiece) error {
	if len(wanted) == 0 || c.contents.Unverified { // what no parser takes is found by the old names alone
		return nil
	}
	in := format.Input{Path: c.file.Path, Src: after, Fields: o.Fields, Marks: o.Rules.Mentions(after), May: mayContainNew(after, c.file.Edits)}
	scanned, err := c.format.Read(in)
	if err != nil {
		return err
	}
	type standing struct {
		at   int
		text string
	}
	have := map[standing]bool{}
	for i := range scanned.Occurrences {
		for _, p := range scanned.Occurrences[i].Pieces {
			have[standing{p.Span.Start, p.Text}] = true
		}
	}
	shifts := []int{0} // what the first n edits move all behind them by
	for i, e := range c.file.Edits {
		shifts = append(shifts, shifts[i]+len(e.New)-e.Len())
	}
	for _, w := range wanted {
		n := sort.Search(len(c.file.Edits), func(i int) bool { return c.file.Edits[i].Start >= w.before })
		if !have[standing{w.before + shifts[n], w.text}] {
			return fmt.Errorf("read again, the file does not have %s at %s", w.text, w.where)
		}
	}
	return nil
}

// mayContainNew returns a func that reports whether a part of a file, after its
// edits, may hold what they wrote. Where they are few it looks for each with
// the rest of its name: the new registry alone may stand in all documents of a
// file, which need not all be read again.
func mayContainNew(after []byte, edits []edit.Edit) func([]byte) bool {
	const few, most = 32, 64
	news := map[string]bool{}
	shift := 0
	for _, e := range edits {
		text := strings.Trim(e.New, "/")
		start := e.Start + shift + max(0, strings.Index(e.New, text))
		shift += len(e.New) - e.Len()
		if len(edits) <= few {
			end := start + len(text)
			for end < min(len(after), start+most) && isNameByte(after[end]) {
				end++
			}
			text = string(after[start:end])
		}
		news[text] = true
	}
	return func(part []byte) bool {
		for n := range news {
			if bytes.Contains(part, []byte(n)) {
				return true
			}
		}
		return false
	}
}

// isNameByte reports whether c can be part of an image's name. No such byte is
// ever escaped or folded.
func isNameByte(c byte) bool {
	return c == '/' || c == '.' || c == '_' || c == '-' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z'
}
