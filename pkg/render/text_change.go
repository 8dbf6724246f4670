package render

import (
	"strings"

	"github.com/regmigrate/regmigrate/pkg/image"
)

// SameText reports whether after is before with references changed as rewrite says. Before
// may be a reference or contain some.
func SameText(before, after string, rewrite RewriteFunc) bool {
	if before == after {
		return true
	}
	if ref, n := image.TrimTransport(before); n > 0 {
		return strings.HasPrefix(after, before[:n]) && SameText(ref, after[n:], rewrite)
	}
	if want, ok := rewrite(before); ok && after == want {
		return true
	}
	return SameLines(before, after, rewrite)
}

// SpelledOut is rewrite without names of Docker Hub that have no domain: for texts that
// may be no image.
func SpelledOut(rewrite RewriteFunc) RewriteFunc {
	return func(text string) (string, bool) {
		if ref, err := image.Parse(text); err == nil && ref.Domain == "" && !image.IsHost(strings.TrimSuffix(text, "/")) {
			return "", false
		}
		return rewrite(text)
	}
}

// WithPath is rewrite without registry hosts, and without names that have no domain: for
// texts such as labels, in which a host alone is seldom a registry.
func WithPath(rewrite RewriteFunc) RewriteFunc {
	return func(text string) (string, bool) {
		if ref, err := image.Parse(text); err != nil || ref.Domain == "" || ref.Path == "" {
			return "", false
		}
		return rewrite(text)
	}
}
