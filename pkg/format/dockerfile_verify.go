package format

import (
	"bytes"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/parser"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// verifyDockerfile reads both sides with BuildKit's parser and returns an
// error unless after has the same lines, instructions, flags, words and
// here-documents, each as it was but for the edits in it. A before that no
// parser takes cannot be verified: see scanLoose.
func verifyDockerfile(before, after []byte, edits []edit.Edit) error {
	want, err := edit.Apply(before, edits)
	if err != nil {
		return err
	}
	if !bytes.Equal(want, after) {
		return fmt.Errorf("the new text is not the old one with its %d edits", len(edits))
	}
	b, err := readDockerfile(before)
	if err != nil {
		return nil
	}
	for _, e := range edits {
		// So every line stays the line that it was.
		if bytes.IndexByte(before[e.Start:e.End], '\n') >= 0 || strings.ContainsAny(e.New, " \t\r\n\v\f\"'`\\$#<>{}=,;|&") {
			return fmt.Errorf("an edit puts %q in place of %q", e.New, before[e.Start:e.End])
		}
	}
	a, err := readDockerfile(after)
	if err != nil {
		return fmt.Errorf("after the edits: %w", err)
	}
	if a.escape != b.escape || len(a.instructions) != len(b.instructions) || len(a.heredocs) != len(b.heredocs) {
		return fmt.Errorf("%d instructions and %d lines of here-documents became %d and %d", len(b.instructions), len(b.heredocs), len(a.instructions), len(a.heredocs))
	}
	if err := sameDirective(before, after, edits); err != nil {
		return err
	}
	for i := range b.instructions {
		if err := sameInstruction(&b.instructions[i], &a.instructions[i], edits); err != nil {
			return fmt.Errorf("line %d: %w", b.instructions[i].node.StartLine, err)
		}
	}
	return nil
}

// sameDirective compares what the comments at the top say to BuildKit.
func sameDirective(before, after []byte, edits []edit.Edit) error {
	b, bl, bSpan, bOK := parser.DetectSyntax(before)
	a, al, aSpan, aOK := parser.DetectSyntax(after)
	if bOK != aOK || len(bSpan) != len(aSpan) || len(bSpan) > 0 && bSpan[0] != aSpan[0] {
		return fmt.Errorf("the syntax directive %q became %q", bl, al)
	}
	if bl[len(b):] != al[len(a):] {
		return fmt.Errorf("what follows the frontend's image, %q, became %q", bl[len(b):], al[len(a):])
	}
	if b == a || len(bSpan) == 0 {
		return nil
	}
	line := lineSpans(before)[bSpan[0].Start.Line-1]
	if i := firstWithin(edits, line); i == len(edits) || !line.Contains(edits[i].Span) {
		return fmt.Errorf("the syntax directive %q became %q", bl, al)
	}
	return nil
}

// firstWithin returns the index of the first edit that begins at or after the
// start of s.
func firstWithin(edits []edit.Edit, s edit.Span) int {
	return sort.Search(len(edits), func(i int) bool { return edits[i].Start >= s.Start })
}

// sameInstruction compares two instructions.
func sameInstruction(b, a *instruction, edits []edit.Edit) error {
	want, err := edited(b.text, b.m, edits)
	switch {
	case err != nil:
		return err
	case a.text != want:
		return fmt.Errorf("the instruction is to read %.80q and reads %.80q", want, a.text)
	case b.node.Value != a.node.Value || b.onbuild != a.onbuild || b.node.StartLine != a.node.StartLine || b.node.EndLine != a.node.EndLine:
		return fmt.Errorf("a %s became a %s, or has other lines", b.node.Value, a.node.Value)
	case len(b.node.Flags) != len(a.node.Flags) || len(b.flags) != len(a.flags):
		return fmt.Errorf("%d flags became %d", len(b.node.Flags), len(a.node.Flags))
	case b.node.Attributes["json"] != a.node.Attributes["json"]:
		return fmt.Errorf("a list of words became a command line or the other way round")
	case len(shape(b.node)) != len(shape(a.node)):
		return fmt.Errorf("%d words became %d", len(shape(b.node)), len(shape(a.node)))
	}
	if !slices.EqualFunc(b.node.Heredocs, a.node.Heredocs, func(b, a parser.Heredoc) bool {
		return b.Name == a.Name && b.Expand == a.Expand && b.Chomp == a.Chomp && b.FileDescriptor == a.FileDescriptor
	}) {
		return fmt.Errorf("a here-document came, went or has another end")
	}
	return nil
}

// shape returns the words that the parser made of a node.
func shape(n *parser.Node) []string {
	var out []string
	for n = n.Next; n != nil; n = n.Next {
		out = append(out, n.Value)
	}
	return out
}

// edited returns text, which m leads to the file, with the edits in it.
func edited(text string, m edit.Map, edits []edit.Edit) (string, error) {
	span, ok := m.Enclosing(0, len(text))
	if !ok {
		return text, nil
	}
	var inside []edit.Edit
	for i := firstWithin(edits, span); i < len(edits) && edits[i].End <= span.End; i++ {
		if start, end, ok := m.Decoded(edits[i].Span); ok {
			inside = append(inside, edit.Edit{Span: edit.Span{Start: start, End: end}, New: edits[i].New})
		}
		// Else it stands in a comment between the lines, and in no word.
	}
	return edit.ApplyString(text, inside)
}
