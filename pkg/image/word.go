package image

import (
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// A Shape says what a word of a text looks like.
type Shape uint8

// The shapes.
const (
	Reference Shape = iota // a reference; its domain need not be the one that the caller searched for
	Host                   // a registry host only, optionally followed by a slash
	URL                    // a URL whose scheme is not a transport, or a part of one
	Path                   // a file system path
	Pattern                // a glob, a regular expression, or a part of one
	Other                  // anything else, such as a longer word
)

// A Word is a word of a text.
type Word struct {
	Shape Shape
	Span  edit.Span // the word without a transport in front of it
	Ref   Ref       // set if Shape is Reference
}

// maxWord limits how far a word extends in each direction, in bytes. No
// reference is that long. The limit keeps the cost of a text without blanks
// from growing with its length for every position in it.
const maxWord = 2048

// WordAt returns the word of text that contains the bytes at. Blanks end a
// word, and so do the characters that separate references in lists, arguments
// and prose.
func WordAt(text string, at edit.Span) Word {
	start, stop := wordBounds(text, at)
	end := stop
	for end > at.End && strings.IndexByte(".:,;", text[end-1]) >= 0 { // the end of a sentence
		end--
	}
	w := Word{Span: edit.Span{Start: start, End: end}}
	if isInURL(text, at.Start) {
		w.Shape = URL
		return w
	}
	var before byte
	if start > 0 {
		before = text[start-1]
	}
	name := text[start:end]
	if trimmed, n := TrimTransport(name); n > 0 {
		name, start = trimmed, start+n
		w.Span.Start = start
	}
	switch {
	case strings.IndexByte(`*^\`, before) >= 0, patternContinues(text[stop:], name), isSedArgument(text[:start], before):
		w.Shape = Pattern
	case followsVariable(text[:start], before): // the host is longer than this word
		w.Shape = Other
	case strings.HasPrefix(name, "//"):
		w.Shape = URL
	case name == "":
		w.Shape = Other
	case isFilePath(name):
		w.Shape = Path
	default:
		classifyName(text, at, &w)
	}
	return w
}

// wordBounds returns where the word that contains the bytes at starts and
// stops, before the end of a sentence is cut off.
func wordBounds(text string, at edit.Span) (start, stop int) {
	start = at.Start
	for start > max(0, at.Start-maxWord) && isRefByte(text[start-1]) {
		start--
	}
	stop = at.End
	for stop < min(len(text), at.End+maxWord) {
		if n := variable(text[stop:]); n > 0 {
			stop += n
		} else if isRefByte(text[stop]) {
			stop++
		} else {
			break
		}
	}
	return start, stop
}

// patternContinues reports whether rest, the text after a word, continues a
// pattern that the word is part of. An escaped quote or line break does not,
// and neither does the border of a table cell after a tag or a digest.
func patternContinues(rest, word string) bool {
	if rest == "" || strings.IndexByte(`*?[(\^|+$`, rest[0]) < 0 {
		return false
	}
	rest = rest[:min(len(rest), maxWord)]
	switch rest[0] {
	case '\\':
		quote := strings.TrimLeft(rest, `\`)
		return quote != "" && strings.IndexByte("\"'`nrt\r\n", quote[0]) < 0
	case '|':
		hasTag := strings.LastIndexByte(word, ':') > strings.LastIndexByte(word, '/')
		return !hasTag || len(rest) > 1 && strings.IndexByte(" \t\r\n", rest[1]) < 0
	}
	return true
}

// isSedArgument reports whether a word is an argument of sed's substitution,
// s#from#to#. preceding is the text in front of the word; before is the byte in
// front of the word and its transport.
func isSedArgument(preceding string, before byte) bool {
	return (before == '#' || before == ',') && len(preceding) > 1 && preceding[len(preceding)-2] == 's'
}

// followsVariable reports whether a variable ends directly in front of a word.
// The arguments are those of isSedArgument.
func followsVariable(preceding string, before byte) bool {
	switch before {
	case '$', '}':
		return true
	case ')':
		return len(preceding) > 1 && endsInVariable(preceding[:len(preceding)-1])
	}
	return false
}

// endsInVariable reports whether text ends inside an unclosed `$(`, so that a
// bracket after it closes a variable.
func endsInVariable(text string) bool {
	i := strings.LastIndexByte(text, '(')
	return i > 0 && text[i-1] == '$' && !strings.Contains(text[i:], ")")
}

// isFilePath reports whether a word is a path of a file system: absolute, in a
// home folder, or relative to the working folder.
func isFilePath(word string) bool {
	return word[0] == '/' || word[0] == '~' || strings.HasPrefix(word, "./") || strings.HasPrefix(word, "../")
}

// classifyName sets the shape of the word w, which contains the bytes at, to
// Reference, Host, URL or Other.
func classifyName(text string, at edit.Span, w *Word) {
	for {
		word := text[w.Span.Start:w.Span.End]
		name := strings.TrimRight(word, "/")
		if len(word) > maxWord { // not a reference; do not parse it for every position in it
			w.Shape = Other
			return
		}
		if name == "index.docker.io/v1" { // the key of Docker Hub's credentials
			w.Shape = URL
			return
		}
		if IsHost(name) && (len(name) < len(word) || strings.ContainsAny(name, ".") || strings.HasPrefix(name, "localhost")) {
			w.Shape = Host
			return
		}
		// `registry:host.example` would parse as a name and a tag.
		ref, err := Parse(name)
		if err == nil && (ref.Domain != "" || !strings.Contains(word, ":")) {
			w.Shape, w.Ref = Reference, ref
			w.Span.End = w.Span.Start + len(name)
			return
		}
		// `image:host/path`: the text before the colon is a key.
		i := strings.IndexByte(word, ':')
		if i < 0 || w.Span.Start+i+1 > at.Start || strings.ContainsAny(word[:i], "/@.") {
			w.Shape = Other
			return
		}
		w.Span.Start += i + 1
		if w.Span.Start < at.Start && text[w.Span.Start] == '-' {
			w.Span.Start++ // ${NAME:-default}
		}
	}
}

// isInURL reports whether the byte at offset at is part of a URL: a scheme
// that is not a transport precedes it, with no separator between them.
func isInURL(text string, at int) bool {
	start := at
	if !strings.Contains(text[max(0, at-maxWord):at], "://") {
		return false // the common case, and a cheap test
	}
	for start > max(0, at-maxWord) && strings.IndexByte(" \t\r\n\"'`,;<>()[]|", text[start-1]) < 0 {
		start--
	}
	i := strings.LastIndex(text[start:at], "://")
	if i < 0 {
		return false
	}
	for _, t := range transports {
		if strings.HasSuffix(text[start:start+i+len("://")], t) {
			return false
		}
	}
	return true
}

// Find returns the references of text that spell out their domain, in order.
func Find(text string) []Word {
	var out []Word
	for i := 0; i < len(text); {
		if strings.IndexByte(variableStarts, text[i]) >= 0 {
			if n := variable(text[i:]); n > 0 {
				i += variableBody(text[i : i+n])
				continue
			}
		}
		if !isRefByte(text[i]) {
			i++
			continue
		}
		end := i + 1
		for end < len(text) && isRefByte(text[end]) {
			end++
		}
		// A host is followed by a slash. Look up each word once, at its first
		// slash after a transport.
		slash := strings.IndexByte(text[i:end], '/')
		if slash < 0 {
			i = end
			continue
		}
		at := i + slash
		if t := strings.Index(text[i:end], "://"); t >= 0 {
			at = i + t + len("://")
			for at < end && text[at] != '/' {
				at++
			}
		}
		w := WordAt(text, edit.Span{Start: at, End: at})
		if w.Shape == Reference && w.Ref.Domain != "" {
			out = append(out, w)
		}
		i = max(end, w.Span.End)
	}
	return out
}

// variableBody returns the offset in variable of the text that may contain
// references: the default of `${NAME:-default}`, the command of `$(command)`.
// For other variables it returns their length.
func variableBody(variable string) int {
	switch {
	case strings.HasPrefix(variable, "$$"):
		return 1 + variableBody(variable[1:])
	case strings.HasPrefix(variable, "${"):
		if i := strings.IndexAny(variable, "-="); i > 0 {
			return i + 1
		}
	case strings.HasPrefix(variable, "$(") && strings.ContainsAny(variable, " \t\n"):
		return 2
	}
	return len(variable)
}

// isRefByte reports whether c can be part of a word that is a reference.
func isRefByte(c byte) bool {
	return isWord(c) || strings.IndexByte("./:@-~%", c) >= 0
}
