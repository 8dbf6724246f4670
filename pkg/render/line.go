package render

import (
	"encoding/base64"
	"fmt"
	"regexp"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/image"
)

// sameLine returns "" when after is before with references changed as move
// says, and else why it is not. It goes through both at once: wherever they
// differ, the word of before must be a reference, and after must have there
// what move makes of it.
func sameLine(before, after string, move RewriteFunc) string {
	if why := sameWords(before, after, move); why != "" {
		if sameEncoded(before, after, move) {
			return ""
		}
		return why
	}
	return ""
}

func sameWords(before, after string, move RewriteFunc) string {
	b, a := 0, 0 // so far they are the same
	done := 0    // where the last word that changed ends in before
	for {
		n := commonPrefix(before[b:], after[a:])
		b, a = b+n, a+n
		if b == len(before) && a == len(after) {
			return ""
		}
		f := wordAt(before, b)
		word := before[f.Span.Start:f.Span.End]
		if f.Shape == image.Reference {
			word = f.Ref.Text // without a slash at its end
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
		start := a - (b - f.Span.Start) // of the word in after
		want, ok := move(word)
		if org, is := moveOrganization(before[:f.Span.Start], word, move); is && strings.HasPrefix(after[start:], org) {
			want, ok = org, true
		}
		switch {
		case !ok:
			return "no rule changes this: " + FirstDifference(before, after)
		case !strings.HasPrefix(after[start:], want):
			return fmt.Sprintf("%s, where the rules say %s", FirstDifference(before, after), want)
		}
		b, a = f.Span.Start+len(word), start+len(want)
		done = b
	}
}

// registryRE finds at the end of what stands before a value a key or a flag
// that says that images are named below the value.
var registryRE = regexp.MustCompile(`(?i)(?:registry|organi[sz]ation|org|hub)["']?\s*[:=\s]\s*["']?$`)

// moveOrganization says what becomes of a word that is no image but names an
// organization of Docker Hub: of kubedb in --docker-registry=kubedb, that the
// program behind it puts before /operator, and of docker.io/prom after "hub".
// As an image, it would be library/kubedb. What stands before the word decides.
func moveOrganization(before, word string, move RewriteFunc) (string, bool) {
	if strings.ContainsAny(word, ":@") || !registryRE.MatchString(before) {
		return "", false
	}
	moved, ok := move(word + "/x")
	if !ok {
		return "", false
	}
	return strings.CutSuffix(moved, "/x")
}

// wordAt says what the word around the byte at offset at is.
func wordAt(text string, at int) image.Word {
	var f image.Word
	f.Span.Start, f.Span.End = at, at
	return image.WordAt(text+"\n", f.Span) // a word behind a colon at the very end would be none
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

// FirstDifference shows the words in which two lines differ first.
func FirstDifference(before, after string) string {
	n := commonPrefix(before, after)
	for n > 0 && !strings.ContainsRune(" \t\"'=,", rune(before[n-1])) {
		n--
	}
	return fmt.Sprintf("%s became %s", firstWord(before[n:]), firstWord(after[n:]))
}

func firstWord(s string) string {
	if i := strings.IndexAny(s, " \t\"',"); i > 0 {
		s = s[:i]
	}
	if s = Clip(s); s == "" {
		return "nothing"
	}
	return s
}

var (
	checksumRE = regexp.MustCompile(`^\s*(?:-\s+)?["']?[^\s:"']*(?i:checksum|hash|\bcheck/)[^\s:"']*["']?\s*:\s+["']?([0-9a-f]{64}|[0-9a-f]{40})["']?\s*$`)
	base64RE   = regexp.MustCompile(`[A-Za-z0-9+/]{16,}={0,2}`)
)

// isChecksum reports whether both lines give a checksum under the same key,
// one that says what it is: checksum/config, configmap/checksum, config-hash.
func isChecksum(before, after string) bool {
	b, a := checksumRE.FindStringSubmatchIndex(before), checksumRE.FindStringSubmatchIndex(after)
	return b != nil && a != nil && b[3]-b[2] == a[3]-a[2] && before[:b[2]] == after[:a[2]] && before[b[3]:] == after[a[3]:]
}

// sameEncoded reports whether two lines differ in text in base64 only, and
// these texts only in references.
func sameEncoded(before, after string, move RewriteFunc) bool {
	b, a := base64RE.FindAllStringIndex(before, -1), base64RE.FindAllStringIndex(after, -1)
	if len(b) != len(a) || len(b) == 0 {
		return false
	}
	atB, atA := 0, 0
	for i := range b {
		if before[atB:b[i][0]] != after[atA:a[i][0]] {
			return false
		}
		atB, atA = b[i][1], a[i][1]
		old, now := before[b[i][0]:atB], after[a[i][0]:atA]
		if old == now {
			continue
		}
		oldText, err1 := base64.StdEncoding.DecodeString(old)
		nowText, err2 := base64.StdEncoding.DecodeString(now)
		if err1 != nil || err2 != nil || !SameLines(string(oldText), string(nowText), move) {
			return false
		}
	}
	return before[atB:] == after[atA:]
}

// SameLines is sameWords for several lines.
func SameLines(before, after string, move RewriteFunc) bool {
	b, a := strings.Split(before, "\n"), strings.Split(after, "\n")
	if len(b) != len(a) {
		return false
	}
	for i := range b {
		if sameWords(b[i], a[i], move) != "" {
			return false
		}
	}
	return true
}
