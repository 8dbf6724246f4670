package syntax

import (
	"fmt"
	"sort"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// VerifyJSON returns nil if edits change nothing in before except their own text.
// Each edit must be one of these:
//
//   - an edit inside one run of a string (a key or a value): it replaces exactly
//     its bytes in the decoded string, and New needs no escape;
//   - an edit with IsWhole of a number: New is a number of the same type, or a string
//     without escapes;
//   - an edit inside a comment;
//   - an insertion of members, `,"key":"value"` after a member or
//     `"key":"value",` in front of one. Their keys are new in the object, their
//     values are scalars, and neither has escapes.
//
// Any other edit is an error. So is any other difference: in the number and order
// of documents, collections and comments, in values, and in the positions of
// nodes (shifted by the edits in front of them). Edits must not add syntax that
// [ParseJSON] accepts beyond RFC 8259, so that strict JSON remains strict. Edits
// are sorted and in bytes of before. Errors of [ParseJSON] before and after the
// edits are wrapped.
func VerifyJSON(before []byte, edits []edit.Edit) error {
	after, err := edit.Apply(before, edits)
	if err != nil {
		return err
	}
	b, err := parseJSON(before, maxJSONNodes)
	if err != nil {
		return fmt.Errorf("before the edits: %w", err)
	}
	a, err := parseJSON(after, maxJSONNodes)
	if err != nil {
		return fmt.Errorf("after the edits: %w", err)
	}
	v := newJSONVerifier(b, edits)
	if err := v.compareComments(b.comments, a.comments); err != nil {
		return err
	}
	if b.trailingCommas != a.trailingCommas {
		return fmt.Errorf("%d trailing commas became %d", b.trailingCommas, a.trailingCommas)
	}
	if len(b.docs) != len(a.docs) {
		return fmt.Errorf("%d documents became %d", len(b.docs), len(a.docs))
	}
	for i, d := range b.docs {
		if (d.Root == nil) != (a.docs[i].Root == nil) {
			return fmt.Errorf("document %d: a value was added or removed", i+1)
		}
		if d.Root == nil {
			continue
		}
		if err := v.compareNodes(d.Root, a.docs[i].Root); err != nil {
			return err
		}
	}
	for i, use := range v.uses {
		if use == unused {
			return v.errorAt(edits[i].Start, "the edit is not inside a string or a comment, and does not add a member")
		}
	}
	return nil
}

// A jsonUse says what an edit does. An edit may do only one thing.
type jsonUse uint8

const (
	unused jsonUse = iota
	editsString
	editsComment
	addsMember
)

// A jsonVerifier compares two trees.
type jsonVerifier struct {
	before *jsonParser
	edits  []edit.Edit
	uses   []jsonUse
	shifts []int // shifts[i] is the sum of the changes in length by the edits before i
}

func newJSONVerifier(before *jsonParser, edits []edit.Edit) *jsonVerifier {
	v := &jsonVerifier{before: before, edits: edits, uses: make([]jsonUse, len(edits)), shifts: make([]int, len(edits)+1)}
	for i, e := range edits {
		v.shifts[i+1] = v.shifts[i] + len(e.New) - e.Len()
	}
	return v
}

func (v *jsonVerifier) errorAt(pos int, format string, args ...any) error {
	return fmt.Errorf("line %d: %s", v.before.line(pos), fmt.Sprintf(format, args...))
}

// use records what edit i does.
func (v *jsonVerifier) use(i int, u jsonUse) error {
	if v.uses[i] != unused && v.uses[i] != u {
		return v.errorAt(v.edits[i].Start, "the edit changes more than one thing")
	}
	v.uses[i] = u
	return nil
}

// editsIn returns the half-open range of the indices of the edits in s, including
// insertions at either end of s.
func (v *jsonVerifier) editsIn(s edit.Span) (from, to int) {
	from = sort.Search(len(v.edits), func(i int) bool { return v.edits[i].Start >= s.Start })
	for to = from; to < len(v.edits) && v.edits[to].End <= s.End; to++ {
	}
	return from, to
}

// start returns the position after the edits of a token that starts at pos. An
// insertion at pos is in front of the token.
func (v *jsonVerifier) start(pos int) int {
	return pos + v.shifts[v.endedBefore(pos)]
}

// end returns the end after the edits of a token that ends at pos. An insertion
// at pos is after the token.
func (v *jsonVerifier) end(pos int) int {
	i := v.endedBefore(pos)
	if i > 0 && v.edits[i-1].Start == pos {
		i--
	}
	return pos + v.shifts[i]
}

// endedBefore returns the number of edits that end at or before pos.
func (v *jsonVerifier) endedBefore(pos int) int {
	return sort.Search(len(v.edits), func(i int) bool { return v.edits[i].End > pos })
}

// compareComments checks that the comments begin and end at the same places
// before and after. Their bytes are equal except for the edits, since Apply made
// the new text.
func (v *jsonVerifier) compareComments(before, after []edit.Span) error {
	for i, b := range before {
		inner := edit.Span{Start: b.Start + len("//"), End: b.End}
		end := v.start(b.End) // an insertion at the end of a line comment is part of the comment
		if v.before.src[b.Start+1] == '*' {
			inner.End -= len("*/")
			end = v.end(b.End)
		}
		from, to := v.editsIn(inner)
		for j := from; j < to; j++ {
			if err := v.use(j, editsComment); err != nil {
				return err
			}
		}
		if i >= len(after) || after[i] != (edit.Span{Start: v.start(b.Start), End: end}) {
			return v.errorAt(b.Start, "the comment begins or ends at a different place")
		}
	}
	if len(before) != len(after) {
		return fmt.Errorf("%d comments became %d", len(before), len(after))
	}
	return nil
}

// compareNodes compares two nodes and their children.
func (v *jsonVerifier) compareNodes(b, a *Node) error {
	isReplaced := v.isReplaced(b, a)
	if !isReplaced && (b.Kind != a.Kind || b.Style != a.Style || b.Tag != a.Tag) {
		return v.errorAt(b.Span.Start, "a %s became a %s", b.Tag, a.Tag)
	}
	want := edit.Span{Start: v.start(b.Span.Start), End: v.start(b.Span.Start)}
	switch b.Kind {
	case Scalar:
		want.End = v.end(b.Span.End)
		if isReplaced {
			i, _ := v.editsIn(b.Span)
			if err := v.use(i, editsString); err != nil {
				return err
			}
			break
		}
		if err := v.compareScalars(b, a); err != nil {
			return err
		}
	case Mapping:
		if err := v.compareMembers(b, a); err != nil {
			return err
		}
	default:
		if len(b.Children) != len(a.Children) {
			return v.errorAt(b.Span.Start, "%d items became %d", len(b.Children), len(a.Children))
		}
		for i, c := range b.Children {
			if err := v.compareNodes(c, a.Children[i]); err != nil {
				return err
			}
		}
	}
	if a.Span != want {
		return v.errorAt(b.Span.Start, "a %s is not at the position to which the edits move it", b.Tag)
	}
	return nil
}

// isReplaced reports whether an edit with IsWhole replaces all of the number b by a, a
// string or a number.
func (v *jsonVerifier) isReplaced(b, a *Node) bool {
	if b.Kind != Scalar || b.Style != Plain || a.Kind != Scalar {
		return false
	}
	from, to := v.editsIn(b.Span)
	if to != from+1 || !v.edits[from].IsWhole || v.edits[from].Span != b.Span {
		return false
	}
	if a.Style == Plain {
		return a.Tag == b.Tag && v.edits[from].New == a.Value
	}
	return v.edits[from].New == `"`+a.Value+`"` && isLiteralJSON(a.Value)
}

// compareScalars compares two scalars, which may differ by the edits in them.
func (v *jsonVerifier) compareScalars(b, a *Node) error {
	want := b.Value
	if b.Style == DoubleQuoted {
		from, to := v.editsIn(edit.Span{Start: b.Span.Start + 1, End: b.Span.End - 1})
		decoded := make([]edit.Edit, 0, to-from)
		for i := from; i < to; i++ {
			start, end, ok := decodedRange(b.Map, v.edits[i].Span)
			if !ok {
				return v.errorAt(v.edits[i].Start, "the edit touches an escape, or a byte that is not UTF-8")
			}
			if !isLiteralJSON(v.edits[i].New) {
				return v.errorAt(v.edits[i].Start, "the edit adds %q to a string, which needs an escape", v.edits[i].New)
			}
			decoded = append(decoded, edit.Edit{Span: edit.Span{Start: start, End: end}, New: v.edits[i].New})
			if err := v.use(i, editsString); err != nil {
				return err
			}
		}
		var err error
		if want, err = edit.ApplyString(want, decoded); err != nil {
			return v.errorAt(b.Span.Start, "%v", err)
		}
	}
	if a.Value != want {
		return v.errorAt(b.Span.Start, "expected %q, got %q", want, a.Value)
	}
	return nil
}
