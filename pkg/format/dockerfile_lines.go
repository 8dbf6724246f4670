package format

import (
	"bytes"
	"fmt"
	"sort"
	"strings"
	"unicode"

	"github.com/moby/buildkit/frontend/dockerfile/parser"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// A dockerfile is a Dockerfile as BuildKit's parser reads it, with the bytes
// that each instruction stands in, of which the parser tells only the lines.
type dockerfile struct {
	escape       byte
	instructions []instruction
	heredocs     []edit.Span // the lines of here-documents, each with its end of line
}

// An instruction is one instruction. One below ONBUILD counts for itself, in
// place of the ONBUILD.
type instruction struct {
	node    *parser.Node
	at      int      // where its first line begins in the file
	cmd     string   // lower case
	text    string   // its lines joined, without the escapes at their ends and the comments between
	m       edit.Map // from text to the file
	name    int      // where in text its name ends
	args    int      // where in text what follows the flags begins
	flags   []word   // the --flags before it
	onbuild bool
	stage   string // the name of the stage that it is part of, "" when it has none

	comment int    // where a comment of the shell begins in text, 0 until asked: see commentAt
	pairs   []pair // of an ARG, ENV or LABEL, nil until asked: see keyAt
}

// readDockerfile parses src. The error is the parser's, or says that a line
// is not what the parser reads there.
func readDockerfile(src []byte) (*dockerfile, error) {
	result, err := parser.Parse(bytes.NewReader(src))
	if err != nil {
		return nil, err
	}
	d := &dockerfile{escape: byte(result.EscapeToken)}
	lines := lineSpans(src)
	for _, node := range result.AST.Children {
		text, m, next := logicalLine(src, lines, node.StartLine-1, d.escape)
		if text != node.Original || next > node.EndLine {
			return nil, fmt.Errorf("line %d: the instruction's lines do not add up to %.60q", node.StartLine, node.Original)
		}
		d.heredocs = append(d.heredocs, lines[next:node.EndLine]...)
		d.add(node, lines[node.StartLine-1].Start, text, m, false)
	}
	stage := ""
	for i := range d.instructions {
		if d.instructions[i].cmd == "from" {
			stage = stageName(d.instructions[i].node)
		}
		d.instructions[i].stage = stage
	}
	return d, nil
}

// add adds the instruction node, which is written as text from the line at at.
func (d *dockerfile) add(node *parser.Node, at int, text string, m edit.Map, onbuild bool) {
	in := instruction{node: node, at: at, cmd: strings.ToLower(node.Value), text: text, m: m, onbuild: onbuild}
	start := len(text) - len(strings.TrimLeftFunc(text, unicode.IsSpace))
	in.name = min(start+len(node.Value), len(text))
	in.args = in.name
	if in.cmd == "onbuild" && node.Next != nil && len(node.Next.Children) == 1 {
		sub := node.Next.Children[0]
		if trimmed := strings.TrimRightFunc(text, unicode.IsSpace); strings.HasSuffix(trimmed, sub.Original) {
			end := len(trimmed)
			d.add(sub, at, sub.Original, slice(m, end-len(sub.Original), end), true)
			return
		}
	}
	in.readFlags(d.escape)
	d.instructions = append(d.instructions, in)
}

// stageName returns what comes after AS in a FROM, in lower case, "" when
// there is none.
func stageName(from *parser.Node) string {
	n := from.Next
	if n == nil || n.Next == nil || n.Next.Next == nil || !strings.EqualFold(n.Next.Value, "as") {
		return ""
	}
	return strings.ToLower(n.Next.Next.Value)
}

// lineSpans returns the lines of src, each with its end of line.
func lineSpans(src []byte) []edit.Span {
	var out []edit.Span
	for start := 0; start < len(src); {
		end := len(src)
		if i := bytes.IndexByte(src[start:], '\n'); i >= 0 {
			end = start + i + 1
		}
		out = append(out, edit.Span{Start: start, End: end})
		start = end
	}
	return out
}

// logicalLine joins the lines from index at on that make up one instruction,
// as BuildKit does: the line without blanks at its start, then, while a line
// ends in the escape, the next that is neither empty nor a comment. next is
// the index of the line after the last.
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
		size, more := continued(line, escape)
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

// continued reports whether line ends in an escape that is not itself
// escaped, blanks after it left out, and how many bytes stand before it.
func continued(line []byte, escape byte) (size int, more bool) {
	end := len(bytes.TrimRight(line, " \t")) - 1
	if end < 0 || line[end] != escape || end > 0 && line[end-1] == escape {
		return len(line), false
	}
	return end, true
}

// slice returns the map of the decoded bytes [start, end) of what m maps.
func slice(m edit.Map, start, end int) edit.Map {
	var out edit.Map
	first := sort.Search(len(m), func(i int) bool { return m[i].Dec+m[i].Len > start })
	for _, r := range m[first:] {
		if r.Dec >= end {
			break
		}
		if a, b := max(r.Dec, start), min(r.Dec+r.Len, end); a < b {
			out = append(out, edit.Run{Dec: a - start, Src: r.Src + a - r.Dec, Len: b - a})
		}
	}
	return out
}
