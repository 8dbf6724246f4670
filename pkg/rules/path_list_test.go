package rules

import (
	"fmt"
	"testing"
)

// TestPathList checks that a list of many paths finds what a list of few paths finds, but
// for words that only contain the last component.
func TestPathList(t *testing.T) {
	few, many := pathList{}, pathList{}
	for _, path := range []string{"acme/app", "redis", "a/b/c", "p/$PROJECT_ID"} {
		few.add(path)
		many.add(path)
		many.add(path)
	}
	if len(many.paths) != 4 {
		t.Errorf("%d paths, want 4", len(many.paths))
	}
	for i := range manyPaths {
		many.add(fmt.Sprintf("other/x%d", i))
	}
	for text, want := range map[string]bool{
		"image: acme/app:1":             true,
		"repository: acme\nname: app\n": true,
		"${IMAGE:-redis}":               true,
		`{"a": "\nredis:7"}`:            true,
		`"\x0aredis"`:                   true,
		`"\u000aredis"`:                 true,
		"docker.io/redis@sha256:0":      true,
		"c and b and a":                 true,
		"image: acme/application":       false,
		"p/$PROJECT_ID/x":               true,
		"nothing":                       false,
		"":                              false,
		"redis-cli":                     false,
		"a/b":                           false,
	} {
		if got := many.anyIn([]byte(text)); got != want {
			t.Errorf("many paths: %q: got %v, want %v", text, got, want)
		}
		if got := few.anyIn([]byte(text)); want && !got {
			t.Errorf("few paths: %q: got false", text)
		}
	}
}
