package format

import (
	"strings"

	"github.com/regmigrate/regmigrate/internal/dockerfile"
	"github.com/regmigrate/regmigrate/pkg/edit"
)

// A commandWord is a word of a command, without its quotes.
type commandWord struct {
	text string
	span edit.Span // in the text of the command, without quotes around the whole word
}

// A commandSplitter splits a text into commands and words, roughly as a shell
// does. It never fails: scripts, makefiles, recipes of CI systems and lists of
// arguments in source code all give the words that a reader would see.
type commandSplitter struct {
	text     string
	offset   int // of text in the outermost text
	depth    int // of commands inside words
	commands [][]commandWord
	words    []commandWord

	word    strings.Builder // the word so far
	started bool            // a word has begun
	quoted  bool            // the whole word is in quotes
	start   int
	end     int
}

// maxCommandDepth is the depth of commands in words of commands:
// sh -c "docker tag $(…) x".
const maxCommandDepth = 3

// commandsOf returns the commands of text.
func commandsOf(text string) [][]commandWord { return commandsIn(text, 0, 0) }

func commandsIn(text string, offset, depth int) [][]commandWord {
	s := &commandSplitter{text: text, offset: offset, depth: depth}
	for i := 0; i < len(text); {
		i += s.step(i)
	}
	s.endCommand()
	return s.commands
}

// step reads what begins at offset i, and returns its length.
func (s *commandSplitter) step(i int) int {
	c := s.text[i]
	switch {
	case c == '\\' && i+1 < len(s.text):
		return s.escape(i)
	case c == '"' || c == '\'':
		return s.quote(i, c)
	case c == '\n' || c == ';' || c == '|' || c == '&' || c == '(' || c == ')' || c == '`':
		s.endCommand()
		return 1
	case isBlank(c) || c == '<' || c == '>' || s.isListMark(i):
		s.endWord()
		return 1
	}
	if n := wordVariable(s.text[i:]); n > 0 {
		s.add(i, s.text[i:i+n])
		s.inner(i, s.text[i:i+n])
		return n
	}
	s.add(i, s.text[i:i+1])
	return 1
}

// escape reads the backslash at offset i.
func (s *commandSplitter) escape(i int) int {
	rest := s.text[i+1:]
	if n := len(rest) - len(strings.TrimLeft(rest, " \t\r")); n < len(rest) && rest[n] == '\n' {
		s.endWord()
		return n + 2
	}
	s.add(i+1, rest[:1])
	return 2
}

// quote reads the quoted text at offset i. A quote that is not closed on its
// line is an apostrophe, or begins a script of several lines.
func (s *commandSplitter) quote(i int, quote byte) int {
	end := closingQuote(s.text, i+1, quote)
	if end < 0 {
		s.endWord()
		return 1
	}
	text := s.text[i+1 : end]
	if !s.started {
		s.started, s.quoted, s.start = true, true, i+1
	} else {
		s.quoted = false
	}
	if quote == '"' {
		s.word.WriteString(strings.NewReplacer(`\"`, `"`, `\\`, `\`, `\$`, `$`).Replace(text))
	} else {
		s.word.WriteString(text)
	}
	s.end = end
	if strings.ContainsAny(text, " \t") && s.depth < maxCommandDepth {
		s.commands = append(s.commands, commandsIn(text, s.offset+i+1, s.depth+1)...)
	}
	return end + 1 - i
}

// closingQuote returns the offset of the quote that closes the one in front of
// from on the same line, or -1.
func closingQuote(text string, from int, quote byte) int {
	for i := from; i < len(text); i++ {
		switch text[i] {
		case quote:
			return i
		case '\n':
			return -1
		case '\\':
			if quote == '"' {
				i++
			}
		}
	}
	return -1
}

// inner adds the commands of a command substitution, which begins at offset i.
func (s *commandSplitter) inner(i int, word string) {
	if strings.HasPrefix(word, "$(") && strings.ContainsAny(word, " \t\n") && s.depth < maxCommandDepth {
		s.commands = append(s.commands, commandsIn(word[2:len(word)-1], s.offset+i+2, s.depth+1)...)
	}
}

// isListMark reports whether the byte at offset i is a mark of a list of quoted
// arguments: ["crane", "copy"].
func (s *commandSplitter) isListMark(i int) bool {
	if strings.IndexByte("[],", s.text[i]) < 0 {
		return false
	}
	isQuote := func(c byte) bool { return c == '"' || c == '\'' }
	return i > 0 && isQuote(s.text[i-1]) || i+1 < len(s.text) && isQuote(s.text[i+1])
}

// add adds text, which begins at offset i, to the word.
func (s *commandSplitter) add(i int, text string) {
	if !s.started {
		s.started, s.start = true, i
	} else if s.quoted {
		s.quoted = false
	}
	s.word.WriteString(text)
	s.end = i + len(text)
}

func (s *commandSplitter) endWord() {
	if s.started && s.word.Len() > 0 {
		s.words = append(s.words, commandWord{s.word.String(), edit.Span{Start: s.offset + s.start, End: s.offset + s.end}})
	}
	s.started, s.quoted = false, false
	s.word.Reset()
}

func (s *commandSplitter) endCommand() {
	s.endWord()
	if len(s.words) > 0 {
		s.commands = append(s.commands, s.words)
		s.words = nil
	}
}

// wordVariable returns the length of the variable at the start of text that may
// have blanks in it, or 0: ${…}, $(…), ${{ … }}, {{ … }}.
func wordVariable(text string) int {
	text = text[:min(len(text), far)]
	end := -1
	switch {
	case strings.HasPrefix(text, "{{"):
		if end = strings.Index(text, "}}"); end >= 0 {
			end++
		}
	case strings.HasPrefix(text, "${"):
		end = dockerfile.ClosingBrace(text, 2)
	case strings.HasPrefix(text, "$("):
		depth := 0
		for i := 1; i < len(text) && end < 0; i++ {
			switch text[i] {
			case '(':
				depth++
			case ')':
				if depth--; depth == 0 {
					end = i
				}
			}
		}
	}
	return end + 1
}
