package image

import "strings"

// DockerHub is the canonical host of Docker Hub.
// Source: github.com/distribution/reference, normalize.go.
const DockerHub = "docker.io"

// DockerHubHosts are all hosts of Docker Hub. Besides the canonical one, they serve
// the index and the images.
var DockerHubHosts = []string{DockerHub, "index.docker.io", "registry-1.docker.io"}

// CanonicalHost returns DockerHub for every host of Docker Hub, and other hosts
// unchanged.
func CanonicalHost(host string) string {
	for _, h := range DockerHubHosts {
		if host == h {
			return DockerHub
		}
	}
	return host
}

// Normalize returns the domain and the path of a reference as a registry client
// completes them: docker.io and library/nginx for "" and nginx. A path on Docker Hub
// without a namespace is in library.
func Normalize(domain, path string) (registry, repository string) {
	if domain == "" {
		domain = DockerHub
	}
	domain = CanonicalHost(domain)
	if domain == DockerHub && !strings.Contains(path, "/") {
		path = "library/" + path
	}
	return domain, path
}
