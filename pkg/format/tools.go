package format

import (
	"path"
	"regexp"
	"strings"
)

// A tool has files with a fixed name, whose fields its documentation defines.
type tool struct {
	hasFile func(name, base string) bool // base is the last element of name
	fields  fieldTable
}

// tools lists the tools, apart from Compose, whose files have many names.
var tools = []tool{
	{isWorkflow, workflowField},
	{isGitLabCI, gitLabCIField},
	{func(name, _ string) bool { return strings.HasSuffix(name, ".circleci/config.yml") }, circleCIField},
	{func(_, base string) bool { return base == "action.yml" || base == "action.yaml" }, actionField},
	{func(_, base string) bool { return base == "bitbucket-pipelines.yml" }, bitbucketField},
	{func(_, base string) bool { return base == "devcontainer.json" || base == ".devcontainer.json" }, devcontainerField},
	{isDroneOrWoodpecker, droneField},
}

// toolFields returns the fields of the tool whose file name is, nil if there is
// none.
func toolFields(name string) fieldTable {
	base := path.Base(name)
	for _, t := range tools {
		if t.hasFile(name, base) {
			return t.fields
		}
	}
	return nil
}

func isWorkflow(name, _ string) bool {
	return strings.Contains("/"+name, "/.github/workflows/") || strings.Contains("/"+name, "/.gitea/workflows/")
}

// Source: https://docs.github.com/actions/using-workflows/workflow-syntax-for-github-actions#jobsjob_idcontainer
func workflowField(f *frame) fieldKind {
	if f.key == "uses" && hasDockerTransport(f) {
		return imageField
	}
	switch keys := f.keys(); len(keys) {
	case 3:
		return imageFieldIf(keys[2] == "container")
	case 4:
		return imageFieldIf(keys[2] == "container" && keys[3] == "image")
	case 5:
		return imageFieldIf(keys[2] == "services" && keys[4] == "image")
	}
	return unknownField
}

// gitLabService matches the field of an item of services that is a string.
var gitLabService = regexp.MustCompile(`(?:^|\.)services\[\d+\]$`)

// IsGitLabService reports whether the field of a file is an item of
// services in GitLab CI that is only an image name, without an alias. GitLab then
// derives the host name of the service from the image.
// Source: https://docs.gitlab.com/ci/services/#accessing-the-services
func IsGitLabService(file, field string) bool {
	return isGitLabCI("", path.Base(file)) && gitLabService.MatchString(field)
}

func isGitLabCI(_, base string) bool {
	return strings.HasSuffix(base, ".gitlab-ci.yml") || base == ".gitlab-ci.yaml"
}

// gitLabCIField includes the fields of jobs and those at the top.
// Source: https://docs.gitlab.com/ci/yaml/#image
func gitLabCIField(f *frame) fieldKind {
	keys := f.keys()
	n := len(keys)
	if n == 0 || n > 3 {
		return unknownField
	}
	switch last := keys[n-1]; {
	case last == "name":
		return imageFieldIf(n > 1 && (keys[n-2] == "image" || keys[n-2] == "services"))
	case n == 3:
		return unknownField
	case last == "services":
		return imageFieldIf(f.item)
	default:
		return imageFieldIf(last == "image")
	}
}

// Source: https://circleci.com/docs/configuration-reference/#docker
func circleCIField(f *frame) fieldKind {
	keys := f.keys()
	n := len(keys)
	return imageFieldIf(n > 1 && keys[n-1] == "image" && keys[n-2] == "docker")
}

// Source: https://docs.github.com/actions/creating-actions/metadata-syntax-for-github-actions#runs-for-docker-container-actions
func actionField(f *frame) fieldKind {
	if !hasDockerTransport(f) {
		return unknownField
	}
	keys := f.keys()
	return imageFieldIf(f.key == "uses" || len(keys) == 2 && keys[0] == "runs" && keys[1] == "image")
}

// Source: https://support.atlassian.com/bitbucket-cloud/docs/docker-image-options/
func bitbucketField(f *frame) fieldKind {
	keys := f.keys()
	n := len(keys)
	return imageFieldIf(n > 0 && keys[n-1] == "image" || n > 1 && keys[n-1] == "name" && keys[n-2] == "image")
}

// Source: https://containers.dev/implementors/json_reference/#image-specific
func devcontainerField(f *frame) fieldKind {
	keys := f.keys()
	return imageFieldIf(len(keys) == 1 && keys[0] == "image")
}

func isDroneOrWoodpecker(_, base string) bool {
	return base == ".drone.yml" || strings.HasPrefix(base, ".woodpecker")
}

// Sources: https://docs.drone.io/pipeline/docker/syntax/images/,
// https://woodpecker-ci.org/docs/usage/workflow-syntax#image
func droneField(f *frame) fieldKind { return imageFieldIf(f.key == "image") }

// hasDockerTransport reports whether the value at f begins with docker://.
func hasDockerTransport(f *frame) bool { return strings.HasPrefix(f.node.Value, "docker://") }
