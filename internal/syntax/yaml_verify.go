package syntax

import (
	"fmt"
	"sort"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// VerifyYAML returns nil when after is before with edits applied, and means
// the same but for them:
//
//   - an edit within one run of a scalar (a key or a value) changes the
//     decoded scalar by just its New, and not its resolved tag or style; in a
//     literal block scalar New may be whole lines, indented as that line is;
//   - an edit within a comment changes the text of that comment;
//   - an insertion whose New begins with a line break or a comma adds just
//     the keys or list items that it spells out, with scalar values.
//
// Any other edit is an error, and so is everything else that differs:
// documents, kinds, tags, anchors, styles, comments, and the place of each
// node, moved by the edits before it. Edits are sorted and in bytes of
// before. Only documents that an edit touches are parsed, as long as they can
// be parsed alone; errors are those of [ParseYAML] for one side, wrapped, or
// name the line of before, counted by LF from 1.
func VerifyYAML(before []byte, edits []edit.Edit) error {
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
	regions, err := readYAMLParts(before, editedYAMLChunks(yamlChunks(before), edits))
	if err != nil {
		return fmt.Errorf("before the edits: %w", err)
	}
	shift, i := 0, 0
	for _, b := range regions {
		first, moved := i, shift
		for i < len(edits) && edits[i].End <= b.span.End {
			shift += len(edits[i].New) - edits[i].Len()
			i++
		}
		a, err := readYAML(after, edit.Span{Start: b.span.Start + moved, End: b.span.End + shift})
		if err != nil {
			return fmt.Errorf("after the edits: %w", err)
		}
		if err := newYAMLVerifier(before, edits[first:i], moved).verify(b, a); err != nil {
			return err
		}
	}
	return nil
}

// editedYAMLChunks returns the chunks that edits touch, adjacent ones as one. An
// insertion between two chunks belongs to the first.
func editedYAMLChunks(chunks []edit.Span, edits []edit.Edit) []edit.Span {
	var out []edit.Span
	i := 0
	for _, c := range chunks {
		touched := false
		for i < len(edits) && edits[i].Start <= c.End && edits[i].End <= c.End {
			touched = true
			i++
		}
		if i < len(edits) && edits[i].Start < c.End {
			touched = true // it reaches into the next chunk, which it touches too
		}
		if touched {
			out = appendJoined(out, c)
		}
	}
	return out
}

// A yamlVerifier compares one part of a file before and after.
type yamlVerifier struct {
	src    []byte // before
	edits  []edit.Edit
	shifts []int // what the edits before the i-th have moved it by

	tokens         []*Node               // of before, sorted: what an edit may lie in
	scalars        map[*Node][]edit.Edit // of before, in offsets of the decoded value
	editedComments map[string][]string   // a line of comment, and what edits make of it
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

// moved returns where in after the token stands that begins at offset at.
func (v *yamlVerifier) moved(at int) int {
	return at + v.shifts[sort.Search(len(v.edits), func(i int) bool { return v.edits[i].Start >= at })]
}

func (v *yamlVerifier) errorAt(at int, format string, args ...any) error {
	return fmt.Errorf("line %d: %w", yamlUserLine(v.src, at), fmt.Errorf(format, args...))
}

// verify compares the two readings.
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

// collect gathers the tokens under n.
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
