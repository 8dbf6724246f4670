package render

import (
	"encoding/base64"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/image"
)

// lineDifference returns "" when after equals before with references changed as
// rewrite says, and otherwise the first difference. Text in base64 is decoded.
func lineDifference(before, after string, rewrite RewriteFunc) string {
	why := wordDifference(before, after, rewrite)
	if why != "" && sameEncoded(before, after, rewrite) {
		return ""
	}
	return why
}

// wordDifference does the same as lineDifference, but decodes no base64. It
// compares both lines from left to right. Where they differ, the word of before must be a reference, and
// after must contain the rewritten reference in its place.
func wordDifference(before, after string, rewrite RewriteFunc) string {
	line := before + "\n" // image.WordAt finds no word after a colon at the very end
	b, a := 0, 0          // before[:b] and after[:a] are compared
	done := 0             // the end in before of the last word that changed
	for {
		n := commonPrefix(before[b:], after[a:])
		b, a = b+n, a+n
		if b == len(before) && a == len(after) {
			return ""
		}
		f := image.WordAt(line, edit.Span{Start: b, End: b})
		word := before[f.Span.Start:f.Span.End]
		if f.Shape == image.Reference {
			word = f.Ref.Text // without a final slash
		}
		if f.Span.Start < done || word == "" {
			return FirstDifference(before, after)
		}
		switch f.Shape {
		case image.URL:
			return "a URL changed: " + FirstDifference(before, after)
		case image.Path, image.Pattern:
			return "a path or a pattern changed: " + FirstDifference(before, after)
		}
		start := a - (b - f.Span.Start) // where the word starts in after
		want, ok := rewrite(word)
		if org, isOrg := rewriteOrganization(before[:f.Span.Start], word, rewrite); isOrg && strings.HasPrefix(after[start:], org) {
			want, ok = org, true
		}
		if twice, isTwice := rewriteDoubled(word, rewrite); isTwice && strings.HasPrefix(after[start:], twice) {
			want, ok = twice, true
		}
		switch {
		case !ok:
			return "no rule matches this change: " + FirstDifference(before, after)
		case !strings.HasPrefix(after[start:], want):
			return fmt.Sprintf("%s; the rules say %s", FirstDifference(before, after), want)
		}
		b, a = f.Span.Start+len(word), start+len(want)
		done = b
	}
}

// registryRE matches a key or flag for a registry or an organization at the end
// of the text before its value.
var registryRE = regexp.MustCompile(`(?i)(?:registry|organi[sz]ation|org|hub)["']?\s*[:=\s]\s*["']?$`)

// rewriteOrganization rewrites an organization of Docker Hub. The text before
// the word shows that the word is not an image, which rules would read as
// library/NAME: kubedb in --docker-registry=kubedb, to which a program appends
// /operator, and docker.io/prom after "hub".
func rewriteOrganization(before, word string, rewrite RewriteFunc) (rewritten string, ok bool) {
	const maxKey = 256 // bytes; a search in all of a long line for each word would be quadratic
	if strings.ContainsAny(word, ":@") || !registryRE.MatchString(before[max(0, len(before)-maxKey):]) {
		return "", false
	}
	ref, ok := rewrite(word + "/x")
	if !ok {
		return "", false
	}
	return strings.CutSuffix(ref, "/x")
}

// rewriteDoubled rewrites a reference that has its registry twice,
// k8s.gcr.io/k8s.gcr.io/pause: it comes from two values, and both move.
func rewriteDoubled(word string, rewrite RewriteFunc) (rewritten string, ok bool) {
	host, name, _ := strings.Cut(word, "/")
	if !strings.HasPrefix(name, host+"/") || !image.IsHost(host) {
		return "", false
	}
	registry, ok1 := rewrite(host)
	rest, ok2 := rewrite(name)
	return registry + "/" + rest, ok1 && ok2
}

func commonPrefix(a, b string) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

func commonSuffix(a, b string) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[len(a)-1-i] != b[len(b)-1-i] {
			return i
		}
	}
	return n
}

// FirstDifference formats the first words in which two lines differ: "a became b".
func FirstDifference(before, after string) string {
	if slices.Equal(strings.Fields(before), strings.Fields(after)) {
		return "spaces or line ends changed"
	}
	n := commonPrefix(before, after)
	for n > 0 && !strings.ContainsRune(" \t\"'=,", rune(before[n-1])) {
		n--
	}
	return fmt.Sprintf("%s became %s", firstWord(before[n:]), firstWord(after[n:]))
}

func firstWord(s string) string {
	if i := strings.IndexAny(s, " \t\r\n\"',"); i > 0 {
		s = s[:i]
	}
	if s = clip(s); s == "" {
		return "nothing"
	}
	return s
}

var (
	checksumRE = regexp.MustCompile(`^\s*(?:-\s+)?["']?[^\s:"']*(?i:checksum|hash|\bcheck/)[^\s:"']*["']?\s*:\s+["']?([0-9a-f]{64}|[0-9a-f]{40})["']?\s*$`)
	base64RE   = regexp.MustCompile(`[A-Za-z0-9+/]{16,}={0,2}`)
)

// isChecksum reports whether both lines hold a checksum under the same key, and
// the key names a checksum: checksum/config, configmap/checksum, config-hash.
func isChecksum(before, after string) bool {
	b, a := checksumRE.FindStringSubmatchIndex(before), checksumRE.FindStringSubmatchIndex(after)
	return b != nil && a != nil && b[3]-b[2] == a[3]-a[2] && before[:b[2]] == after[:a[2]] && before[b[3]:] == after[a[3]:]
}

// sameEncoded reports whether two lines differ in base64 text only, and the
// decoded texts in references only.
func sameEncoded(before, after string, rewrite RewriteFunc) bool {
	b, a := base64RE.FindAllStringIndex(before, -1), base64RE.FindAllStringIndex(after, -1)
	if len(b) != len(a) || len(b) == 0 {
		return false
	}
	endB, endA := 0, 0
	for i := range b {
		if before[endB:b[i][0]] != after[endA:a[i][0]] {
			return false
		}
		endB, endA = b[i][1], a[i][1]
		encodedB, encodedA := before[b[i][0]:endB], after[a[i][0]:endA]
		if encodedB == encodedA {
			continue
		}
		decodedB, err1 := base64.StdEncoding.DecodeString(encodedB)
		decodedA, err2 := base64.StdEncoding.DecodeString(encodedA)
		if err1 != nil || err2 != nil || !SameLines(string(decodedB), string(decodedA), rewrite) {
			return false
		}
	}
	return before[endB:] == after[endA:]
}

// SameLines reports whether each line of after equals its line of before with
// references changed as rewrite says. It does not decode base64.
func SameLines(before, after string, rewrite RewriteFunc) bool {
	b, a := strings.Split(before, "\n"), strings.Split(after, "\n")
	if len(b) != len(a) {
		return false
	}
	for i := range b {
		if wordDifference(b[i], a[i], rewrite) != "" {
			return false
		}
	}
	return true
}
