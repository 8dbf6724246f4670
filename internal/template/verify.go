package template

import (
	"bytes"
	"fmt"
	"sort"
	"text/template/parse"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
)

// Verify returns nil if edits change nothing in the template before except their
// own text. Each edit must be in one of these places:
//
//   - in one string literal of an action: it replaces exactly its bytes in the
//     decoded literal, and no other token of any action changes;
//   - in text that is YAML: in a value, in a comment or as an insertion, by the
//     rules of [syntax.VerifyYAML] for the masked text;
//   - in text that is not YAML (see File.Unparsed): there Verify only checks
//     that the actions do not change.
//
// If text/template/parse parses the template before the edits, it must also
// parse it after them.
//
// Edits are sorted and in bytes of before. Only documents that an edit touches
// are read. Errors name the 1-based line of before, counted by LF, if it is
// known.
func Verify(before []byte, edits []edit.Edit) error {
	after, err := edit.Apply(before, edits)
	if err != nil {
		return err
	}
	b, err := lex(before)
	if err != nil {
		return fmt.Errorf("before the edits: %w", err)
	}
	inText, err := b.outsideActions(edits)
	if err != nil {
		return err
	}
	a, err := lexAs(b.engine, after)
	if err != nil {
		return fmt.Errorf("after the edits: %w", err)
	}
	if err := b.sameActions(a, edits); err != nil {
		return err
	}
	if err := b.sameText(inText); err != nil {
		return err
	}
	if b.engine == Go && b.parses() && !a.parses() {
		return fmt.Errorf("text/template does not parse the template after the edits")
	}
	return nil
}

func (s *source) errorAt(at int, format string, args ...any) error {
	return fmt.Errorf("line %d: %w", 1+bytes.Count(s.src[:at], []byte("\n")), fmt.Errorf(format, args...))
}

// outsideActions returns the edits that are in the text between the actions. It
// returns an error if another edit is not inside a string literal.
func (s *source) outsideActions(edits []edit.Edit) ([]edit.Edit, error) {
	var out []edit.Edit
	k := 0
	for _, e := range edits {
		for k < len(s.actions) && s.actions[k].span.End <= e.Start {
			k++
		}
		if k == len(s.actions) || e.End <= s.actions[k].span.Start {
			out = append(out, e)
			continue
		}
		toks := s.tokens[s.actions[k].first:s.actions[k].last]
		i := sort.Search(len(toks), func(i int) bool { return toks[i].span.End > e.Start })
		if i == len(toks) || !isInside(toks[i], e) {
			return nil, s.errorAt(e.Start, "the text to replace is part of an action, but not inside a string literal")
		}
	}
	return out, nil
}

// isInside reports whether t is a string literal and e is between its quotes.
func isInside(t token, e edit.Edit) bool {
	return t.kind.isString() && t.span.Start < e.Start && e.End < t.span.End
}

// sameActions compares the actions before and after, token by token.
func (s *source) sameActions(after *source, edits []edit.Edit) error {
	if len(s.actions) != len(after.actions) {
		return fmt.Errorf("%d actions became %d", len(s.actions), len(after.actions))
	}
	shift, i := 0, 0
	for k, a := range s.actions {
		for ; i < len(edits) && edits[i].End <= a.span.Start; i++ {
			shift += len(edits[i].New) - edits[i].Len()
		}
		n := after.actions[k]
		changed := n.span.Start != a.span.Start+shift || n.last-n.first != a.last-a.first || n.kind != a.kind || n.comment != a.comment
		for t := 0; t < a.last-a.first && !changed; t++ {
			old, now := s.tokens[a.first+t], after.tokens[n.first+t]
			changed = now.span.Start != old.span.Start+shift
			first := i
			for ; i < len(edits) && isInside(old, edits[i]); i++ {
				shift += len(edits[i].New) - edits[i].Len()
			}
			if err := s.sameToken(old, now, after, edits[first:i]); err != nil {
				return err
			}
		}
		if changed || n.span.End != a.span.End+shift {
			return s.errorAt(a.span.Start, "the action changes")
		}
	}
	return nil
}

// sameToken compares a token before and after the edits that are inside it.
func (s *source) sameToken(old, now token, after *source, edits []edit.Edit) error {
	if old.kind != now.kind {
		return s.errorAt(old.span.Start, "%.40q becomes %.40q", s.text(old), after.text(now))
	}
	if len(edits) == 0 {
		if !bytes.Equal(s.text(old), after.text(now)) {
			return s.errorAt(old.span.Start, "%.40q becomes %.40q", s.text(old), after.text(now))
		}
		return nil
	}
	text, m := s.decode(old)
	var inside []edit.Edit
	for _, e := range edits {
		start, end, ok := m.Decoded(e.Span)
		if !ok {
			return s.errorAt(e.Start, "the text to replace contains an escape")
		}
		inside = append(inside, edit.Edit{Span: edit.Span{Start: start, End: end}, New: e.New})
	}
	want, err := edit.ApplyString(text, inside)
	if err != nil {
		return s.errorAt(old.span.Start, "edits of %.40q: %w", text, err)
	}
	if got, _ := after.decode(now); got != want {
		return s.errorAt(old.span.Start, "%.80q becomes %.80q, expected %.80q", text, got, want)
	}
	return nil
}

// sameText applies edits to the masked text and compares the YAML before and
// after.
func (s *source) sameText(edits []edit.Edit) error {
	if len(edits) == 0 {
		return nil
	}
	parts, unparsed, err := s.read(func(at edit.Span) bool {
		i := sort.Search(len(edits), func(i int) bool { return edits[i].End >= at.Start })
		return i < len(edits) && edits[i].Start <= at.End
	})
	if err != nil {
		return fmt.Errorf("before the edits: %w", err)
	}
	seen := make([]bool, len(edits))
	for i, e := range edits {
		k := sort.Search(len(unparsed), func(i int) bool { return unparsed[i].End >= e.End })
		seen[i] = k < len(unparsed) && unparsed[k].Contains(e.Span)
	}
	var current *mask
	var masked []maskedEdit
	for _, p := range parts {
		if p.mask != current {
			current, masked = p.mask, p.mask.toMask(edits)
		}
		if err := p.verify(masked, seen); err != nil {
			return err
		}
	}
	for i, e := range edits {
		if !seen[i] {
			return s.errorAt(e.Start, "the text to replace is neither in a value nor in a comment")
		}
	}
	return nil
}

// A maskedEdit is an edit in offsets of a mask.
type maskedEdit struct {
	edit.Edit
	index int // among all edits
}

// toMask returns the edits of text that k contains. Their spans are offsets in k.
func (k *mask) toMask(edits []edit.Edit) []maskedEdit {
	var out []maskedEdit
	for i, e := range edits {
		if start, end, ok := k.toSrc.Decoded(e.Span); ok {
			out = append(out, maskedEdit{edit.Edit{Span: edit.Span{Start: start, End: end}, New: e.New}, i})
		}
	}
	return out
}

// verify verifies the edits that are in p, and sets seen for them.
func (p part) verify(edits []maskedEdit, seen []bool) error {
	var inside []edit.Edit
	first := sort.Search(len(edits), func(i int) bool { return edits[i].Start >= p.span.Start })
	for _, e := range edits[first:] {
		if e.End > p.span.End {
			break
		}
		seen[e.index] = true
		at := edit.Span{Start: e.Start - p.span.Start, End: e.End - p.span.Start}
		inside = append(inside, edit.Edit{Span: at, New: e.New})
	}
	if len(inside) == 0 {
		return nil
	}
	return syntax.VerifyYAML(p.text(), inside)
}

// maxDepth is the largest nesting depth of blocks with which a template is
// passed to text/template/parse, whose stack grows with the depth.
const maxDepth = 1000

// parses reports whether text/template/parse parses the template.
func (s *source) parses() bool {
	if _, depth := s.nextBranches(); depth > maxDepth {
		return false
	}
	t := parse.New("")
	t.Mode = parse.SkipFuncCheck | parse.ParseComments
	_, err := t.Parse(string(s.src), "", "", map[string]*parse.Tree{})
	return err == nil
}
