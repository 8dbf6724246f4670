package image

// HasKeyword reports whether chunk contains a word that most files need to name an image
// by its short form: in any case, keys of Kubernetes, Compose and CI systems, or FROM of a
// Dockerfile; and the names of programs that pull images.
func HasKeyword(chunk []byte) bool { return keywords().firstEnd(chunk) >= 0 }

// keywordList has the words of HasKeyword, in lower case.
var keywordList = []string{"image", "repo", "from", "container", "docker", "service", "bundle", "oci:", "podman", "nerdctl", "crictl", "finch"}
