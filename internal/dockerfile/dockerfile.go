// Package dockerfile reads a Dockerfile as BuildKit does, with the byte
// positions of its instructions and words.
//
// [Parse] returns the instructions, [Args.Expand] the values that the defaults
// of ARGs give a word, and [Verify] checks that edits change nothing but words
// and comments. BuildKit's parser reports lines only; this package maps the
// text of each instruction to the bytes of the file. Positions are byte
// offsets, 0-based; a range is half-open. The package has no notion of image
// references.
package dockerfile

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"

	"github.com/moby/buildkit/frontend/dockerfile/parser"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// A File is a Dockerfile.
type File struct {
	Instructions []Instruction
	Heredocs     []edit.Span // the lines of here-documents, each with its line break

	escape byte
}

// An Instruction is one instruction. The instruction after ONBUILD is an
// Instruction of its own and replaces the ONBUILD.
type Instruction struct {
	Start   int      // the offset of its first line in the file
	Cmd     string   // in lower case: from
	Text    string   // its lines, joined, without line continuations and without comments between them
	Map     edit.Map // from Text to the file
	NameEnd int      // the offset in Text after the name
	Args    int      // the offset in Text after the flags
	Flags   []edit.Span
	OnBuild bool
	Stage   string // the name of its stage in lower case, "" if the stage has none

	node   *parser.Node
	escape byte
	pairs  []pair // of an ARG, ENV or LABEL, nil until readPairs
}

// Parse reads src, with or without a byte order mark at its start. The error
// is that of BuildKit's parser, or names a line whose bytes do not make up the
// instruction that the parser reports.
func Parse(src []byte) (*File, error) {
	result, err := parser.Parse(bytes.NewReader(src))
	if err != nil {
		return nil, err
	}
	f := &File{escape: byte(result.EscapeToken)}
	lines := edit.LineSpans(src)
	for _, node := range result.AST.Children {
		text, m, next := logicalLine(src, lines, node.StartLine-1, f.escape)
		if text != node.Original || next > node.EndLine {
			return nil, fmt.Errorf("line %d: the lines do not make up the instruction %.60q", node.StartLine, node.Original)
		}
		f.Heredocs = append(f.Heredocs, lines[next:node.EndLine]...)
		f.add(Instruction{node: node, Start: lines[node.StartLine-1].Start, Text: text, Map: m})
	}
	stage := ""
	for i := range f.Instructions {
		if f.Instructions[i].Cmd == "from" {
			stage = stageName(f.Instructions[i].node)
		}
		f.Instructions[i].Stage = stage
	}
	return f, nil
}

// add sets the fields of in other than node, Start, Text and Map, and adds in to
// f.
func (f *File) add(in Instruction) {
	in.Cmd, in.escape = strings.ToLower(in.node.Value), f.escape
	start := len(in.Text) - len(strings.TrimLeftFunc(in.Text, unicode.IsSpace))
	in.NameEnd = min(start+len(in.node.Value), len(in.Text))
	in.Args = in.NameEnd
	if in.Cmd == "onbuild" && in.node.Next != nil && len(in.node.Next.Children) == 1 {
		sub := in.node.Next.Children[0]
		if trimmed := strings.TrimRightFunc(in.Text, unicode.IsSpace); strings.HasSuffix(trimmed, sub.Original) {
			end := len(trimmed)
			f.add(Instruction{node: sub, Start: in.Start, Text: sub.Original, Map: in.Map.Slice(end-len(sub.Original), end), OnBuild: true})
			return
		}
	}
	in.readFlags()
	f.Instructions = append(f.Instructions, in)
}

// stageName returns the name after AS in a FROM, in lower case, "" if there is
// none.
func stageName(from *parser.Node) string {
	n := from.Next
	if n == nil || n.Next == nil || n.Next.Next == nil || !strings.EqualFold(n.Next.Value, "as") {
		return ""
	}
	return strings.ToLower(n.Next.Next.Value)
}

// HasArgs reports whether BuildKit's parser finds arguments in the
// instruction.
func (in *Instruction) HasArgs() bool { return in.node.Next != nil }

// Image returns the word that names the image of a FROM. It is false if that
// word is not the one that BuildKit's parser reads.
func (in *Instruction) Image() (edit.Span, bool) {
	word := nextField(in.Text, in.Args)
	if word.Len() == 0 || in.node.Next == nil || in.Text[word.Start:word.End] != in.node.Next.Value {
		return edit.Span{}, false
	}
	return word, true
}

// SyntaxDirective returns the image of BuildKit's frontend that a comment at
// the top of src names, and its offset: docker/dockerfile:1 in
// `# syntax=docker/dockerfile:1`.
// Source: https://docs.docker.com/reference/dockerfile/#syntax
func SyntaxDirective(src []byte) (Fragment, bool) {
	name, _, location, ok := parser.DetectSyntax(src)
	lines := edit.LineSpans(src)
	if !ok || len(location) == 0 || location[0].Start.Line < 1 || location[0].Start.Line > len(lines) {
		return Fragment{}, false
	}
	span := lines[location[0].Start.Line-1]
	line := string(src[span.Start:span.End])
	at := strings.Index(line, "=") + 1
	for at < len(line) && isBlank(line[at]) {
		at++
	}
	if !strings.HasPrefix(strings.TrimLeft(line, "\uFEFF"), "#") || !strings.HasPrefix(line[at:], name) {
		return Fragment{}, false
	}
	return Fragment{name, edit.Identity(span.Start+at, len(name))}, true
}

// logicalLine joins the lines of one instruction, from the line with index at
// on, as BuildKit does: the first line without the blanks at its start, then,
// while a line ends in the escape, the next line that is neither empty nor a
// comment. next is the index of the line after the last.
// Source: Parse in github.com/moby/buildkit, frontend/dockerfile/parser/parser.go
func logicalLine(src []byte, lines []edit.Span, at int, escape byte) (text string, m edit.Map, next int) {
	var b strings.Builder
	for i := at; i < len(lines); i++ {
		start := lines[i].Start
		if i == 0 && bytes.HasPrefix(src, []byte("\uFEFF")) {
			start += len("\uFEFF")
		}
		line := bytes.TrimRight(src[start:lines[i].End], "\r\n")
		inner := bytes.TrimLeftFunc(line, unicode.IsSpace)
		if i == at {
			start += len(line) - len(inner)
			line = inner
		} else if len(inner) == 0 || inner[0] == '#' {
			continue
		}
		size, more := cutContinuation(line, escape)
		if size > 0 {
			m = append(m, edit.Run{Dec: b.Len(), Src: start, Len: size})
			b.Write(line[:size])
		}
		if !more {
			return b.String(), m, i + 1
		}
	}
	return b.String(), m, len(lines)
}

// cutContinuation reports whether line ends in an escape that is not itself
// escaped, not counting blanks after it, and returns the number of bytes in
// front of that escape.
func cutContinuation(line []byte, escape byte) (size int, more bool) {
	end := len(bytes.TrimRight(line, " \t")) - 1
	if end < 0 || line[end] != escape || end > 0 && line[end-1] == escape {
		return len(line), false
	}
	return end, true
}
