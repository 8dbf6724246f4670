package format

import "regexp"

// dependencyProxyPrefix matches the variables for the dependency proxy of GitLab, which
// pulls what follows from Docker Hub.
// Source: https://docs.gitlab.com/user/packages/dependency_proxy/#use-the-dependency-proxy-for-docker-images
var dependencyProxyPrefix = regexp.MustCompile(`^\$\{?CI_DEPENDENCY_PROXY_(?:DIRECT_)?GROUP_IMAGE_PREFIX\}?/`)

// dependencyProxy adds the short name after the dependency proxy in the value at f. It does
// not change: the proxy decides where it pulls from. It returns false for other values.
func (d *detector) dependencyProxy(f *frame) bool {
	start := len(dependencyProxyPrefix.FindString(f.node.Value))
	if start == 0 || !isShortName(f.node.Value[start:]) {
		return false
	}
	d.pieces[f.node] = true
	d.add(f, Occurrence{IsImage: true, Keep: DifferentName, Note: "the dependency proxy of GitLab pulls the image from Docker Hub",
		Pieces: []Piece{d.part(f.node, start, len(f.node.Value), Whole, "")}})
	return true
}
