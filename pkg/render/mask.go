package render

import (
	"strings"

	"github.com/regmigrate/regmigrate/pkg/image"
)

// A mask is what of a line is not random: its first and its last bytes.
type mask struct{ head, tail int }

// masks returns what of t differs from one rendering to the next, by the
// number of the line counted from 0. It is not stable when the number of
// lines differs.
func masks(t *Text, others []*Rendered) (m map[int]mask, stable bool) {
	var lines []string
	for _, r := range others {
		o, ok := r.ByTemplate()[t.Template]
		if !ok {
			return nil, false
		}
		if o.Body == t.Body {
			continue
		}
		if lines == nil {
			lines, m = strings.Split(t.Body, "\n"), map[int]mask{}
		}
		again := strings.Split(o.Body, "\n")
		if len(again) != len(lines) {
			return nil, false
		}
		for i, line := range lines {
			if line == again[i] {
				continue
			}
			now := maskOf(line, again[i])
			if old, ok := m[i]; ok {
				now = mask{min(old.head, now.head), min(old.tail, now.tail)}
			}
			m[i] = now
		}
	}
	return m, true
}

// maskOf masks the words in which two lines differ: random words may begin
// with the same letter by chance.
func maskOf(a, b string) mask {
	head := commonPrefix(a, b)
	tail := min(commonSuffix(a, b), min(len(a), len(b))-head)
	for head > 0 && isRandomByte(a[head-1]) {
		head--
	}
	for tail > 0 && isRandomByte(a[len(a)-tail]) {
		tail--
	}
	return mask{head, tail}
}

// isRandomByte reports whether c stands in what functions like randAlphaNum,
// uuidv4, b64enc and date print.
func isRandomByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("+/=_-", c) >= 0
}

// same reports whether after has what is not random of before, as it is or
// with its references moved.
func (m mask) same(before, after string, move RewriteFunc) bool {
	head, tail := before[:m.head], before[len(before)-m.tail:]
	for _, h := range []string{head, moveAll(head, move)} {
		rest, ok := strings.CutPrefix(after, h)
		if !ok {
			continue
		}
		if strings.HasSuffix(rest, tail) || strings.HasSuffix(rest, moveAll(tail, move)) {
			return true
		}
	}
	return false
}

// moveAll moves all references of text.
func moveAll(text string, move RewriteFunc) string {
	var b strings.Builder
	at := 0
	for _, f := range image.Find(text) {
		if now, ok := move(f.Ref.Text); ok {
			b.WriteString(text[at:f.Span.Start])
			b.WriteString(now)
			at = f.Span.Start + len(f.Ref.Text) // the span may have a slash more
		}
	}
	return b.String() + text[at:]
}
