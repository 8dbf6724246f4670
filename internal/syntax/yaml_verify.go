package syntax

import (
	"fmt"
	"iter"
	"sort"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// VerifyYAML returns nil if edits change nothing in before except their own text.
// Each edit must be one of these:
//
//   - an edit inside one run of a scalar (a key or a value): it replaces exactly
//     its bytes in the decoded scalar, and changes neither its resolved tag nor
//     its style. In a literal block scalar New may have whole lines, with the
//     indentation of the line of the edit;
//   - an edit with IsWhole of a whole scalar without quotes. New may have double
//     quotes;
//   - an edit inside a comment;
//   - an insertion whose New begins with a line break or a comma: it adds exactly
//     the keys or list items in New. Their values are scalars, or lists and
//     mappings of scalars;
//   - an edit with IsWhole that adds the first keys of a mapping: to {}, or in place of a
//     null.
//
// Any other edit is an error. So is any other difference: in documents, kinds,
// tags, anchors, styles and comments, and in the positions of nodes (shifted by
// the edits in front of them). Edits are sorted and in bytes of before. Only
// documents that an edit touches are parsed, if they can be parsed separately.
// An error of [ParseYAML] before or after the edits is wrapped; other errors name
// the 1-based line of before, counted by LF.
func VerifyYAML(before []byte, edits []edit.Edit) error {
	return (*Memo)(nil).VerifyYAML(before, edits)
}

// VerifyYAML is [VerifyYAML] for the Memo.
func (m *Memo) VerifyYAML(before []byte, edits []edit.Edit) error {
	after, err := edit.Apply(before, edits)
	if err != nil {
		return err
	}
	if err := checkYAMLEncoding(before); err != nil {
		return fmt.Errorf("before the edits: %w", err)
	}
	if err := checkYAMLEncoding(after); err != nil {
		return fmt.Errorf("after the edits: %w", err)
	}
	edited := editedYAMLChunks(yamlChunks(before), edits)
	if err := checkYAMLLimits(before, edited); err != nil {
		return fmt.Errorf("before the edits: %w", err)
	}
	regions, err := m.reader(before).readAll(edited)
	if err != nil {
		return fmt.Errorf("before the edits: %w", err)
	}
	parts := m.reader(after)
	shift, i := 0, 0
	for _, b := range regions {
		first, moved := i, shift
		for i < len(edits) && edits[i].End <= b.span.End {
			shift += len(edits[i].New) - edits[i].Len()
			i++
		}
		a, err := parts.read(edit.Span{Start: b.span.Start + moved, End: b.span.End + shift})
		if err != nil {
			return fmt.Errorf("after the edits: %w", err)
		}
		if err := newYAMLVerifier(before, edits[first:i], moved).verify(b, a); err != nil {
			return err
		}
	}
	return nil
}

// editedYAMLChunks returns the chunks that edits touch. Adjacent chunks are
// joined. An insertion between two chunks belongs to the first.
func editedYAMLChunks(chunks iter.Seq[edit.Span], edits []edit.Edit) []edit.Span {
	var out []edit.Span
	i := 0
	for c := range chunks {
		touched := false
		for i < len(edits) && edits[i].Start <= c.End && edits[i].End <= c.End {
			touched = true
			i++
		}
		if i < len(edits) && edits[i].Start < c.End {
			touched = true // the edit also touches the next chunk
		}
		if touched {
			out = appendJoined(out, c)
		}
	}
	return out
}

// A yamlVerifier compares a part of a file before and after the edits.
type yamlVerifier struct {
	src    []byte // before
	edits  []edit.Edit
	shifts []int // shifts[i] is the sum of the changes in length by the edits before i

	tokens         []*Node               // the scalars of before, sorted by position
	scalars        map[*Node][]edit.Edit // the edits of each scalar, in offsets of its value
	editedComments map[string][]string   // a line of a comment -> the line after its edits
	inserts        []yamlInsert
}

func newYAMLVerifier(before []byte, edits []edit.Edit, shift int) *yamlVerifier {
	v := &yamlVerifier{src: before, edits: edits, scalars: map[*Node][]edit.Edit{}, editedComments: map[string][]string{}}
	for _, e := range edits {
		v.shifts = append(v.shifts, shift)
		shift += len(e.New) - e.Len()
	}
	v.shifts = append(v.shifts, shift)
	return v
}

// moved returns the position after the edits of the token at offset at.
func (v *yamlVerifier) moved(at int) int {
	return at + v.shifts[sort.Search(len(v.edits), func(i int) bool { return v.edits[i].Start >= at })]
}

func (v *yamlVerifier) errorAt(at int, format string, args ...any) error {
	return fmt.Errorf("line %d: %w", yamlUserLine(v.src, at), fmt.Errorf(format, args...))
}

// verify compares the regions before and after.
func (v *yamlVerifier) verify(b, a *yamlRegion) error {
	for _, d := range b.docs {
		v.collect(d.Root)
	}
	sort.SliceStable(v.tokens, func(i, j int) bool { return v.tokens[i].Span.Start < v.tokens[j].Span.Start })
	for i := 0; i < len(v.edits); {
		n, err := v.classifyEdit(i)
		if err != nil {
			return err
		}
		i += n
	}
	if len(b.parsed) != len(a.parsed) {
		return v.errorAt(b.span.Start, "%d documents became %d", len(b.parsed), len(a.parsed))
	}
	w := &yamlComparer{yamlVerifier: v}
	for i, p := range b.parsed {
		w.at = b.docs[i].Span.Start
		if err := w.compareDocuments(p, a.parsed[i], b.docs[i].Root, a.docs[i].Root); err != nil {
			return err
		}
	}
	return w.finish()
}

// collect adds the scalars below n to v.tokens.
func (v *yamlVerifier) collect(n *Node) {
	if n == nil {
		return
	}
	if n.Kind == Scalar && n.Span.Len() > 0 {
		v.tokens = append(v.tokens, n)
	}
	for _, c := range n.Children {
		v.collect(c)
	}
}
