package image

import "bytes"

// HasKeyword reports whether chunk contains a word that most files need to name an image
// by its short form: in any case, keys of Kubernetes, Compose and CI systems, or FROM of a
// Dockerfile; and the names of programs that pull images.
func HasKeyword(chunk []byte) bool { return keywords().firstEnd(chunk) >= 0 }

// keywordList has the words of HasKeyword, in lower case.
var keywordList = []string{"image", "repo", "from", "container", "docker", "service", "bundle", "oci:", "podman", "nerdctl", "crictl", "finch"}

// containsFold reports whether chunk contains word, which is lower-case ASCII,
// in any case.
func containsFold(chunk []byte, word string) bool {
	for _, first := range []byte{word[0], word[0] - 'a' + 'A'} {
		for at := 0; ; at++ {
			i := bytes.IndexByte(chunk[at:], first)
			if i < 0 || at+i+len(word) > len(chunk) {
				break
			}
			at += i
			if bytes.EqualFold(chunk[at:at+len(word)], []byte(word)) {
				return true
			}
		}
	}
	return false
}
