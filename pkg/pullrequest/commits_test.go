package pullrequest

import "testing"

func TestCommitMessage(t *testing.T) {
	s := &Session{o: Options{Branch: "b", SignOff: true, Trailers: []string{"Refs: 1"}}}
	const trailers = "Refs: 1\nRegmigrate-Branch: b\nSigned-off-by: a <b@c>\n"
	for text, want := range map[string]string{
		"Move":                      "Move\n\n" + trailers,
		"Move\n\nWhy.\n":            "Move\n\nWhy.\n\n" + trailers,
		"Move\n\nCo-authored-by: x": "Move\n\nCo-authored-by: x\n" + trailers,
		"fix: move":                 "fix: move\n\n" + trailers,
	} {
		if got := s.commitMessage(text, identity{committer: "a <b@c>"}); got != want {
			t.Errorf("commitMessage(%q) = %q, want %q", text, got, want)
		}
	}
}
