package template

import (
	"bytes"
	"fmt"
	"sort"
	"text/template/parse"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
)

// Verify returns nil when after is before with edits applied, and is the same
// template but for them:
//
//   - an edit lies within one string literal of an action, and changes the
//     decoded literal by just its New, and no other token of any action;
//   - or it lies in the text, within a value or a comment or as an insertion,
//     as [syntax.VerifyYAML] asks of the masked text;
//   - or it lies in text that is no YAML, see File.Plain: there only the
//     actions are known to be the same;
//   - text/template/parse takes after if it takes before.
//
// Edits are sorted and in bytes of before. Only documents that an edit
// touches are read. Errors name the line of before, counted by LF from 1,
// where there is one.
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
		return fmt.Errorf("text/template does not parse the template afterwards")
	}
	return nil
}

func lexAs(e Engine, src []byte) (*source, error) {
	if e == Jinja {
		return lexJinja(src)
	}
	return lexGo(src)
}

func (s *source) errorAt(at int, format string, args ...any) error {
	return fmt.Errorf("line %d: %w", 1+bytes.Count(s.src[:at], []byte("\n")), fmt.Errorf(format, args...))
}

// outsideActions returns those of edits that lie in the text between the
// actions. It is an error if one of the others is not within a string literal.
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
		if i == len(toks) || !within(toks[i], e) {
			return nil, s.errorAt(e.Start, "the text to replace is part of an action, and not within a string literal")
		}
	}
	return out, nil
}

// within reports whether e lies in a string literal, between its quotes.
func within(t token, e edit.Edit) bool {
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
		other := n.span.Start != a.span.Start+shift || n.last-n.first != a.last-a.first || n.kind != a.kind || n.comment != a.comment
		for t := 0; t < a.last-a.first && !other; t++ {
			old, now := s.tokens[a.first+t], after.tokens[n.first+t]
			other = now.span.Start != old.span.Start+shift
			first := i
			for ; i < len(edits) && within(old, edits[i]); i++ {
				shift += len(edits[i].New) - edits[i].Len()
			}
			if err := s.sameToken(old, now, after, edits[first:i]); err != nil {
				return err
			}
		}
		if other || n.span.End != a.span.End+shift {
			return s.errorAt(a.span.Start, "the action is another one afterwards")
		}
	}
	return nil
}

// sameToken compares a token before and after the edits that lie in it.
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
			return s.errorAt(e.Start, "the text to replace is escaped")
		}
		inside = append(inside, edit.Edit{Span: edit.Span{Start: start, End: end}, New: e.New})
	}
	want, err := edit.ApplyString(text, inside)
	if err != nil {
		return s.errorAt(old.span.Start, "edits of %.40q: %w", text, err)
	}
	if got, _ := after.decode(now); got != want {
		return s.errorAt(old.span.Start, "%.80q becomes %.80q, not %.80q", text, got, want)
	}
	return nil
}

// sameText applies edits to the masked text, and compares what is read of it
// before and after.
func (s *source) sameText(edits []edit.Edit) error {
	if len(edits) == 0 {
		return nil
	}
	units, plain, err := s.read(func(at edit.Span) bool {
		i := sort.Search(len(edits), func(i int) bool { return edits[i].End >= at.Start })
		return i < len(edits) && edits[i].Start <= at.End
	})
	if err != nil {
		return fmt.Errorf("before the edits: %w", err)
	}
	seen := make([]bool, len(edits))
	for i, e := range edits {
		k := sort.Search(len(plain), func(i int) bool { return plain[i].End >= e.End })
		seen[i] = k < len(plain) && plain[k].Contains(e.Span)
	}
	var of *mask
	var masked []placedEdit
	for _, u := range units {
		if u.mask != of {
			of, masked = u.mask, u.mask.place(edits)
		}
		if err := u.same(masked, seen); err != nil {
			return err
		}
	}
	for i, e := range edits {
		if !seen[i] {
			return s.errorAt(e.Start, "the text to replace stands neither in a value nor in a comment")
		}
	}
	return nil
}

// A placedEdit is an edit in offsets of a mask.
type placedEdit struct {
	edit.Edit
	index int // among all edits
}

// place returns those of edits that lie in text that k has, in its offsets.
func (k *mask) place(edits []edit.Edit) []placedEdit {
	var out []placedEdit
	for i, e := range edits {
		if start, end, ok := k.toSrc.Decoded(e.Span); ok {
			out = append(out, placedEdit{edit.Edit{Span: edit.Span{Start: start, End: end}, New: e.New}, i})
		}
	}
	return out
}

// same applies those of edits that lie in u, marks them as seen, and compares
// what is read before and after.
func (u unit) same(edits []placedEdit, seen []bool) error {
	var inside []edit.Edit
	first := sort.Search(len(edits), func(i int) bool { return edits[i].Start >= u.span.Start })
	for _, p := range edits[first:] {
		if p.End > u.span.End {
			break
		}
		seen[p.index] = true
		at := edit.Span{Start: p.Start - u.span.Start, End: p.End - u.span.Start}
		inside = append(inside, edit.Edit{Span: at, New: p.New})
	}
	if len(inside) == 0 {
		return nil
	}
	return syntax.VerifyYAML(u.text(), inside)
}

// maxDepth is how deep blocks may nest for a template to be given to
// text/template/parse, whose stack grows with them.
const maxDepth = 1000

// parses reports whether text/template/parse takes the template.
func (s *source) parses() bool {
	if _, deepest := s.marks(); deepest > maxDepth {
		return false
	}
	t := parse.New("")
	t.Mode = parse.SkipFuncCheck | parse.ParseComments
	_, err := t.Parse(string(s.src), "", "", map[string]*parse.Tree{})
	return err == nil
}
