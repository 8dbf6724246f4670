package report

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Text that comes from outside gets into Markdown by mdCode and mdProse alone.
// A backslash before a character is not enough there: GitHub makes a mention
// of @name, a reference of #1 and a link of a host after the backslash is
// gone, and does so nowhere but in code.

// mdClip is how many code points of one text from outside Markdown shows.
const mdClip = 160

// mdCode returns s as code, as it can stand in a line of text, a heading, a
// list or a cell of a table. What a terminal must not get is spelled out, as
// by escape; the middle of a long text is left out.
func mdCode(s string) string {
	s = clip(escape(ends(s, mdClip)), mdClip)
	if isPlainCode(s) {
		return "`" + s + "`"
	}
	// With each mark as an entity, nothing in it is Markdown, HTML or the
	// border of a cell.
	var b strings.Builder
	b.WriteString("<code>")
	for _, r := range s {
		if r < utf8.RuneSelf && !isAlphanumeric(byte(r)) {
			fmt.Fprintf(&b, "&#%d;", r)
			continue
		}
		b.WriteRune(r)
	}
	b.WriteString("</code>")
	return b.String()
}

// isPlainCode reports whether s between two backticks is s, in a table too.
func isPlainCode(s string) bool {
	return s != "" && strings.Trim(s, " ") == s && !strings.ContainsAny(s, "`|\\")
}

func isAlphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// plainWord matches words that mean nothing to Markdown or to GitHub wherever
// they stand but at the start of a line.
var plainWord = regexp.MustCompile(`^(\(?([A-Za-z]+(['-][A-Za-z]+)*|[0-9]{1,6}|[0-9]{1,3}(,[0-9]{3})*)\)?[.,:;?]?|—|…|=|\+)$`)

// likeCommit matches what GitHub takes for the hash of a commit.
var likeCommit = regexp.MustCompile(`^[a-f]{7,}`)

// mdProse returns s as prose: words as they are, and as code whatever is more
// than a word. It has one line, and begins with no mark.
func mdProse(s string) string {
	words := strings.Fields(clip(ends(s, 2*mdClip), 2*mdClip))
	for i, w := range words {
		switch {
		case w == "->":
			words[i] = "→"
		case plainWord.MatchString(w) && !likeCommit.MatchString(w) && (i > 0 || isAlphanumeric(w[0]) && (w[0] < '0' || w[0] > '9')):
		default:
			words[i] = mdWord(w, i == 0)
		}
	}
	return strings.Join(words, " ")
}

// mdHeading is mdProse for what must not be long.
func mdHeading(s string) string { return mdProse(clip(ends(s, 200), 200)) }

// mdWord is mdCode for a word of prose, whose marks of punctuation at the ends
// are the sentence's. A number that begins a line would begin a list.
func mdWord(w string, first bool) string {
	core := strings.TrimLeft(w, "(")
	before := w[:len(w)-len(core)]
	if first && len(core) > 0 && '0' <= core[0] && core[0] <= '9' && strings.Trim(core, "0123456789,") == "" {
		return w
	}
	end := strings.TrimRight(core, ".,;:)")
	after := core[len(end):]
	if end == "" {
		return mdCode(w)
	}
	return before + mdCode(end) + after
}

// ends returns of a long s the first and the last n code points, which is more
// than clip leaves of it.
func ends(s string, n int) string {
	if len(s) <= 4*n*utf8.UTFMax {
		return s
	}
	head := runeStart(s, n*utf8.UTFMax)
	return s[:head] + s[runeStart(s, len(s)-n*utf8.UTFMax):]
}

// clip returns s without its middle if it has more than n code points.
func clip(s string, n int) string {
	if len(s) <= n || utf8.RuneCountInString(s) <= n {
		return s
	}
	r := []rune(s)
	return string(r[:n/2]) + "…" + string(r[len(r)-n/2+1:])
}
