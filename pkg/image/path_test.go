package image

import (
	"regexp"
	"strings"
	"testing"
)

// The grammar of regexp.go in github.com/distribution/reference.
var (
	pathRE = regexp.MustCompile(`^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$`)
	tagRE  = regexp.MustCompile(`^\w[\w.-]{0,127}$`)
)

// Tries every text of up to six characters of an alphabet that has one
// character of each kind.
func TestPathAndTag(t *testing.T) {
	const alphabet = "a0./_-A"
	texts := 0
	var try func(text []byte)
	try = func(text []byte) {
		s := string(text)
		if isPath(s) != pathRE.MatchString(s) {
			t.Fatalf("isPath(%q) = %v", s, isPath(s))
		}
		if isTag(s) != tagRE.MatchString(s) {
			t.Fatalf("isTag(%q) = %v", s, isTag(s))
		}
		texts++
		if len(text) == 6 {
			return
		}
		for i := range len(alphabet) {
			try(append(text, alphabet[i]))
		}
	}
	try(make([]byte, 0, 8))
	if texts != 137257 {
		t.Errorf("tried %d texts", texts)
	}
	for _, s := range []string{"é", "a\n", "a b", "a:b", "a@b", "a__b", "a___b", "a----b", "a\x00", "a/b/c/d", strings.Repeat("a", 128), strings.Repeat("a", 129), "\xff"} {
		if isPath(s) != pathRE.MatchString(s) || isTag(s) != tagRE.MatchString(s) {
			t.Errorf("isPath(%q) = %v, isTag = %v", s, isPath(s), isTag(s))
		}
	}
}
