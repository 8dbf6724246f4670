package render

import (
	"strings"

	"github.com/regmigrate/regmigrate/pkg/image"
)

// A mask bounds the random part of a line: the lengths in bytes of the text
// before and after the random part.
type mask struct{ head, tail int }

// masks returns the masks of the lines of t that differ from one rendering to
// the next, by line number counted from 0. It returns false when the number of
// lines differs.
func masks(t *Text, others []*Rendered) (m map[int]mask, ok bool) {
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
			found := maskOf(line, again[i])
			if earlier, ok := m[i]; ok {
				found = mask{min(earlier.head, found.head), min(earlier.tail, found.tail)}
			}
			m[i] = found
		}
	}
	return m, true
}

// maskOf masks the whole words in which two lines differ: two random words can
// begin with the same letter by chance.
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

// isRandomByte reports whether functions such as randAlphaNum, uuidv4, b64enc
// and date print c.
func isRandomByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("+/=_-", c) >= 0
}

// same reports whether before and after are equal outside the random part, with
// or without their references rewritten. It returns after with the random part of before.
func (m mask) same(before, after string, rewrite RewriteFunc) (stable string, ok bool) {
	head, tail := before[:m.head], before[len(before)-m.tail:]
	random := before[m.head : len(before)-m.tail]
	for _, h := range []string{head, rewriteAll(head, rewrite)} {
		rest, ok := strings.CutPrefix(after, h)
		if !ok {
			continue
		}
		for _, t := range []string{tail, rewriteAll(tail, rewrite)} {
			if strings.HasSuffix(rest, t) {
				return h + random + t, true
			}
		}
	}
	return "", false
}

// rewriteAll rewrites all references of text.
func rewriteAll(text string, rewrite RewriteFunc) string {
	var b strings.Builder
	end := 0
	for _, f := range image.Find(text) {
		if ref, ok := rewrite(f.Ref.Text); ok {
			b.WriteString(text[end:f.Span.Start])
			b.WriteString(ref)
			end = f.Span.Start + len(f.Ref.Text) // the span may include a final slash
		}
	}
	return b.String() + text[end:]
}
