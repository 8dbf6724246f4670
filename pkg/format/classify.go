package format

import (
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/image"
)

// classify returns the reason for which the word around the mark at of text is
// not a reference, "" if it is one.
func classify(text string, at edit.Span) Reason {
	if strings.HasPrefix(text[at.Start:at.End], "https://") {
		return URL // of a rule for repositories of charts
	}
	found := image.WordAt(text, at)
	switch found.Shape {
	case image.Reference, image.Host:
		switch {
		case !beginsWithMark(text, found, at):
			return DifferentName
		case found.Shape == image.Host:
			return RegistryHost
		}
		return ""
	case image.URL:
		return URL
	case image.Path:
		return Path
	case image.Pattern:
		return Pattern
	}
	return DifferentName
}

// beginsWithMark reports whether the mark at of text is at the start of the name
// found, up to a boundary. It is false for staging-k8s.gcr.io,
// k8s.gcr.io.example and gcr.io/google_containers2.
func beginsWithMark(text string, found image.Word, at edit.Span) bool {
	switch text[found.Span.Start:at.Start] {
	case "":
	case "index.", "registry-1.": // other spellings of docker.io
		if text[at.Start:at.End] != "docker.io" && !strings.HasPrefix(text[at.Start:at.End], "docker.io/") {
			return false
		}
	default:
		return false
	}
	if at.End >= found.Span.End {
		return true
	}
	switch text[at.End] {
	case '/', '@':
		return true
	case ':':
		return strings.Contains(text[at.Start:at.End], "/") // a tag; after a host, a port of a different registry
	}
	return false
}

// assigned returns the name to which the value after before is assigned: REGISTRY
// for `REGISTRY=`, `REGISTRY="` and `${REGISTRY:-`, registry for `--registry=`
// and `registry: `.
func assigned(before string) string {
	before = strings.TrimRight(before, `"'\`)
	var ok bool
	for _, op := range []string{":=", ":-", "?=", "=", "= ", ":", ": "} {
		if before, ok = strings.CutSuffix(before, op); ok {
			break
		}
	}
	if !ok {
		return ""
	}
	before = strings.TrimRight(before, `"' `)
	i := len(before)
	for i > 0 && (before[i-1] == '_' || before[i-1] == '-' || before[i-1] == '.' || isAlnum(before[i-1])) {
		i--
	}
	if i > 0 && before[i-1] == '$' {
		return "" // [ $REGISTRY = host ] is a comparison
	}
	return strings.TrimLeft(before[i:], "-")
}

func isAlnum(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// ownRule reports whether the text at is part of a regmigrate rule on a
// command line.
func ownRule(text string, at edit.Span) bool {
	before := strings.TrimRight(lineBefore(text, at.Start), "\"'\\")
	return strings.HasSuffix(before, "--rule=") || strings.HasSuffix(before, "--rule ") ||
		strings.Contains(before, "--rule") && strings.HasSuffix(before, "=") && !strings.Contains(before[strings.LastIndex(before, "--rule")+len("--rule")+1:], " ")
}

// far is the number of bytes of a line that are read on each side of a mark. It
// bounds the time for each mark in a file with one long line.
const far = 2048

// lineBefore returns the text between the start of the line and offset at, at
// most far bytes.
func lineBefore(text string, at int) string {
	from := max(0, at-far)
	return text[from+strings.LastIndexByte(text[from:at], '\n')+1 : at]
}

// inComment reports whether offset at of a script is in a comment: after a #, or
// //, that begins a word outside of quotes.
func inComment(text string, at int) bool {
	line := lineBefore(text, at)
	quote := byte(0)
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '\\':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '#' && (i == 0 || line[i-1] == ' ' || line[i-1] == '\t'):
			return true
		case c == '/' && strings.HasPrefix(line[i:], "// "):
			return true
		}
	}
	// A quote without an end is an apostrophe.
	return quote != 0 && strings.HasPrefix(strings.TrimLeft(line, " \t"), "#")
}

// lineAround returns the line around m, at most far bytes on each side, and the
// span of m in it.
func lineAround(text string, m edit.Span) (string, edit.Span) {
	start := m.Start - len(lineBefore(text, m.Start))
	end := min(len(text), m.End+far)
	if i := strings.IndexByte(text[m.End:end], '\n'); i >= 0 {
		end = m.End + i
	}
	return text[start:end], edit.Span{Start: m.Start - start, End: m.End - start}
}

func isBlank(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' }
