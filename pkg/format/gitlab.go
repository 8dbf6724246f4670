package format

import (
	"path"
	"regexp"
	"strings"
)

// gitLabService matches the field of an item of services that is a string.
var gitLabService = regexp.MustCompile(`(?:^|\.)services\[\d+\]$`)

// IsGitLabService reports whether the field of a file is an item of
// services in GitLab CI that is only an image name, without an alias. GitLab then
// derives the host name of the service from the image.
// Source: https://docs.gitlab.com/ci/services/#accessing-the-services
func IsGitLabService(file, field string) bool {
	base := path.Base(file)
	return (strings.HasSuffix(base, ".gitlab-ci.yml") || base == ".gitlab-ci.yaml") && gitLabService.MatchString(field)
}
