package image

import "bytes"

// HasKeyword reports whether chunk contains a word that most files need to name an image
// by its short form: in any case, keys of Kubernetes, Compose and CI systems, or FROM of a
// Dockerfile; and the names of programs that pull images.
func HasKeyword(chunk []byte) bool {
	for _, word := range []string{"image", "repo", "from", "container", "docker", "service", "bundle", "oci:"} {
		if containsFold(chunk, word) {
			return true
		}
	}
	for _, tool := range []string{"podman", "nerdctl", "crictl", "finch"} {
		if bytes.Contains(chunk, []byte(tool)) {
			return true
		}
	}
	return false
}

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
