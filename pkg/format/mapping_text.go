package format

import (
	"regexp"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// substitutionMappings returns the mappings of substitutions in text, s|a|b|, in
// the syntax of sed, perl and vi.
func substitutionMappings(text string) []textMapping {
	var out []textMapping
	for i := 0; i+4 < len(text); i++ {
		if text[i] != 's' || isWordByte(text[i+1]) || isBlank(text[i+1]) || text[i+1] == '\\' || !beforeSubstitution(text[:i]) {
			continue
		}
		delimiter := text[i+1]
		end := min(len(text), i+2+2*far)
		if n := strings.IndexByte(text[i:end], '\n'); n >= 0 {
			end = i + n
		}
		middle := substitutionPart(text[:end], i+2, delimiter)
		if middle < 0 {
			continue
		}
		last := substitutionPart(text[:end], middle+1, delimiter)
		if last < 0 {
			continue
		}
		from, to := edit.Span{Start: i + 2, End: middle}, edit.Span{Start: middle + 1, End: last}
		out = append(out, textMapping{from: unescapePattern(text[from.Start:from.End]), to: unescapePattern(text[to.Start:to.End]), kept: []edit.Span{from, to}, what: substitution})
		i = last
	}
	return out
}

// beforeSubstitution reports whether text can be in front of the s of a
// substitution: it ends with a quote, a blank or an address, such as a number of a
// line.
func beforeSubstitution(text string) bool {
	address := strings.TrimRight(text, "0123456789")
	if address == "" {
		return true
	}
	c := address[len(address)-1]
	return isBlank(c) || strings.IndexByte("\"'`;{/$,", c) >= 0
}

// substitutionPart returns the offset of the next delimiter in text from the
// offset at, or -1.
func substitutionPart(text string, at int, delimiter byte) int {
	for ; at < len(text); at++ {
		switch text[at] {
		case '\\':
			at++
		case delimiter:
			return at
		}
	}
	return -1
}

// unescapePattern returns the text that the pattern matches if it is a name
// with escapes and anchors.
func unescapePattern(pattern string) string {
	pattern = strings.TrimSuffix(strings.TrimPrefix(pattern, "^"), "$")
	return strings.NewReplacer(`\.`, ".", `\/`, "/", `\-`, "-", `\:`, ":", `\b`, "").Replace(pattern)
}

func isWordByte(c byte) bool { return isAlnum(c) || c == '_' }

// A stringLiteral is a quoted text.
type stringLiteral struct {
	text string
	span edit.Span // without the quotes
}

// literalsOf returns the quoted texts of text that are on one line. If a quoted
// text contains quotes, as a script may, it returns the inner quoted texts.
func literalsOf(text string) []stringLiteral {
	var out []stringLiteral
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c != '"' && c != '\'' && c != '`' || c == '\'' && i > 0 && isAlnum(text[i-1]) && text[i-1] != 'r' { // an apostrophe
			continue
		}
		end := closingQuote(text, i+1, c)
		if end < 0 {
			continue
		}
		if inner := text[i+1 : end]; strings.ContainsAny(inner, "\"'`") {
			for _, l := range literalsOf(inner) {
				l.span.Start, l.span.End = l.span.Start+i+1, l.span.End+i+1
				out = append(out, l)
			}
		} else {
			out = append(out, stringLiteral{inner, edit.Span{Start: i + 1, End: end}})
		}
		i = end
	}
	return out
}

// entryBetween matches the text between the key and the value of an entry, and
// argumentBetween the text between two arguments of a call.
var (
	entryBetween    = regexp.MustCompile(`^["'\x60]\s*\]?\s*(?::|=>|=|:=)\s*["'\x60]$`)
	argumentBetween = regexp.MustCompile(`^["'\x60]\s*,\s*[rfb]?["'\x60]$`)
)

// replaceFunctions are the ends of names of functions whose arguments are a text
// and its replacement, in lower case and without underscores.
var replaceFunctions = []string{"replace", "replaceall", "replacen", "replacer", "replacefirst", "replacewith", "sub", "gsub", "subn", "subst", "substitute", "replaceallstring"}

// literalMappings returns the mappings of quoted texts in source code: the
// entries of tables, and the arguments of functions that replace.
func literalMappings(text string) []textMapping {
	var out []textMapping
	list := literalsOf(text)
	for i := 0; i+1 < len(list); i++ {
		a, b := list[i], list[i+1]
		if b.span.Start-a.span.End > 64 || !mayBeName(a.text) || !mayBeName(b.text) {
			continue
		}
		between := text[a.span.End:b.span.Start]
		m := textMapping{from: unescapePattern(a.text), to: b.text, kept: []edit.Span{a.span, b.span}}
		switch {
		case entryBetween.MatchString(between):
			m.what = "an entry of a table"
		case argumentBetween.MatchString(between) && hasSuffix(calledFunction(text, a.span.Start-1), replaceFunctions):
			m.what = replacement
		default:
			continue
		}
		out = append(out, m)
	}
	return out
}

// mayBeName reports whether text can be the name of an image or of a registry.
func mayBeName(text string) bool {
	return len(text) > 3 && len(text) < maxExpandedLength && strings.ContainsAny(text, "/.") && !strings.ContainsAny(text, " \t")
}

// calledFunction returns the name of the function in whose brackets the offset
// at is, in lower case and without underscores, or "".
func calledFunction(text string, at int) string {
	depth := 0
	for i := at - 1; i >= max(0, at-far/4); i-- {
		switch text[i] {
		case ')':
			depth++
		case '(':
			if depth--; depth < 0 {
				name := strings.TrimRight(text[max(0, i-64):i], " \t")
				start := len(name)
				for start > 0 && isWordByte(name[start-1]) {
					start--
				}
				return fold(name[start:])
			}
		}
	}
	return ""
}

// wordMappings returns the mappings of words of commands: OLD=NEW, [OLD]=NEW and
// the arguments of Make's functions, subst OLD,NEW.
func wordMappings(commands [][]commandWord) []textMapping {
	var out []textMapping
	for _, words := range commands {
		if setsImage(words) {
			continue
		}
		for i, w := range words {
			sep, what := "=", "an entry of a table"
			if i > 0 && (words[i-1].text == "subst" || words[i-1].text == "patsubst") {
				sep, what = ",", substitution
			}
			from, to, ok := strings.Cut(w.text, sep)
			if strings.HasPrefix(from, "-") { // --map=OLD=NEW
				from, to, ok = strings.Cut(to, sep)
			}
			from = strings.TrimSuffix(strings.TrimPrefix(from, "["), "]")
			if sep == "," {
				to, _, _ = strings.Cut(to, ",")
				from, to = strings.TrimSuffix(from, "%"), strings.TrimSuffix(to, "%")
			}
			if ok && mayBeName(from) && mayBeName(to) {
				out = append(out, textMapping{from: from, to: to, kept: []edit.Span{w.span}, what: what})
			}
		}
	}
	return out
}

// setsImage reports whether words are kustomize edit set image OLD=NEW, which
// changes the entries of a kustomization's images. These move.
func setsImage(words []commandWord) bool {
	for i := 0; i+1 < len(words); i++ {
		if words[i].text == "set" && words[i+1].text == "image" {
			return true
		}
	}
	return false
}
