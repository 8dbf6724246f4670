package builds

import (
	"path"
	"regexp"

	"github.com/regmigrate/regmigrate/pkg/image"
)

// tilt replaces an image that has the name of a build, as a registry client completes it,
// whatever its tag is.
// Source: https://docs.tilt.dev/api.html (docker_build, custom_build), and RefSelector in
// internal/container of Tilt.
var tilt = &tool{
	isConfig: func(name string) bool {
		return path.Base(name) == "Tiltfile" || path.Ext(name) == ".tiltfile"
	},
	names: func(src []byte) []string {
		var out []string
		for _, m := range tiltBuild.FindAllSubmatch(src, -1) {
			out = append(out, string(m[1]))
		}
		return out
	},
	name: func(r image.Ref) string {
		registry, repository := image.Normalize(r.Domain, r.Path)
		return registry + "/" + repository
	},
}

// tiltBuild matches a call that builds an image; group 1 is the name.
var tiltBuild = regexp.MustCompile(`(?m)^[^#\n]*\b(?:docker_build|custom_build|docker_build_with_restart|custom_build_with_restart|ko_build|podman_build|bazel_build|nix_build|pack)\s*\(\s*(?:ref\s*=\s*)?["']([^"'\n]+)["']`)
