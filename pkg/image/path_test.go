package image

import (
	"regexp"
	"strings"
	"testing"
)

// The grammar as github.com/distribution/reference has it, in regexp.go.
var (
	pathRE = regexp.MustCompile(`^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$`)
	tagRE  = regexp.MustCompile(`^\w[\w.-]{0,127}$`)
)

// Every text of up to six letters of an alphabet that has one of each kind.
func TestPathAndTag(t *testing.T) {
	const alphabet = "a0./_-A"
	texts := 0
	var each func(text []byte)
	each = func(text []byte) {
		s := string(text)
		if isPath(s) != pathRE.MatchString(s) {
			t.Fatalf("%q is a path: %v", s, isPath(s))
		}
		if isTag(s) != tagRE.MatchString(s) {
			t.Fatalf("%q is a tag: %v", s, isTag(s))
		}
		texts++
		if len(text) == 6 {
			return
		}
		for i := range len(alphabet) {
			each(append(text, alphabet[i]))
		}
	}
	each(make([]byte, 0, 8))
	if texts != 137257 {
		t.Errorf("%d texts were tried", texts)
	}
	for _, s := range []string{"é", "a\n", "a b", "a:b", "a@b", "a__b", "a___b", "a----b", "a\x00", "a/b/c/d", strings.Repeat("a", 128), strings.Repeat("a", 129), "\xff"} {
		if isPath(s) != pathRE.MatchString(s) || isTag(s) != tagRE.MatchString(s) {
			t.Errorf("%q: a path: %v, a tag: %v", s, isPath(s), isTag(s))
		}
	}
}
