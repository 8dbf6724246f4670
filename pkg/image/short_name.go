package image

import (
	"bytes"
	"sync"
)

// MayHaveShortName reports whether chunk, which is a file or a document of any format, may
// contain a short name of Docker Hub. A result of true can be wrong. It is true if a word of
// [HasKeyword] is in a line that may name an image by a short name, or explain another line
// that does. These lines do not:
//
//   - a key and a reference that spells out another registry than Docker Hub,
//   - a key of a Kubernetes object whose value is a word or a list, and never an image
//     ([IsOtherKey]),
//   - a key without such a word, and a name that has one: name: my-service,
//   - a comment of plain words.
func MayHaveShortName(chunk []byte) bool {
	for at := 0; at < len(chunk); {
		end := keywords().firstEnd(chunk[at:])
		if end < 0 {
			return false
		}
		start := bytes.LastIndexByte(chunk[:at+end], '\n') + 1
		stop := len(chunk)
		if i := bytes.IndexByte(chunk[at+end:], '\n'); i >= 0 {
			stop = at + end + i
		}
		if !namesNoShortName(chunk[start:stop], chunk[stop:]) {
			return true
		}
		at = stop
	}
	return false
}

// IsOtherKey reports whether key is a key of Kubernetes objects that contains a word of
// [HasKeyword] although neither its value nor a value below it is an image, unless a key
// below it names an image by itself.
func IsOtherKey(key string) bool { return wordKeys[key] || parentKeys[key] != "" }

// wordKeys are keys whose value is one word.
var wordKeys = map[string]bool{
	"containerPort": true, "imagePullPolicy": true, "serviceAccount": true, "serviceAccountName": true,
	"serviceName": true, "automountServiceAccountToken": true,
}

// parentKeys are keys of a mapping ("mapping") or of a sequence of mappings ("sequence").
var parentKeys = map[string]string{
	"containers": "sequence", "initContainers": "sequence", "ephemeralContainers": "sequence", "imagePullSecrets": "sequence",
	"envFrom": "sequence", "valueFrom": "mapping",
}

// namesNoShortName reports whether a line is one of those that MayHaveShortName describes;
// rest is the text after it.
func namesNoShortName(line, rest []byte) bool {
	line = withoutDashes(bytes.TrimSpace(line))
	if len(line) > 0 && line[0] == '#' {
		return isPlainComment(line)
	}
	key, value, ok := cutKey(line)
	if !ok {
		return false
	}
	if i := bytes.Index(value, []byte(" #")); i >= 0 {
		if !isPlainComment(value[i:]) {
			return false
		}
		value = value[:i]
	}
	value, ok = unquote(bytes.TrimSpace(value))
	switch {
	case !ok:
		return false
	case len(value) == 0:
		return hasExpectedChild(parentKeys[string(key)], rest)
	case spellsOutOther(value):
		return true
	case !isPlainWord(value):
		return false
	case HasKeyword(key):
		return wordKeys[string(key)]
	}
	// The name of a variable may name an image.
	return !containsFold(value, "image") && !containsFold(value, "repo") && !containsFold(value, "docker") && !containsFold(value, "bundle") && !containsFold(value, "from")
}

// withoutDashes returns a line of YAML without the dashes of items before its key.
func withoutDashes(line []byte) []byte {
	for bytes.HasPrefix(line, []byte("- ")) {
		line = bytes.TrimLeft(line[2:], " ")
	}
	return line
}

// isPlainComment reports whether a comment has words only, so that no tool reads it.
func isPlainComment(text []byte) bool { return !bytes.ContainsAny(text, "=:@/") }

// cutKey cuts a line after its key, which may be quoted, and a colon.
func cutKey(line []byte) (key, value []byte, ok bool) {
	key, value, ok = bytes.Cut(line, []byte(":"))
	if !ok || len(value) > 0 && value[0] != ' ' {
		return nil, nil, false
	}
	key, ok = unquote(key)
	return key, value, ok && isPlainWord(key)
}

// unquote removes the quotes around a text, and a comma after it. It is false if the text
// is not all that is in the quotes, or has an escape sequence.
func unquote(text []byte) ([]byte, bool) {
	if len(text) == 0 || text[0] != '"' && text[0] != '\'' {
		return text, true
	}
	quote := text[:1]
	text = bytes.TrimSuffix(text[1:], []byte(","))
	text, ok := bytes.CutSuffix(text, quote)
	return text, ok && !bytes.Contains(text, quote) && bytes.IndexByte(text, '\\') < 0
}

// hasExpectedChild reports whether rest begins with the value of a key for kind; see
// parentKeys.
func hasExpectedChild(kind string, rest []byte) bool {
	line := bytes.TrimLeft(rest, "\r\n")
	line, _, _ = bytes.Cut(line, []byte("\n"))
	line = bytes.TrimSpace(line)
	item := bytes.HasPrefix(line, []byte("- "))
	_, _, ok := cutKey(withoutDashes(line))
	return ok && (kind == "sequence" && item || kind == "mapping" && !item)
}

// spellsOutOther reports whether text is a reference with a registry that is not Docker
// Hub, or the URL of a web server.
func spellsOutOther(text []byte) bool {
	for _, scheme := range []string{"https://", "http://"} {
		text = bytes.TrimPrefix(text, []byte(scheme))
	}
	host, path, ok := bytes.Cut(text, []byte("/"))
	name, port, hasPort := bytes.Cut(host, []byte(":"))
	if !ok || bytes.HasPrefix(path, []byte("/")) || !hasPort && bytes.IndexByte(name, '.') < 0 || containsFold(name, "docker") || containsFold(path, "docker") { // an image of Docker runs commands that name images
		return false
	}
	if hasPort && (len(port) == 0 || len(bytes.Trim(port, "0123456789")) > 0) {
		return false // a name before the reference: exporter:acme/exporter
	}
	for _, c := range text {
		if !isPlainWordByte(c) && c != '/' && c != ':' && c != '@' {
			return false
		}
	}
	return true
}

// containsFold reports whether chunk contains word, which is lower-case ASCII,
// in any case.
func containsFold(chunk []byte, word string) bool {
	for _, first := range []byte{word[0], word[0] - 'a' + 'A'} {
		for at := 0; ; at++ {
			i := bytes.IndexByte(chunk[at:], first)
			if i < 0 || at+i+len(word) > len(chunk) {
				break
			}
			at += i
			if bytes.EqualFold(chunk[at:at+len(word)], []byte(word)) {
				return true
			}
		}
	}
	return false
}

func isPlainWord(text []byte) bool {
	for _, c := range text {
		if !isPlainWordByte(c) {
			return false
		}
	}
	return len(text) > 0
}

func isPlainWordByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '.' || c == '_' || c == '-'
}

// A wordMachine finds the first of several words in a text, in any case of ASCII letters,
// in one pass: the automaton of Aho and Corasick, with all transitions in one table.
type wordMachine struct {
	next    [][256]uint8 // by state and byte
	accepts []bool       // by state
}

var keywords = sync.OnceValue(func() *wordMachine { return newWordMachine(keywordList) })

// newWordMachine returns the machine for words, which are lower-case ASCII and have fewer
// than 256 bytes together.
func newWordMachine(words []string) *wordMachine {
	m := &wordMachine{next: make([][256]uint8, 1), accepts: make([]bool, 1)}
	for _, w := range words {
		state := uint8(0)
		for _, c := range []byte(w) {
			if m.next[state][c] == 0 {
				m.next[state][c] = uint8(len(m.next))
				m.next, m.accepts = append(m.next, [256]uint8{}), append(m.accepts, false)
			}
			state = m.next[state][c]
		}
		m.accepts[state] = true
	}
	// A state fails to the longest proper suffix of its text that is a state, breadth first.
	fail := make([]uint8, len(m.next))
	queue := []uint8{0}
	for len(queue) > 0 {
		state := queue[0]
		queue = queue[1:]
		for c := range 256 {
			to := m.next[state][c]
			switch {
			case to == 0:
				m.next[state][c] = m.next[fail[state]][c]
			default:
				if state != 0 {
					fail[to] = m.next[fail[state]][c]
				}
				m.accepts[to] = m.accepts[to] || m.accepts[fail[to]]
				queue = append(queue, to)
			}
		}
	}
	for state := range m.next {
		for c := 'A'; c <= 'Z'; c++ {
			m.next[state][c] = m.next[state][c-'A'+'a']
		}
	}
	return m
}

// firstEnd returns the 0-based offset of the byte after the first word in text. It returns
// -1 if text has none of the words.
func (m *wordMachine) firstEnd(text []byte) int {
	state := uint8(0)
	for i, c := range text {
		state = m.next[state][c]
		if m.accepts[state] {
			return i + 1
		}
	}
	return -1
}
