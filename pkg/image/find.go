package image

import (
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// A Shape is what a place in a text looks like.
type Shape uint8

// The shapes.
const (
	Reference Shape = iota // a reference; its domain may be another than the one looked for
	Host                   // a host, or a host and a slash, alone
	URL                    // a URL with a scheme that is no transport, or a part of one
	Path                   // a path of a file system
	Pattern                // a glob, a regular expression, or a part of one
	Other                  // none of these, such as a longer word
)

// A Word is what a place in a text is.
type Word struct {
	Shape Shape
	Span  edit.Span // of the whole word, without a transport before it
	Ref   Ref       // when Shape is Reference
}

// maxWord bounds how far a word is followed in each direction, in bytes. No
// reference is as long; a text without blanks must not cost its length for
// every place in it.
const maxWord = 2048

// WordAt says what the word around the bytes at of text is. A word ends at blanks
// and at what separates references in lists, arguments and prose.
func WordAt(text string, at edit.Span) Word {
	start := at.Start
	for start > max(0, at.Start-maxWord) && isRefByte(text[start-1]) {
		start--
	}
	end := at.End
	for end < min(len(text), at.End+maxWord) {
		if n := variable(text[end:]); n > 0 {
			end += n
		} else if isRefByte(text[end]) {
			end++
		} else {
			break
		}
	}
	var before, after byte
	if start > 0 {
		before = text[start-1]
	}
	if end < len(text) {
		after = text[end]
	}
	stop := end
	for end > at.End && strings.IndexByte(".:,;", text[end-1]) >= 0 { // the end of a sentence
		end--
	}
	found := Word{Span: edit.Span{Start: start, End: end}}
	if inURL(text, at.Start) {
		found.Shape = URL
		return found
	}
	word := text[start:end]
	if w, n := TrimTransport(word); n > 0 {
		word, start = w, start+n
		found.Span.Start = start
	}
	switch {
	case strings.IndexByte(`*^\`, before) >= 0 && before != 0, strings.IndexByte(`*?[(\^|+$`, after) >= 0 && after != 0 && !ends(text[stop:], word):
		found.Shape = Pattern
	case (before == '#' || before == ',') && start > 1 && text[start-2] == 's':
		found.Shape = Pattern // sed's s#from#to#
	case before == '$' || before == '}' || before == ')' && start > 1 && opensVariable(text[:start-1]):
		found.Shape = Other // the end of a variable: the host is a longer one
	case strings.HasPrefix(word, "//"):
		found.Shape = URL
	case word == "":
		found.Shape = Other
	case word[0] == '/' || word[0] == '~' || strings.HasPrefix(word, "./") || strings.HasPrefix(word, "../"):
		found.Shape = Path
	default:
		shapeOf(text, at, &found)
	}
	return found
}

// ends reports whether the text after word ends it rather than going on with a
// pattern: an escaped quote or line break, or the border of a table's cell
// after a tag or a digest.
func ends(after, word string) bool {
	after = after[:min(len(after), maxWord)]
	switch after[0] {
	case '\\':
		quote := strings.TrimLeft(after, `\`)
		return quote == "" || strings.IndexByte("\"'`nrt\r\n", quote[0]) >= 0
	case '|':
		return strings.LastIndexByte(word, ':') > strings.LastIndexByte(word, '/') && (len(after) == 1 || strings.IndexByte(" \t\r\n", after[1]) >= 0)
	}
	return false
}

// shapeOf decides between reference, host and other for the word at
// found.Span, which holds at.
func shapeOf(text string, at edit.Span, found *Word) {
	for {
		word := text[found.Span.Start:found.Span.End]
		name := strings.TrimRight(word, "/")
		if len(word) > maxWord { // no reference, and not to be parsed for every place in it
			found.Shape = Other
			return
		}
		if name == "index.docker.io/v1" { // what Docker Hub's credentials are filed under
			found.Shape = URL
			return
		}
		if IsHost(name) && (len(name) < len(word) || strings.ContainsAny(name, ".") || strings.HasPrefix(name, "localhost")) {
			found.Shape = Host
			return
		}
		// `registry:host.example` would parse, as a name and a tag.
		ref, err := Parse(name)
		if err == nil && (ref.Domain != "" || !strings.Contains(word, ":")) {
			found.Shape, found.Ref = Reference, ref
			found.Span.End = found.Span.Start + len(name)
			return
		}
		// `image:host/path`: what stands before the colon is a key.
		i := strings.IndexByte(word, ':')
		if i < 0 || found.Span.Start+i+1 > at.Start || strings.ContainsAny(word[:i], "/@.") {
			found.Shape = Other
			return
		}
		found.Span.Start += i + 1
		if found.Span.Start < at.Start && text[found.Span.Start] == '-' {
			found.Span.Start++ // ${NAME:-default}
		}
	}
}

// inURL reports whether the byte at offset at stands in a URL: a scheme that
// is no transport stands before it in the same unbroken run of text.
func inURL(text string, at int) bool {
	start := at
	if !strings.Contains(text[max(0, at-maxWord):at], "://") {
		return false // nearly always, and cheap to say
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

// opensVariable reports whether before ends inside an unclosed `$(`, so that
// the bracket after it closes a variable.
func opensVariable(before string) bool {
	i := strings.LastIndexByte(before, '(')
	return i > 0 && before[i-1] == '$' && !strings.Contains(before[i:], ")")
}

// Find returns the references of text that spell out their domain, in order.
func Find(text string) []Word {
	var out []Word
	for i := 0; i < len(text); {
		if n := variable(text[i:]); n > 0 {
			i += inside(text[i : i+n])
			continue
		}
		if !isRefByte(text[i]) {
			i++
			continue
		}
		end := i + 1
		for end < len(text) && isRefByte(text[end]) {
			end++
		}
		// A host stands before a slash; ask for each word once, at the first.
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
		f := WordAt(text, edit.Span{Start: at, End: at})
		if f.Shape == Reference && f.Ref.Domain != "" {
			out = append(out, f)
		}
		i = max(end, f.Span.End)
	}
	return out
}

// inside returns how far to go to what a variable has in it: the default of
// `${NAME:-default}`, the command of `$(command)`; behind all others.
func inside(variable string) int {
	switch {
	case strings.HasPrefix(variable, "$$"):
		return 1 + inside(variable[1:])
	case strings.HasPrefix(variable, "${"):
		if i := strings.IndexAny(variable, "-="); i > 0 {
			return i + 1
		}
	case strings.HasPrefix(variable, "$(") && strings.ContainsAny(variable, " \t\n"):
		return 2
	}
	return len(variable)
}

// isRefByte reports whether c can be part of the word that a reference is.
func isRefByte(c byte) bool {
	return isWord(c) || strings.IndexByte("./:@-~%", c) >= 0
}
