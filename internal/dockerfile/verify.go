package dockerfile

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/parser"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// Verify returns nil if edits change nothing in before except their own words
// and comments: BuildKit's parser must find the same lines, instructions,
// flags, words and here-documents. Edits are sorted and in bytes of before. An
// error of [Parse] before or after the edits is wrapped; other errors name the
// 1-based line of before.
func Verify(before []byte, edits []edit.Edit) error {
	after, err := edit.Apply(before, edits)
	if err != nil {
		return err
	}
	b, err := Parse(before)
	if err != nil {
		return fmt.Errorf("before the edits: %w", err)
	}
	for _, e := range edits {
		// No edit adds or removes a line, so that all lines keep their numbers.
		if bytes.IndexByte(before[e.Start:e.End], '\n') >= 0 || strings.ContainsAny(withoutVariables(e.New, before[e.Start:e.End]), " \t\r\n\v\f\"'`\\$#<>{}=,;|&") {
			line := 1 + bytes.Count(before[:e.Start], []byte("\n"))
			return fmt.Errorf("line %d: an edit replaces %q by %q, which may change the form of the line", line, before[e.Start:e.End], e.New)
		}
	}
	a, err := Parse(after)
	if err != nil {
		return fmt.Errorf("after the edits: %w", err)
	}
	if a.escape != b.escape || len(a.Instructions) != len(b.Instructions) || len(a.Heredocs) != len(b.Heredocs) {
		return fmt.Errorf("expected %d instructions and %d lines of here-documents, got %d and %d", len(b.Instructions), len(b.Heredocs), len(a.Instructions), len(a.Heredocs))
	}
	if err := sameDirective(before, after, edits); err != nil {
		return err
	}
	for i := range b.Instructions {
		if err := sameInstruction(&b.Instructions[i], &a.Instructions[i], edits); err != nil {
			return fmt.Errorf("line %d: %w", b.Instructions[i].node.StartLine, err)
		}
	}
	return nil
}

// variableRE matches a variable without a default.
var variableRE = regexp.MustCompile(`\$(?:[A-Za-z_][A-Za-z0-9_]*|\{[A-Za-z_][A-Za-z0-9_]*\})`)

// withoutVariables returns text without the variables that old has as well: these are in
// scope where text will be.
func withoutVariables(text string, old []byte) string {
	known := variableRE.FindAllString(string(old), -1)
	return variableRE.ReplaceAllStringFunc(text, func(v string) string {
		if slices.Contains(known, v) {
			return "v"
		}
		return v
	})
}

// sameDirective compares the syntax directives at the top.
func sameDirective(before, after []byte, edits []edit.Edit) error {
	b, bLine, bSpan, bOK := parser.DetectSyntax(before)
	a, aLine, aSpan, aOK := parser.DetectSyntax(after)
	if bOK != aOK || len(bSpan) != len(aSpan) || len(bSpan) > 0 && bSpan[0] != aSpan[0] {
		return fmt.Errorf("the syntax directive changed from %q to %q", bLine, aLine)
	}
	if bLine[len(b):] != aLine[len(a):] {
		return fmt.Errorf("the text after the frontend's image changed from %q to %q", bLine[len(b):], aLine[len(a):])
	}
	if b == a || len(bSpan) == 0 {
		return nil
	}
	line := edit.LineSpans(before)[bSpan[0].Start.Line-1]
	if len(edit.Within(edits, line)) == 0 {
		return fmt.Errorf("the syntax directive changed from %q to %q without an edit", bLine, aLine)
	}
	return nil
}

// sameInstruction compares two instructions.
func sameInstruction(b, a *Instruction, edits []edit.Edit) error {
	want, err := b.edited(edits)
	switch {
	case err != nil:
		return err
	case a.Text != want:
		return fmt.Errorf("expected the instruction %.80q, got %.80q", want, a.Text)
	case b.node.Value != a.node.Value || b.OnBuild != a.OnBuild || b.node.StartLine != a.node.StartLine || b.node.EndLine != a.node.EndLine:
		return fmt.Errorf("the instruction %s became %s, or its lines changed", b.node.Value, a.node.Value)
	case len(b.node.Flags) != len(a.node.Flags) || len(b.Flags) != len(a.Flags):
		return fmt.Errorf("expected %d flags, got %d", len(b.node.Flags), len(a.node.Flags))
	case b.node.Attributes["json"] != a.node.Attributes["json"]:
		return fmt.Errorf("the exec form became the shell form, or the other way round")
	case countWords(b.node) != countWords(a.node):
		return fmt.Errorf("expected %d words, got %d", countWords(b.node), countWords(a.node))
	}
	if !slices.EqualFunc(b.node.Heredocs, a.node.Heredocs, func(b, a parser.Heredoc) bool {
		return b.Name == a.Name && b.Expand == a.Expand && b.Chomp == a.Chomp && b.FileDescriptor == a.FileDescriptor
	}) {
		return fmt.Errorf("the here-documents, or their delimiters, changed")
	}
	return nil
}

// countWords returns the number of words that the parser made of a node.
func countWords(n *parser.Node) int {
	count := 0
	for n = n.Next; n != nil; n = n.Next {
		count++
	}
	return count
}

// edited returns the text of in after edits. An edit in a comment between its
// lines does not change the text.
func (in *Instruction) edited(edits []edit.Edit) (string, error) {
	span, ok := in.Map.Enclosing(0, len(in.Text))
	if !ok {
		return in.Text, nil
	}
	decoded, _ := in.Map.DecodedEdits(edit.Within(edits, span))
	return edit.ApplyString(in.Text, decoded)
}
