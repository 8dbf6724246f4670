package syntax

import (
	"fmt"
	"sort"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// VerifyJSON returns nil when before with edits applied means the same as
// before, but for them:
//
//   - an edit within one run of a string (a key or a value) changes the
//     decoded string by just its New, which needs no escape;
//   - an edit within a comment changes the text of that comment;
//   - an edit that inserts one or more members, `,"key":"value"` behind a
//     member or `"key":"value",` before one, adds just them. Their keys are
//     new to the object, their values are scalars, and neither has escapes.
//
// Any other edit is an error, and so is everything else that differs: number
// and order of documents, collections and comments, values, and the place of
// each node, moved by the edits before it. What [ParseJSON] takes beyond RFC
// 8259 no edit may bring in, so that strict JSON stays so. Edits are sorted
// and in bytes of before. An error of [ParseJSON] on either side is wrapped.
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
			return fmt.Errorf("document %d: a value came or went", i+1)
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
			return v.errorAt(edits[i].Start, "the edit is in no string or comment, and adds no member")
		}
	}
	return nil
}

// A jsonUse says what an edit was found to do. Each does one thing only.
type jsonUse uint8

const (
	unused jsonUse = iota
	editsString
	editsComment
	addsMember
)

// A jsonVerifier walks two trees in step.
type jsonVerifier struct {
	before *jsonParser
	edits  []edit.Edit
	uses   []jsonUse
	shifts []int // moved[i] is by how much the edits before i move what follows
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

// use notes what edit i does.
func (v *jsonVerifier) use(i int, u jsonUse) error {
	if v.uses[i] != unused && v.uses[i] != u {
		return v.errorAt(v.edits[i].Start, "the edit changes more than one thing")
	}
	v.uses[i] = u
	return nil
}

// editsIn returns the indices of the edits in s, half-open, insertions at
// either end of s included.
func (v *jsonVerifier) editsIn(s edit.Span) (from, to int) {
	from = sort.Search(len(v.edits), func(i int) bool { return v.edits[i].Start >= s.Start })
	for to = from; to < len(v.edits) && v.edits[to].End <= s.End; to++ {
	}
	return from, to
}

// start returns where the token that starts at pos is to start afterwards:
// what is inserted there stands before it.
func (v *jsonVerifier) start(pos int) int {
	return pos + v.shifts[v.endedBefore(pos)]
}

// end returns where the token that ends at pos is to end afterwards: what is
// inserted there stands behind it.
func (v *jsonVerifier) end(pos int) int {
	i := v.endedBefore(pos)
	if i > 0 && v.edits[i-1].Start == pos {
		i--
	}
	return pos + v.shifts[i]
}

// endedBefore returns how many edits end at pos or before.
func (v *jsonVerifier) endedBefore(pos int) int {
	return sort.Search(len(v.edits), func(i int) bool { return v.edits[i].End > pos })
}

// compareComments compares the comments of both sources. Their bytes are equal
// but for the edits, because Apply made them; what is to be shown is that
// they still begin and end where they did.
func (v *jsonVerifier) compareComments(before, after []edit.Span) error {
	for i, b := range before {
		inner := edit.Span{Start: b.Start + len("//"), End: b.End}
		end := v.start(b.End) // an insertion at the end of a line comment belongs to it
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
			return v.errorAt(b.Start, "the comment begins or ends elsewhere")
		}
	}
	if len(before) != len(after) {
		return fmt.Errorf("%d comments became %d", len(before), len(after))
	}
	return nil
}

// compareNodes compares two nodes and what is in them.
func (v *jsonVerifier) compareNodes(b, a *Node) error {
	if b.Kind != a.Kind || b.Style != a.Style || b.Tag != a.Tag {
		return v.errorAt(b.Span.Start, "a %s became a %s", b.Tag, a.Tag)
	}
	want := edit.Span{Start: v.start(b.Span.Start), End: v.start(b.Span.Start)}
	switch b.Kind {
	case Scalar:
		want.End = v.end(b.Span.End)
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
		return v.errorAt(b.Span.Start, "a %s is not where the edits move it to", b.Tag)
	}
	return nil
}

// compareScalars compares two scalars: equal, or changed by the edits in them.
func (v *jsonVerifier) compareScalars(b, a *Node) error {
	want := b.Value
	if b.Style == DoubleQuoted {
		from, to := v.editsIn(edit.Span{Start: b.Span.Start + 1, End: b.Span.End - 1})
		decoded := make([]edit.Edit, 0, to-from)
		for i := from; i < to; i++ {
			start, end, ok := decodedJSON(b.Map, v.edits[i].Span)
			if !ok {
				return v.errorAt(v.edits[i].Start, "the edit touches an escape, or a byte that is no UTF-8")
			}
			if !isLiteralJSON(v.edits[i].New) {
				return v.errorAt(v.edits[i].Start, "the edit puts %q into a string, which wants an escape", v.edits[i].New)
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
		return v.errorAt(b.Span.Start, "the scalar is to read %q and reads %q", want, a.Value)
	}
	return nil
}

// decodedJSON is edit.Map.Decoded by binary search: the runs of a JSON string
// are sorted by Src too, and a large string can have very many.
func decodedJSON(m edit.Map, s edit.Span) (start, end int, ok bool) {
	i := sort.Search(len(m), func(i int) bool { return m[i].Src+m[i].Len >= s.End })
	if i == len(m) {
		return 0, 0, false
	}
	return m[i : i+1].Decoded(s)
}
