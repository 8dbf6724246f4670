package report

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Only mdCode and mdProse put text from outside into Markdown. A backslash before
// a character does not protect it: GitHub turns @name, #1 and hosts into links
// after it has removed backslashes. It does so everywhere but in code.

// mdClip is the length in code points of the longest text from outside in
// Markdown. A longer text loses its middle.
const mdClip = 160

// mdCode returns s as code, for a line of text, a heading, a list or a cell of a
// table. It escapes s as for a terminal and omits the middle of a long text.
func mdCode(s string) string {
	s = clip(escape(ends(s, mdClip)), mdClip)
	if isPlainCode(s) {
		return "`" + s + "`"
	}
	// Punctuation as entities is neither Markdown nor HTML nor the border of a
	// cell.
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

// isPlainCode reports whether Markdown shows s between two backticks unchanged,
// even in a table.
func isPlainCode(s string) bool {
	return s != "" && strings.Trim(s, " ") == s && !strings.ContainsAny(s, "`|\\")
}

func isAlphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// plainWord matches words that neither Markdown nor GitHub interprets, except at
// the start of a line.
var plainWord = regexp.MustCompile(`^(\(?([A-Za-z]+(['-][A-Za-z]+)*|[0-9]{1,6}|[0-9]{1,3}(,[0-9]{3})*)\)?[.,:;?]?|—|…|=|\+)$`)

// likeLink matches words that GitHub links, or the start of such a word: hashes of commits, addresses.
var likeLink = regexp.MustCompile(`^[a-f]{7,}|^\(?www\b`)

// mdProse returns s as one line of prose: plain words unchanged, all others as
// code. The line begins with no character that Markdown interprets.
func mdProse(s string) string {
	words := strings.Fields(clip(ends(s, 2*mdClip), 2*mdClip))
	for i, w := range words {
		switch {
		case w == "->":
			words[i] = "→"
		case plainWord.MatchString(w) && !likeLink.MatchString(w) && (i > 0 || isAlphanumeric(w[0]) && (w[0] < '0' || w[0] > '9')):
		default:
			words[i] = mdWord(w, i == 0)
		}
	}
	return strings.Join(joinFlags(words), " ")
}

// flagCode and plainCode match the code of a flag, and of any plain word.
var (
	flagCode  = regexp.MustCompile("^`--[a-z-]+`$")
	plainCode = regexp.MustCompile("^`[^`]+`[.,:;]?$")
)

// joinFlags joins the code of a flag with that of its value: `--scope docs`.
func joinFlags(words []string) []string {
	var out []string
	for i, w := range words {
		if i > 0 && flagCode.MatchString(words[i-1]) && plainCode.MatchString(w) {
			last := len(out) - 1
			out[last] = strings.TrimSuffix(out[last], "`") + " " + w[1:]
			continue
		}
		out = append(out, w)
	}
	return out
}

// mdHeading returns s as prose in a heading, limited to 200 code points.
func mdHeading(s string) string { return mdProse(clip(ends(s, 200), 200)) }

// mdWord returns the word w of prose as mdCode does. Punctuation at its ends belongs to the
// sentence and is no code. A plain number at the start of a line is unchanged: a
// list begins only if a full stop or a parenthesis follows it.
func mdWord(w string, first bool) string {
	core := strings.TrimLeft(w, "(")
	before := w[:len(w)-len(core)]
	if first && len(core) > 0 && '0' <= core[0] && core[0] <= '9' && plainWord.MatchString(core) {
		return w
	}
	end := strings.TrimRight(core, ".,;:)")
	after := core[len(end):]
	if end == "" {
		return mdCode(w)
	}
	return before + mdCode(end) + after
}

// ends returns s or, if s is long, at least its first and last n code points: it
// bounds the work of clip.
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
