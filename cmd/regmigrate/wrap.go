package main

import "strings"

// exitIndent is the indentation of the descriptions of exit codes.
const exitIndent = "     "

// wrapText returns text with lines of at most the given number of columns, if a word is
// not longer; 0 means no limit. A paragraph without indentation is filled again. In other
// lines, only those that are too long are divided: they are entries of lists. Rows of
// tables stay as they are: a terminal that cuts them shows more than cells below cells.
func wrapText(text string, columns int) string {
	if columns <= 0 {
		return text
	}
	var out, paragraph []string
	flush := func() {
		for _, line := range paragraph {
			if len(line) > columns {
				paragraph = wrapWords(strings.Join(paragraph, " "), columns, "")
				break
			}
		}
		out, paragraph = append(out, paragraph...), nil
	}
	for _, line := range strings.Split(text, "\n") {
		switch {
		case line != "" && line[0] != ' ':
			paragraph = append(paragraph, line)
			continue
		case len(line) > columns && !isRow(line):
			flush()
			out = append(out, wrapWords(line, columns, exitIndent)...)
		default:
			flush()
			out = append(out, line)
		}
	}
	flush()
	return strings.Join(out, "\n")
}

// isRow reports whether an indented line is a row of a table: it has three cells or more,
// with two spaces or more between them.
func isRow(line string) bool {
	cells := 0
	for _, cell := range strings.Split(line, "  ") {
		if strings.TrimSpace(cell) != "" {
			cells++
		}
	}
	return cells >= 3
}

// wrapEntry returns the description of an entry of a list whose names need padding
// columns, and the two spaces before and the space after them.
func wrapEntry(text string, padding, columns int) string {
	const spaces = 3
	if columns <= 0 || columns <= 2*(padding+spaces) {
		return text
	}
	return strings.Join(wrapWords(text, columns-padding-spaces, ""), "\n"+strings.Repeat(" ", padding+spaces))
}

// wrapWords divides a line at spaces. All lines but the first begin with indent.
func wrapWords(line string, columns int, indent string) []string {
	var out []string
	for len(line) > columns {
		start := len(line) - len(strings.TrimLeft(line, " "))
		at := strings.LastIndexByte(line[start:columns+1], ' ')
		if at < 0 { // a word that is too long
			if at = strings.IndexByte(line[columns:], ' '); at < 0 {
				break
			}
			at += columns - start
		}
		out = append(out, strings.TrimRight(line[:start+at], " "))
		line = indent + strings.TrimLeft(line[start+at:], " ")
	}
	return append(out, line)
}
